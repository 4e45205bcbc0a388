# 安卷 Anjuan.  make run: set up and start all.  make test: check all.
PYTHON_IN_VENV = .venv/bin/python
PYTEST_WORKERS ?= 2

.PHONY: run setup setup-test test lint bench clean

run: setup
	@$(PYTHON_IN_VENV) -m config.stack --with-parent

setup:
	@bin/setup

setup-test:
	@bin/setup test
	@$(PYTHON_IN_VENV) -m config.stack.frontend
	@$(PYTHON_IN_VENV) -m config.messages >/dev/null

test: setup-test lint
	@$(PYTHON_IN_VENV) -m pytest -n $(PYTEST_WORKERS) --dist loadgroup

lint: setup-test
	@.venv/bin/ruff check .
	@.venv/bin/mypy .
	@PYTHONPATH=. .venv/bin/lint-imports

bench: setup-test
	@for part in $$(grep -l __main__ bench/*.py); do \
		$(PYTHON_IN_VENV) -m bench.$$(basename $$part .py) || exit 1; done

# what can be made again; never the folder data/
clean:
	rm -rf .venv build assets/dist assets/node_modules .mypy_cache .ruff_cache .pytest_cache *.egg-info
	find locale -name '*.mo' -delete
