#!/usr/bin/env bash
# Format, clippy and licences.
set -euo pipefail
cd "$(dirname "$0")/.."

tools/setup.sh rust
tools/setup.sh deny
cargo fmt --all --check
cargo fmt --manifest-path fuzz/Cargo.toml --check
cargo clippy --locked --workspace --exclude filter --all-targets -- --deny warnings
cargo clippy --locked -p filter --target wasm32-wasip1 -- --deny warnings
cargo clippy --locked --manifest-path fuzz/Cargo.toml --target-dir "${CARGO_TARGET_DIR:-target}" --all-targets -- --deny warnings
# One file for both workspaces, so parts of it are idle in each.
for workspace in Cargo.toml fuzz/Cargo.toml; do
    .cache/cargo-deny/bin/cargo-deny --manifest-path "$workspace" --config deny.toml --locked check \
        -A unused-wrapper -A license-not-encountered -A license-exception-not-encountered licenses bans sources
done

# What is shipped must not contain the GPL crate that tests compare with.
if cargo tree --locked -p filter -p cli --edges normal --prefix none | grep '^hessian_rs '; then
    printf 'lint: error: hessian_rs is linked into what is shipped\n' >&2
    exit 1
fi
