# Two commands that do all their own set-up: `make demo` and `make test`.
# Python: 3.10 to 3.13 for the demo; the tests train, so they need 3.10 or 3.11.

PYTHON ?= $(firstword $(foreach p,python3.11 python3.10 python3,$(shell command -v $(p))))
BIN := .venv/bin

.PHONY: demo test format clean

demo: .venv/core
	$(BIN)/tfc-vae demo

test: .venv/full
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python -m pytest -q

format: .venv/full
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

.venv/bin/python:
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade pip

# The core only: no TensorFlow.
.venv/core: .venv/bin/python pyproject.toml
	$(BIN)/python -m pip install --quiet --editable .
	touch $@

.venv/full: .venv/bin/python pyproject.toml requirements.txt constraints.txt
	$(BIN)/python -m pip install --quiet -r requirements.txt -c constraints.txt
	touch .venv/core $@

clean:
	rm -rf .venv demo
