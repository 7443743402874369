"""The judge of the stored data: content with what is right, and each damage has its name."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest
from bson import ObjectId
from pymongo import MongoClient

from models.bookings.verification import check_invariants, open_for_reading
from tests.models.damages import DAMAGES, NOW, Row, Rows, booking, event, sample
from tests.servers import EXPERTBOOK, environment
from web.embedded.database import embedded_database

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

PATIENCE_SECONDS = 300


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A database server of these tests' own; gives its URL with a gap for a name."""
    with embedded_database(tmp_path_factory.mktemp("verification")) as url:
        yield url.replace("/expertbook", "/{}")


def stored(server: str, name: str, rows: Rows) -> str:
    """Where a new database is that has these documents."""
    url = server.format(name)
    with MongoClient[Row](url, tz_aware=True) as client:
        for collection, documents in rows.items():
            if documents:
                client[name][collection].insert_many(documents)
    return url


@pytest.fixture(autouse=True)
def patient_connections(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a busy machine answer a new connection late."""
    monkeypatch.setattr("models.bookings.verification.SERVER_TIMEOUT_MS", PATIENCE_SECONDS * 1000)


async def kinds(url: str) -> list[str]:
    """The kinds of what is found."""
    async with open_for_reading(url) as database:
        report = await check_invariants(database, NOW, lambda *_: None)
    return [finding.kind for finding in report.findings]


def command(folder: Path, url: str, *arguments: str) -> tuple[int, str, str]:
    """Run the program to its end; gives the exit status, the output and the errors."""
    done = subprocess.run(  # noqa: S603 - our own program
        [EXPERTBOOK, *arguments],
        cwd=folder,
        env=environment(mongodb_url=url),
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


async def test_what_is_right_has_no_findings(server: str) -> None:
    assert await kinds(stored(server, "right", sample())) == []


@pytest.mark.parametrize(
    ("kind", "damage"),
    [
        pytest.param(kind, damage, id=damage.__name__)
        for kind, damages in DAMAGES.items()
        for damage in damages
    ],
)
async def test_each_damage_is_the_only_finding(
    server: str, kind: str, damage: Callable[[Rows], None]
) -> None:
    rows = sample()
    damage(rows)
    assert await kinds(stored(server, damage.__name__, rows)) == [kind]


async def test_a_booking_that_is_made_meanwhile_is_no_finding(server: str) -> None:
    """Neither where its event is missed, nor where its account, calendar and expert are."""
    rows = sample()
    for _ in range(1000 - len(rows["events"])):
        event(rows)
    url = stored(server, "meanwhile", rows)
    told: list[int] = []

    def progress(done: int, _: int) -> None:
        if not told:
            other = sample()
            booking(rows, 9, "CONFIRMED")
            with MongoClient[Row](url) as client:
                for collection, documents in other.items():
                    client["meanwhile"][collection].insert_many(documents)
                client["meanwhile"]["bookings"].insert_one(rows["bookings"][-1])
                client["meanwhile"]["events"].insert_one(rows["events"][-1])
                calendar = rows["calendars"][0]
                client["meanwhile"]["calendars"].replace_one({"_id": calendar["_id"]}, calendar)
        told.append(done)

    async with open_for_reading(url) as database:
        report = await check_invariants(database, NOW, progress)
    assert told[0] == 1000
    assert report.findings == []
    assert report.documents["events"] == 1000


def test_the_command_is_content_with_sample_data(server: str, tmp_path: Path) -> None:
    url = server.format("seeded")
    assert command(tmp_path, url, "seed", "--experts", "20")[0] == 0
    with MongoClient[Row](url) as client:
        collections = ("bookings", "calendars", "experts", "users")
        counts = {name: client["seeded"][name].count_documents({}) for name in collections}
    seen = ", ".join(f"{count:,} {name}" for name, count in counts.items())
    assert command(tmp_path, url, "verify") == (0, f"No problems found in {seen}.\n", "")


def test_the_command_tells_at_most_a_hundred_findings(server: str, tmp_path: Path) -> None:
    """One a line, with exit status 1; nothing is written, no index either."""
    rows = sample()
    client_id, expert_id = ObjectId(), rows["experts"][0]["_id"]
    url = stored(server, "told", rows)
    assert command(tmp_path, url, "verify")[0] == 0
    with MongoClient[Row](url) as client:
        bookings = client["told"]["bookings"]
        bookings.update_one({"_id": rows["bookings"][0]["_id"]}, {"$set": {"active": False}})
        line = f"status: booking {rows['bookings'][0]['_id']} is CONFIRMED and active=False\n"
        assert command(tmp_path, url, "verify") == (1, line, "")
        old = {**rows["bookings"][-1], "expert_id": expert_id, "client_id": client_id}
        bookings.insert_many([{**old, "_id": ObjectId()} for _ in range(102)])
        status, output, errors = command(tmp_path, url, "verify")
        assert (status, output.count("\n"), errors) == (1, 101, "")
        assert output.endswith("\nand 3 more\n")
        assert {index["name"] for index in bookings.list_indexes()} == {"_id_"}
        assert set(client["told"].list_collection_names()) == set(rows)


def test_the_command_says_where_no_database_is(tmp_path: Path) -> None:
    said = command(tmp_path, "mongodb://127.0.0.1:1/none", "verify")
    assert said == (
        *(1, ""),
        "expertbook: No database answers there. Start it, or correct MONGODB_URL.\n",
    )
