# `make demo` and `make test` need Python 3.11+, git and make, and nothing else.
MAKEFLAGS += --no-print-directory
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11 python3.14; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
VENV := .venv
BIN := $(VENV)/bin
UV_COMPILE = uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-annotate --no-header --no-emit-index-url

.DEFAULT_GOAL := help
.PHONY: help demo test check bench sandbox docs lock clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(VENV)/.runtime ## Print the condition tree of the packaged demo fleet
	@$(BIN)/dpfctl describe all --from demo

test: check $(VENV)/.dev ## Run the checks and all tests, real API servers included
	@$(BIN)/python -m tests.controlplane.binaries
	DPFCTL_REQUIRE_CONTROLPLANE=1 $(BIN)/pytest

check: $(VENV)/.dev ## Lint, types, layers, generated files
	$(BIN)/ruff check --quiet .
	$(BIN)/ruff format --quiet --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest -q tests/contract

bench: $(VENV)/.dev ## Measure speed and memory against floors of the same run
	@$(BIN)/python -m tests.controlplane.binaries
	@$(BIN)/python -m tests.bench

sandbox: $(VENV)/.dev ## Start API servers with the demo fleet and stay until Ctrl-C
	@$(BIN)/python -m tests.controlplane.binaries
	@$(BIN)/python -m tests.controlplane.sandbox

docs: $(VENV)/.dev ## Write the generated files: reference pages, completions, picture
	@$(BIN)/python -m tests.contract.generated

lock: ## Pin every dependency again, by hash (needs uv)
	$(UV_COMPILE) --extra build pyproject.toml -o requirements.lock
	$(UV_COMPILE) --all-extras pyproject.toml -o requirements-dev.lock

clean: ## Remove what the other targets made in this checkout
	rm -rf $(VENV) build dist .mypy_cache .pytest_cache .pytest-kind .ruff_cache .hypothesis \
		.import_linter_cache
	find . -name __pycache__ -prune -exec rm -rf {} +

# Marked as made only when it is whole: what an interrupted or failed run left is made anew.
$(VENV)/.made:
	@test -n "$(PYTHON)" || { echo "error: no Python 3.11 or newer found; set PYTHON=" >&2; exit 1; }
	@$(PYTHON) -m venv --clear $(VENV)
	@touch $@

$(VENV)/.runtime: requirements.lock pyproject.toml | $(VENV)/.made
	@echo "Installing dpfctl into $(VENV)" >&2
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.dev: requirements-dev.lock $(VENV)/.runtime
	@echo "Installing the tools of the tests into $(VENV)" >&2
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@
