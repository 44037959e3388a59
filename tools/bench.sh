#!/usr/bin/env bash
# Sets up what the benchmarks need and runs them; bench/README.md tells how to read them.
#
#   tools/bench.sh                        compare, then decode
#   tools/bench.sh compare [--quick] [--rounds N] [--window MILLISECONDS]
#   tools/bench.sh rules [--quick] ...    ten rules and ten networks against ten thousand and a million
#   tools/bench.sh decode                 how fast Hessian 2 is read, natively and in V8
#   tools/bench.sh engine                 what the engine alone costs a call, part by part
set -euo pipefail
cd "$(dirname "$0")/.."

engine() {
    tools/setup.sh rust
    cargo bench --locked -p bench --bench engine -- --warm-up-time 0.5 --measurement-time 2
}

# The same program natively, and as WebAssembly built like the module, in Node.
decode() {
    tools/setup.sh rust
    command -v node >/dev/null || { printf 'bench: error: node is missing: install Node 18 or newer\n' >&2; exit 1; }
    local native wasm
    wasm=$(cargo build --locked -p hessian --bench decode --profile module --target wasm32-wasip1 --message-format json |
        sed -n 's/.*"filenames":\["\([^"]*\/decode-[^"]*\.wasm\)".*/\1/p')
    native=$(cargo bench --locked --quiet -p hessian --bench decode)
    printf '| input | bytes | native, MB/s | V8, MB/s |\n|---|---:|---:|---:|\n'
    paste <(printf '%s\n' "$native") <(node --no-warnings tools/wasi.mjs "$wasm") |
        awk -F '\t' '{ printf "| %s | %s | %s | %s |\n", $1, $2, $3, $6 }'
}

compare() {
    tools/setup.sh envoy
    tools/build.sh module
    cargo run --locked -p bench -- "$@"
}

rules() {
    compare rules "$@"
}

case "${1:-all}" in
    all) compare; decode ;;
    compare | rules) "$@" ;;
    decode | engine) "$1" ;;
    *) printf 'bench: error: expected compare, rules, decode or engine, found %s\n' "$1" >&2; exit 2 ;;
esac
