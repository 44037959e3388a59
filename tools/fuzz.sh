#!/usr/bin/env bash
# Sets up what fuzzing needs and runs the targets of fuzz/. What a run finds of interest goes to .cache/fuzz; the committed corpora are
# only read.
#
#   tools/fuzz.sh                         all targets, each for FUZZ_SECONDS (600), FUZZ_JOBS (2) at once; then operations of connections
#   tools/fuzz.sh TARGET...               these targets
#   tools/fuzz.sh again TARGET FILE       one input again: what a run says when it finds something
#   tools/fuzz.sh minimize [TARGET...]    fuzz/corpus/TARGET anew: the least that covers what testdata, the corpus and the runs cover
set -euo pipefail
cd "$(dirname "$0")/.."

cache=$PWD/.cache/fuzz
# An input that takes longer, or more memory, is a finding like a failed assertion.
limits=(-timeout=10 -rss_limit_mb=1024 -max_len=8192)

say() { printf 'fuzz: %s\n' "$*" >&2; }

# No target has unsafe code, so none needs a sanitizer; without one the pinned stable toolchain will do, and all is twice as fast.
build() {
    tools/setup.sh rust
    tools/setup.sh fuzz
    .cache/cargo-fuzz/bin/cargo-fuzz build --sanitizer none
}

all_targets() { sed -n 's|^path = "fuzz_targets/\(.*\)\.rs"$|\1|p' fuzz/Cargo.toml; }

binary() {
    local target=${CARGO_TARGET_DIR:-fuzz/target}
    printf '%s/x86_64-unknown-linux-gnu/release/%s' "$target" "$1"
}

# run TARGET SECONDS: says at the end how many inputs were tried.
run() {
    local target=$1 seconds=$2 log="$cache/$1.log" artifacts="fuzz/artifacts/$1"
    mkdir -p "$cache/$target" "$artifacts" "fuzz/corpus/$target"
    if "$(binary "$target")" "${limits[@]}" "-max_total_time=$seconds" -print_final_stats=1 "-artifact_prefix=$artifacts/" \
        "$cache/$target" "fuzz/corpus/$target" >"$log" 2>&1; then
        say "$target: $(sed -n 's/^stat::number_of_executed_units: *//p' "$log") inputs in $seconds s, none of them wrong"
        return
    fi
    tail -n 40 "$log" >&2
    say "error: $target: $(sed -n 's/.*Test unit written to //p' "$log" | tail -n 1) is wrong"
    say "again: tools/fuzz.sh again $target FILE"
    return 1
}

# Ten million operations of connections in 600 s' worth of fuzzing; fewer in less.
operations() {
    local count=$((${FUZZ_SECONDS:-600} * 10000000 / 600)) log="$cache/operations.log"
    if DUBBO_POLICY_OPERATIONS=$count cargo test --quiet --locked --release -p engine --test operations \
        --config profile.release.lto=false --config profile.release.codegen-units=16 -- --nocapture >"$log" 2>&1; then
        say "operations: $(sed -n 's/^[0-9]* operations, /&/p' "$log"), and the books are right"
        return
    fi
    tail -n 40 "$log" >&2
    say "error: operations: the books are wrong; $(grep '^DUBBO_POLICY_SEED=' "$log" | tail -n 1) is where"
    return 1
}

# In the background, so that the shell can wait for any of them.
run_all() {
    local seconds=${FUZZ_SECONDS:-600} jobs=${FUZZ_JOBS:-2} running=0 failed=0 target
    for target in "$@"; do
        if [ "$running" -ge "$jobs" ]; then
            wait -n || failed=1
            running=$((running - 1))
        fi
        run "$target" "$seconds" &
        running=$((running + 1))
    done
    while [ "$running" -gt 0 ]; do
        wait -n || failed=1
        running=$((running - 1))
    done
    return "$failed"
}

minimize() {
    local target
    (cd fuzz && cargo run --quiet --locked --example seeds "$cache/seeds")
    for target in "$@"; do
        mkdir -p "$cache/seeds/$target" "$cache/$target" "$cache/minimized/$target" "fuzz/corpus/$target"
        rm -f "$cache/minimized/$target"/*
        "$(binary "$target")" -merge=1 "${limits[@]}" "$cache/minimized/$target" \
            "$cache/seeds/$target" "fuzz/corpus/$target" "$cache/$target" >"$cache/$target.log" 2>&1
        rm -rf "fuzz/corpus/$target"
        cp -r "$cache/minimized/$target" "fuzz/corpus/$target"
        say "$target: $(find "fuzz/corpus/$target" -type f | wc -l) inputs"
    done
}

verb=${1:-run}
case "$verb" in
    again) build; "$(binary "$2")" "${limits[@]}" "$3" ;;
    minimize) shift; build; mapfile -t targets < <(all_targets); minimize "${@:-${targets[@]}}" ;;
    run) build; mapfile -t targets < <(all_targets); run_all "${targets[@]}"; operations ;;
    *) build; run_all "$@" ;;
esac
