# `make run` and `make test` are all that is needed; `make bench` measures. What they need they fetch.
UV := $(shell command -v uv 2>/dev/null || echo .uv/bin/uv)

IN_PARALLEL := -n 2 --dist loadfile --no-loadscope-reorder
# Of these the answers are compared with fast paths and without at every change.
ANSWERS := tests/schema tests/subscriptions $(patsubst %,tests/web/test_%.py,\
  administration availability booking booking_changes directory moves own_bookings permissions \
  races rules socket sse suggestions watching)

.PHONY: run test test-plain bench clean
.DEFAULT_GOAL := run

# In place of uv, which would stay in memory and in between: whoever ends make ends the program.
run: $(UV) ## serve the product on http://127.0.0.1:8000
	@program=$$($(UV) run sh -c 'command -v expertbook') && exec "$$program" serve --with-parent

test: $(UV) ## format, lint, types, the house's rules and every test
	$(UV) run ruff format --check .
	$(UV) run ruff check .
	$(UV) run mypy
	$(UV) run --group containers pytest $(IN_PARALLEL)
	EXPERTBOOK_FAST_PATHS=none $(UV) run --group containers pytest $(IN_PARALLEL) $(ANSWERS)

test-plain: $(UV) ## every test with the fast paths left out
	EXPERTBOOK_FAST_PATHS=none $(UV) run --group containers pytest $(IN_PARALLEL)

# Variables: see tests/benchmarks/__main__.py. In place of uv, as above.
bench: $(UV) ## measure speed; with PEERS=path, a folder with the peers' rig, the ratios to them too
	@python=$$($(UV) run sh -c 'command -v python') && exec "$$python" -m tests.benchmarks

clean: ## remove what the commands made, sample data included
	rm -rf .uv .venv .data .bench web/client/dist web/client/node_modules tests/client/pictures

.uv/bin/uv:
	python3 -m venv .uv
	.uv/bin/pip install --quiet uv
