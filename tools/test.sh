#!/usr/bin/env bash
# Sets up what the tests need and runs every tier, or those that are named; says at the end what was run.
#
#   tools/test.sh [native] [wasm] [harness] [e2e]
set -euo pipefail
cd "$(dirname "$0")/.."

tiers=("$@")
[ $# -gt 0 ] || tiers=(native wasm harness e2e)

tools/setup.sh rust
log=$(mktemp)
trap 'rm -f "$log"' EXIT
summary=()

# tier NAME WHAT COMMAND...: runs the command, and counts the tests in cargo's result lines.
tier() {
    local name=$1 what=$2 begin=$SECONDS status=0 counts
    shift 2
    printf '\n== %s: %s\n' "$name" "$what"
    "$@" 2>&1 | tee "$log" || status=${PIPESTATUS[0]}
    # cargo's lines, and Python's.
    counts=$(sed -n -e 's/^test result: [^.]*\. \([0-9]*\) passed; \([0-9]*\) failed.*/\1 \2/p' \
        -e 's/^Ran \([0-9]*\) tests\{0,1\} in .*/\1 0/p' "$log" |
        awk '{ passed += $1; failed += $2 } END { printf "%d passed, %d failed", passed, failed }')
    summary+=("$(printf '%-8s %-24s %4d s  %s' "$name" "$counts" $((SECONDS - begin)) "$what")")
    if [ "$status" -ne 0 ]; then
        report
        printf '\ntest: error: tier %s failed\n' "$name" >&2
        exit "$status"
    fi
}

report() {
    printf '\n== what was run\n'
    printf '%s\n' "${summary[@]}"
}

for name in "${tiers[@]}"; do
    case "$name" in
        native)
            tier native "unit, property and differential tests; the scenarios on the engine" \
                cargo test --locked -p hessian -p dubbo -p engine -p cli -p scenario
            ;;
        wasm)
            tools/setup.sh wasm
            tier wasm "the pure crates' tests on wasm32, under Node" tools/wasm-test.sh
            ;;
        harness)
            tools/build.sh module
            tier harness "the built module on a fake Envoy (wasmtime): the scenarios, a failing host, several workers" \
                cargo test --locked -p harness
            tier image "the OCI image of the built module" python3 tools/image_test.py
            ;;
        e2e)
            tools/setup.sh envoy
            tools/setup.sh java
            tools/setup.sh go
            tools/build.sh
            tier e2e "real Envoy, real Apache Dubbo and dubbo-go peers, an OTLP receiver" \
                cargo test --locked -p e2e
            ;;
        *) printf 'test: error: expected native, wasm, harness or e2e, found %s\n' "$name" >&2; exit 2 ;;
    esac
done
report
