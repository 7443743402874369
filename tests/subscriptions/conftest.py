"""A fixture that makes tests of the broadcast backends tolerate a slow machine."""

from __future__ import annotations

import pytest

PATIENCE_SECONDS = 600


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Raise the backends' timeouts for connected servers to ten minutes.

    With the default timeouts, a test machine that stalls for a second looks like an outage of the
    server. Killed servers are still detected, since their connections break.
    """
    for name in ("PUBLISH_TIMEOUT_SECONDS", "RESPONSE_TIMEOUT_SECONDS"):
        monkeypatch.setattr(f"subscriptions.supervision.{name}", PATIENCE_SECONDS)
