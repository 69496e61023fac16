# Every target makes .venv by itself: a clone, Python 3.11 or later and make suffice.
#
#   make test          unit tests, property tests, doctests     (ARGS="-k softmax" …)
#   make demo          the demos                                (ARGS="apple" …)
#   make lint types layers docs wheel                           what CI checks besides
#   make test-peer     against PyTorch, JAX and autograd        (`make peers` installs)
#   make test-browser  pages in Chromium
#   make constraints   refresh the pins in constraints.txt
#   make clean
#
# Paths are relative, so that a folder whose name has a space works.

PYTHON ?= python3
ARGS ?=
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip -qq --disable-pip-version-check
CONSTRAINTS := constraints.txt constraints-peers.txt
PYTEST := $(BIN)/python -m pytest

# Small matrices lose 10 to 20 times their speed when BLAS threads wait for each other.
export OPENBLAS_NUM_THREADS := 1
export OMP_NUM_THREADS := 1
export MKL_NUM_THREADS := 1

.DELETE_ON_ERROR:
.PHONY: test demo demos lint types layers docs wheel peers browser
.PHONY: test-peer test-browser constraints clean

test: $(VENV)/stamp-tests
	$(PYTEST) -n 2 $(ARGS)

# GRAPHGRAD_DATA, when set, reaches the demos through the environment.
demo: $(VENV)/stamp-tests
	$(BIN)/graphgrad demo $(ARGS)

demos: $(VENV)/stamp-tests
	$(BIN)/graphgrad demo --all --quick

lint: $(VENV)/stamp-dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check

types: $(VENV)/stamp-dev
	$(BIN)/pyright

layers: $(VENV)/stamp-dev
	$(BIN)/lint-imports

docs: $(VENV)/stamp-docs
	$(BIN)/sphinx-build -q -W --keep-going docs docs/_build/html

# Installed beside the checkout and imported from elsewhere: catches a file left out.
wheel: $(VENV)/stamp-dev
	rm -rf build dist && mkdir build
	$(BIN)/python -m build --wheel --outdir dist . > build/wheel.log 2>&1 || \
	  { cat build/wheel.log; exit 1; }
	$(PIP) install --no-deps --target build/wheel dist/*.whl
	cd build && PYTHONPATH=wheel ../$(BIN)/python -c "import graphgrad as g, \
	  graphgrad_demos as d, graphgrad_pytest, pathlib as p; here = p.Path('wheel').resolve(); \
	  assert all(here in p.Path(q).resolve().parents for m in (g, d) for q in m.__path__); \
	  assert (here / 'graphgrad' / 'py.typed').exists()"

peers: $(VENV)/stamp-peers
browser: $(VENV)/stamp-browser

test-peer: $(VENV)/stamp-peers
	$(PYTEST) -m peer $(ARGS)

test-browser: $(VENV)/stamp-browser
	$(PYTEST) -m browser $(ARGS)

# One stamp per extra of pyproject.toml. All start from `tests`, so that pyright and
# Sphinx see every optional import.
$(VENV)/stamp-tests: pyproject.toml setup.py $(CONSTRAINTS)
	$(PYTHON) -m venv $(VENV)
	$(PIP) install $(CONSTRAINTS:%=-c %) -e ".[tests]"
	@touch $@

$(VENV)/stamp-%: $(VENV)/stamp-tests
	$(PIP) install $(CONSTRAINTS:%=-c %) -e ".[$*]"
	@touch $@

# The newest of everything, in an environment of its own. Use the oldest Python that
# pyproject.toml admits: what it can install, the later ones can too.
constraints:
	rm -rf build/pins
	$(PYTHON) -m venv build/pins
	build/pins/bin/python -m pip -qq install -c constraints-peers.txt \
	  -e ".[tests,docs,dev,browser]"
	{ sed '/^[^#]/,$$d' constraints.txt; \
	  build/pins/bin/python -m pip freeze --exclude-editable; } > build/constraints.txt
	mv build/constraints.txt constraints.txt

clean:
	rm -rf $(VENV) build dist out docs/_build *.egg-info .hypothesis \
	  .import_linter_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
