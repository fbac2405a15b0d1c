# make demo    run the bridge with a PingOne sandbox behind it
# make test    run the whole test suite
# make check   ruff, mypy, import-linter, and the coverage of the last test run
# make fuzz    send random requests, texts and bytes for FUZZ_SECONDS (60)
# make bench   measure the bridge beside direct calls to the sandbox, with a report in build/bench
# make mutants change the code of scim/ and mapping/ line by line, and see whether a test fails (MUTANTS: which part)
# make clean   take away what the others made

VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip --disable-pip-version-check --quiet
# A stamp says what is installed; while these two files stay as they are, nothing is looked up or fetched.
DEMO   := $(VENV)/.installed-demo
TEST   := $(VENV)/.installed-test
BENCH  := $(VENV)/.installed-bench
MUTATE := $(VENV)/.installed-mutants
RECIPE := setup.cfg pyproject.toml
SOURCE := $(shell find scimbridge tests mappings -name '*.py' -o -name '*.toml' -o -name '*.json') wsgi.py

export PIP_ROOT_USER_ACTION := ignore

FUZZ_SECONDS ?= 60
BENCH_USERS  ?= 100000
MUTANTS      ?= scimbridge.scim.* scimbridge.mapping.*

.PHONY: demo test check fuzz bench mutants clean
.DELETE_ON_ERROR:

demo: $(DEMO)
	@exec $(BIN)/scimbridge demo

test: $(TEST)
	$(BIN)/pytest --numprocesses=auto --cov --cov-report= --cov-fail-under=0

check: $(TEST) .coverage
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/coverage report

fuzz: $(TEST)
	FUZZ_SECONDS=$(FUZZ_SECONDS) $(BIN)/pytest tests/fuzz -s --timeout=$$(($(FUZZ_SECONDS) + 180))

bench: $(BENCH)
	$(BIN)/python -m benchmarks --users $(BENCH_USERS)

mutants: $(MUTATE)
	$(BIN)/mutmut run $(foreach part,$(MUTANTS),'$(part)')
	$(BIN)/mutmut results

.coverage: $(SOURCE) setup.cfg
	$(MAKE) test

$(TEST): $(RECIPE) | $(VENV)/.made
	@echo "Installing the bridge and what its tests need ..."
	@$(PIP) install --editable '.[test]'
	@touch $@ $(DEMO)

$(DEMO): $(RECIPE) | $(VENV)/.made
	@echo "Installing the bridge ..."
	@$(PIP) install --editable .
	@touch $@

$(BENCH): $(RECIPE) | $(VENV)/.made
	@echo "Installing the bridge and what it is measured with ..."
	@$(PIP) install --editable '.[bench]'
	@touch $@ $(DEMO)

$(MUTATE): $(RECIPE) | $(VENV)/.made
	@echo "Installing the bridge, what its tests need and what changes its code ..."
	@$(PIP) install --editable '.[test,mutants]'
	@touch $@ $(TEST) $(DEMO)

$(VENV)/.made:
	@python=$$(for name in python3.11 python3 python3.12 python3.13 python3.14 python; do \
	    if "$$name" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; \
	    then echo "$$name"; break; fi; done); \
	test -n "$$python" || { echo "Python 3.11 or later with its venv module is needed." >&2; exit 1; }; \
	$(PIP) --version >/dev/null 2>&1 || "$$python" -m venv --clear $(VENV)
	@touch $@

clean:
	rm -rf $(VENV) build dist mutants scimbridge.egg-info .coverage .coverage.* .mypy_cache .pytest_cache \
	    .ruff_cache .import_linter_cache .hypothesis
	find scimbridge tests -name __pycache__ -type d -prune -exec rm -rf {} +
