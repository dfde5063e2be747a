PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PORT ?= 8000

.PHONY: demo test check fix bench migrations install install-dev

migrations: ## Regenerate the initial migrations while nothing has been released yet
	rm -f annotations/migrations/0001_initial.py scoring/migrations/0001_initial.py
	$(BIN)/python manage.py makemigrations annotations scoring
