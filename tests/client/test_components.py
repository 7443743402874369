"""The client's own checks, run with the Node that builds it."""

from __future__ import annotations

import pytest

from tests.browsers import CLIENT, run_node

COMMANDS = {
    "format": ("node_modules/prettier/bin/prettier.cjs", "--check", "."),
    "types": ("node_modules/typescript/bin/tsc", "--noEmit"),
    "components": ("node_modules/vitest/vitest.mjs", "run"),
}


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
def test_the_client_passes_its_own_checks(command: tuple[str, ...]) -> None:
    """It is formatted, TypeScript finds no mistake, and every test of a component passes."""
    done = run_node(CLIENT, *command)
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}"
