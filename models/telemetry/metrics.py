"""Prometheus metrics, exported by web/telemetry/metrics.py.

Label values come from short fixed lists, never from client input. With several workers, each
worker writes to its own file, and any worker reports the sums.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from prometheus_client import Counter, Gauge, Histogram, disable_created_metrics

from models.telemetry.tracing import tracer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from contextvars import Context

# The `_created` series would double the size of the export.
disable_created_metrics()  # type: ignore[no-untyped-call] # the library has no annotation

LATENCIES = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)

HTTP_REQUESTS = Counter("expertbook_http_requests", "HTTP requests answered.", ("kind", "status"))
HTTP_SECONDS = Histogram(
    "expertbook_http_request_seconds",
    "Time from an HTTP request to the first byte of its response.",
    ("kind",),
    buckets=LATENCIES,
)
OPERATIONS = Counter("expertbook_operations", "GraphQL operations completed.", ("kind", "outcome"))
OPERATION_SECONDS = Histogram(
    "expertbook_operation_seconds",
    "Duration of queries and mutations.",
    ("kind",),
    buckets=LATENCIES,
)
REFUSALS = Counter("expertbook_refusals", "Refusals returned by mutations.", ("mutation", "reason"))
BUDGET_REFUSALS = Counter("expertbook_budget_refusals", "Operations rejected by the rate limit.")
OPEN_SOCKETS = Gauge("expertbook_open_sockets", "Open WebSockets.", multiprocess_mode="livesum")
SUBSCRIPTIONS = Gauge(
    "expertbook_subscriptions", "Active subscriptions.", multiprocess_mode="livesum"
)
DELIVERIES = Counter("expertbook_deliveries", "Events passed to subscriptions for sending.")
CUT_OFF = Counter(
    "expertbook_cut_off_readers", "Connections closed because the client did not read."
)
CALENDAR_EVENTS = Counter(
    "expertbook_calendar_events",
    "Committed calendar events; kind BOOKED counts bookings made or moved.",
    ("kind",),
)
LEDGER_BATCH = Histogram(
    "expertbook_ledger_batch_size",
    "Changes committed in one transaction.",
    buckets=(1, 2, 4, 8, 16, 32, 64),
)
LEDGER_SECONDS = Histogram(
    "expertbook_ledger_commit_seconds",
    "Time from the start of a batch to its commit.",
    buckets=LATENCIES,
)
LOOP_LAG = Histogram(
    "expertbook_event_loop_lag_seconds",
    "Delay between a task's scheduled wake-up and its execution.",
    buckets=(0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0),
)

_CACHE_HITS = Counter("expertbook_cache_hits", "Cache hits.", ("cache",))
_CACHE_MISSES = Counter("expertbook_cache_misses", "Cache misses.", ("cache",))
_CACHE_EVICTIONS = Counter(
    "expertbook_cache_evictions", "Entries evicted because the cache was full.", ("cache",)
)
_CACHE_ENTRIES = Gauge(
    "expertbook_cache_entries", "Entries in a cache.", ("cache",), multiprocess_mode="livesum"
)
_CACHE_BYTES = Gauge(
    "expertbook_cache_bytes",
    "Memory of the entries in a cache.",
    ("cache",),
    multiprocess_mode="livesum",
)


class CacheMeter:
    """Metrics of one cache.

    Args:
        cache: value of the metrics' `cache` label.
    """

    def __init__(self, cache: str) -> None:
        self.hits = _CACHE_HITS.labels(cache)
        self.misses = _CACHE_MISSES.labels(cache)
        self.evictions = _CACHE_EVICTIONS.labels(cache)
        self._entries = _CACHE_ENTRIES.labels(cache)
        self._bytes = _CACHE_BYTES.labels(cache)

    def size(self, entries: int, size: int) -> None:
        """Set the current number of entries and their total size in bytes."""
        self._entries.set(entries)
        self._bytes.set(size)


@contextmanager
def observe_batch(contexts: Sequence[Context]) -> Iterator[None]:
    """Record the size, the duration and the trace span of a ledger commit.

    Args:
        contexts: for each change in the batch, the context of its request.
    """
    LEDGER_BATCH.observe(len(contexts))
    with LEDGER_SECONDS.time(), tracer().span("ledger commit", contexts=contexts):
        yield


def count_events(kinds: Iterable[str]) -> None:
    """Count committed calendar events by kind."""
    for kind in kinds:
        CALENDAR_EVENTS.labels(kind).inc()
