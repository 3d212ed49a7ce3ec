# Everything happens in .venv; a fresh machine needs Python 3.11 (or 3.12) and make, nothing else.
PYTHON ?= $(shell command -v python3.11 || command -v python3.12 || command -v python3)
BIN := .venv/bin
CASES ?= nhtsa/lead-brake euro_ncap/cpnco-child
CI_THREADS := OMP_NUM_THREADS=1

.PHONY: demo test lint docs clean

demo: .venv/installed
	$(BIN)/nearmiss generate $(CASES) --out runs/demo
	@echo
	@echo "Open runs/demo/report.html in a browser; accepted clips, if there are any, are in runs/demo/dataset."

test: .venv/developing lint
	$(CI_THREADS) $(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder

lint: .venv/developing
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/lint-imports
	$(BIN)/mypy

docs: .venv/documenting
	$(BIN)/mkdocs build --strict

clean:
	rm -rf .venv runs/demo site

.venv/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 13) and "nearmiss needs Python 3.11 or 3.12, found " + sys.version)'
	$(PYTHON) -m venv .venv

.venv/installed: pyproject.toml .venv/bin/python
	$(BIN)/pip install -e .
	@touch $@

.venv/developing: pyproject.toml .venv/bin/python
	$(BIN)/pip install -e '.[dev]'
	@touch $@ .venv/installed

.venv/documenting: pyproject.toml .venv/bin/python
	$(BIN)/pip install -e '.[docs]'
	@touch $@ .venv/installed
