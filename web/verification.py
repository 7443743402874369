"""Repeated checks of the stored data (`expertbook verify --watch`), with metrics of the results."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from typing import TYPE_CHECKING, NoReturn

import typer
from prometheus_client import CollectorRegistry, Gauge, start_http_server

from models.bookings.verification import KINDS, check_invariants, open_for_reading
from models.calendar.times import utc_now
from models.errors import Unavailable
from web.serving import NotServed

if TYPE_CHECKING:
    from models.bookings.findings import Finding
    from models.bookings.verification import VerificationReport

log = logging.getLogger(__name__)


class VerificationMetrics:
    """Metrics of the repeated checks of the stored data.

    Args:
        address: the host and port at which the metrics are served in the Prometheus format, if any.

    Raises:
        NotServed: if the server cannot listen on the port.
    """

    def __init__(self, address: tuple[str, int] | None) -> None:
        registry = CollectorRegistry()
        self._findings = Gauge(
            "expertbook_verify_findings",
            "Violated invariants in the stored data, by kind.",
            ["kind"],
            registry=registry,
        )
        self._documents = Gauge(
            "expertbook_verify_documents",
            "Documents that the last check read.",
            registry=registry,
        )
        self._seconds = Gauge(
            "expertbook_verify_seconds", "Duration of the last check.", registry=registry
        )
        self._checked_at = Gauge(
            "expertbook_verify_last_check_timestamp_seconds",
            "Time of the last completed check.",
            registry=registry,
        )
        if address:
            host, port = address
            try:
                start_http_server(port, host, registry)
            except OSError as error:
                raise NotServed(
                    f"Cannot serve metrics on {host}:{port}: {error.strerror}."
                ) from error

    def record(self, report: VerificationReport, seconds: float) -> None:
        """Set the metrics to the result of a check."""
        counts = Counter(finding.kind for finding in report.findings)
        for kind in KINDS:
            self._findings.labels(kind=kind).set(counts[kind])
        self._documents.set(report.documents.total())
        self._seconds.set(seconds)
        self._checked_at.set_to_current_time()


async def watch(url: str, interval: float, metrics: VerificationMetrics) -> NoReturn:
    """Check the database repeatedly; print new findings, and findings that have disappeared.

    Args:
        url: MongoDB connection string.
        interval: seconds from the end of a check to the start of the next one.
        metrics: the metrics that show the results.

    Raises:
        DatabaseUnreachable: if the database does not respond at the start.
    """
    known: set[Finding] = set()
    async with open_for_reading(url) as database:
        while True:
            began = time.perf_counter()
            try:
                report = await check_invariants(database, utc_now(), lambda *_: None)
            except Unavailable:
                log.warning("the check is repeated: the database did not answer")
            else:
                metrics.record(report, time.perf_counter() - began)
                found = set(report.findings)
                _print("found", found - known)
                _print("gone", known - found)
                known = found
            await asyncio.sleep(interval)


def _print(state: str, findings: set[Finding]) -> None:
    for finding in sorted(findings, key=lambda each: (each.kind, each.detail)):
        typer.echo(f"{state}: {finding.kind}: {finding.detail}")
