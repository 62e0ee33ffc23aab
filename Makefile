# The fronts worth remembering. Each is a script or a CMake preset that can be run on its own.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help up down build test bench lint fmt deps

TANDEM := $(CURDIR)/build/tandem

help: ## Show this list
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 16

up: build ## Start two regions, deploy the sample app, show it working
	cd sample-app && $(TANDEM) up && $(TANDEM) call POST /todos --data '{"text":"hello from make up"}' && $(TANDEM) call GET /todos -n 6

down: ## Stop the sample app's regions (state is kept)
	cd sample-app && $(TANDEM) down

deps: ## Install what the build needs from Debian, when missing
	@scripts/install-packages build

build: deps ## Build the release binary into build/tandem
	@scripts/build release

test: ## Install what tests need, build, run every test
	@scripts/test

bench: build ## Measure against the peers, side by side, and print ratios
	@scripts/bench

lint: ## clang-format check, clang-tidy and the rules of tests/tidy
	@scripts/lint

fmt: ## Format all C++ sources in place
	@git ls-files -co --exclude-standard -- '*.cc' '*.h' | xargs clang-format -i
