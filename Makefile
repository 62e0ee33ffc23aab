# The fronts worth remembering. Each is a script or a CMake preset that can be run on its own.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help up down build test test-all unit soak bench notebook lint fmt deps

TANDEM := $(CURDIR)/build/tandem

help: ## Show this list
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 16

up: build ## Start two regions, deploy the sample app, show it working
	cd sample-app && $(TANDEM) up && $(TANDEM) call POST /todos --data '{"text":"hello from make up"}' && $(TANDEM) call GET /todos -n 6

down: ## Stop the sample app's regions (state is kept)
	cd sample-app && $(TANDEM) down

deps: ## Install what the build needs from Debian, when missing
	@scripts/install-packages build

build: deps ## Build the release binary into build/tandem
	@scripts/build release

test: ## Install what tests need, build, test: 40 minutes at most from nothing
	@scripts/test

test-all: ## The same with every header, all of clang-tidy, and all fuzz targets for longer
	@scripts/test --all

unit: ## Build and run the unit tests and the simulator alone
	@scripts/test --unit

soak: ## Run both simulators over free seeds until Ctrl-C, or SECONDS=n
	@scripts/install-packages build test
	@cmake --preset release -DTANDEM_TESTS=ON >/dev/null
	@scripts/build release sim_test whole_sim_test
	@tests/sim/run --soak $(if $(SECONDS),--seconds $(SECONDS)) build/release/tests/sim/sim_test build/release/tests/sim/whole_sim_test

bench: build ## Measure against the peers, side by side, and print ratios
	@scripts/bench

notebook: build ## Open the tour of two regions as a Jupyter notebook; starts regions when none run
	@scripts/install-packages notebook
	@cd sample-app && $(TANDEM) up --no-deploy
	cd notebook && /usr/bin/jupyter-notebook $$([ "$$(id -u)" -ne 0 ] || echo --allow-root) two-region.ipynb

lint: ## clang-format check, clang-tidy and the rules of tests/tidy
	@scripts/lint

fmt: ## Format all C++ sources in place
	@/usr/bin/python3 tests/tidy/selection.py list '*.cc' '*.h' | xargs clang-format -i
