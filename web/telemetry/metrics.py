"""Serve the metrics of models/telemetry/metrics.py at `/metrics` in the Prometheus format."""

from __future__ import annotations

import asyncio
import os
import re
import time
from collections import defaultdict
from functools import partial
from hmac import compare_digest
from pathlib import Path
from typing import TYPE_CHECKING

from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, ProcessCollector
from prometheus_client.exposition import generate_latest
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from models.bookings.outbox import backlog
from models.errors import Unavailable
from models.telemetry.metrics import LOOP_LAG

if TYPE_CHECKING:
    from collections.abc import Iterator

    from prometheus_client.metrics_core import Metric
    from starlette.requests import Request

FOLDER = "PROMETHEUS_MULTIPROC_DIR"
"""Environment variable with the folder in which all workers store their metrics."""

LAG_INTERVAL_SECONDS = 0.5
NO_STORE = {"Cache-Control": "no-store"}
WORKER_FILE = re.compile(r"gauge_livesum_(\d+)\.db")


async def measure_lag() -> None:
    """Record the event loop's lag at a fixed interval, endlessly."""
    while True:
        began = time.perf_counter()
        await asyncio.sleep(LAG_INTERVAL_SECONDS)
        LOOP_LAG.observe(max(0.0, time.perf_counter() - began - LAG_INTERVAL_SECONDS))


def metrics_route(token: str | None, *, is_open: bool) -> Route:
    """Return the route of the metrics endpoint.

    Args:
        token: the required bearer token; None if no token is set.
        is_open: whether the endpoint is public if there is no token.
    """

    async def metrics(request: Request) -> Response:
        if token is None and not is_open:
            return PlainTextResponse("Set EXPERTBOOK_METRICS_TOKEN.\n", 404, NO_STORE)
        if token is not None and not _has_token(request, token):
            headers = {"WWW-Authenticate": "Bearer", **NO_STORE}
            return PlainTextResponse(
                "Send EXPERTBOOK_METRICS_TOKEN as a bearer token.\n", 401, headers
            )
        registry = _registry()
        registry.register(_Outbox(await _read_backlog()))
        # Generate the text in a thread, because this reads the files of all workers.
        text = await asyncio.to_thread(generate_latest, registry)
        return Response(text, headers={**NO_STORE, "Content-Type": CONTENT_TYPE_LATEST})

    return Route("/metrics", metrics)


def forget(process: int, folder: str) -> None:
    """Remove the gauges of a worker that has ended."""
    mark_process_dead(process, folder)  # type: ignore[no-untyped-call] # it is untyped


def _has_token(request: Request, token: str) -> bool:
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    same = compare_digest(given.strip().encode(), token.encode())
    return scheme.lower() == "bearer" and same


def _registry() -> CollectorRegistry:
    """Return a registry with the metrics of this process, or with the sums over all workers."""
    registry = CollectorRegistry()
    folder = os.environ.get(FOLDER)
    if folder is None:
        registry.register(REGISTRY)
    else:
        MultiProcessCollector(registry, folder)  # type: ignore[no-untyped-call] # it is untyped
        registry.register(_Processes(Path(folder)))
    return registry


class _Processes:
    """Collector of the total CPU time, memory and open files of all live workers."""

    def __init__(self, folder: Path) -> None:
        found = (WORKER_FILE.fullmatch(path.name) for path in folder.iterdir())
        self._ids = [int(match[1]) for match in found if match]

    def collect(self) -> Iterator[Metric]:
        """Yield the totals over all live workers."""
        sums: dict[str, float] = defaultdict(float)
        for id_ in self._ids:
            for metric in ProcessCollector(pid=partial(int, id_), registry=None).collect():
                for sample in metric.samples:
                    sums[sample.name] += sample.value
        yield CounterMetricFamily(
            "process_cpu_seconds", "CPU time of the workers.", sums["process_cpu_seconds_total"]
        )
        for name in ("process_resident_memory_bytes", "process_open_fds"):
            yield GaugeMetricFamily(name, "Total of all workers.", sums[name])
        yield GaugeMetricFamily("expertbook_workers", "Number of live workers.", len(self._ids))


class _Outbox:
    """Collector of the backlog of e-mails in the database."""

    def __init__(self, waiting: tuple[int, float] | None) -> None:
        self._backlog = waiting

    def collect(self) -> Iterator[Metric]:
        """Yield the backlog's metrics; yield nothing if the database did not respond."""
        if self._backlog is not None:
            number, age = self._backlog
            yield GaugeMetricFamily(
                "expertbook_outbox_waiting",
                "Mails waiting to be sent, counted up to 1,000.",
                number,
            )
            yield GaugeMetricFamily(
                "expertbook_outbox_oldest_seconds",
                "Seconds since the oldest waiting mail was due.",
                age,
            )


async def _read_backlog() -> tuple[int, float] | None:
    try:
        return await backlog()
    except Unavailable:
        return None
