"""The client's own tests, run with the Node.js that builds it."""

from __future__ import annotations

from tests.support.browsers import CLIENT, run_node

# Deadlines in milliseconds; even on a busy machine, only a hanging test exceeds them.
TIMEOUTS = ("--testTimeout=180000", "--hookTimeout=180000", "--teardownTimeout=60000")


def test_client_passes_its_own_tests() -> None:
    """Vitest succeeds."""
    done = run_node(CLIENT, "node_modules/vitest/vitest.mjs", "run", *TIMEOUTS)
    assert done.returncode == 0, done.stdout
