# The project's verbs. The steps are in tools/; every one of them sets up what it needs.
.PHONY: build test lint fmt fuzz demo bench image clean

# dist/dubbo-policy.wasm and dist/dubbo-policy.
build:
	tools/build.sh

# Every tier: native, wasm, harness, e2e. One of them: `tools/test.sh harness`.
test:
	tools/test.sh

# Format, clippy, licences of what is linked.
lint:
	tools/lint.sh

fmt:
	cargo fmt --all
	cargo fmt --manifest-path fuzz/Cargo.toml

# Each fuzz target for FUZZ_SECONDS (600), and ten million operations of connections.
fuzz:
	tools/fuzz.sh

# The main job on real parts, within a minute once it is set up.
demo:
	tools/demo.sh

# Envoy's CPU a call beside tcp_proxy and dubbo_proxy, in one run.
bench:
	tools/bench.sh

# An OCI image with the module: the layout dist/image, and in one file dist/dubbo-policy-image.tar.
image:
	tools/image.sh

clean:
	cargo clean
	rm -rf dist
