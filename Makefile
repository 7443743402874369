# Two commands: `make run` and `make test`. Everything else that they need, they fetch.
UV := $(shell command -v uv 2>/dev/null || echo .uv/bin/uv)

.PHONY: run test check clean
.DEFAULT_GOAL := run

run: $(UV) ## serve the product on http://127.0.0.1:8000
	@exec $(UV) run --quiet expertbook serve

test: $(UV) ## lint, types, the house's rules and every test
	$(UV) run ruff format --check .
	$(UV) run ruff check .
	$(UV) run mypy
	$(UV) run pytest

clean: ## remove what the commands made, sample data included
	rm -rf .uv .venv .data web/client/dist web/client/node_modules

.uv/bin/uv:
	python3 -m venv .uv
	.uv/bin/pip install --quiet uv
