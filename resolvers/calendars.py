"""Calendars: changing the rules by which an expert offers time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import Enum, auto
from typing import TYPE_CHECKING, Any, Final, Literal

from auth.policies import own_expert_id, relations_to_expert, require
from models.bookings.booking import calendar_and_upcoming_bookings
from models.calendar.rules import MAX_BREAK_MINUTES, MAX_SESSION_MINUTES, MIN_SESSION_MINUTES
from models.calendar.slots import is_offered
from models.calendar.times import DAY_MINUTES, local_date
from models.errors import NotAllowed
from models.ledger.changes import Change
from models.store.documents import or_unavailable
from resolvers.availability import checked_offers, checked_overrides, checked_weekly
from resolvers.checks import Checks, key_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date, datetime

    from auth.viewers import Viewer
    from models.bookings.booking import Booking
    from models.calendar.rules import Calendar, DateOverride, Rules, WeeklyRange
    from models.ledger.changes import Agendas
    from models.ledger.ledger import Ledger
    from resolvers.availability import PricedLength

MOST_OVERRIDES = 366
LONGEST_NOTICE = 30 * DAY_MINUTES
LONGEST_HORIZON = 372


class Left(Enum):
    """What stands for a field that was left out, where null means something."""

    AS_IT_IS = auto()


AS_IT_IS: Final = Left.AS_IT_IS


@dataclass(frozen=True, slots=True)
class RulesChange:
    """What is to change of the rules, as it came; None: left as it is.

    A step of None is the session's length.
    """

    weekly: Sequence[WeeklyRange] | None = None
    overrides: Sequence[DateOverride] | None = None
    offers: Sequence[PricedLength] | None = None
    step_minutes: int | Literal[Left.AS_IT_IS] | None = AS_IT_IS
    break_minutes: int | None = None
    minimum_notice_minutes: int | None = None
    horizon_days: int | None = None
    cancellation_notice_minutes: int | None = None
    confirms_automatically: bool | None = None


async def set_availability(
    ledger: Ledger,
    viewer: Viewer,
    expert_id: str | None,
    wanted: RulesChange,
    currency: str,
    now: datetime,
) -> tuple[Calendar, list[Booking]]:
    """Change the rules of a calendar, in order with its bookings, all of which stand.

    Without an id of an expert, of the viewer's own calendar. As of `now` days are over, and
    bookings ahead.

    Returns:
        The calendar, and its bookings ahead that its rules would not offer any more.

    Raises:
        NotAllowed: to whoever is neither the expert nor an administrator, and where there is none.
        InvalidInput: every field's problem at once.
        Unavailable: when the database does not answer; the change may still have been made.
    """
    key = own_expert_id(viewer) if expert_id is None else key_of(expert_id, "Expert")
    if key is None:
        raise NotAllowed
    require("Mutation.setAvailability", relations_to_expert(viewer, key))
    checks = Checks()
    fields = _hours(checks, wanted, currency, now) | _numbers(checks, wanted)
    checks.done()

    def decide(agendas: Agendas) -> list[Booking]:
        agenda = agendas.get(key)
        if agenda is None:
            raise NotAllowed
        rules = _changed(agenda.rules, fields, now)
        if rules != agenda.rules:
            agenda.reset(rules)
        return []

    await ledger.post(Change(decide, expert_ids=[key]))
    with or_unavailable():
        calendar, ahead = await calendar_and_upcoming_bookings(key, now)
    if calendar is None:
        raise NotAllowed
    return calendar, [booking for booking in ahead if not is_offered(booking.key, calendar.rules)]


def _hours(checks: Checks, wanted: RulesChange, currency: str, now: datetime) -> dict[str, Any]:
    """What was given of hours and offers, in the form in which it is kept."""
    found: dict[str, Any] = {}
    if wanted.weekly is not None:
        found["weekly"] = checked_weekly(checks, "weekly", wanted.weekly)
    if wanted.overrides is not None:
        # Days that are over everywhere do not count.
        if len(_since(now.date() - timedelta(days=1), wanted.overrides)) > MOST_OVERRIDES:
            checks.refuse("overrides", f"At most {MOST_OVERRIDES} days")
        found["overrides"] = checked_overrides(checks, "overrides", wanted.overrides)
    if wanted.offers is not None:
        found["offers"] = checked_offers(checks, "offers", wanted.offers, currency)
    return found


def _numbers(checks: Checks, wanted: RulesChange) -> dict[str, Any]:
    """What was given of the rest, in the form in which it is kept."""
    found: dict[str, Any] = {}
    step, pause = wanted.step_minutes, wanted.break_minutes
    if step is not AS_IT_IS:
        found["step_minutes"] = step
        if step is not None:
            least, most = MIN_SESSION_MINUTES, MAX_SESSION_MINUTES
            checks.quarters("stepMinutes", step, least, most, "A step")
    if pause is not None:
        found["break_minutes"] = checks.quarters(
            "breakMinutes", pause, 0, MAX_BREAK_MINUTES, "A break"
        )
    notice, deadline = wanted.minimum_notice_minutes, wanted.cancellation_notice_minutes
    if notice is not None:
        checks.number("minimumNoticeMinutes", notice, 0, LONGEST_NOTICE, "Minutes")
        found["minimum_notice_minutes"] = notice
    if wanted.horizon_days is not None:
        checks.number("horizonDays", wanted.horizon_days, 1, LONGEST_HORIZON, "Days")
        found["horizon_days"] = wanted.horizon_days
    if deadline is not None:
        checks.number("cancellationNoticeMinutes", deadline, 0, LONGEST_NOTICE, "Minutes")
        found["cancellation_notice_minutes"] = deadline
    if wanted.confirms_automatically is not None:
        found["confirms_automatically"] = wanted.confirms_automatically
    return found


def _changed(rules: Rules, fields: dict[str, Any], now: datetime) -> Rules:
    """The rules with some fields changed, days that are over dropped from them."""
    if "overrides" not in fields:
        return rules.with_changes(**fields)
    today = local_date(now, rules.time_zone)
    overrides = _since(today, fields["overrides"])
    if overrides == _since(today, rules.overrides):
        overrides = rules.overrides  # to forget what is over is no change
    return rules.with_changes(**{**fields, "overrides": overrides})


def _since(day: date, overrides: Iterable[DateOverride]) -> tuple[DateOverride, ...]:
    """Those of a day and later."""
    return tuple(override for override in overrides if override.day >= day)
