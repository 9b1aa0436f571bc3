# make alone lists the targets. Needs python3 (3.11 or newer) with pip; takes uv where it is on PATH.
SHELL := /bin/sh
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
BIN := .venv/bin
UV := $(shell command -v uv 2>/dev/null)
COMPILE = uv pip compile pyproject.toml --generate-hashes --universal --python-version 3.11 --no-emit-index-url --no-emit-find-links --no-header --no-annotate -q --upgrade
.PHONY: help setup setup-dev clients up test explore check fresh e2e bench lock secrets

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z][a-z0-9-]*:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

up: setup ## set up if needed, start everything, load the demo once; Ctrl-C stops it
	@exec $(BIN)/guiren up

test: setup-dev ## set up if needed, run every test
	-@$(MAKE) --no-print-directory clients  # Without a registry of npm the tests of generated clients are skipped, and say so.
	$(BIN)/pytest -n auto --dist loadfile --no-loadscope-reorder

explore: setup-dev ## look for new examples that break a property, other ones each time
	GUIREN_EXPLORE=1 $(BIN)/pytest -n auto --dist loadfile tests/property tests/unit

check: setup-dev ## lint, format, types and import contracts
	$(BIN)/ruff check && $(BIN)/ruff format --check && $(BIN)/basedpyright && $(BIN)/lint-imports

fresh: ## a copy in a folder only its owner enters, blanks in its path: set up, started, asked, stopped
	@sh tests/fresh.sh

e2e: setup-dev ## the end-to-end tests alone
	$(BIN)/pytest tests/e2e

bench: setup-dev ## measure, as a table and as bench.json
	$(BIN)/python -m tests.bench

clients: .venv-clients/stamp ## what generates clients from the OpenAPI documents, in an environment of its own (PyPI and npm)

lock: ## pin every dependency again, with hashes (needs uv)
	$(COMPILE) -o requirements.lock
	echo setuptools | $(COMPILE) - --extra embedded -c requirements.lock -o requirements-embedded.lock
	echo setuptools | $(COMPILE) - --extra embedded --group dev -c requirements-embedded.lock -o requirements-dev.lock
	$(subst pyproject.toml,--group clients,$(COMPILE)) -o tests/clients/requirements.lock

secrets: ## make the secrets of docker-compose.yml (deploy/secrets/)
	@$(PYTHON) deploy/keys.py

# A stamp carries what was installed; it is older than a lock that changed. The dev set holds the embedded one.
setup: .venv/stamp
setup-dev: .venv/stamp-dev

.venv/stamp: requirements-embedded.lock pyproject.toml
	@test .venv/stamp-dev -nt requirements-embedded.lock || $(MAKE) --no-print-directory install LOCK=requirements-embedded.lock
	@touch $@

.venv/stamp-dev: requirements-dev.lock pyproject.toml
	@$(MAKE) --no-print-directory install LOCK=requirements-dev.lock
	@touch .venv/stamp $@

.venv-clients/stamp: tests/clients/requirements.lock tests/clients/package-lock.json
	@$(MAKE) --no-print-directory filled VENV=.venv-clients LOCK=tests/clients/requirements.lock
	@cd tests/clients && PATH="$(CURDIR)/.venv-clients/bin:$$PATH" npm ci --silent --no-audit --no-fund
	@touch $@

# No python3-venv on a bare Debian: an environment without pip, filled by the pip outside.
.PHONY: install filled
install: filled
ifeq ($(UV),)
	@$(PYTHON) -m pip --python $(BIN)/python install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
else
	@uv pip install -q --python $(BIN)/python --no-deps --no-build-isolation -e .
endif

filled:
	@command -v $(PYTHON) >/dev/null || { echo "缺少 $(PYTHON)(3.11 或更新);Debian 上执行 apt-get install python3 python3-pip"; exit 1; }
	@$(PYTHON) deploy/preflight.py
	@echo "setting up $(VENV) from $(LOCK) …"
ifeq ($(UV),)
	@test -x $(VENV)/bin/python || $(PYTHON) -m venv --without-pip $(VENV)
	@$(PYTHON) -m pip --python $(VENV)/bin/python install -q --disable-pip-version-check --require-hashes -r $(LOCK)
else
	@test -x $(VENV)/bin/python || uv venv -q --python $(PYTHON) $(VENV)
	@uv pip install -q --python $(VENV)/bin/python --require-hashes -r $(LOCK)
endif
