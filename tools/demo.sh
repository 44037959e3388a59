#!/usr/bin/env bash
# Sets up what the demo needs, builds the module, and shows the main job on real parts.
set -euo pipefail
cd "$(dirname "$0")/.."

say() { printf 'demo: %s\n' "$*" >&2; }

tools/setup.sh envoy
tools/setup.sh java
say "building the module"
tools/build.sh module
say "building the demo (the first time some minutes)"
cargo build --locked -p e2e --bin demo
exec cargo run --quiet --locked -p e2e --bin demo
