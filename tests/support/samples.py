"""Sample rules, times, bookings and accounts for the tests of the models."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from models.accounts.users import User
from models.bookings.booking import Booking, BookingStatus
from models.calendar.rules import DateOverride, LocalRange, Offer, Rules, WeeklyRange
from models.calendar.slots import SlotKey, listed_slots
from models.calendar.times import cell_of, instant_of, utc_now, zone
from models.ids import Id, new_id

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from models.calendar.slots import Occupant, Slot

EXPERT = Id("0" * 23 + "1")
ADA = Id("a" * 24)
BEA = Id("b" * 24)
MONDAY = date(2027, 3, 1)
NINE = 9 * 60
TEN = 10 * 60
NOON = 12 * 60


def at(hour: int, minute: int = 0, day: date = MONDAY) -> datetime:
    """Return an instant in UTC, on Monday by default."""
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=UTC)


def cell(hour: int, minute: int = 0) -> int:
    """Return the cell of a time on Monday in UTC."""
    return cell_of(at(hour, minute))


NOW = at(0)


def weekly(weekday: int, *spans: tuple[int, int]) -> tuple[WeeklyRange, ...]:
    """Return the hours of a weekday, given as pairs of minutes since midnight."""
    return tuple(WeeklyRange(weekday=weekday, start=start, end=end) for start, end in spans)


def override(day: date, *spans: tuple[int, int]) -> DateOverride:
    """Return a date override, with hours given as pairs of minutes since midnight."""
    return DateOverride(day=day, ranges=tuple(LocalRange(start=a, end=b) for a, b in spans))


def rules(**changed: Any) -> Rules:
    """Return rules in UTC: Mondays from 9 to 12, sessions of 60 or 30 minutes, no notice time."""
    defaults = {
        "time_zone": "UTC",
        "weekly": weekly(0, (NINE, NOON)),
        "offers": (Offer(minutes=60, price=9_000), Offer(minutes=30, price=5_000)),
        "minimum_notice_minutes": 0,
    }
    return Rules(**{**defaults, **changed})


def day_rules(day: date, zone_name: str, *spans: tuple[int, int], **changed: Any) -> Rules:
    """Return rules with the given hours on one day and none on other days; see `override`."""
    overrides = (override(day, *spans),)
    return rules(time_zone=zone_name, weekly=(), overrides=overrides, **changed)


def booking(
    first: int,
    minutes: int = 60,
    *,
    pause: int = 0,
    held_until: datetime | None = None,
) -> Booking:
    """Return a booking by Ada that begins at a cell; a hold if `held_until` is given."""
    key = SlotKey(EXPERT, first, minutes)
    cells = range(first, key.session_end + pause // 15)
    return Booking(
        expert_id=EXPERT,
        client_id=ADA,
        status=BookingStatus.HELD if held_until else BookingStatus.CONFIRMED,
        active=True,
        starts_at=key.starts_at,
        minutes=minutes,
        cells=[instant_of(number) for number in cells],
        price=9_000,
        created_at=NOW,
        updated_at=NOW,
        held_until=held_until,
        cancellable_until=key.starts_at,
    )


def listing(
    of: Rules,
    minutes: int = 60,
    since: datetime = NOW,
    until: datetime | None = None,
    *,
    now: datetime = NOW,
    taken: Mapping[int, Occupant] | None = None,
) -> list[Slot]:
    """Return the listed slots of a span, by default all of Monday."""
    end = until or at(0, day=date(2027, 3, 2))
    return list(listed_slots(EXPERT, of, taken or {}, minutes, since, end, now))


def times(slots: Iterable[Slot]) -> list[str]:
    """Return the start times of slots in UTC, such as 09:30."""
    return [slot.key.starts_at.strftime("%H:%M") for slot in slots]


def local_times(cells: Iterable[int], zone_name: str) -> list[str]:
    """Return the local times at which cells begin, with their offsets, such as 01:30+10:30."""
    instants = (instant_of(number).astimezone(zone(zone_name)) for number in cells)
    return [instant.isoformat()[11:16] + instant.isoformat()[19:] for instant in instants]


def new_user() -> User:
    """Return an account, which is not stored yet, with an e-mail address that no other has."""
    email = f"{new_id()}@example.com"
    return User(name="Ada", email=email, email_key=email, password_hash="", created_at=utc_now())
