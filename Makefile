# shenguan — every command sets up what it needs; only make and Python >= 3.11 are assumed.
SHELL := /bin/sh
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready
PYTEST := $(BIN)/python -m pytest
UV     := $(BIN)/uv pip compile --universal --generate-hashes --no-emit-index-url \
          --no-emit-find-links --no-config --python-version 3.11 \
          --custom-compile-command "make lock" --quiet
FAST_TESTS  := $(wildcard tests/unit tests/contract tests/property tests/architecture)
STACK_TESTS := $(wildcard tests/integration tests/e2e)

.DEFAULT_GOAL := help
.PHONY: help run stop status test lint format conformance bench lock openapi docs clean

help: ## Show this list
	@echo "shenguan — linkage of approval and supervision (审管联动)"
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "shenguan needs Python 3.11 or newer; '$(PYTHON)' is $$($(PYTHON) --version 2>&1 || echo missing)."; \
	  echo "Install one, or name it: make $(or $(MAKECMDGOALS),run) PYTHON=python3.12"; exit 1; }
	@echo "Making the environment in $(VENV) (once, a minute or two) ..."
	@$(PYTHON) -m venv $(VENV) || { \
	  echo "Python's venv module is missing (on Debian: apt install python3-venv)."; exit 1; }

$(READY): $(VENV)/bin/python requirements/dev.txt pyproject.toml
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

run: $(READY) ## Start the local stack and play the demo (DETACH=1 returns; SHENGUAN_PORT=4566)
	@$(BIN)/shenguan up --demo $(if $(DETACH),--detach)

stop: $(READY) ## Stop the local stack; its data stays
	@$(BIN)/shenguan down

status: $(READY) ## Say whether the local stack is up, and where
	@$(BIN)/shenguan status

test: $(READY) ## Run every test that needs no Docker
	@$(if $(FAST_TESTS),$(PYTEST) -n 2 $(FAST_TESTS))
	@$(if $(STACK_TESTS),$(PYTEST) $(STACK_TESTS))

lint: $(READY) ## Check style, types, layering and templates
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

format: $(READY) ## Rewrite the code in the house style
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

conformance: $(READY) ## Compare DynamoDB engines, let Go programs judge the log (skips what lacks Java or Go)
	@$(PYTEST) tests/conformance

bench: $(READY) ## Print figures with units and write them to bench.txt
	@$(BIN)/python -m infra bench

lock: $(READY) ## Pin and hash the requirements again
	@$(UV) --upgrade requirements/dev.in -o requirements/dev.txt
	@$(UV) requirements/runtime.in -c requirements/dev.txt -o requirements/runtime.txt

openapi: $(READY) ## Write services/*/openapi.json from the schemas
	@$(BIN)/python -m infra openapi

docs: $(READY) ## Write docs/policy-basis.md, docs/push-states.md and the tables of docs/api.md
	@$(BIN)/python -m infra policy-basis
	@$(BIN)/python -m infra push-states
	@$(BIN)/python -m infra api-tables

clean: ## Remove the environment, builds, caches (not the local stack's data)
	@rm -rf $(VENV) build .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis \
	  *.egg-info .coverage .coverage.* htmlcov bench.txt
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
