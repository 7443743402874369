"""The invariant checks report every kind of corrupted data, and nothing if data are valid."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from bson import ObjectId
from pymongo import MongoClient

from models.bookings.verification import check_invariants, open_for_reading
from tests.support import waitlist_corruptions
from tests.support.command_line import command
from tests.support.corruptions import CORRUPTIONS
from tests.support.databases import renamed, run_database
from tests.support.stored_rows import NOW, Row, Rows, booking, event, sample

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

PATIENCE_SECONDS = 300


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Start a database server for this module; return the URL of a database named with `{}`."""
    with run_database(tmp_path_factory.mktemp("verification")) as url:
        yield renamed(url, "verification-{}")


def create_database(server: str, name: str, rows: Rows) -> str:
    """Create a database with the given documents, and return its URL."""
    url = server.format(name)
    with MongoClient[Row](url, tz_aware=True) as client:
        for collection, documents in rows.items():
            if documents:
                client.get_default_database()[collection].insert_many(documents)
    return url


@pytest.fixture(autouse=True)
def patient_connections(monkeypatch: pytest.MonkeyPatch) -> None:
    """Raise the connection timeout, because a busy machine may be slow."""
    monkeypatch.setattr("models.store.connection.SERVER_TIMEOUT_MS", PATIENCE_SECONDS * 1000)


async def kinds(url: str) -> list[str]:
    """Check the database at a URL, and return the kinds of the findings."""
    async with open_for_reading(url) as database:
        report = await check_invariants(database, NOW, lambda *_: None)
    return [finding.kind for finding in report.findings]


async def test_valid_data_have_no_findings(server: str) -> None:
    assert await kinds(create_database(server, "valid", sample())) == []


@pytest.mark.parametrize(
    ("kind", "corrupt"),
    [
        pytest.param(kind, corrupt, id=corrupt.__name__)
        for kind, corruptions in (*CORRUPTIONS.items(), *waitlist_corruptions.CORRUPTIONS.items())
        for corrupt in corruptions
    ],
)
async def test_each_corruption_is_reported_as_the_only_finding(
    server: str, kind: str, corrupt: Callable[[Rows], None]
) -> None:
    rows = sample()
    corrupt(rows)
    assert await kinds(create_database(server, corrupt.__name__, rows)) == [kind]


async def test_booking_made_during_the_check_is_not_reported(server: str) -> None:
    """The booking is stored during the first pass, which therefore misses some of its documents."""
    rows = sample()
    for _ in range(1000 - len(rows["events"])):
        event(rows)
    url = create_database(server, "meanwhile", rows)
    progress_reports: list[int] = []

    def progress(done: int, _: int) -> None:
        if not progress_reports:
            other = sample()
            booking(rows, 9, "CONFIRMED")
            with MongoClient[Row](url) as client:
                for collection, documents in other.items():
                    client.get_default_database()[collection].insert_many(documents)
                client.get_default_database()["bookings"].insert_one(rows["bookings"][-1])
                client.get_default_database()["events"].insert_one(rows["events"][-1])
                calendar = rows["calendars"][0]
                client.get_default_database()["calendars"].replace_one(
                    {"_id": calendar["_id"]}, calendar
                )
        progress_reports.append(done)

    async with open_for_reading(url) as database:
        report = await check_invariants(database, NOW, progress)
    assert progress_reports[0] == 1000
    assert report.findings == []
    assert report.documents["events"] == 1000


def test_verify_command_finds_no_problems_in_sample_data(server: str, tmp_path: Path) -> None:
    url = server.format("seeded")
    assert command(tmp_path, "seed", "--experts", "20", MONGODB_URL=url)[0] == 0
    with MongoClient[Row](url) as client:
        collections = ("bookings", "calendars", "experts", "reviews", "users", "waits")
        counts = {
            name: client.get_default_database()[name].count_documents({}) for name in collections
        }
    checked = ", ".join(f"{count:,} {name}" for name, count in counts.items())
    assert command(tmp_path, "verify", MONGODB_URL=url) == (
        0,
        f"No problems found in {checked}.\n",
        "",
    )


def test_verify_command_prints_at_most_a_hundred_findings(server: str, tmp_path: Path) -> None:
    """The command prints one finding per line, exits with status 1, and creates no indexes."""
    rows = sample()
    client_id, expert_id = ObjectId(), rows["experts"][0]["_id"]
    url = create_database(server, "many", rows)
    assert command(tmp_path, "verify", MONGODB_URL=url)[0] == 0
    with MongoClient[Row](url) as client:
        bookings = client.get_default_database()["bookings"]
        bookings.update_one({"_id": rows["bookings"][0]["_id"]}, {"$set": {"active": False}})
        line = f"status: booking {rows['bookings'][0]['_id']} is CONFIRMED but active=False\n"
        assert command(tmp_path, "verify", MONGODB_URL=url) == (1, line, "")
        old = {**rows["bookings"][-1], "expert_id": expert_id, "client_id": client_id}
        bookings.insert_many([{**old, "_id": ObjectId()} for _ in range(102)])
        status, output, errors = command(tmp_path, "verify", MONGODB_URL=url)
        assert (status, output.count("\n"), errors) == (1, 101, "")
        assert output.endswith("\nand 3 more\n")
        assert {index["name"] for index in bookings.list_indexes()} == {"_id_"}
        assert set(client.get_default_database().list_collection_names()) == set(rows)


def test_verify_command_reports_an_unreachable_database(tmp_path: Path) -> None:
    result = command(tmp_path, "verify", MONGODB_URL="mongodb://127.0.0.1:1/none")
    assert result == (
        *(1, ""),
        "expertbook: No database answers at MONGODB_URL. Start it, or correct the URL.\n",
    )


def test_repair_makes_all_processes_rebuild_their_directory_indexes(
    server: str, tmp_path: Path
) -> None:
    """Each repair increments the directory's change counter; a mere check does not."""
    url = create_database(server, "repaired", sample())
    assert command(tmp_path, "verify", MONGODB_URL=url)[0] == 0
    with MongoClient[Row](url, tz_aware=True) as client:
        states = client.get_default_database()["settings"]
        assert states.find_one({"_id": "directory"}) is None
        for number in (1, 2):
            status, output, _ = command(tmp_path, "verify", "--repair", MONGODB_URL=url)
            assert (status, output.startswith("No problems found")) == (0, True)
            assert states.find_one({"_id": "directory"}) == {
                "_id": "directory",
                "changes": number,
                "recent": [],
            }
