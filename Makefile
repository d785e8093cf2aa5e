# Commands that do all their own set-up: `make demo`, `make test` and `make test-web`.
# Python: 3.10 to 3.13 for the demo; the tests train, so they need 3.10 or 3.11.

PYTHON ?= $(firstword $(foreach p,python3.11 python3.10 python3,$(shell command -v $(p))))
BIN := .venv/bin
BUILT := pyproject.toml hatch_build.py tfc_vae/coding/_lanes.c
SEEDS := 1 2 3

.PHONY: demo test test-c test-web test-seeds test-mutations format clean check-python tools tools-web

demo: .venv/core
	$(BIN)/tfc-vae demo

test: .venv/full .venv-current/done test-c | tools
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -q -n 2 --dist loadfile --no-loadscope-reorder

# The C loops, watched by the sanitizers of addresses and of undefined behaviour.
test-c: .venv/full
	$(BIN)/python tests/sanitised.py

# The page of web/ in Node.js and in headless Chromium, side by side with Python.
test-web: .venv/full web/node_modules/.package-lock.json | tools-web
	npm run check --silent --prefix web
	node --test tests/web/*.test.mjs
	$(BIN)/python -m pytest -q -m web

# The tests hold for every trained model: three of them, one after the other.
test-seeds: .venv/full .venv-current/done
	for seed in $(SEEDS); do \
	  $(BIN)/python -m pytest -q -n 2 --dist loadfile --no-loadscope-reorder \
	    --model-seed $$seed || exit; \
	done

# Wrong lines, one at a time, that tests must notice; ten minutes.
test-mutations: .venv/full
	$(BIN)/python tests/mutations.py

# Node.js 20.12 or newer; this also puts LiteRT.js into web/vendor/.
web/node_modules/.package-lock.json: web/package.json web/package-lock.json web/tools/vendor.js | tools-web
	npm ci --prefix web --no-audit --no-fund
	touch $@

format: .venv/full
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# Debian's packages where apt can install them; elsewhere a line for each that is missing.
tools:
	@sh tests/tools.sh javac:default-jdk-headless:android/codec node:nodejs:web/codec

tools-web:
	@sh tests/tools.sh node:nodejs:web npm:npm:web chromium:chromium:web/page

check-python:
	@"$(PYTHON)" tests/check_python.py "$(BIN)/python"

.venv/bin/python:
	"$(PYTHON)" -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade pip

# The core only: no TensorFlow.
.venv/core: .venv/bin/python $(BUILT)
	$(BIN)/python -m pip install --quiet --editable .
	touch $@

.venv/full: $(BUILT) requirements.txt constraints.txt | check-python .venv/bin/python
	TFC_VAE_STRICT=1 \
	  $(BIN)/python -m pip install --quiet -r requirements.txt -c constraints.txt
	touch .venv/core $@

.venv-current/done: tests/requirements-current.txt .venv/full
	$(BIN)/python -m venv --clear .venv-current
	.venv-current/bin/python -m pip install --quiet -r tests/requirements-current.txt
	touch $@

clean:
	rm -rf .venv .venv-current demo build dist .pytest_cache .ruff_cache .mypy_cache
	rm -rf web/node_modules web/vendor tfc_vae/coding/*.so tfc_vae/coding/*.pyd
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
