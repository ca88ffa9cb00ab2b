# Few verbs: setup, multilingual, run, test, test-quick, bench, check, format, proto, lock, clean.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: help setup setup-dev multilingual run test test-quick compose-test bench check format lint types proto proto-lint lock clean
.DEFAULT_GOAL := help
# The tests start some hundred processes, each of which would compile all modules again.
unexport PYTHONDONTWRITEBYTECODE

help:
	@echo "make run      start Chatmount (sets up $(VENV) on first use)"
	@echo "make test     run the whole test suite"
	@echo "make test-quick  run the tests that start no whole stack; with VENV=.venv-3.13 PYTHON=python3.13 on another Python"
	@echo "make compose-test  start the stack of compose.yaml with Docker, and try what docs/running.md says of it"
	@echo "make check    format, lint, types, generated code, tests"
	@echo "make bench    measure what answers cost, beside a small server written by hand (more: docs/measurements.md)"
	@echo "make setup    prepare $(VENV) alone"
	@echo "make multilingual  fetch the model for chatbots in other languages than English"
	@echo "make proto    generate gen/ from proto/, and docs/openapi.yaml and docs/grafana.json"
	@echo "make lock     resolve the dependencies and pin them"
	@echo "make clean    remove $(VENV) and caches (never .chatmount, which is your data)"

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit("Chatmount needs Python 3.11 or newer; choose one with: make PYTHON=python3.12 …") if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.setup: requirements.lock pyproject.toml $(wildcard services/retrieval/embedders/minilm/*.py) | $(BIN)/python
	$(BIN)/python -m pip install -qq --require-hashes -r requirements.lock
	@# xds-protos brings old messages of OpenTelemetry under the same names: those that traces need come last.
	sed -n '/^opentelemetry-proto==/,/# via/p' requirements.lock | $(BIN)/python -m pip install -qq --require-hashes --no-deps --force-reinstall -r /dev/stdin
	$(BIN)/python -m pip install -qq --no-deps -e .
	$(BIN)/python -m services.retrieval.embedders.minilm.prepare
	@touch $@

$(VENV)/.setup-dev: requirements-dev.lock $(VENV)/.setup
	$(BIN)/python -m pip install -qq --require-hashes -r requirements-dev.lock
	@touch $@

setup: $(VENV)/.setup

setup-dev: $(VENV)/.setup-dev

multilingual: setup
	$(BIN)/python -m services.retrieval.embedders.multilingual.prepare

run: setup
	@exec $(BIN)/chatmount up

# How many tests run at the same time. Many of them wait for processes: three leave a sixth of two cores idle.
JOBS ?= 4

test: setup-dev
	$(BIN)/python -m pytest -n $(JOBS)

# What starts no whole stack, kills no processes by the dozen, and needs one kind of database.
test-quick: setup-dev
	$(BIN)/python -m pytest -n $(JOBS) -m "not long" -k "not postgres"

# Skipped with one sentence where there is no Docker engine with Compose v2.
compose-test: setup-dev
	$(BIN)/python -m pytest -n 0 -r fE tests/compose/drills.py tests/compose/drills_of_settings.py

bench: setup-dev
	$(BIN)/python -m bench

format: setup-dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lint: setup-dev proto-lint
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: setup-dev
	$(BIN)/mypy

proto-lint: setup-dev
	$(BIN)/python proto/generate.py --lint-image $(VENV)/protos.binpb
	$(BIN)/buf lint $(VENV)/protos.binpb --config proto/buf.yaml

proto: setup-dev
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python proto/generate.py
	$(BIN)/python proto/openapi.py
	$(BIN)/python -m services.observe.grafana > docs/grafana.json

# The freshness of gen/ and the import rules are tests.
check: lint types test

lock: setup-dev
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--custom-compile-command "make lock" pyproject.toml -o requirements.lock
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--custom-compile-command "make lock" --extra dev -c requirements.lock pyproject.toml -o requirements-dev.lock

clean:
	rm -rf $(VENV) .venv-* .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
