"""The client's own checks, run with the Node that builds it."""

from __future__ import annotations

import pytest

from tests.browsers import CLIENT, run_node

# Deadlines in milliseconds that only a test that hangs exceeds, even on a busy machine.
PATIENCE = ("--testTimeout=180000", "--hookTimeout=180000", "--teardownTimeout=60000")
COMMANDS = {
    "format": ("node_modules/prettier/bin/prettier.cjs", "--check", "."),
    "types": ("node_modules/typescript/bin/tsc", "--noEmit"),
    "components": ("node_modules/vitest/vitest.mjs", "run", *PATIENCE),
}


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
def test_the_client_passes_its_own_checks(command: tuple[str, ...]) -> None:
    """It is formatted, TypeScript finds no mistake, and every test of a component passes."""
    done = run_node(CLIENT, *command)
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}"
