# Everything happens in .venv; a fresh machine needs Python 3.11 (or 3.12) and make, nothing else.
PYTHON ?= $(shell command -v python3.11 || command -v python3.12 || command -v python3)
# Where CPU builds of torch come from. On Linux the ordinary index gives a CUDA build that is gigabytes larger.
TORCH_CPU ?= https://download.pytorch.org/whl/cpu
BIN := .venv/bin
CASES ?= scenarios/library/lead-brakes.yaml scenarios/library/child-from-between-parked-cars.yaml
CI_THREADS := OMP_NUM_THREADS=1

.PHONY: demo test lint clean

demo: .venv/installed
	$(BIN)/nearmiss generate $(CASES) --out runs/demo
	@echo
	@echo "Open runs/demo/report.html in a browser; the nuScenes-format dataset is in runs/demo/dataset."

test: .venv/developing lint
	$(CI_THREADS) $(BIN)/pytest

lint: .venv/developing
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/lint-imports

clean:
	rm -rf .venv runs/demo

.venv/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 13) and "nearmiss needs Python 3.11 or 3.12, found " + sys.version)'
	$(PYTHON) -m venv .venv

# Without an NVIDIA driver take torch's CPU build where its index can be reached; otherwise the ordinary one.
.venv/torch: .venv/bin/python
	@if [ "$$(uname -s)" = Linux ] && ! command -v nvidia-smi >/dev/null \
	  && $(BIN)/python -c 'import sys, urllib.request as u; u.urlopen(sys.argv[1], timeout=10)' "$(TORCH_CPU)/torch/" 2>/dev/null; \
	then $(BIN)/pip install --index-url "$(TORCH_CPU)" "torch>=2.10,<2.14"; fi
	@touch $@

.venv/installed: pyproject.toml .venv/torch
	$(BIN)/pip install -e .
	@touch $@

.venv/developing: pyproject.toml .venv/torch
	$(BIN)/pip install -e '.[dev]'
	@touch $@ .venv/installed
