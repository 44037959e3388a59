#!/usr/bin/env bash
# Runs the pure crates' tests on the instruction set that they are shipped in.
set -euo pipefail
cd "$(dirname "$0")/.."

export CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER="$PWD/.cache/wasm-bindgen/bin/wasm-bindgen-test-runner"
cargo test --locked -p hessian -p dubbo -p engine --lib --tests --target wasm32-unknown-unknown
