# The verbs of the project. Each does what its comment says; the steps themselves are in tools/.
CARGO ?= cargo
TARGET := $(shell $(CARGO) metadata --format-version 1 --no-deps 2>/dev/null | python3 -c 'import json,sys; print(json.load(sys.stdin)["target_directory"])')

.PHONY: build
# The module and the command line tool, into dist/.
build:
	$(CARGO) build --locked -p filter --profile module --target wasm32-wasip1
	$(CARGO) build --locked -p cli --release
	mkdir -p dist
	cp $(TARGET)/wasm32-wasip1/module/dubbo_policy.wasm dist/dubbo-policy.wasm
	cp $(TARGET)/release/dubbo-policy dist/dubbo-policy
