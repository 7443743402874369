"""Fixtures of the tests of subscriptions."""

from __future__ import annotations

import pytest

PATIENCE_SECONDS = 600


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait ten minutes for the answers of a broadcast server to which a connection stands.

    With the program's own limits a machine that stalls for a second looks like an outage. A server
    that is killed is noticed all the same, since its connections break.
    """
    for name in ("PUBLISH_TIMEOUT_SECONDS", "RESPONSE_TIMEOUT_SECONDS"):
        monkeypatch.setattr(f"subscriptions.supervision.{name}", PATIENCE_SECONDS)
