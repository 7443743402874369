"""What can be wrong with stored data: a sample of what is right, and ways to damage it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from bson import ObjectId

if TYPE_CHECKING:
    from collections.abc import Callable

Row = dict[str, Any]
Rows = dict[str, list[Row]]

NOW = datetime.now(UTC).replace(microsecond=0)
NOON = NOW.replace(hour=12, minute=0, second=0) + timedelta(days=7)
QUARTER = timedelta(minutes=15)


def step(before: str | None, after: str, starts_at: datetime) -> Row:
    """A step of a history, a minute ago."""
    at = NOW - timedelta(minutes=1)
    return {"at": at, "actor_id": None, "before": before, "after": after, "starts_at": starts_at}


def booking(rows: Rows, hour: int, *statuses: str) -> Row:
    """Add a booking that had some statuses one after the other, with its events."""
    starts_at = NOON + timedelta(hours=hour)
    status, is_held = statuses[-1], statuses[-1] == "HELD"
    [calendar] = rows["calendars"]
    row = {
        "_id": ObjectId(),
        "expert_id": calendar["_id"],
        "client_id": rows["users"][1]["_id"],
        "status": status,
        "active": status not in {"CANCELLED", "EXPIRED"},
        "starts_at": starts_at,
        "minutes": 60,
        "cells": [starts_at + number * QUARTER for number in range(4)],
        "held_until": NOW + timedelta(days=1) if is_held else None,
        "updated_at": NOW - timedelta(minutes=1),
        "sequence": calendar["sequence"] + len(statuses),
        "removed_by": [],
        "history": [
            step(before, after, starts_at)
            for before, after in zip((None, *statuses), statuses, strict=False)
        ],
    }
    rows["bookings"].append(row)
    for _ in statuses:
        event(rows, row["_id"])
    return row


def event(rows: Rows, booking_id: ObjectId | None = None) -> Row:
    """Add the next event."""
    [calendar] = rows["calendars"]
    calendar["sequence"] += 1
    row = {"_id": ObjectId(), "expert_id": calendar["_id"], "sequence": calendar["sequence"]}
    row |= {"at": NOW - timedelta(minutes=1), "booking_id": booking_id}
    rows["events"].append(row)
    return row


def sample() -> Rows:
    """An expert, a client and a week of bookings, of which each has another life."""
    keeper, client, expert = ObjectId(), ObjectId(), ObjectId()
    rows: Rows = {
        "users": [{"_id": keeper, "expert_id": expert}, {"_id": client, "expert_id": None}],
        "experts": [{"_id": expert, "user_id": keeper}],
        "calendars": [{"_id": expert, "sequence": 7, "last_event_at": NOW}],
        "bookings": [],
        "events": [],
    }
    booking(rows, 0, "CONFIRMED")
    booking(rows, 1, "HELD", "PENDING", "CANCELLED")
    booking(rows, 1, "HELD")
    event(rows)
    booking(rows, 2, "PENDING", "CONFIRMED", "COMPLETED")
    removed = booking(rows, 3, "COMPLETED")
    removed |= {"active": False, "removed_by": [client]}
    old = booking(rows, 4, "CANCELLED")
    old["updated_at"] = old["history"][0]["at"] = NOW - timedelta(days=3)
    return rows


def overlap(rows: Rows) -> None:
    """Two active bookings share a quarter hour."""
    second = rows["bookings"][3]
    second["starts_at"] = NOON - 3 * QUARTER
    second["cells"] = [second["starts_at"] + number * QUARTER for number in range(4)]
    second["history"][-1]["starts_at"] = second["starts_at"]


def gap(rows: Rows) -> None:
    """An event is gone."""
    rows["events"] = [row for row in rows["events"] if row["booking_id"]]


def lost_end(rows: Rows) -> None:
    """The counter is ahead of the events."""
    rows["calendars"][0]["sequence"] += 1


def lost_log(rows: Rows) -> None:
    """All events are gone, of which the last was a moment ago."""
    rows["events"].clear()
    rows["bookings"].clear()


def backwards(rows: Rows) -> None:
    """An event is older than the one before it."""
    rows["events"][3]["at"] -= timedelta(seconds=1)


def unannounced(rows: Rows) -> None:
    """A booking names another's event."""
    rows["bookings"][0]["sequence"] += 1


def half_told(rows: Rows) -> None:
    """One of the steps of a booking has no event."""
    cancelled = rows["bookings"][1]
    next(row for row in rows["events"] if row["booking_id"] == cancelled["_id"])["booking_id"] = (
        None
    )


def no_booking(rows: Rows) -> None:
    """A booking is gone whose events are there."""
    del rows["bookings"][-1]


def no_client(rows: Rows) -> None:
    """A booking's client is gone."""
    rows["bookings"][0]["client_id"] = ObjectId()


def no_account(rows: Rows) -> None:
    """An expert's account is gone."""
    del rows["users"][0]


def no_calendar(rows: Rows) -> None:
    """An expert has no calendar."""
    expert = {"_id": ObjectId(), "user_id": rows["users"][0]["_id"]}
    rows["experts"].append(expert)


def no_expert(rows: Rows) -> None:
    """A calendar has no expert."""
    rows["calendars"].append({"_id": ObjectId(), "sequence": 0, "last_event_at": NOW})


def no_such_expert(rows: Rows) -> None:
    """An account names an expert that is not there."""
    rows["users"][1]["expert_id"] = ObjectId()


def lone_event(rows: Rows) -> None:
    """An event has no calendar."""
    rows["events"].append({**event(rows), "_id": ObjectId(), "expert_id": ObjectId()})


def lone_booking(rows: Rows) -> None:
    """A booking has no calendar."""
    old = rows["bookings"][-1]
    rows["bookings"].append({**old, "_id": ObjectId(), "expert_id": ObjectId()})


def stale_hold(rows: Rows) -> None:
    """A hold stands past its end."""
    rows["bookings"][2]["held_until"] = NOW - timedelta(seconds=10)


def endless_hold(rows: Rows) -> None:
    """A hold has no end."""
    rows["bookings"][2]["held_until"] = None


def still_active(rows: Rows) -> None:
    """A cancelled booking stands in the way."""
    rows["bookings"][1]["active"] = True
    rows["bookings"][2]["active"] = False
    rows["bookings"][2] |= {"status": "EXPIRED"}
    rows["bookings"][2]["history"][-1]["after"] = "EXPIRED"


def not_active(rows: Rows) -> None:
    """A booking that stands takes no time."""
    rows["bookings"][0]["active"] = False


def other_status(rows: Rows) -> None:
    """A status is none that the history knows."""
    rows["bookings"][0]["status"] = "NO_SHOW"


def other_step(rows: Rows) -> None:
    """A step begins elsewhere than the one before it ended."""
    rows["bookings"][3]["history"][1]["before"] = "CONFIRMED"


def torn_move(rows: Rows) -> None:
    """The history leads to another time."""
    rows["bookings"][0]["history"][-1]["starts_at"] -= timedelta(days=1)


def no_history(rows: Rows) -> None:
    """A booking has no history."""
    rows["bookings"][0]["history"].clear()


def other_cells(rows: Rows) -> None:
    """A booking takes other time than its session's."""
    rows["bookings"][0]["cells"] = [cell - 8 * QUARTER for cell in rows["bookings"][0]["cells"]]


def short_cells(rows: Rows) -> None:
    """A booking takes less time than its session's."""
    rows["bookings"][0]["cells"].pop()


def no_cells(rows: Rows) -> None:
    """A booking lacks a field."""
    del rows["bookings"][0]["cells"]


DAMAGES: dict[str, tuple[Callable[[Rows], None], ...]] = {
    "overlap": (overlap,),
    "gap": (gap, lost_end, lost_log),
    "order": (backwards,),
    "booking without event": (unannounced, half_told),
    "event without booking": (no_booking,),
    "orphan": (
        *(no_client, no_account, no_calendar, no_expert),
        *(no_such_expert, lone_event, lone_booking),
    ),
    "expired hold": (stale_hold, endless_hold),
    "status": (still_active, not_active),
    "history": (other_status, other_step, torn_move, no_history),
    "malformed": (no_cells,),
    "time": (other_cells, short_cells),
}
