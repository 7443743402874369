"""Expiry of computed slots: the next instant at which the passing of time alone changes them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from models.calendar.times import CELL_SECONDS

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from models.calendar.rules import Rules


def unchanged_until(rules: Rules, ends_of_holds: Iterable[datetime], now: datetime) -> datetime:
    """Return the instant until which slots computed at `now` stay valid if nothing is changed.

    Slots start, and local days end, on quarter hours. The passing of time alone changes the list of
    slots when the end of the minimum notice reaches a quarter hour, when a new day enters the
    booking horizon, and when a hold ends.

    Args:
        rules: the rules that the slots were computed from.
        ends_of_holds: end times of the holds that the slots were computed from.
        now: the instant at which the slots were computed.
    """
    notice = timedelta(minutes=rules.minimum_notice_minutes)
    holds = (end for end in ends_of_holds if end > now)
    return min(_on_grid(now), _on_grid(now + notice) - notice, *holds)


def _on_grid(instant: datetime) -> datetime:
    """Round an instant up to a quarter hour."""
    microseconds = round(instant.timestamp() * 1_000_000)
    return instant + timedelta(microseconds=-microseconds % (CELL_SECONDS * 1_000_000))
