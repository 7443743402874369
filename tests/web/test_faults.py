"""Bookings while the database fails as MongoDB documents it.

Each fault is injected once into the bookings of one server. Under load, two servers meet all of
them together, or with `--long` each of them alone; in the end no answer was false, no acknowledged
change is lost or was made twice, and every subscriber received each event once and in order.
"""

from __future__ import annotations

import asyncio
import random
from contextlib import ExitStack
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from models.bookings.verification import open_for_reading
from models.ids import object_id
from tests.support.audits import audit
from tests.support.bookable_experts import plain_experts
from tests.support.chaos import ChaosClients
from tests.support.clients import Api
from tests.support.databases import run_database
from tests.support.fleet import Fleet
from tests.support.histories import check_history
from tests.support.journals import create_journaling_clients
from tests.support.mailboxes import wait_until
from tests.support.wire_faults import CommandError, Delay, Fault, LostReply, WriteConcernError
from tests.support.wire_proxy import WireProxy

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.journals import Journal
    from tests.support.spans import Time

SERVERS, CLIENTS, SUBSCRIBERS = 2, 32, 20
ANSWERS = 4 * CLIENTS
"""Answers to wait for while faults are injected, and again afterwards."""
RATE = 0.1
BOOKINGS = 4
"""Bookings that each fault meets: one alone, then the others in shared transactions."""
PATIENCE_SECONDS = 600
"""Timeout of a hanging test."""
SETTINGS = {
    "experts": 8,
    "throttle": "off",
    "access_token_minutes": 1440,
    "hold_seconds": 3600,
    "operation_seconds": 120,
}
COMMIT, WRITE = "commitTransaction", "bulkWrite"
READS = ("find", "aggregate", "getMore")
Effect = CommandError | WriteConcernError | LostReply | Delay


def from_mongos(code: int) -> CommandError:
    """Return an error as a mongos sends it: without labels, so that the driver does not retry."""
    return CommandError(code, labels=())


@dataclass(frozen=True)
class Case:
    """A fault that may happen, and the commands that it concerns."""

    name: str
    effect: Effect
    command: str | tuple[str, ...] | None = None
    takes_effect: bool = False

    def __str__(self) -> str:
        return self.name

    def fault(self, *, rate: float = 1.0, times: int | None = None) -> Fault:
        """Return the fault at a rate or a number of times."""
        return Fault(
            self.effect, self.command, rate=rate, times=times, takes_effect=self.takes_effect
        )


UNKNOWN_COMMITS = [
    *(Case(f"{code} before the commit", from_mongos(code), COMMIT) for code in (6, 50, 89, 262)),
    *(
        Case(f"{code} after the commit", from_mongos(code), COMMIT, takes_effect=True)
        for code in (6, 50, 89, 262)
    ),
    Case("commit not acknowledged", WriteConcernError(64), COMMIT),
]
OTHERS = [
    *(Case(f"{code} for the commit", CommandError(code), COMMIT) for code in (24, 112, 246, 251)),
    *(
        Case(f"{code} after the commit", CommandError(code), COMMIT, takes_effect=True)
        for code in (91, 189, 10107, 11600, 11602)
    ),
    *(
        Case(f"{code} for a write", CommandError(code), WRITE)
        for code in (6, 24, 89, 91, 112, 189, 246, 251, 262, 10107, 11600, 11602)
    ),
    *(
        Case(f"{code} for a read", CommandError(code), READS)
        for code in (6, 89, 91, 189, 262, 10107, 11600, 11602, 13435)
    ),
    Case("lost commit", LostReply(), COMMIT),
    Case("lost answer to the commit", LostReply(), COMMIT, takes_effect=True),
    Case("lost write", LostReply(), WRITE),
    Case("lost answer to a write", LostReply(), WRITE, takes_effect=True),
    Case("lost read", LostReply(), READS),
    Case("slow commit", Delay(0.2), COMMIT),
]
CASES = [*UNKNOWN_COMMITS, *OTHERS]


@dataclass
class Cluster:
    """Servers that reach their database through a proxy."""

    database_url: str
    proxy: WireProxy
    fleet: Fleet


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Two servers on one database behind a proxy."""
    folder = tmp_path_factory.mktemp("faults")
    with (
        run_database(folder / "database") as url,
        WireProxy(url) as proxy,
        Fleet(folder, SERVERS, mongodb_url=proxy.url, **SETTINGS) as fleet,
    ):
        yield Cluster(url, proxy, fleet)


@pytest.fixture(scope="module")
async def client(cluster: Cluster, http: httpx.AsyncClient) -> Api:
    """A client of the first server."""
    return await Api(http, cluster.fleet.addresses[0]).new_client()


async def free_slots(client: Api, time: Time) -> tuple[str, list[str]]:
    """Return an expert, and some free slots that do not overlap."""
    expert = (await plain_experts(client))[0]
    slots = await client.slots(expert["id"], *time.days(3, 60), expert["offers"][0]["minutes"])
    found: list[dict[str, Any]] = []
    for slot in slots:
        if slot["status"] == "OPEN" and (not found or found[-1]["endsAt"] <= slot["startsAt"]):
            found.append(slot)
    return expert["id"], [slot["id"] for slot in found[:BOOKINGS]]


async def stored(database_url: str, expert: str) -> tuple[int, list[int]]:
    """Return how many bookings an expert has, and the numbers of the expert's events."""
    of_expert = {"expert_id": object_id(expert, "Expert", "expertId")}
    async with open_for_reading(database_url) as database:
        events = database["events"].find(of_expert).sort("sequence")
        sequences = [event["sequence"] async for event in events]
        return await database["bookings"].count_documents(of_expert), sequences


@pytest.mark.parametrize(
    "case",
    [
        *UNKNOWN_COMMITS,
        *OTHERS,
    ],
    ids=str,
)
async def test_bookings_are_made_once_in_spite_of_a_fault(
    cluster: Cluster, client: Api, time: Time, case: Case
) -> None:
    """A booking alone, and several that share transactions, are granted with one event each."""
    expert, slots = await free_slots(client, time)
    bookings, sequences = await stored(cluster.database_url, expert)
    for group in (slots[:1], slots[1:]):
        cluster.proxy.log.clear()
        with cluster.proxy.injected(case.fault(times=1)):
            posts = [client.book(slot, idempotencyKey=slot) for slot in group]
            answers = await asyncio.gather(*posts)
            if case.command == READS:
                await client.slots(expert, *time.days(3, 4))
        assert [answer["__typename"] for answer in answers] == ["Booking"] * len(group)
        assert cluster.proxy.log
    bookings_now, sequences_now = await stored(cluster.database_url, expert)
    assert bookings_now == bookings + BOOKINGS
    new = sequences_now[len(sequences) :]
    assert new == list(range(new[0], new[0] + BOOKINGS))


async def wait_for_answers(journal: Journal) -> float:
    """Wait for some more answers; return the seconds that it took."""
    before, since = journal.answers, monotonic()
    await wait_until(
        lambda: journal.answers >= before + ANSWERS, PATIENCE_SECONDS, what="clients to be answered"
    )
    return monotonic() - since


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Load the servers under all faults together; with `--long`, under each alone as well."""
    if "mixture" in metafunc.fixturenames:
        alone = [[case] for case in CASES] if metafunc.config.getoption("--long") else []
        mixtures = [OTHERS, *alone]
        metafunc.parametrize("mixture", mixtures, ids=["all", *(str(case) for [case] in alone)])


async def test_faults_under_load_lose_and_repeat_nothing(
    cluster: Cluster,
    mixture: list[Case],
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    request: pytest.FixtureRequest,
) -> None:
    """Clients that retry, and subscribers that resume, find every answer true in the end."""
    rng = random.Random(1)
    fleet, proxy = cluster.fleet, cluster.proxy
    async with httpx.AsyncClient(timeout=180) as http:
        world = await ChaosClients.create(fleet, rng, http, watching=SUBSCRIBERS, booking=0)
        clients = await create_journaling_clients(
            fleet, rng, http, CLIENTS, tmp_path / "history.jsonl"
        )
        journal = clients[0].journal
        world.bookers = [*clients]
        proxy.log.clear()
        async with world.run(cluster.database_url):
            with ExitStack() as faults:
                for case in mixture:
                    faults.enter_context(proxy.injected(case.fault(rate=RATE / len(mixture))))
                failing = await wait_for_answers(journal)
            afterwards = await wait_for_answers(journal)
        await world.check(cluster.database_url)
    async with open_for_reading(cluster.database_url) as database:
        await audit(journal, database)
    check_history(request.config, journal.history)
    assert proxy.log
    with capsys.disabled():
        print(  # noqa: T201 - the result of a long run
            f"\n{len(proxy.log)} faults: {ANSWERS} answers in {failing:.1f} s, afterwards in "
            f"{afterwards:.1f} s; {journal.summary()}; {world.summary()}"
        )
