"""Functions that corrupt the waiting list of the valid sample of stored data."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from bson import ObjectId

from tests.support.stored_rows import NOON, NOW

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.stored_rows import Row, Rows


def offer_in(rows: Rows) -> Row:
    """Return the hold that is an offer."""
    [offer] = [row for row in rows["bookings"] if row.get("wait_id")]
    return offer


def wrong_length(rows: Rows) -> None:
    """A calendar's count of waiting entries is wrong."""
    rows["calendars"][0]["waiting"] += 1


def wrong_number(rows: Rows) -> None:
    """An entry has the number of another event."""
    rows["waits"][0]["number"] -= 1


def same_number(rows: Rows) -> None:
    """Two entries have the same number; one joined before the log begins."""
    first, second, _ = rows["waits"]
    second |= {"number": first["number"], "joined_at": NOW - timedelta(days=3)}


def lost_wait(rows: Rows) -> None:
    """An entry is missing, though its client has not left."""
    del rows["waits"][0]
    rows["calendars"][0]["waiting"] -= 1


def left_wait(rows: Rows) -> None:
    """An entry is in line, though its client has left."""
    left = next(row for row in rows["events"] if row.get("kind") == "LEFT")
    left["wait_id"] = rows["waits"][0]["_id"]


def past_wait(rows: Rows) -> None:
    """The window of an entry has passed."""
    terms = rows["waits"][0]["terms"]
    terms |= {"since": NOW - timedelta(hours=1), "until": NOW - timedelta(minutes=1)}


def wait_without_client(rows: Rows) -> None:
    """The client of an entry is missing."""
    rows["waits"][0]["terms"]["client_id"] = ObjectId()


def lone_wait(rows: Rows) -> None:
    """An entry has no calendar."""
    rows["waits"].append({**rows["waits"][1], "_id": ObjectId(), "expert_id": ObjectId()})
    rows["waits"][-1]["offer_id"] = None


def lost_offer(rows: Rows) -> None:
    """The hold offered to an entry does not refer to the entry."""
    offer_in(rows)["wait_id"] = None


def ended_offer(rows: Rows) -> None:
    """The hold offered to an entry has ended."""
    offer = offer_in(rows)
    offer |= {"status": "CANCELLED", "active": False}
    offer["history"][-1]["after"] = "CANCELLED"


def offer_to_nobody(rows: Rows) -> None:
    """A hold refers to an entry that has no offer."""
    offered = rows["waits"][1]
    offered["offer_id"], offered["declined"] = None, [NOON + timedelta(hours=5)]


def open_slot(rows: Rows) -> None:
    """A slot that an entry waits for is open."""
    rows["waits"][2]["declined"] = []


CORRUPTIONS: dict[str, tuple[Callable[[Rows], None], ...]] = {
    "waiting list": (wrong_length, wrong_number, same_number, lost_wait, left_wait, past_wait),
    "offer": (lost_offer, ended_offer, offer_to_nobody),
    "open slot": (open_slot,),
    "orphan": (wait_without_client, lone_wait),
}
