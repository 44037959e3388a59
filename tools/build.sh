#!/usr/bin/env bash
# Builds what is shipped into dist/.
#
#   tools/build.sh            the module and the command line tool
#   tools/build.sh module     dist/dubbo-policy.wasm
#   tools/build.sh cli        dist/dubbo-policy
set -euo pipefail
cd "$(dirname "$0")/.."

tools/setup.sh rust
target=$(cargo metadata --format-version 1 --no-deps |
    python3 -c 'import json, sys; print(json.load(sys.stdin)["target_directory"])')
mkdir -p dist

module() {
    cargo build --locked -p filter --profile module --target wasm32-wasip1
    cp "$target/wasm32-wasip1/module/dubbo_policy.wasm" dist/dubbo-policy.wasm
    printf 'build: dist/dubbo-policy.wasm, %s bytes\n' "$(wc -c <dist/dubbo-policy.wasm)" >&2
}

cli() {
    cargo build --locked -p cli --release
    cp "$target/release/dubbo-policy" dist/dubbo-policy
    printf 'build: dist/dubbo-policy\n' >&2
}

case "${1:-all}" in
    all) module; cli ;;
    module | cli) "$1" ;;
    *) printf 'build: error: expected module or cli, found %s\n' "$1" >&2; exit 2 ;;
esac
