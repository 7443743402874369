"""Functions that corrupt the waiting list in a consistent sample of stored data."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from bson import ObjectId

from tests.support.stored_rows import NOON, NOW

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.stored_rows import Row, Rows


def offer_in(rows: Rows) -> Row:
    """Return the hold that represents an offer to a waiting client."""
    [offer] = [row for row in rows["bookings"] if row.get("wait_id")]
    return offer


def wrong_length(rows: Rows) -> None:
    """Make the calendar's count of waiting-list entries wrong."""
    rows["calendars"][0]["waiting"] += 1


def wrong_number(rows: Rows) -> None:
    """Give an entry the sequence number of an event other than its JOINED event."""
    rows["waits"][0]["number"] -= 1


def same_number(rows: Rows) -> None:
    """Give two entries the same number; date one of them before the start of the event log."""
    first, second, _ = rows["waits"]
    second |= {"number": first["number"], "joined_at": NOW - timedelta(days=3)}


def lost_wait(rows: Rows) -> None:
    """Delete an entry, although its client has not left the waiting list."""
    del rows["waits"][0]
    rows["calendars"][0]["waiting"] -= 1


def left_wait(rows: Rows) -> None:
    """Make the event log say that a client has left, although the client's entry exists."""
    left = next(row for row in rows["events"] if row.get("kind") == "LEFT")
    left["wait_id"] = rows["waits"][0]["_id"]


def past_wait(rows: Rows) -> None:
    """Move the time window of an entry into the past."""
    terms = rows["waits"][0]["terms"]
    terms |= {"since": NOW - timedelta(hours=1), "until": NOW - timedelta(minutes=1)}


def wait_without_client(rows: Rows) -> None:
    """Let an entry refer to a client who does not exist."""
    rows["waits"][0]["terms"]["client_id"] = ObjectId()


def lone_wait(rows: Rows) -> None:
    """Add an entry that refers to a calendar that does not exist."""
    rows["waits"].append({**rows["waits"][1], "_id": ObjectId(), "expert_id": ObjectId()})
    rows["waits"][-1]["offer_id"] = None


def lost_offer(rows: Rows) -> None:
    """Remove the reference to an entry from the hold that is offered to it."""
    offer_in(rows)["wait_id"] = None


def ended_offer(rows: Rows) -> None:
    """End the hold that is offered to an entry, but keep the entry's reference to it."""
    offer = offer_in(rows)
    offer |= {"status": "CANCELLED", "active": False}
    offer["history"][-1]["after"] = "CANCELLED"


def offer_to_nobody(rows: Rows) -> None:
    """Let a hold refer to an entry that has no offer."""
    offered = rows["waits"][1]
    offered["offer_id"], offered["declined"] = None, [NOON + timedelta(hours=5)]


def open_slot(rows: Rows) -> None:
    """Leave a slot open that an entry waits for, and that the entry's client has not declined."""
    rows["waits"][2]["declined"] = []


CORRUPTIONS: dict[str, tuple[Callable[[Rows], None], ...]] = {
    "waiting list": (wrong_length, wrong_number, same_number, lost_wait, left_wait, past_wait),
    "offer": (lost_offer, ended_offer, offer_to_nobody),
    "open slot": (open_slot,),
    "orphan": (wait_without_client, lone_wait),
}
