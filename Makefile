# `make demo` and `make test` install what they need into .venv and .tools, once.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
NPM_READY := .tools/.ready
PYTEST_ARGS ?= -n 2

# Bytecode is kept even where the machine says otherwise: it halves the time that a command takes to start.
unexport PYTHONDONTWRITEBYTECODE
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: demo test check bench clean completions docs help
.DEFAULT_GOAL := help

help: ## Say what there is to make.
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(READY) ## Start the whole system on this machine and show its dashboard.
	@$(BIN)/shema sandbox run -- shema dashboard

test: check $(NPM_READY) ## Run the static checks and the whole suite.
	@$(BIN)/python -m pytest $(PYTEST_ARGS)

check: $(READY) ## Lint, type-check, and hold the import contracts.
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo

bench: $(READY) ## Measure every figure of the README again.
	@$(BIN)/python -m bench

completions: $(READY) ## Write completions/ again from the command tree.
	@$(BIN)/python -m shema_cli.completion

docs: $(READY) ## Write again what is written from the code: reference, man, the contract's JSON, snapshots of --help.
	@$(BIN)/python -m shema_cli.help
	@$(BIN)/python -m tests.help.snapshots
	@$(BIN)/python -m tests.contract.written

clean: ## Remove what the other targets made.
	rm -rf $(VENV) .tools dist build .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis

$(READY): pyproject.toml
	@echo "Installing into $(VENV) (once) …"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install -qq --upgrade "pip>=25.1"
	@$(BIN)/python -m pip install -qq --editable '.[sandbox]' --group test --group check
	@touch $@

# The official Firebase emulator and the Node programs that the tests run, where Node is there; the tests say what
# they skip without it.
$(NPM_READY): tests/node/package.json
	@mkdir -p .tools
	@if command -v npm >/dev/null 2>&1; then \
		echo "Installing the Node programs of the tests into .tools (once, a minute or two) …"; \
		cp tests/node/package.json .tools/ && \
		npm install --prefix .tools --no-audit --no-fund --loglevel=error; \
	else echo "npm is not installed: the tests that need Node will be skipped"; fi
	@touch $@
