"""Serve `/metrics` in the Prometheus format, from the counters of models/telemetry/metrics.py."""

from __future__ import annotations

import asyncio
import os
import re
import time
from collections import defaultdict
from contextlib import asynccontextmanager
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
    from collections.abc import AsyncIterator, Iterator

    from prometheus_client.metrics_core import Metric
    from starlette.requests import Request

FOLDER = "PROMETHEUS_MULTIPROC_DIR"
"""The variable by which workers share a folder of counts (web/workers.py)."""

LAG_SECONDS = 0.5
NO_STORE = {"Cache-Control": "no-store"}
LIVE = re.compile(r"gauge_livesum_(\d+)\.db")


@asynccontextmanager
async def measuring_lag() -> AsyncIterator[None]:
    """Measure how busy the event loop is, for as long as the context lasts."""
    async with asyncio.TaskGroup() as group:
        task = group.create_task(_measure_lag(), name="event loop lag")
        try:
            yield
        finally:
            task.cancel()


async def _measure_lag() -> None:
    while True:
        began = time.perf_counter()
        await asyncio.sleep(LAG_SECONDS)
        LOOP_LAG.observe(max(0.0, time.perf_counter() - began - LAG_SECONDS))


def metrics_route(token: str | None, *, is_open: bool) -> Route:
    """The endpoint.

    Args:
        token: the bearer token to ask with.
        is_open: whether everybody may ask where there is no token.
    """

    async def metrics(request: Request) -> Response:
        if token is None and not is_open:
            return PlainTextResponse("Set EXPERTBOOK_METRICS_TOKEN.\n", 404, NO_STORE)
        if token is not None and not _bears(request, token):
            headers = {"WWW-Authenticate": "Bearer", **NO_STORE}
            return PlainTextResponse("This needs the metrics' token.\n", 401, headers)
        registry = _registry()
        registry.register(_Outbox(await _outbox()))
        # In a thread, as the workers' files are read.
        text = await asyncio.to_thread(generate_latest, registry)
        return Response(text, headers={**NO_STORE, "Content-Type": CONTENT_TYPE_LATEST})

    return Route("/metrics", metrics)


def forget(process: int, folder: str) -> None:
    """No longer count what a worker that has ended had open."""
    mark_process_dead(process, folder)  # type: ignore[no-untyped-call] # it has none


def _bears(request: Request, token: str) -> bool:
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    same = compare_digest(given.strip().encode(), token.encode())
    return scheme.lower() == "bearer" and same


def _registry() -> CollectorRegistry:
    """What this process has counted, or all workers together."""
    registry = CollectorRegistry()
    folder = os.environ.get(FOLDER)
    if folder is None:
        registry.register(REGISTRY)
    else:
        MultiProcessCollector(registry, folder)  # type: ignore[no-untyped-call] # it has none
        registry.register(_Processes(Path(folder)))
    return registry


class _Processes:
    """CPU time, memory and open files of the workers that live, in sum."""

    def __init__(self, folder: Path) -> None:
        found = (LIVE.fullmatch(path.name) for path in folder.iterdir())
        self._ids = [int(match[1]) for match in found if match]

    def collect(self) -> Iterator[Metric]:
        """Look them up."""
        sums: dict[str, float] = defaultdict(float)
        for id_ in self._ids:
            for metric in ProcessCollector(pid=partial(int, id_), registry=None).collect():
                for sample in metric.samples:
                    sums[sample.name] += sample.value
        yield CounterMetricFamily(
            "process_cpu_seconds", "CPU time of the workers.", sums["process_cpu_seconds_total"]
        )
        for name in ("process_resident_memory_bytes", "process_open_fds"):
            yield GaugeMetricFamily(name, "Of all workers.", sums[name])
        yield GaugeMetricFamily("expertbook_workers", "Workers that live.", len(self._ids))


class _Outbox:
    """The mails that wait, of all programs on the database."""

    def __init__(self, waiting: tuple[int, float] | None) -> None:
        self._waiting = waiting

    def collect(self) -> Iterator[Metric]:
        """Tell what was found; nothing where the database did not answer."""
        if self._waiting is not None:
            number, age = self._waiting
            yield GaugeMetricFamily(
                "expertbook_outbox_waiting", "Mails that wait, up to 1,000.", number
            )
            yield GaugeMetricFamily(
                "expertbook_outbox_oldest_seconds", "How long the oldest of these is owed.", age
            )


async def _outbox() -> tuple[int, float] | None:
    try:
        return await backlog()
    except Unavailable:
        return None
