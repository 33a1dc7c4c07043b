# Every command a newcomer needs. `make help` lists them.
SHELL := /bin/bash
PYTHON ?= python3
UV := $(shell command -v uv 2>/dev/null)
BIN := .venv/bin

.DEFAULT_GOAL := help
.PHONY: help demo run serve dbt test test-deep lint format bench docs lock clean

help: ## list the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/\1|\2/' | awk -F'|' '{printf "  make %-10s %s\n", $$1, $$2}'

.venv/.runtime: requirements.txt pyproject.toml
	@echo "Setting up .venv (once)"
ifdef UV
	@test -x $(BIN)/python || uv venv --quiet --python $(PYTHON) .venv
	@uv pip install --quiet --compile-bytecode --python $(BIN)/python --require-hashes -r requirements.txt
	@uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
else
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
endif
	@touch $@

.venv/.dev: .venv/.runtime requirements-dev.txt
ifdef UV
	@uv pip install --quiet --compile-bytecode --python $(BIN)/python --require-hashes -r requirements-dev.txt
else
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
endif
	@touch $@

.tryton: requirements-tryton.txt ## Tryton, in an environment of its own: some deep tests read it
	@echo "Setting up .tryton (once)"
ifdef UV
	@uv venv --quiet --clear --python $(PYTHON) .tryton
	@uv pip install --quiet --compile-bytecode --python .tryton/bin/python --require-hashes -r requirements-tryton.txt
else
	@$(PYTHON) -m venv --clear .tryton
	@.tryton/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-tryton.txt
endif
	@touch $@

demo: .venv/.runtime ## the sample company, from exports to dashboards at http://127.0.0.1:8501
	@$(BIN)/plumbline demo $(if $(SCALE),--scale $(SCALE)) $(if $(NO_SERVE),--no-serve)

run: .venv/.runtime ## land what is new, build, check, publish
	@$(BIN)/plumbline run

serve: .venv/.runtime ## dashboards, schedules and sensors
	@$(BIN)/plumbline serve

dbt: .venv/.runtime ## a plain dbt build into data/dev
	@$(BIN)/dbt build --profiles-dir .

test: .venv/.dev ## everything that CI runs
	@$(MAKE) --no-print-directory lint
	@$(BIN)/python -m pytest

test-deep: .venv/.dev ## the slow suites too: kills at every step, many seeds, MetricFlow parity
	@$(BIN)/python -m pytest -m deep

lint: .venv/.dev ## formats, types, SQL style and layers
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/sqlfluff lint --processes 2 models tests/data/*.sql -q
	@$(BIN)/lint-imports --no-cache

format: .venv/.dev ## rewrite Python and SQL as the lint wants it
	@$(BIN)/ruff check --fix-only .
	@$(BIN)/ruff format .
	@$(BIN)/sqlfluff fix --processes 1 models/marts tests/data -q

bench: .venv/.dev ## speed as ratios to raw DuckDB (SCALE=1)
	@$(BIN)/python -m benchmarks --scale $(or $(SCALE),1)

docs: .venv/.dev ## write the data dictionary and the generic contract again
	@$(BIN)/python -m docs.build.dictionary
	@$(BIN)/python -m docs.build.contract

lock: ## resolve the locked requirements again (needs uv)
	@uv pip compile --quiet --universal --python-version 3.11 pyproject.toml --extra build --generate-hashes --no-emit-index-url --no-header --no-annotate --no-strip-extras --output-file requirements.txt
	@uv pip compile --quiet --universal --python-version 3.11 pyproject.toml --extra build --extra dev --constraint requirements.txt --generate-hashes --no-emit-index-url --no-header --no-annotate --no-strip-extras --output-file requirements-dev.txt
	@uv pip compile --quiet --universal --python-version 3.11 tests/tryton/requirements.in --generate-hashes --no-emit-index-url --no-header --no-annotate --no-strip-extras --output-file requirements-tryton.txt

clean: ## remove what was built; data stays
	@rm -rf target logs .pytest_cache .mypy_cache .ruff_cache
