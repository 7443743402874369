"""An expert's availability rules, and the calendar document with its event counter."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from typing import Any

from pydantic import field_serializer

from models.calendar.places import Place
from models.calendar.times import DAY_MINUTES, local_date
from models.ids import Id
from models.store.documents import Part, Record

MIN_SESSION_MINUTES = 15
MAX_SESSION_MINUTES = 480
MAX_BREAK_MINUTES = 240
MAX_BREAK = timedelta(minutes=MAX_BREAK_MINUTES)


class LocalRange(Part):
    """Range of local time in minutes since midnight, such as 570 to 750; the day ends at 1440.

    `start` lies on the day to which the range belongs. If `end` is above 1440, it lies on the next
    day.
    """

    start: int
    end: int

    @property
    def closing_time(self) -> int:
        """The end as a time of day, in minutes since the midnight before the end."""
        return self.end - DAY_MINUTES if self.end > DAY_MINUTES else self.end


def end_of_range(start: int, closing_time: int) -> int:
    """Return the end of a range; a closing time at or before the start lies on the next day."""
    return closing_time if closing_time > start else closing_time + DAY_MINUTES


class WeeklyRange(LocalRange):
    """Range that repeats every week; `weekday` is 0 for Monday."""

    weekday: int


class DateOverride(Part):
    """Hours that replace the weekly hours on one local day; without ranges, the day is closed."""

    day: date
    ranges: tuple[LocalRange, ...]

    @field_serializer("day")
    def _stored_day(self, day: date) -> datetime:
        """Return the day as a `datetime` at midnight, because BSON has no type for plain dates."""
        return datetime.combine(day, time.min)


class Offer(Part):
    """A kind of session that an expert offers: minutes, price in minor currency units, place."""

    minutes: int
    price: int
    place: Place = Place()

    def without_details(self) -> Offer:
        """Return the offer without the details of its place."""
        return self.model_copy(update={"place": self.place.without_details()})


class Rules(Part):
    """Availability rules of an expert; days and hours are in the expert's time zone."""

    time_zone: str
    weekly: tuple[WeeklyRange, ...]
    overrides: tuple[DateOverride, ...] = ()
    offers: tuple[Offer, ...]
    step_minutes: int | None = None
    break_minutes: int = 0
    minimum_notice_minutes: int = 120
    horizon_days: int = 90
    cancellation_notice_minutes: int = 1440
    confirms_automatically: bool = True
    accepts_bookings: bool = True

    @cached_property
    def _by_weekday(self) -> dict[int, list[LocalRange]]:
        ranges: dict[int, list[LocalRange]] = defaultdict(list)
        for range_ in self.weekly:
            ranges[range_.weekday].append(range_)
        return ranges

    @cached_property
    def _by_date(self) -> dict[date, tuple[LocalRange, ...]]:
        return {override.day: override.ranges for override in self.overrides}

    @cached_property
    def cached_starts(self) -> dict[tuple[int, date], list[int]]:
        """Cache of session starts by session length and day, filled by models/calendar/slots.py."""
        return {}

    def with_changes(self, **fields: Any) -> Rules:
        """Return new rules with the given fields replaced.

        A `model_copy` would also copy the cached properties derived from the old fields.
        """
        return Rules(**{**dict(self), **fields})

    def ranges_on(self, day: date) -> tuple[LocalRange, ...] | list[LocalRange]:
        """Return the opening hours of a local day."""
        override = self._by_date.get(day)
        return self._by_weekday.get(day.weekday(), ()) if override is None else override

    def offer(self, minutes: int | None) -> Offer | None:
        """Return the offer of the given length or None; if `minutes` is None, the first offer."""
        if minutes is None:
            return self.offers[0]
        return next((offer for offer in self.offers if offer.minutes == minutes), None)


class Calendar(Record):
    """An expert's rules, and the number and id of the last event; `_id` is the expert's id.

    Every change to the expert's rules or occupied time increments `sequence`, so two transactions
    that change the same calendar always conflict on this document. `claimed_by` is the id of the
    only ledger that may commit the next change, or None if any ledger may
    (models/ledger/claims.py). `waiting` is the number of entries in the waiting list, which is read
    only if this number is not 0.
    """

    rules: Rules
    rules_version: int = 1
    sequence: int = 0
    last_event_at: datetime = datetime.fromtimestamp(0, UTC)
    last_event_id: Id | None = None
    claimed_by: str | None = None
    waiting: int = 0

    class Settings:
        """One document per expert, read by `_id` only."""

        name = "calendars"

    def today(self, now: datetime) -> date:
        """Return the current date in the expert's time zone."""
        return local_date(now, self.rules.time_zone)
