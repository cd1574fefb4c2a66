# Every target makes the virtual environment it needs; `make` alone lists them.
# PYTHON=/path/to/python3.12 picks the interpreter, VENV=folder the place, PYTEST_ARGS="-k bridge" what is tested.

VENV ?= .venv
PYTHON ?=
PYTEST_ARGS ?= -n logical --dist loadfile
BENCH_ARGS ?=
export PIP_DISABLE_PIP_VERSION_CHECK = 1

bin := $(VENV)/bin
python := $(bin)/python
locked := pyproject.toml constraints.txt

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help figures test test-browser bench docs lab lock clean

help:  ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' $(firstword $(MAKEFILE_LIST)) | expand -t 18

figures: $(VENV)/.figures  ## execute the notebooks into build/, fill figures/ and write the briefing
	@$(python) -m tradeimpact figures
	@$(python) -m tradeimpact brief afghanistan-2021 --since 2021-07-14 --to build/briefing

test: $(VENV)/.test  ## lint, types, and all tests with coverage
	@echo "test data";           $(python) tests/fetch_data.py
	@echo "ruff check";          $(python) -m ruff check .
	@echo "ruff format --check"; $(python) -m ruff format --check .
	@echo "mypy";                $(python) -m mypy
	@echo "pytest";              $(python) -m pytest --cov $(PYTEST_ARGS)

test-browser: $(VENV)/.browser  ## notebooks, explorer and briefing in a real Chromium (Debian: chromium chromium-driver)
	@command -v npm >/dev/null && npm install --silent --no-audit --no-fund --prefix build/browser axe-core || true
	@$(python) -m pytest -m browser tests/browser

bench: $(VENV)/.bench  ## measure against what an analyst would otherwise use (minutes; a quiet machine)
	@$(python) -m benchmarks $(BENCH_ARGS)

docs: $(VENV)/.docs  ## build the documentation into build/site
	@NO_MKDOCS_2_WARNING=1 $(python) -m mkdocs build --strict

lab: $(VENV)/.notebooks  ## open the notebooks in JupyterLab
	@$(python) -m jupyterlab $$([ "$$(id -u)" = 0 ] && echo --allow-root) notebooks

# On the oldest Python there is to serve (3.11.2, Debian 12): some packages leave out early 3.11 releases.
lock: $(VENV)/.venv  ## renew constraints.txt from what pip chooses today
	@set -e; tmp=$$(mktemp -d); trap 'rm -rf "$$tmp"' EXIT; \
	$(python) -m venv "$$tmp/venv"; \
	echo "Installing everything without constraints ..."; \
	"$$tmp/venv/bin/python" -m pip install -qq --editable '.[all,bench]'; \
	{ echo "# Exact versions of everything that pip installs for .[all,bench]; made by 'make lock' with Python" \
	  "$$("$$tmp/venv/bin/python" -c 'import sys; print("%d.%d.%d" % sys.version_info[:3])')."; \
	  "$$tmp/venv/bin/python" -m pip freeze --exclude-editable | LC_ALL=C sort -f; } > "$$tmp/constraints.txt"; \
	mv "$$tmp/constraints.txt" constraints.txt; \
	echo "constraints.txt: $$(grep -c == constraints.txt) packages"
	@PYTHON=$(abspath $(python)) .ci/lock-hashes

clean:  ## remove the virtual environment, build/ and every cache
	rm -rf $(VENV) build dist .coverage .coverage.* .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/.notebooks $(VENV)/.figures $(VENV)/.test $(VENV)/.browser $(VENV)/.bench $(VENV)/.docs: $(VENV)/.%: $(VENV)/.venv $(locked)
	@echo "Installing tradeimpact[$*] into $(VENV) (a minute or two the first time) ..."
	@$(python) -m pip install -qq --editable '.[$*]' --constraint constraints.txt
	@touch $@

$(VENV)/.venv:
	@set -e; python="$(PYTHON)"; new='import sys; sys.exit(sys.version_info < (3, 11))'; \
	if [ -z "$$python" ]; then \
	  for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	    if "$$p" -c "$$new" 2>/dev/null; then python=$$p; break; fi; \
	  done; \
	fi; \
	if ! "$${python:-false}" -c "$$new" 2>/dev/null; then \
	  echo "tradeimpact needs Python 3.11 or newer; $${python:-every python3 on the PATH} is older, missing or broken." \
	    "On Debian 12 or newer: apt-get install python3 python3-venv. Elsewhere: make ... PYTHON=/path/to/python3.11" >&2; \
	  exit 1; \
	fi; \
	if ! "$$python" -c 'import ensurepip, venv' 2>/dev/null; then \
	  echo "$$python cannot make virtual environments. On Debian: apt-get install python3-venv" >&2; exit 1; \
	fi; \
	echo "Making $(VENV) with $$("$$python" --version)"; \
	"$$python" -m venv $(VENV)
	@touch $@
