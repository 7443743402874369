"""Answers that are kept by clocks of a test's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graphql import OperationType
from prometheus_client import REGISTRY

from schema.execution.observation import Subject
from web.graphql.response_cache import CachedResponse, CacheKey, Mark

if TYPE_CHECKING:
    from models.ids import Id

FOR_EVER = float("inf")
SUBJECT = Subject(OperationType.QUERY, "experts", None, 10)


class Clock:
    """A clock that stands still unless it is moved; its wall clock shows the same."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        """The time in seconds."""
        return self.now


def question(text: bytes = b"?") -> CacheKey:
    """What somebody asks in a body."""
    return CacheKey(is_in_address=False, media_type="application/json", asked=text)


def made(mark: Mark, *experts: Id, body: bytes = b"{}", until: float = FOR_EVER) -> CachedResponse:
    """An answer with some calendars in it, each of which has had one event."""
    return CachedResponse(
        headers=(),
        body=body,
        subject=SUBJECT,
        cost=10,
        mark=mark,
        calendars=dict.fromkeys(experts, 1),
        until=until,
    )


def counted(name: str) -> float:
    """What the metrics say of the answers."""
    return REGISTRY.get_sample_value(f"expertbook_cache_{name}", {"cache": "answers"}) or 0.0
