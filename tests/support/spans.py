"""Spans of time relative to the start of the tests."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


class Time:
    """Computes spans relative to the start of the tests."""

    def __init__(self) -> None:
        self.now = datetime.now(UTC).replace(microsecond=0)

    def days(self, first: int, last: int) -> tuple[str, str]:
        """Return two instants in ISO format, `first` and `last` days after the tests' start."""
        spans = (self.now + timedelta(days=first), self.now + timedelta(days=last))
        since, until = (instant.isoformat() for instant in spans)
        return since, until
