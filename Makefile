# The two commands a newcomer needs are `make demo` and `make test`; both set up everything they use.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo test quick lint install browser litellm screenshots clean

# LiteLLM asks for older packages than framefit's own, so it has an environment of its own.
LITELLM := $(VENV)/litellm

# Two marks in .venv: what the demo needs installs in seconds, what the tests need takes longer.
$(VENV)/.made:
	$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "framefit needs Python 3.11 or newer; set PYTHON=/path/to/python3.11")'
	$(PYTHON) -m venv $(VENV)
	touch $@

$(VENV)/.demo: $(VENV)/.made pyproject.toml constraints.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[serve]'
	touch $@

$(VENV)/.installed: $(VENV)/.made pyproject.toml constraints.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[test]'
	touch $@ $(VENV)/.demo

install: $(VENV)/.installed

demo: $(VENV)/.demo
	$(BIN)/python demo/run.py

lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# The studio is tested in a real browser. Without root it is only said what to install: the tests skip then,
# and fail where CI=true.
browser:
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null || \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium >/dev/null; \
	else \
		echo "The tests of the studio need Chromium: apt-get install chromium"; \
	fi

$(LITELLM)/.made: | $(VENV)/.made
	$(PYTHON) -m venv $(LITELLM)
	$(LITELLM)/bin/python -m pip install --quiet --disable-pip-version-check litellm==1.106.2
	touch $@

# Its SDK is tried against the gateway. Where it cannot be installed that test skips, and fails where CI=true.
litellm:
	@$(MAKE) --no-print-directory $(LITELLM)/.made || echo "LiteLLM cannot be installed here: its test is left out"

screenshots: install browser
	$(BIN)/python tools/screenshots.py

test: lint browser litellm
	$(BIN)/pytest -n 2 -q

quick: install
	$(BIN)/pytest -n 2 -q -m "not slow"

clean:
	rm -rf $(VENV) demo/*.jpg demo/*.mp4 build dist .pytest_cache .mypy_cache .ruff_cache
