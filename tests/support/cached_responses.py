"""Factories for tests of the response cache."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graphql import OperationType
from prometheus_client import REGISTRY

from models.bookings.events import Position
from schema.execution.observation import OperationSummary
from web.graphql.response_cache import CachedResponse, CacheKey, Checkpoint

if TYPE_CHECKING:
    from models.ids import Id

NEVER = float("inf")
SUBJECT = OperationSummary(OperationType.QUERY, "experts", None, 10)


class Clock:
    """A clock that tests set by hand."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        """Return the time in seconds."""
        return self.now


def request_key(text: bytes = b"?") -> CacheKey:
    """Return the cache key of a request with a JSON body."""
    return CacheKey(is_from_url=False, media_type="application/json", content=text)


def cached_response(
    checkpoint: Checkpoint, *experts: Id, body: bytes = b"{}", expires_at: float = NEVER
) -> CachedResponse:
    """Return a cached response that depends on calendars, each of which has had one event."""
    return CachedResponse(
        headers=(),
        body=body,
        subject=SUBJECT,
        cost=10,
        checkpoint=checkpoint,
        calendars=dict.fromkeys(experts, Position(1)),
        expires_at=expires_at,
    )


def cache_count(name: str) -> float:
    """Return the value of a metric of the response cache, such as "hits"."""
    return REGISTRY.get_sample_value(f"expertbook_cache_{name}", {"cache": "answers"}) or 0.0
