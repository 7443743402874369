"""The client's own checks, run with the Node.js that builds it."""

from __future__ import annotations

import pytest

from tests.support.browsers import CLIENT, run_node

# Deadlines in milliseconds, which only a hanging test exceeds, even on a busy machine.
TIMEOUTS = ("--testTimeout=180000", "--hookTimeout=180000", "--teardownTimeout=60000")
COMMANDS = {
    "format": ("node_modules/prettier/bin/prettier.cjs", "--check", "."),
    "types": ("node_modules/@typescript/native/bin/tsc", "--noEmit"),
    "components": ("node_modules/vitest/vitest.mjs", "run", *TIMEOUTS),
}


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
def test_client_passes_its_own_checks(command: tuple[str, ...]) -> None:
    """Prettier, TypeScript and Vitest succeed."""
    done = run_node(CLIENT, *command)
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}"
