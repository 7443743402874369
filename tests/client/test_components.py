"""Runs the client's own tests with the Node.js version that also builds the client."""

from __future__ import annotations

from tests.support.browsers import CLIENT, run_node

# Timeouts in milliseconds: so long that only a hanging test exceeds them on a busy machine.
TIMEOUTS = ("--testTimeout=180000", "--hookTimeout=180000", "--teardownTimeout=60000")


def test_client_passes_its_own_tests() -> None:
    """Vitest succeeds."""
    done = run_node(CLIENT, "node_modules/vitest/vitest.mjs", "run", *TIMEOUTS)
    assert done.returncode == 0, done.stdout
