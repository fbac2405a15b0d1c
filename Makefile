# make demo       run the bridge with a PingOne sandbox behind it
# make reconcile-demo  show a reconciliation from file to directory, against a PingOne sandbox
# make test       run the whole test suite
# make check      ruff, mypy, import-linter
# make coverage   run the suite and say which lines and branches it does not reach (twice as long)
# make test-all   run the suite with every Python from 3.11 to 3.14 that this machine has
# make fuzz       send random requests, texts and bytes for FUZZ_SECONDS (60)
# make mutants    change the code of scim/ and mapping/ line by line, and see whether a test fails (MUTANTS: which part)
# make bench      measure the bridge beside direct calls to the sandbox, with a report in build/bench
# make try        try each thing in deploy/ with the real tools that this machine has (ONLY: those with that word)
# make docs       build the site in build/site, and refuse a broken link
# make reference  write the parts of the pages that are made from the code
# make lock       write the versions and hashes that image and CI install, in locks
# make sbom       write what the image has in it as CycloneDX, in build/sbom.json
# make licences   check that every file has a licence, as REUSE asks for
# make help       show this list
# make clean      take away what the others made

VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip --disable-pip-version-check --quiet
# A stamp says what is installed; while these two files and its lock stay as they are, nothing is looked up or fetched.
DEMO   := $(VENV)/.installed-demo
TEST   := $(VENV)/.installed-test
BENCH  := $(VENV)/.installed-bench
MUTATE := $(VENV)/.installed-mutants
DOCS   := $(VENV)/.installed-docs
RECIPE := setup.cfg pyproject.toml

# What a release needs stands in a venv of its own: its tools must not decide what the bridge is tested with.
TOOLS  := build/tools
TOOL   := $(TOOLS)/bin
KIT    := $(TOOLS)/.installed
IMAGE  := build/image

PYTHONS := 3.11 3.12 3.13 3.14
COMPILE  = $(TOOL)/uv pip compile --universal --python-version 3.11 --generate-hashes --quiet \
           --custom-compile-command 'make lock'

export PIP_ROOT_USER_ACTION := ignore

FUZZ_SECONDS ?= 60
BENCH_USERS  ?= 100000
MUTANTS      ?= scimbridge.scim.* scimbridge.mapping.*

.PHONY: demo reconcile-demo test check coverage test-all fuzz bench mutants try docs reference lock sbom licences help clean
.DELETE_ON_ERROR:

demo: $(DEMO)
	@exec $(BIN)/scimbridge demo

reconcile-demo: $(DEMO)
	@rm -rf build/reconcile-demo
	@exec $(BIN)/scimbridge reconcile demo build/reconcile-demo

# One more than CI has cores: some tests wait for processes that they have started.
test: $(TEST)
	$(BIN)/pytest --numprocesses=3 --dist=worksteal

check: $(TEST)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

coverage: $(TEST)
	$(BIN)/pytest --numprocesses=auto --cov

# Each Python has a venv of its own. One that is not here is named, and left out. pyenv is asked for the version by name.
test-all:
	@for version in $(PYTHONS); do \
	    python=python$$version; venv=build/python$$version; export PYENV_VERSION=$$version; \
	    $$python -c 'import venv, ensurepip' >/dev/null 2>&1 || { echo "$$python is not here."; continue; }; \
	    $$python --version; \
	    $$python -m venv $$venv || exit 1; \
	    unset PYENV_VERSION; \
	    $$venv/bin/python -m pip --disable-pip-version-check --quiet install \
	        --require-hashes --requirement locks/test.txt || exit 1; \
	    $$venv/bin/python -m pip --disable-pip-version-check --quiet install --editable '.[test]' || exit 1; \
	    $$venv/bin/pytest --numprocesses=auto || exit 1; \
	done

fuzz: $(TEST)
	FUZZ_SECONDS=$(FUZZ_SECONDS) $(BIN)/pytest tests/fuzz -s --timeout=$$(($(FUZZ_SECONDS) + 180))

bench: $(BENCH)
	$(BIN)/python -m benchmarks --users $(BENCH_USERS)

mutants: $(MUTATE)
	$(BIN)/mutmut run $(foreach part,$(MUTANTS),'$(part)')
	$(BIN)/mutmut results

# Exit code 3, which make shows as an error, says that what was tried holds and not all was tried.
try: $(TEST)
	$(BIN)/python deploy/trial $(ONLY)

# Not --quiet: that hides the warnings from the count which --strict looks at.
docs: $(DOCS)
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

reference: $(DEMO)
	$(BIN)/python docs/generate.py

# The image has no other versions than those that are tested. What the wheel is built with stands in pyproject.toml.
lock: $(KIT)
	$(COMPILE) setup.cfg --extra test --output-file locks/test.txt
	$(COMPILE) setup.cfg --extra docs --constraint locks/test.txt --output-file locks/docs.txt
	$(COMPILE) setup.cfg --extra database --constraint locks/test.txt --output-file locks/image.txt
	sed -n 's/^requires = \["\(.*\)"\]$$/\1/p' pyproject.toml | \
	    $(COMPILE) - --constraint locks/test.txt --output-file locks/build.txt
	echo 'helm-python-sdk>=0.2.2,<0.3' | $(COMPILE) - --output-file locks/chart.txt

sbom: $(KIT)
	rm -rf $(IMAGE)
	$(BIN)/python -m venv --without-pip $(IMAGE)
	$(PIP) --python $(IMAGE)/bin/python install --require-hashes --requirement locks/image.txt
	$(PIP) --python $(IMAGE)/bin/python install --no-deps .
	$(TOOL)/cyclonedx-py environment --output-reproducible --output-file build/sbom.json $(IMAGE)/bin/python

licences: $(KIT)
	$(TOOL)/reuse lint

help:
	@sed -n 's/^# \(make .*\)/\1/p' Makefile

# CI and the image install what is in locks, and nothing that has another hash; whoever works on the bridge too.
$(TEST): $(RECIPE) locks/test.txt | $(VENV)/.made
	@echo "Installing the bridge and what its tests need ..."
	@$(PIP) install --require-hashes --requirement locks/test.txt
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

$(DOCS): locks/docs.txt | $(VENV)/.made
	@echo "Installing what the site is built with ..."
	@$(PIP) install --require-hashes --requirement locks/docs.txt
	@touch $@

$(KIT): setup.cfg | $(VENV)/.made
	@echo "Installing what a release needs ..."
	@$(BIN)/python -m venv $(TOOLS)
	@$(TOOL)/python -m pip --disable-pip-version-check --quiet install 'cyclonedx-bom>=7,<8' 'reuse>=6,<7' 'uv>=0.9,<1'
	@touch $@

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
	find scimbridge tests docs -name __pycache__ -type d -prune -exec rm -rf {} +
