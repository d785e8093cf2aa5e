# Commands that do all their own set-up: `make demo`, `make test` and `make test-web`.
# Python: 3.10 to 3.13 for the demo; the tests train, so they need 3.10 or 3.11.

PYTHON ?= $(firstword $(foreach p,python3.11 python3.10 python3,$(shell command -v $(p))))
BIN := .venv/bin

.PHONY: demo test test-web format clean

demo: .venv/core
	$(BIN)/tfc-vae demo

test: .venv/full
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python -m pytest -q -n 2 --dist loadfile

# The page of web/ in Node.js and in headless Chromium, side by side with Python.
test-web: .venv/full web/node_modules/.package-lock.json
	command -v chromium >/dev/null || { apt-get update -qq && apt-get install -y -qq chromium; }
	node --test tests/web/*.test.mjs
	TEST_WEB=1 $(BIN)/python -m pytest -q tests/web tests/matrix

# Node.js 20.12 or newer; this also puts LiteRT.js into web/vendor/.
web/node_modules/.package-lock.json: web/package.json web/package-lock.json web/tools/vendor.js
	npm ci --prefix web --no-audit --no-fund
	touch $@

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
