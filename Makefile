# Two commands: `make run` and `make test`. Everything else that they need, they fetch.
UV := $(shell command -v uv 2>/dev/null || echo .uv/bin/uv)

.PHONY: run test clean
.DEFAULT_GOAL := run

# In place of uv, which would stay in memory and in between: whoever ends make ends the program.
run: $(UV) ## serve the product on http://127.0.0.1:8000
	@program=$$($(UV) run sh -c 'command -v expertbook') && exec "$$program" serve --with-parent

test: $(UV) ## format, lint, types, the house's rules and every test
	$(UV) run ruff format --check .
	$(UV) run ruff check .
	$(UV) run mypy
	$(UV) run --group containers pytest -n 2 --dist loadfile --no-loadscope-reorder

clean: ## remove what the commands made, sample data included
	rm -rf .uv .venv .data web/client/dist web/client/node_modules tests/client/pictures

.uv/bin/uv:
	python3 -m venv .uv
	.uv/bin/pip install --quiet uv
