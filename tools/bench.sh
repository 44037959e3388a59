#!/usr/bin/env bash
# Sets up what the benchmarks need and runs them; bench/README.md tells how to read them.
#
#   tools/bench.sh                        compare, then decode
#   tools/bench.sh compare [--quick] [--rounds N] [--window MILLISECONDS]
#   tools/bench.sh decode                 how fast Hessian 2 is read, in MB/s
#   tools/bench.sh engine                 what the engine alone costs a call, part by part
set -euo pipefail
cd "$(dirname "$0")/.."

criterion() { cargo bench --locked -p "$1" --bench "$2" -- --warm-up-time 0.5 --measurement-time 2; }

compare() {
    tools/setup.sh envoy
    tools/build.sh module
    cargo run --locked -p bench -- "$@"
}

case "${1:-all}" in
    all) compare; criterion hessian decode ;;
    compare) shift; compare "$@" ;;
    decode) criterion hessian decode ;;
    engine) criterion bench engine ;;
    *) printf 'bench: error: expected compare, decode or engine, found %s\n' "$1" >&2; exit 2 ;;
esac
