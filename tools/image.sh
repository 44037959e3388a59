#!/usr/bin/env bash
# Builds the module and puts it into an image: the OCI layout dist/image, and the same in one file, dist/dubbo-policy-image.tar.
set -euo pipefail
cd "$(dirname "$0")/.."

tools/build.sh module
python3 tools/image.py dist/dubbo-policy.wasm dist/image dist/dubbo-policy-image.tar
