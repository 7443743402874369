# `make run` starts the server, `make test` checks everything, `make bench` measures. Dependencies
# are installed automatically.
UV := $(shell command -v uv 2>/dev/null || echo .uv/bin/uv)

IN_PARALLEL := -n 2 --dist loadfile --no-loadscope-reorder
# Tests that also run with all fast paths off: answers must be the same.
ANSWERS := tests/schema tests/subscriptions $(patsubst %,tests/web/test_%.py,\
  administration availability booking booking_changes directory moves own_bookings permissions \
  races rules socket sse suggestions watching)

.PHONY: run test test-plain bench clean
.DEFAULT_GOAL := run

# `exec` replaces uv, so that uv does not stay in memory and signals to make reach the server.
run: $(UV) ## start the server on http://127.0.0.1:8000
	@program=$$($(UV) run sh -c 'command -v expertbook') && exec "$$program" serve --with-parent

test: $(UV) ## check format, lint, types and architecture, and run all tests
	$(UV) run ruff format --check .
	$(UV) run ruff check .
	$(UV) run mypy
	$(UV) run --group containers pytest $(IN_PARALLEL)
	EXPERTBOOK_FAST_PATHS=none $(UV) run --group containers pytest $(IN_PARALLEL) $(ANSWERS)

test-plain: $(UV) ## run all tests with fast paths off
	EXPERTBOOK_FAST_PATHS=none $(UV) run --group containers pytest $(IN_PARALLEL)

# Variables: see tests/benchmarks/__main__.py. `exec` replaces uv, as above.
bench: $(UV) ## run the benchmarks; PEERS=path of the peers' rig adds a comparison
	@python=$$($(UV) run sh -c 'command -v python') && exec "$$python" -m tests.benchmarks

clean: ## remove all generated files, including sample data
	rm -rf .uv .venv .data .bench web/client/dist web/client/node_modules tests/client/pictures

.uv/bin/uv:
	python3 -m venv .uv
	.uv/bin/pip install --quiet uv
