"""Format times for mails."""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.calendar.times import zone

if TYPE_CHECKING:
    from datetime import datetime

# Spelt out here: strftime would use the locale of the machine.
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


def day(local: datetime) -> str:
    """Format a date, such as Monday, 1 March 2027."""
    return f"{DAYS[local.weekday()]}, {local.day} {MONTHS[local.month - 1]} {local.year}"


def moment(instant: datetime, zone_name: str) -> str:
    """Format an instant, such as Monday, 1 March 2027, 09:30 (UTC+01:00, Europe/Paris)."""
    local = instant.astimezone(zone(zone_name))
    return f"{day(local)}, {local:%H:%M} ({_offset(local)}, {zone_name})"


def brief(instant: datetime, zone_name: str) -> str:
    """Format an instant for a subject line, such as Mon 1 Mar 2027, 09:30."""
    local = instant.astimezone(zone(zone_name))
    names = f"{DAYS[local.weekday()][:3]} {local.day} {MONTHS[local.month - 1][:3]}"
    return f"{names} {local.year}, {local:%H:%M}"


def span(start: datetime, end: datetime, zone_name: str) -> str:
    """Format a session, such as Monday, 1 March 2027, 09:30 to 10:30 (UTC+01:00, Europe/Paris).

    If the UTC offset changes during the session, each time is given with its own offset.
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
