# Concordat. Every target gets what it still needs, asks nothing, and may be run again at any time.
#   make run          the whole application on http://localhost:8000/  (PORT, BIND, VAR_DIR choose where)
#   make test         the whole check
#   make lint         its quick part, and formats the code
#   make bench        measures at size            make faults   the full-size fault programme
#   make requirements compiles the hash-pinned requirement files from pyproject.toml

# The system's own first: a distribution builds it for speed, which one compiled at home without asking for it is not
# (our tests take a tenth longer there). One that cannot make environments yet comes last.
PYTHON ?= $(shell for needed in ensurepip sys; do \
	for each in /usr/bin/python3.11 python3.11 python3.12 python3.13 python3; do \
	$$each -c "import sys, $$needed; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))" >/dev/null 2>&1 \
	&& { echo $$each; exit; }; done; done)
VENV := .venv/bin
# Compiled once, in a place of ours, whatever the shell says: each of our processes starts in half the time.
unexport PYTHONDONTWRITEBYTECODE
export PYTHONPYCACHEPREFIX := $(CURDIR)/.tools/bytecode
COMPILE := pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header

.PHONY: run test lint bench faults requirements assets ready-run ready-test python

run: ready-run
	@exec $(VENV)/python -m config.launch

test: ready-test
	@exec $(VENV)/python -m tests

lint: ready-test
	@$(VENV)/ruff check --fix --quiet .
	@$(VENV)/ruff format --quiet .
	@exec $(VENV)/python -m tests --quick

bench: ready-test
	@exec $(VENV)/python -m tests.bench

faults: ready-test
	@CONCORDAT_TEST_DURABLE=1 exec $(VENV)/python -m pytest tests/faults

requirements: ready-test
	@.tools/venv/bin/uv $(COMPILE) pyproject.toml -o requirements/base.txt
	@.tools/venv/bin/uv $(COMPILE) pyproject.toml --group dev -o requirements/dev.txt
	@cd requirements && ../.tools/venv/bin/uv $(COMPILE) uv.in -o uv.txt && ../.tools/venv/bin/uv $(COMPILE) node.in -o node.txt

ready-run assets: python
	@$(PYTHON) config/setup.py run

ready-test: python
	@$(PYTHON) config/setup.py test

python:
	@test -n "$(PYTHON)" || { echo "Python 3.11, 3.12 or 3.13 is needed. On Debian or Ubuntu: apt-get install python3" >&2; exit 1; }
