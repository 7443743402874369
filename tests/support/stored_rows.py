"""A consistent sample of stored data, as the rows of each MongoDB collection."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from bson import ObjectId

HOURLY = [{"weekday": day, "start": 0, "end": 1440} for day in range(7)]
RULES = {
    "time_zone": "UTC",
    "weekly": HOURLY,
    "offers": [{"minutes": 60, "price": 9_000}],
    "minimum_notice_minutes": 0,
    "confirms_automatically": False,
}
Row = dict[str, Any]
Rows = dict[str, list[Row]]

NOW = datetime.now(UTC).replace(microsecond=0)
NOON = NOW.replace(hour=12, minute=0, second=0) + timedelta(days=7)
QUARTER = timedelta(minutes=15)


def step(before: str | None, after: str, starts_at: datetime) -> Row:
    """Return a step of a booking's history that happened a minute ago."""
    at = NOW - timedelta(minutes=1)
    return {"at": at, "actor_id": None, "before": before, "after": after, "starts_at": starts_at}


def booking(rows: Rows, hour: int, *statuses: str) -> Row:
    """Add a booking that has had the given statuses in order, and an event for each status."""
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
    """Add the calendar's next event."""
    [calendar] = rows["calendars"]
    calendar["sequence"] += 1
    row = {"_id": ObjectId(), "expert_id": calendar["_id"], "sequence": calendar["sequence"]}
    row |= {"at": NOW - timedelta(minutes=1), "booking_id": booking_id}
    rows["events"].append(row)
    return row


def ratings(expert_id: ObjectId, *stars: int) -> Row:
    """Return an expert's rating fields, given the stars of the expert's reviews."""
    mean = sum(stars) / len(stars) if stars else None
    return {
        "rating_counts": [stars.count(number) for number in range(1, 6)],
        "rating": mean,
        "review_count": len(stars),
        "by_rating": f"{round((mean or 0) * 10**12):013}{len(stars):08}{expert_id}",
    }


def review(rows: Rows, of: Row, stars: int, *, hidden: bool) -> None:
    """Add a review of the given booking."""
    subject = {"booking_id": of["_id"], "expert_id": of["expert_id"], "client_id": of["client_id"]}
    rows["reviews"].append({"_id": ObjectId(), **subject, "rating": stars, "hidden": hidden})


def sample() -> Rows:
    """Return the rows of an expert, a client, and bookings with different histories."""
    keeper, client, expert = ObjectId(), ObjectId(), ObjectId()
    rows: Rows = {
        "users": [{"_id": keeper, "expert_id": expert}, {"_id": client, "expert_id": None}],
        "experts": [
            {
                "_id": expert,
                "user_id": keeper,
                "photo": "ab12",
                "confirms_automatically": False,
                **ratings(expert, 5, 4),
            }
        ],
        "photos": [{"_id": ObjectId(), "expert_id": expert, "hash": "ab12", "content": b""}],
        "calendars": [
            {
                "_id": expert,
                "rules": RULES,
                "sequence": 7,
                "last_event_at": NOW,
                "waiting": 0,
            }
        ],
        "bookings": [],
        "events": [],
        "reviews": [],
        "waits": [],
    }
    booking(rows, 0, "CONFIRMED")
    booking(rows, 1, "HELD", "PENDING", "CANCELLED")
    booking(rows, 1, "HELD")
    event(rows)
    booking(rows, 2, "PENDING", "CONFIRMED", "COMPLETED")
    removed = booking(rows, 3, "COMPLETED")
    removed |= {"active": False, "removed_by": [client]}
    for stars, is_hidden in ((5, False), (4, False), (1, True)):
        done = booking(rows, 12 + stars, "CONFIRMED", "COMPLETED")
        review(rows, done, stars, hidden=is_hidden)
    booking(rows, 7, "CONFIRMED")
    wait(rows, 7)
    offered = wait(rows, 5)
    offer = booking(rows, 5, "HELD")
    offer["wait_id"], offered["offer_id"] = offered["_id"], offer["_id"]
    declined = wait(rows, 6)
    declined["declined"] = [NOON + timedelta(hours=6)]
    left = event(rows)
    left |= {"kind": "LEFT", "wait_id": ObjectId()}
    old = booking(rows, 4, "CANCELLED")
    old["updated_at"] = old["history"][0]["at"] = NOW - timedelta(days=3)
    return rows


def wait(rows: Rows, hour: int) -> Row:
    """Add a waiting-list entry for the session at an hour, and the JOINED event of the entry."""
    [calendar] = rows["calendars"]
    starts_at = NOON + timedelta(hours=hour)
    joined = event(rows)
    row: Row = {
        "_id": ObjectId(),
        "expert_id": calendar["_id"],
        "number": joined["sequence"],
        "terms": {
            "client_id": rows["users"][1]["_id"],
            "since": starts_at,
            "until": starts_at + QUARTER,
            "minutes": 60,
        },
        "joined_at": joined["at"],
        "offer_id": None,
        "declined": [],
    }
    joined |= {"kind": "JOINED", "wait_id": row["_id"]}
    calendar["waiting"] += 1
    rows["waits"].append(row)
    return row
