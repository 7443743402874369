"""Validation of offers and opening hours.

Each function reports every problem together with the path of the invalid field, and returns the
normalized value.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from models.calendar.places import Place
from models.calendar.rules import (
    MAX_SESSION_MINUTES,
    MIN_SESSION_MINUTES,
    DateOverride,
    LocalRange,
    Offer,
    WeeklyRange,
)
from models.calendar.times import CELL_MINUTES, DAY_MINUTES
from resolvers.places import validate_place

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from resolvers.checks import InputValidator
    from resolvers.places import WantedPlace

MAX_OFFERS = 8
MAX_RANGES_PER_DAY = 24
DAYS_PER_WEEK = 7
MAX_WEEKLY_RANGES = DAYS_PER_WEEK * MAX_RANGES_PER_DAY


@dataclass(frozen=True, slots=True)
class Price:
    """An amount in minor units of a currency."""

    amount: int
    currency: str


@dataclass(frozen=True, slots=True)
class PricedLength:
    """Input for an offer; if `place` is None, an existing offer of this length keeps its place."""

    minutes: int
    price: Price
    place: WantedPlace | None = None


def validate_price(validator: InputValidator, field: str, price: Price, currency: str) -> int:
    """Validate a price and return its amount; only the deployment's currency is accepted."""
    if price.amount < 0:
        validator.add_problem(f"{field}.amount", "A price must not be negative")
    if price.currency != currency:
        validator.add_problem(f"{field}.currency", f"Prices here are in {currency}")
    return price.amount


def validate_offers(
    validator: InputValidator,
    field: str,
    offers: Sequence[PricedLength],
    currency: str,
    region: str | None,
) -> tuple[Offer, ...]:
    """Validate 1 to `MAX_OFFERS` offers of distinct session lengths; return them in input order.

    Args:
        validator: collects the problems.
        field: the path of the offers in the input.
        offers: the offers; those without a place are returned as offers of video calls.
        currency: the currency that prices must have.
        region: the country (ISO 3166) assumed for phone numbers without a country code.
    """
    if not 1 <= len(offers) <= MAX_OFFERS:
        validator.add_problem(field, f"Offer 1 to {MAX_OFFERS} lengths")
        return ()
    seen: set[int] = set()
    found = []
    for number, offer in enumerate(offers):
        at = f"{field}.{number}"
        if (
            offer.minutes % CELL_MINUTES
            or not MIN_SESSION_MINUTES <= offer.minutes <= MAX_SESSION_MINUTES
        ):
            validator.add_problem(
                f"{at}.minutes",
                f"A length is a multiple of {CELL_MINUTES} minutes from {MIN_SESSION_MINUTES} "
                f"to {MAX_SESSION_MINUTES}",
            )
        elif offer.minutes in seen:
            validator.add_problem(f"{at}.minutes", "This length is offered twice")
        seen.add(offer.minutes)
        price = validate_price(validator, f"{at}.price", offer.price, currency)
        wanted = offer.place
        place = validate_place(validator, f"{at}.place", wanted, region) if wanted else Place()
        found.append(Offer(minutes=offer.minutes, price=price, place=place))
    return tuple(found)


def validate_weekly(
    validator: InputValidator, field: str, hours: Sequence[WeeklyRange]
) -> tuple[WeeklyRange, ...]:
    """Validate the weekly hours and return them, earliest first.

    Hours may extend past midnight into the next day, but must not overlap that day's hours.
    """
    if len(hours) > MAX_WEEKLY_RANGES:
        validator.add_problem(field, f"Use at most {MAX_WEEKLY_RANGES} ranges")
        return ()
    days: dict[int, list[tuple[int, LocalRange]]] = defaultdict(list)
    for number, range_ in enumerate(hours):
        days[range_.weekday].append((number, range_))
    spilled = {
        (day + 1) % DAYS_PER_WEEK: max(range_.end for _, range_ in ranges) - DAY_MINUTES
        for day, ranges in days.items()
    }
    found = [
        problem
        for day, ranges in days.items()
        for problem in _problems(ranges, spilled.get(day, 0))
    ]
    _refuse(validator, field, found)
    return tuple(sorted(hours, key=lambda range_: (range_.weekday, range_.start)))


def validate_day(
    validator: InputValidator, field: str, hours: Sequence[LocalRange]
) -> tuple[LocalRange, ...]:
    """Validate the hours of one date; return them, earliest first. An empty list closes the day."""
    if len(hours) > MAX_RANGES_PER_DAY:
        validator.add_problem(field, f"Use at most {MAX_RANGES_PER_DAY} ranges")
        return ()
    _refuse(validator, field, _problems(list(enumerate(hours))))
    return tuple(sorted(hours, key=lambda range_: range_.start))


def validate_overrides(
    validator: InputValidator, field: str, overrides: Sequence[DateOverride]
) -> tuple[DateOverride, ...]:
    """Validate date overrides and return them, earliest first; no date may occur twice."""
    seen: set[date] = set()
    found = []
    for number, override in enumerate(overrides):
        at = f"{field}.{number}"
        if override.day in seen:
            validator.add_problem(f"{at}.date", "This day is named twice")
        seen.add(override.day)
        hours = validate_day(validator, f"{at}.hours", override.ranges)
        found.append(DateOverride(day=override.day, ranges=hours))
    return tuple(sorted(found, key=lambda override: override.day))


def _problems(
    ranges: Sequence[tuple[int, LocalRange]], taken_until: int = 0
) -> list[tuple[int, str, str]]:
    """Return the problems of one day's ranges, as (index in the input, "from" or "to", message).

    Args:
        ranges: the ranges with their indices in the input.
        taken_until: the minute of this day at which the previous day's hours end.
    """
    found = []
    whole = []
    for number, range_ in ranges:
        bounds = (("from", range_.start), ("to", range_.end))
        crooked = [name for name, minute in bounds if not _is_on_grid(minute)]
        found += [(number, name, f"Use a multiple of {CELL_MINUTES} minutes") for name in crooked]
        if range_.start >= DAY_MINUTES:
            found.append((number, "from", "Hours begin before 24:00"))
        elif range_.end - range_.start == DAY_MINUTES and range_.start:
            found.append((number, "to", "The end must differ from the beginning"))
        elif not crooked:
            whole.append((range_.start, range_.end, number))
    open_until = max(0, taken_until)
    for start, end, number in sorted(whole):
        if start < open_until:
            found.append((number, "from", "These hours overlap others"))
        open_until = max(open_until, end)
    return found


def _refuse(
    validator: InputValidator, field: str, problems: Sequence[tuple[int, str, str]]
) -> None:
    """Add the given problems to the validator, in the order of the input."""
    for number, bound, message in sorted(problems):
        validator.add_problem(f"{field}.{number}.{bound}", message)


def _is_on_grid(minute: int) -> bool:
    return minute % CELL_MINUTES == 0 and minute >= 0
