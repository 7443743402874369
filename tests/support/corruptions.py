"""Functions that each corrupt the valid sample of stored data in one way."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from bson import ObjectId

from tests.support.stored_rows import NOON, NOW, QUARTER, event, ratings

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.stored_rows import Rows


def overlap(rows: Rows) -> None:
    """Two active bookings share a quarter hour."""
    second = rows["bookings"][3]
    second["starts_at"] = NOON - 3 * QUARTER
    second["cells"] = [second["starts_at"] + number * QUARTER for number in range(4)]
    second["history"][-1]["starts_at"] = second["starts_at"]


def gap(rows: Rows) -> None:
    """An event is missing."""
    rows["events"] = [row for row in rows["events"] if row["booking_id"] or "kind" in row]


def missing_last_event(rows: Rows) -> None:
    """A calendar's event counter is ahead of its last stored event."""
    rows["calendars"][0]["sequence"] += 1


def missing_log(rows: Rows) -> None:
    """All events are missing, although the last one is too recent to have been deleted."""
    for name in ("events", "bookings", "reviews", "waits"):
        rows[name].clear()
    rows["experts"][0] |= ratings(rows["experts"][0]["_id"])
    rows["calendars"][0]["waiting"] = 0


def backwards(rows: Rows) -> None:
    """An event has an earlier time than the event before it."""
    rows["events"][3]["at"] -= timedelta(seconds=1)


def wrong_sequence(rows: Rows) -> None:
    """A booking refers to an event that belongs to another booking."""
    rows["bookings"][0]["sequence"] += 1


def step_without_event(rows: Rows) -> None:
    """A step of a booking's history has no event."""
    cancelled = rows["bookings"][1]
    next(row for row in rows["events"] if row["booking_id"] == cancelled["_id"])["booking_id"] = (
        None
    )


def no_booking(rows: Rows) -> None:
    """A booking is missing, but its events exist."""
    del rows["bookings"][-1]


def no_client(rows: Rows) -> None:
    """A booking's client is missing."""
    rows["bookings"][0]["client_id"] = ObjectId()


def no_account(rows: Rows) -> None:
    """An expert's account is missing."""
    del rows["users"][0]


def no_calendar(rows: Rows) -> None:
    """An expert has no calendar."""
    expert_id = ObjectId()
    user_id = rows["users"][0]["_id"]
    rows["experts"].append({"_id": expert_id, "user_id": user_id, **ratings(expert_id)})


def no_expert(rows: Rows) -> None:
    """A calendar belongs to an expert that does not exist."""
    rows["calendars"].append({"_id": ObjectId(), "sequence": 0, "last_event_at": NOW})


def no_photo(rows: Rows) -> None:
    """An expert's photo is not stored."""
    rows["photos"].clear()


def former_photo(rows: Rows) -> None:
    """A replaced photo is still stored."""
    rows["photos"].append({**rows["photos"][0], "_id": ObjectId(), "hash": "cd34"})


def uncounted_rating(rows: Rows) -> None:
    """A rating is in an expert's histogram, but not in the mean, the count or the sort key."""
    rows["experts"][0]["rating_counts"][0] += 1


def rounded_rating(rows: Rows) -> None:
    """An expert's mean rating is not exact."""
    rows["experts"][0]["rating"] = 4.49


def former_order(rows: Rows) -> None:
    """An expert's sort key does not match the current ratings."""
    rows["experts"][0]["by_rating"] = ratings(rows["experts"][0]["_id"], 5)["by_rating"]


def shown_review(rows: Rows) -> None:
    """A hidden review is visible again, but is missing from the expert's rating histogram."""
    rows["reviews"][2]["hidden"] = False
    for name in ("rating", "review_count", "by_rating"):
        rows["experts"][0][name] = ratings(rows["experts"][0]["_id"], 5, 4, 1)[name]


def review_of_nobody(rows: Rows) -> None:
    """A hidden review belongs to an expert that does not exist."""
    rows["reviews"][2]["expert_id"] = ObjectId()


def review_by_another(rows: Rows) -> None:
    """A review's author is not the booking's client."""
    rows["reviews"][0]["client_id"] = rows["users"][0]["_id"]


def no_such_expert(rows: Rows) -> None:
    """An account refers to an expert that does not exist."""
    rows["users"][1]["expert_id"] = ObjectId()


def lone_event(rows: Rows) -> None:
    """An event belongs to an expert without a calendar."""
    rows["events"].append({**event(rows), "_id": ObjectId(), "expert_id": ObjectId()})


def lone_booking(rows: Rows) -> None:
    """A booking belongs to an expert without a calendar."""
    old = rows["bookings"][-1]
    rows["bookings"].append({**old, "_id": ObjectId(), "expert_id": ObjectId()})


def expired_hold(rows: Rows) -> None:
    """An expired hold was not released."""
    rows["bookings"][2]["held_until"] = NOW - timedelta(seconds=10)


def endless_hold(rows: Rows) -> None:
    """A hold has no expiry time."""
    rows["bookings"][2]["held_until"] = None


def still_active(rows: Rows) -> None:
    """A cancelled booking is still active."""
    rows["bookings"][1]["active"] = True
    rows["bookings"][2]["active"] = False
    rows["bookings"][2] |= {"status": "EXPIRED"}
    rows["bookings"][2]["history"][-1]["after"] = "EXPIRED"


def not_active(rows: Rows) -> None:
    """A confirmed booking is not active."""
    rows["bookings"][0]["active"] = False


def other_status(rows: Rows) -> None:
    """A booking's status differs from the last step of its history."""
    rows["bookings"][0]["status"] = "NO_SHOW"


def other_step(rows: Rows) -> None:
    """A step of a booking's history does not begin with the previous step's final status."""
    rows["bookings"][3]["history"][1]["before"] = "CONFIRMED"


def wrong_start(rows: Rows) -> None:
    """The last start time in a booking's history differs from the booking's own start time."""
    rows["bookings"][0]["history"][-1]["starts_at"] -= timedelta(days=1)


def no_history(rows: Rows) -> None:
    """A booking has no history."""
    rows["bookings"][0]["history"].clear()


def other_cells(rows: Rows) -> None:
    """A booking occupies quarter-hour cells at a different time from its session."""
    rows["bookings"][0]["cells"] = [cell - 8 * QUARTER for cell in rows["bookings"][0]["cells"]]


def short_cells(rows: Rows) -> None:
    """A booking occupies fewer quarter-hour cells than its session needs."""
    rows["bookings"][0]["cells"].pop()


def other_rule(rows: Rows) -> None:
    """The directory's copy of a rule differs from the calendar's rule."""
    rows["experts"][0]["confirms_automatically"] = True


def no_cells(rows: Rows) -> None:
    """A booking lacks the required field `cells`."""
    del rows["bookings"][0]["cells"]


CORRUPTIONS: dict[str, tuple[Callable[[Rows], None], ...]] = {
    "overlap": (overlap,),
    "copy": (other_rule,),
    "gap": (gap, missing_last_event, missing_log),
    "order": (backwards,),
    "booking without event": (wrong_sequence, step_without_event),
    "event without booking": (no_booking,),
    "orphan": (
        *(no_client, no_account, no_calendar, no_expert),
        *(no_such_expert, lone_event, lone_booking, no_photo, former_photo),
        *(review_of_nobody, review_by_another),
    ),
    "expired hold": (expired_hold, endless_hold),
    "rating": (uncounted_rating, rounded_rating, former_order, shown_review),
    "status": (still_active, not_active),
    "history": (other_status, other_step, wrong_start, no_history),
    "malformed": (no_cells,),
    "time": (other_cells, short_cells),
}
