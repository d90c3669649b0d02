# The two commands a newcomer needs are `make demo` and `make test`; both set up everything they use.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo test quick lint install browser screenshots clean

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

screenshots: install browser
	$(BIN)/python tools/screenshots.py

test: lint browser
	$(BIN)/pytest -n 2 -q

quick: install
	$(BIN)/pytest -n 2 -q -m "not slow"

clean:
	rm -rf $(VENV) demo/*.jpg demo/*.mp4 build dist .pytest_cache .mypy_cache .ruff_cache
