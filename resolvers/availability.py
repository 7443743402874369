"""Offers and hours as people type them in, checked: lengths, prices and ranges of a day.

Each function notes its problems at their path in the input and answers with what is kept.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from models.calendar.rules import (
    MAX_SESSION_MINUTES,
    MIN_SESSION_MINUTES,
    DateOverride,
    LocalRange,
    Offer,
    WeeklyRange,
)
from models.calendar.times import CELL_MINUTES, DAY_MINUTES

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from resolvers.checks import Checks

MOST_OFFERS = 8


@dataclass(frozen=True, slots=True)
class Price:
    """An amount in minor units, in the currency that was named."""

    amount: int
    currency: str


@dataclass(frozen=True, slots=True)
class PricedLength:
    """A session's length in minutes and its price."""

    minutes: int
    price: Price


def checked_price(checks: Checks, field: str, price: Price, currency: str) -> int:
    """The amount of a price in the deployment's currency."""
    if price.amount < 0:
        checks.refuse(f"{field}.amount", "A price must not be negative")
    if price.currency != currency:
        checks.refuse(f"{field}.currency", f"Prices here are in {currency}")
    return price.amount


def checked_offers(
    checks: Checks, field: str, offers: Sequence[PricedLength], currency: str
) -> tuple[Offer, ...]:
    """One to eight offers, each of another length; their order is kept."""
    if not 1 <= len(offers) <= MOST_OFFERS:
        checks.refuse(field, f"Offer 1 to {MOST_OFFERS} lengths")
    seen: set[int] = set()
    found = []
    for number, offer in enumerate(offers):
        at = f"{field}.{number}"
        if (
            offer.minutes % CELL_MINUTES
            or not MIN_SESSION_MINUTES <= offer.minutes <= MAX_SESSION_MINUTES
        ):
            checks.refuse(
                f"{at}.minutes",
                f"A length is a multiple of {CELL_MINUTES} minutes from {MIN_SESSION_MINUTES} "
                f"to {MAX_SESSION_MINUTES}",
            )
        elif offer.minutes in seen:
            checks.refuse(f"{at}.minutes", "This length is offered twice")
        seen.add(offer.minutes)
        price = checked_price(checks, f"{at}.price", offer.price, currency)
        found.append(Offer(minutes=offer.minutes, price=price))
    return tuple(found)


def checked_weekly(
    checks: Checks, field: str, hours: Sequence[WeeklyRange]
) -> tuple[WeeklyRange, ...]:
    """The hours of a week, earliest first; none on a day: closed."""
    days: dict[int, list[tuple[int, LocalRange]]] = defaultdict(list)
    for number, range_ in enumerate(hours):
        days[range_.weekday].append((number, range_))
    _refuse(checks, field, [found for ranges in days.values() for found in _problems(ranges)])
    return tuple(sorted(hours, key=lambda range_: (range_.weekday, range_.start)))


def checked_day(checks: Checks, field: str, hours: Sequence[LocalRange]) -> tuple[LocalRange, ...]:
    """The hours of one date, earliest first; none: closed."""
    _refuse(checks, field, _problems(list(enumerate(hours))))
    return tuple(sorted(hours, key=lambda range_: range_.start))


def checked_overrides(
    checks: Checks, field: str, overrides: Sequence[DateOverride]
) -> tuple[DateOverride, ...]:
    """Days that differ from the week, earliest first, each once."""
    seen: set[date] = set()
    found = []
    for number, override in enumerate(overrides):
        at = f"{field}.{number}"
        if override.day in seen:
            checks.refuse(f"{at}.date", "This day is named twice")
        seen.add(override.day)
        hours = checked_day(checks, f"{at}.hours", override.ranges)
        found.append(DateOverride(day=override.day, ranges=hours))
    return tuple(sorted(found, key=lambda override: override.day))


def _problems(ranges: Sequence[tuple[int, LocalRange]]) -> list[tuple[int, str, str]]:
    """What is wrong with the ranges of one day, each by its place and bound in the input."""
    found = []
    whole = []
    for number, range_ in ranges:
        bounds = (("from", range_.start), ("to", range_.end))
        crooked = [name for name, minute in bounds if not _is_on_grid(minute)]
        found += [(number, name, f"Use a multiple of {CELL_MINUTES} minutes") for name in crooked]
        if "to" not in crooked and range_.start >= range_.end:
            found.append((number, "to", "The end must be later than the beginning"))
        elif not crooked:
            whole.append((range_.start, range_.end, number))
    open_until = 0
    for start, end, number in sorted(whole):
        if start < open_until:
            found.append((number, "from", "These hours overlap others of that day"))
        open_until = max(open_until, end)
    return found


def _refuse(checks: Checks, field: str, problems: Sequence[tuple[int, str, str]]) -> None:
    """Note problems in the order of the input."""
    for number, bound, message in sorted(problems):
        checks.refuse(f"{field}.{number}.{bound}", message)


def _is_on_grid(minute: int) -> bool:
    return minute % CELL_MINUTES == 0 and 0 <= minute <= DAY_MINUTES
