"""Two servers under load while the database fails in ways described in MongoDB's documentation.

The tests check that every response was correct, that no acknowledged change was lost or made twice,
that every subscriber received each event once and in order, and that the servers respond again
afterwards. `make test` injects a few faults with few clients; `--long` injects each fault at three
rates, with 300 changes each, and requires that the servers return to their former speed.
"""

from __future__ import annotations

import random
from statistics import median
from time import monotonic
from typing import TYPE_CHECKING

import httpx
import pytest

from models.bookings.verification import open_for_reading
from tests.support.audits import audit
from tests.support.chaos import ChaosClients
from tests.support.histories import check_history
from tests.support.journals import create_journaling_clients, record_history
from tests.support.mailboxes import wait_until
from tests.support.wire_cases import (
    ALL,
    DISTURBANCES,
    OF_MONGOS,
    ROLLBACKS,
)
from tests.support.wire_cluster import Cluster, run_cluster
from tests.support.wire_hello import Role

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.journals import Journal, Sent
    from tests.support.wire_cases import Disturbance

CLIENTS, SUBSCRIBERS = (10, 32), (10, 20)
"""Numbers of clients and of subscribers: first in `make test`, then with `--long`."""
RATES = (0.01, 0.1, 0.3)
SHORT = [(ALL, 0.3), (ROLLBACKS, 0.1)]
"""Faults that `make test` injects, each with its rate."""
ERRORS = 10
"""Number of database errors to wait for while commands fail at random."""
ANSWERS = 32
"""Number of responses to wait for during a fault, and number of requests over which each median
after it is taken."""
USUAL_ANSWERS = 64
"""With `--long`, number of responses before a fault from which the usual duration of a request is
taken. The first of them arrive before all clients compete for the calendars."""
NORMAL_RATIO = 3
"""The servers count as recovered if requests take at most this many times as long as before the
fault."""
RECOVERY_SECONDS = 2
"""With `--long`, maximum number of seconds from a fault's end until the servers have recovered."""
PATIENCE_SECONDS = 600
"""Seconds after which a hanging test fails."""
Cells = list[tuple["Disturbance", float]]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Create one test of the faults in `SHORT`; with `--long`, one per fault, at all rates."""
    if "cells" not in metafunc.fixturenames:
        return
    cases: list[tuple[Role, Cells, str]] = [(Role.PRIMARY, SHORT, "some")]
    if metafunc.config.getoption("--long"):
        of_roles = {Role.PRIMARY: DISTURBANCES, Role.MONGOS: [OF_MONGOS]}
        cases = [
            (role, [(each, rate) for rate in RATES], str(each))
            for role, disturbances in of_roles.items()
            for each in disturbances
        ]
    *values, ids = zip(*cases, strict=True)
    metafunc.parametrize(
        ("cluster", "cells"),
        list(zip(*values, strict=True)),
        ids=ids,
        indirect=["cluster"],
        scope="module",
    )


@pytest.fixture(scope="module")
def cluster(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Cluster]:
    """Two servers that share one database behind a proxy; the proxy plays the parametrized role."""
    with run_cluster(tmp_path_factory.mktemp("faults"), request.param) as cluster:
        yield cluster


async def wait_for(journal: Journal, answers: int = 0, changes: int = 0) -> None:
    """Wait until clients have received this many more responses and acknowledged changes."""
    wanted_answers, wanted_changes = journal.answers + answers, journal.changes + changes
    await wait_until(
        lambda: journal.answers >= wanted_answers and journal.changes >= wanted_changes,
        PATIENCE_SECONDS,
        what="clients to be answered",
    )


async def wait_for_errors(cluster: Cluster, disturbance: Disturbance) -> None:
    """If the fault makes commands fail at random, wait until `ERRORS` commands have failed."""
    if disturbance is ALL:
        await wait_until(
            lambda: len(cluster.proxy.log) >= ERRORS, PATIENCE_SECONDS, what="commands to fail"
        )


def recovered_at(sent: list[Sent], limit: float) -> float | None:
    """Return the time at which the servers had recovered, or None if they have not recovered yet.

    The time is the sending time of the first of `ANSWERS` consecutive requests whose median
    duration is at most `limit` seconds.
    """
    for first in range(len(sent) - ANSWERS + 1):
        if median(request.seconds for request in sent[first : first + ANSWERS]) <= limit:
            return sent[first].at
    return None


async def disturb(
    cluster: Cluster,
    journal: Journal,
    disturbance: Disturbance,
    rate: float,
    changes: int,
    *,
    is_timed: bool,
) -> tuple[float, str]:
    """Load the servers before, during and after a fault.

    Returns the seconds from the fault's end until the servers had recovered, and a summary. If
    `is_timed` is False, requests of any duration count as normal, because other programs may
    slow the machine down in the meantime.
    """
    first = len(journal.sent)
    await wait_for(journal, answers=USUAL_ANSWERS if is_timed else ANSWERS)
    before = median(request.seconds for request in journal.sent[first:] if request.is_answered)
    cluster.proxy.log.clear()
    changes_before, began = journal.changes, monotonic()
    async with disturbance.during(cluster.proxy, rate):
        await wait_for(journal, answers=ANSWERS, changes=changes)
        await wait_for_errors(cluster, disturbance)
    ended, first = monotonic(), len(journal.sent)
    waiting = [request for request in journal.sent if not request.is_answered]
    limit = NORMAL_RATIO * before if is_timed else PATIENCE_SECONDS
    await wait_until(
        lambda: recovered_at(journal.sent[first:], limit) is not None, PATIENCE_SECONDS
    )
    recovery = (recovered_at(journal.sent[first:], limit) or ended) - ended
    await wait_until(lambda: all(request.is_answered for request in waiting), PATIENCE_SECONDS)
    last = max((request.answered_at for request in waiting), default=ended) - ended
    made = journal.changes - changes_before
    return recovery, (
        f"{disturbance} at {rate:.0%}: {len(cluster.proxy.log)} errors, {made} changes in "
        f"{ended - began:.1f} s; requests took {before * 1000:.0f} ms before; normal again after "
        f"{recovery:.2f} s, the last one that had waited was answered after {last:.2f} s"
    )


async def test_faults_under_load_lose_and_repeat_nothing(
    cluster: Cluster,
    cells: Cells,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    request: pytest.FixtureRequest,
) -> None:
    """Clients retry and resume; in the end, every response agrees with the stored data."""
    rng = random.Random(1)
    is_long = request.config.getoption("--long")
    recoveries = []
    async with httpx.AsyncClient(timeout=180) as http:
        world = await ChaosClients.create(
            cluster.fleet, rng, http, watching=SUBSCRIBERS[is_long], booking=0
        )
        clients = await create_journaling_clients(
            cluster.fleet, rng, http, CLIENTS[is_long], tmp_path / "0.jsonl"
        )
        journal = clients[0].journal
        world.bookers = [*clients]
        for number, (disturbance, rate) in enumerate(cells, 1):
            history = record_history(clients, tmp_path / f"{number}.jsonl")
            async with world.run(cluster.database_url):
                changes = request.config.getoption("--faults")
                recovery, summary = await disturb(
                    cluster, journal, disturbance, rate, changes, is_timed=is_long
                )
            recoveries.append(recovery)
            with capsys.disabled():
                print(summary)  # noqa: T201 - the result of a long run
            check_history(request.config, history)
        await world.check(cluster.database_url)
    async with open_for_reading(cluster.database_url) as database:
        await audit(journal, database)
    with capsys.disabled():
        print(journal.summary(), world.summary(), sep="\n")  # noqa: T201 - the result of a long run
    if is_long:  # On a busy machine, absolute durations mean little.
        assert max(recoveries) <= RECOVERY_SECONDS
