# `make help` lists the targets. Needs Python 3.11 or newer, and nothing else.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
APT    := apt-get install -y -qq --no-install-recommends
STAMP  := $(VENV)/.installed
JOBS   ?= auto

# empty, whatever the machine says: each process that a test starts would compile the project anew
export PYTHONDONTWRITEBYTECODE =

.DEFAULT_GOAL := help
.PHONY: help install demo test test-slow browser check format fuzz faults soak bench serve clean lock judges fonts help-pictures

help: ## List the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

install: $(STAMP) ## Install everything into .venv

# what is used is compiled when it is used: to compile all would take a third of the time
$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or newer is needed; name it with make PYTHON=python3.12"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $(STAMP)

demo: $(STAMP) ## Run the main job on made-up people: Excel in, ranked modules and a PDF plan out
	$(BIN)/recommender demo

# a file of tests stays in one worker: what its tests share is made once; docstrings are for `check`
test: $(STAMP) browser ## Run the tests, but for the slow ones
	$(BIN)/python -m pytest -m "not slow and not judges" --ignore tests/test_docstrings.py -n $(JOBS) --dist loadscope --no-loadscope-reorder

# some take minutes alone, so whoever has nothing left to do takes of the others' tests
test-slow: $(STAMP) browser ## Run the slow tests: faults, fuzzing, notebooks, bombs
	$(BIN)/python -m pytest -m slow -n $(JOBS) --dist worksteal $$(grep -rl --include='test_*.py' mark.slow tests | sort)

browser: # what the tests of pages need; where it cannot be installed they are skipped, loudly
	@command -v chromium-headless-shell >/dev/null || command -v chromium >/dev/null || \
		[ "$$(id -u)" != 0 ] || ! command -v apt-get >/dev/null || \
		{ apt-get update -qq && { $(APT) chromium-headless-shell || $(APT) chromium; }; } || true

check: $(STAMP) ## Check format, lint, types, import rules and documentation
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/pyright --pythonpath $(BIN)/python
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -q -p no:xdist tests/test_docstrings.py

format: $(STAMP) ## Format the code
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

fuzz: $(STAMP) ## Send made-up requests to every operation as each role; figures in build/fuzz.json
	$(BIN)/python -m tests.fuzzing --cases 10000

faults: $(STAMP) ## Kill the server at random moments, and worse; figures in build/faults.json
	$(BIN)/python -m tests.faults --kills 100

soak: $(STAMP) ## Keep the server under load for ten minutes; figures in build/soak.json
	$(BIN)/python -m tests.benchmarks.serving --soak 600

bench: $(STAMP) ## Measure speed and memory as ratios; figures in build/bench.json
	$(BIN)/python -m tests.benchmarks

serve: $(STAMP) ## Serve the API on http://127.0.0.1:8000
	$(BIN)/recommender serve

fonts: $(STAMP) ## Cut the fonts of the console anew, after new texts or a new catalogue
	$(BIN)/python tests/support/build_fonts.py

help-pictures: $(STAMP) browser ## Take the pictures of the guide anew, after the console has changed
	LOOKS=new $(BIN)/python -m pytest -q tests/browser/test_looks.py -k guide

judges: ## Judge effects and item statistics by other libraries and by public data, in .venv-judges
	$(PYTHON) -m venv $(VENV)-judges
	$(VENV)-judges/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock -r tests/judges.lock
	$(VENV)-judges/bin/python -m pip install --quiet --disable-pip-version-check --no-deps causallib==0.10.0
	PYTHONPATH=. $(VENV)-judges/bin/python -m pytest -m judges tests/improvement/test_judges.py tests/effectiveness/test_published.py tests/standards/test_judges.py

lock: $(STAMP) ## Renew requirements.lock
	$(BIN)/uv pip compile pyproject.toml --group dev --universal --generate-hashes --no-emit-index-url --quiet --upgrade -o requirements.lock
	$(BIN)/uv pip compile pyproject.toml --universal --generate-hashes --no-emit-index-url --quiet -c requirements.lock -o deploy/requirements.lock
	$(BIN)/uv pip compile pyproject.toml --universal --generate-hashes --no-emit-index-url --quiet -c requirements.lock --extra dask -o deploy/workers.lock
	$(BIN)/uv pip compile --group judges --universal --generate-hashes --no-emit-index-url --quiet -c requirements.lock -o tests/judges.lock
	echo hatchling | $(BIN)/uv pip compile - --universal --generate-hashes --no-emit-index-url --quiet -c requirements.lock -o deploy/build.lock

clean: ## Remove what was built
	rm -rf build dist .pytest_cache .ruff_cache .hypothesis .import_linter_cache $(VENV) $(VENV)-judges
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
