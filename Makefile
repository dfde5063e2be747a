# Two commands first: `make demo` runs an arena here, `make test` checks everything.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PORT ?= 8000
export PYTHONDONTWRITEBYTECODE ?= 1

.PHONY: help demo test check fix texts bench install install-dev

help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'

demo: install ## Run an arena with a demo study on 127.0.0.1:$(PORT)
	@exec $(BIN)/python manage.py demo --port $(PORT)

test: install-dev ## Run every test: unit, servers, browser
	@$(BIN)/python -m tests.run

check: install-dev ## Lint, format, types, floors, migrations, templates, licences
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/python manage.py makemigrations --check --dry-run
	$(BIN)/python manage.py check
	$(BIN)/djhtml --check templates
	$(BIN)/python deploy/licences.py

fix: install-dev ## Repair what can be repaired by machine
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/djhtml templates

texts: install-dev ## Collect the raters' texts and compile their translations (needs gettext)
	$(BIN)/python manage.py makemessages -a --no-obsolete --add-location file --no-wrap -i 'static/*' -i 'tests/*'
	$(BIN)/python manage.py makemessages -a -d djangojs --no-obsolete --add-location file --no-wrap -i 'static/vendor/*'
	$(BIN)/python manage.py compilemessages --ignore '.venv'

bench: install-dev ## Print speed and memory figures
	@$(BIN)/python -m tests.bench

install: $(VENV)/.installed
install-dev: $(VENV)/.installed-dev

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or newer is needed; found $$($(PYTHON) --version). Name another with: make PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || \
		{ echo "Python's venv module is missing. Type: apt-get install -y python3-venv"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(BIN)/python deploy/requirements.py > $(VENV)/requirements.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -r $(VENV)/requirements.txt
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed
	$(BIN)/python deploy/requirements.py dev > $(VENV)/requirements-dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -r $(VENV)/requirements-dev.txt
	@touch $@
