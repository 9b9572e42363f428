# `make demo` and `make test` do all of their own set-up and can be repeated at any time.
.DEFAULT_GOAL := help
.PHONY: help setup build demo test check chain-lab device-lab dist clean

CARGO ?= cargo
export ARCH PROFILE
# The demo's simulators are features: a production build has none of them.
PROGRAMS := -p kiosk-app -p hal -p attestation -p face-pipeline --features kiosk-app/demo,hal/sim

help: ## Show this list
	@sed -nE 's/^([a-z-]+):.*## (.*)/  make \1\t\2/p' $(MAKEFILE_LIST)

setup: ## Install what is needed (apt, ONNX Runtime, networks)
	@scripts/setup.sh

build: setup ## Build every program with its simulators
	@echo "==> Building (the first time takes about ten minutes on two cores)"
	@$(CARGO) build --locked $(PROGRAMS) || { echo "The build failed; the first error above says where. Run the same command again after correcting it." >&2; exit 1; }

demo: build ## See the kiosk verify a person (in a window, or headless without a display)
	@scripts/demo.sh

test: setup ## Prove it: unit tests, property tests, every scenario end to end
	@scripts/test.sh

check: setup ## Format, lints, licences
	@scripts/check.sh

chain-lab: setup ## Try the ledger's client on real EVM nodes under faults
	@scripts/chain-lab.sh $(CHAIN_LAB_ARGS)

device-lab: setup ## Tell the stories that need real kernel devices, in a virtual machine
	@scripts/device-lab.sh $(DEVICE_LAB_ARGS)

dist: setup ## Binaries for the device: ARCH=x86_64 or aarch64, PROFILE=release or dev
	@scripts/dist.sh

clean: ## Remove what was built and fetched
	@rm -rf .setup demo-out dist && $(CARGO) clean
