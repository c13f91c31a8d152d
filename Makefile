# `make` alone lists what there is.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help demo run build web test test-fast test-ha test-ha-live test-browser faults fuzz openapi screenshots lint bench \
	bench-load bench-page deb dist image check-packages clean

# For `make run` and `make demo`: more arguments of the program. For `make bench`: which ones.
ARGS ?=

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# Optimised, because the demo makes up a year of history before it serves.
demo: ## Show the bridge with a simulated plant on http://localhost:8080
	@scripts/setup-build.sh
	@scripts/build-web.sh --if-possible
	cargo build --locked --release -p hoymiles-smiles
	@echo "The demo will answer on http://localhost:8080"
	@cargo run --quiet --locked --release -p hoymiles-smiles -- demo $(ARGS)

run: ## Run the bridge from source: make run ARGS="--dtu-host 192.168.1.50"
	@scripts/setup-build.sh
	@scripts/build-web.sh --if-possible
	cargo run --locked --release -p hoymiles-smiles -- run $(ARGS)

build: ## Build the optimised program: target/release/hoymiles-smiles
	@scripts/setup-build.sh
	@scripts/build-web.sh --if-possible
	cargo build --locked --release -p hoymiles-smiles

web: ## Build the dashboard, which `make build` takes into the program (needs Node.js)
	@scripts/build-web.sh

test: ## Run every test; installs what they need (Debian, root or sudo)
	@scripts/with-target-cache.sh scripts/test.sh

test-fast: ## Run the tests that need no database
	@scripts/setup-build.sh
	cargo test --locked --workspace --lib --bins
	cargo test --locked -p plant -p modbus -p simulator -p dtu --test '*'

# How many faults `make faults` injects in all.
ROUNDS ?= 1000

faults: ## Inject a thousand faults (ROUNDS=1000, FAULTS="disk clock"), and print what was lost
	@ROUNDS=$(ROUNDS) scripts/with-target-cache.sh scripts/faults.sh

fuzz: ## Ten million mutated inputs for each decoder (RUNS=10000000)
	@scripts/fuzz.sh

openapi: ## Write docs/openapi.json anew from the code
	WRITE_OPENAPI=1 cargo test --locked -p api --test api the_committed_description

screenshots: ## Make the pictures of docs/ and the README anew
	@scripts/with-target-cache.sh scripts/screenshots.sh

test-ha-live: ## Run the bridge beside a real Home Assistant (LOOK_SECONDS=600 keeps it up)
	@environment="$$(scripts/setup-test.sh && scripts/setup-home-assistant.sh)" && eval "$$environment" && \
		cargo build --locked -p hoymiles-smiles && \
		cargo test --locked -p e2e --test home_assistant -- --nocapture

test-browser: ## Run each screen of the dashboard in a browser
	@environment="$$(scripts/setup-test.sh)" && eval "$$environment" && scripts/build-web.sh && \
		cargo build --locked -p hoymiles-smiles && scripts/test-web.sh --browser

test-ha: ## Run the tests of the Home Assistant integration alone
	@scripts/test-home-assistant.sh

lint: ## Check format, lints and licences
	@scripts/with-target-cache.sh scripts/lint.sh

bench: ## Measure how fast it is, beside references: docs/performance.md
	@environment="$$(scripts/setup-test.sh)" && eval "$$environment" && \
		cargo build --locked --release -p hoymiles-smiles && \
		ROWS="$(ROWS)" ENGINE="$(ENGINE)" cargo bench --locked -p benches -- $(ARGS)

# Port readings in each database, one size or several; for ARGS=migrate rows of each kind. ENGINE=postgres or ENGINE=sqlite for one only.
ROWS ?= 1000000
ENGINE ?=

bench-load: ## Fill databases for `make bench ARGS=growth` (ROWS=100000000)
	@environment="$$(scripts/setup-test.sh)" && eval "$$environment" && \
		ROWS="$(ROWS)" ENGINE="$(ENGINE)" nice cargo bench --locked -p benches -- load

bench-page: ## Measure how soon the dashboard shows something
	@scripts/bench-page.sh

deb: ## Make the Debian package of this machine's architecture: dist/*.deb
	@scripts/setup-build.sh
	@PROFILE=$(PROFILE) scripts/dist.sh deb

dist: ## Make all that a release consists of in dist/ (PROFILE=release is quicker)
	@scripts/setup-build.sh
	@PROFILE=$(PROFILE) scripts/dist.sh

image: ## Build the Docker image
	@PROFILE=$(PROFILE) scripts/image.sh

check-packages: ## Install the .deb in a clean Debian, build the Dockerfile without Docker (root)
	@scripts/check-deb.sh $(DEB)
	@scripts/check-dockerfile.sh

clean: ## Remove what was built, and stop the tests' PostgreSQL server
	cargo clean
	@scripts/setup-test.sh stop
