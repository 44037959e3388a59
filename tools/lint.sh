#!/usr/bin/env bash
# Format, clippy and licences.
set -euo pipefail
cd "$(dirname "$0")/.."

tools/setup.sh rust
tools/setup.sh deny
cargo fmt --all --check
cargo clippy --locked --workspace --exclude filter --all-targets -- --deny warnings
cargo clippy --locked -p filter --target wasm32-wasip1 -- --deny warnings
.cache/cargo-deny/bin/cargo-deny --locked check licenses bans sources

# What is shipped must not contain the GPL crate that tests compare with.
if cargo tree --locked -p filter -p cli --edges normal --prefix none | grep '^hessian_rs '; then
    printf 'lint: error: hessian_rs is linked into what is shipped\n' >&2
    exit 1
fi
