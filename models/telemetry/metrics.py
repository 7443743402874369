"""What the program counts, for Prometheus to collect (web/telemetry/metrics.py).

A label has few values, none of them a client's own words. Where several workers serve, each
counts in a file of its own and whoever is asked gives the sums.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from prometheus_client import Counter, Gauge, Histogram, disable_created_metrics

from models.telemetry.tracing import tracer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from contextvars import Context

# When each was first counted doubles what is sent.
disable_created_metrics()  # type: ignore[no-untyped-call] # it has none

LATENCIES = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)

HTTP_REQUESTS = Counter(
    "expertbook_http_requests", "HTTP requests that were answered.", ("kind", "status")
)
HTTP_SECONDS = Histogram(
    "expertbook_http_request_seconds",
    "Time until the answer to an HTTP request began.",
    ("kind",),
    buckets=LATENCIES,
)
OPERATIONS = Counter(
    "expertbook_operations", "GraphQL operations that have ended.", ("kind", "outcome")
)
OPERATION_SECONDS = Histogram(
    "expertbook_operation_seconds",
    "Time that queries and mutations took.",
    ("kind",),
    buckets=LATENCIES,
)
REFUSALS = Counter(
    "expertbook_refusals", "Refusals of mutations, bookSlot's among them.", ("mutation", "reason")
)
BUDGET_REFUSALS = Counter(
    "expertbook_budget_refusals", "Operations that a client's budget did not allow."
)
OPEN_SOCKETS = Gauge("expertbook_open_sockets", "Open WebSockets.", multiprocess_mode="livesum")
SUBSCRIPTIONS = Gauge(
    "expertbook_subscriptions", "Subscriptions that run.", multiprocess_mode="livesum"
)
DELIVERIES = Counter(
    "expertbook_deliveries", "Events that were handed to subscriptions for sending."
)
CUT_OFF = Counter("expertbook_cut_off_readers", "Connections cut off as they did not read.")
CALENDAR_EVENTS = Counter(
    "expertbook_calendar_events",
    "Committed changes of calendars; those of kind BOOKED are bookings made or moved.",
    ("kind",),
)
LEDGER_BATCH = Histogram(
    "expertbook_ledger_batch_size",
    "Changes decided on in one transaction.",
    buckets=(1, 2, 4, 8, 16, 32, 64),
)
LEDGER_SECONDS = Histogram(
    "expertbook_ledger_commit_seconds",
    "Time from the beginning of a batch to its commit.",
    buckets=LATENCIES,
)
LOOP_LAG = Histogram(
    "expertbook_event_loop_lag_seconds",
    "How much later than asked the event loop woke a task.",
    buckets=(0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0),
)

_CACHE_HITS = Counter("expertbook_cache_hits", "Times a cache had what was asked for.", ("cache",))
_CACHE_MISSES = Counter("expertbook_cache_misses", "Times it had not.", ("cache",))
_CACHE_EVICTIONS = Counter(
    "expertbook_cache_evictions", "Entries that were left out for want of room.", ("cache",)
)
_CACHE_ENTRIES = Gauge(
    "expertbook_cache_entries", "What is in a cache.", ("cache",), multiprocess_mode="livesum"
)
_CACHE_BYTES = Gauge(
    "expertbook_cache_bytes",
    "The size of what is in a cache that is bounded by bytes.",
    ("cache",),
    multiprocess_mode="livesum",
)


class CacheMeter:
    """What a cache counts, under its name.

    Args:
        cache: the name, of those of fast paths and their parts.
        has_bytes: whether it is bounded by bytes.
    """

    def __init__(self, cache: str, *, has_bytes: bool = False) -> None:
        self.hits = _CACHE_HITS.labels(cache)
        self.misses = _CACHE_MISSES.labels(cache)
        self.evictions = _CACHE_EVICTIONS.labels(cache)
        self._entries = _CACHE_ENTRIES.labels(cache)
        self._bytes = _CACHE_BYTES.labels(cache) if has_bytes else None

    def size(self, entries: int, size: int = 0) -> None:
        """Tell how many entries there are now, and of how many bytes."""
        self._entries.set(entries)
        if self._bytes:
            self._bytes.set(size)


@contextmanager
def observe_batch(contexts: Sequence[Context]) -> Iterator[None]:
    """Observe how the ledger works off the changes of some requests, by their contexts."""
    LEDGER_BATCH.observe(len(contexts))
    with LEDGER_SECONDS.time(), tracer().span("ledger commit", contexts=contexts):
        yield


def count_events(kinds: Iterable[str]) -> None:
    """Count committed changes of calendars."""
    for kind in kinds:
        CALENDAR_EVENTS.labels(kind).inc()
