"""The rules by which an expert offers time, and the counter of the events on it."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from typing import Any

from models.calendar.times import local_date
from models.store.documents import Part, Record

MIN_SESSION_MINUTES = 15
MAX_SESSION_MINUTES = 480
MAX_BREAK_MINUTES = 240
MAX_BREAK = timedelta(minutes=MAX_BREAK_MINUTES)


class LocalRange(Part):
    """A span of a day in local minutes, such as 570 to 750; 1440 ends the day."""

    start: int
    end: int


class WeeklyRange(LocalRange):
    """A range on every such weekday; Monday is 0."""

    weekday: int


class DateOverride(Part):
    """Replaces the weekly hours of one local day; no ranges: closed."""

    day: date
    ranges: tuple[LocalRange, ...]


class Offer(Part):
    """A session's length in minutes and its price in minor units."""

    minutes: int
    price: int


class Rules(Part):
    """How an expert offers time: all of it in the expert's own zone."""

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
        found: dict[int, list[LocalRange]] = defaultdict(list)
        for range_ in self.weekly:
            found[range_.weekday].append(range_)
        return found

    @cached_property
    def _by_date(self) -> dict[date, tuple[LocalRange, ...]]:
        return {override.day: override.ranges for override in self.overrides}

    @cached_property
    def cached_starts(self) -> dict[tuple[int, date], list[int]]:
        """Cache of session starts by length and day; filled by models/calendar/slots.py."""
        return {}

    def with_changes(self, **fields: Any) -> Rules:
        """The same but for some fields, made anew: a copy would keep what was derived of them."""
        return Rules(**{**dict(self), **fields})

    def ranges_on(self, day: date) -> tuple[LocalRange, ...] | list[LocalRange]:
        """The hours of a local day."""
        override = self._by_date.get(day)
        return self._by_weekday.get(day.weekday(), ()) if override is None else override

    def offer(self, minutes: int | None) -> Offer | None:
        """The offer of that length; of None, the first."""
        if minutes is None:
            return self.offers[0]
        return next((offer for offer in self.offers if offer.minutes == minutes), None)


class Calendar(Record):
    """An expert's rules and the number of the last event; its id is the expert's.

    Every change of the expert's time adds its events to `sequence`, so two transactions that
    change the same calendar conflict here, whatever else they touch.
    """

    rules: Rules
    rules_version: int = 1
    sequence: int = 0
    last_event_at: datetime = datetime.fromtimestamp(0, UTC)

    class Settings:
        """One document an expert, found by `_id` alone."""

        name = "calendars"

    def today(self, now: datetime) -> date:
        """The expert's local day."""
        return local_date(now, self.rules.time_zone)
