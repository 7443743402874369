"""Times and prices as a mail says them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.calendar.times import zone

if TYPE_CHECKING:
    from datetime import datetime

# Not of the locale, which differs by machine.
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
# ISO 4217, list one: whose minor unit is not a hundredth.
WHOLE = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
THOUSANDTHS = "BHD IQD JOD KWD LYD OMR TND"


def day(local: datetime) -> str:
    """A date, such as Monday, 1 March 2027."""
    return f"{DAYS[local.weekday()]}, {local.day} {MONTHS[local.month - 1]} {local.year}"


def moment(instant: datetime, zone_name: str) -> str:
    """An instant in a zone, such as Monday, 1 March 2027, 09:30 (UTC+01:00, Europe/Paris)."""
    local = instant.astimezone(zone(zone_name))
    return f"{day(local)}, {local:%H:%M} ({_offset(local)}, {zone_name})"


def brief(instant: datetime, zone_name: str) -> str:
    """The same for a subject, such as Mon 1 Mar 2027, 09:30."""
    local = instant.astimezone(zone(zone_name))
    names = f"{DAYS[local.weekday()][:3]} {local.day} {MONTHS[local.month - 1][:3]}"
    return f"{names} {local.year}, {local:%H:%M}"


def span(start: datetime, end: datetime, zone_name: str) -> str:
    """A session in a zone: 09:30 to 10:30 of a day, with the offset at which it is.

    Where the clock changes in between, each time has its own offset, so neither is ambiguous.
    """
    first, last = (instant.astimezone(zone(zone_name)) for instant in (start, end))
    until = f"{last:%H:%M}" if first.date() == last.date() else f"{day(last)}, {last:%H:%M}"
    if first.utcoffset() == last.utcoffset():
        return f"{day(first)}, {first:%H:%M} to {until} ({_offset(first)}, {zone_name})"
    changed = f"{first:%H:%M} ({_offset(first)}) to {until} ({_offset(last)})"
    return f"{day(first)}, {changed}, {zone_name}"


def _offset(local: datetime) -> str:
    text = f"{local:%z}"
    return "UTC" if text in {"+0000", "-0000"} else f"UTC{text[:3]}:{text[3:5]}"


def price(amount: int, currency: str) -> str:
    """An amount of minor units, such as EUR 90.00."""
    digits = 0 if currency in WHOLE else 3 if currency in THOUSANDTHS else 2
    if not digits:
        return f"{currency} {amount}"
    whole, part = divmod(amount, 10**digits)
    return f"{currency} {whole}.{part:0{digits}}"
