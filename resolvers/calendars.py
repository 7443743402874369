"""Changes to the rules of an expert's calendar."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from auth.policies import own_expert_id, relations_to_expert, require
from models.bookings.booking import calendar_and_upcoming_bookings
from models.bookings.calendars import ChangeRules
from models.calendar.rules import MAX_BREAK_MINUTES, MAX_SESSION_MINUTES, MIN_SESSION_MINUTES
from models.calendar.slots import is_offered
from models.calendar.times import DAY_MINUTES
from models.directory.experts import COPIED_RULES
from models.errors import NotAllowed
from models.store.documents import or_unavailable
from resolvers.availability import validate_offers, validate_overrides, validate_weekly
from resolvers.checks import InputValidator, decode_id

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date, datetime

    from auth.viewers import Viewer
    from models.bookings.booking import Booking
    from models.calendar.rules import Calendar, DateOverride, WeeklyRange
    from models.ledger.ledger import Ledger
    from resolvers.availability import PricedLength

MAX_OVERRIDES = 366
MAX_NOTICE_MINUTES = 30 * DAY_MINUTES
MAX_HORIZON_DAYS = 372


@dataclass(frozen=True, slots=True)
class RulesChange:
    """Input for changing a calendar's rules, not yet validated; None leaves a field unchanged.

    If `step_matches_session` is set, slots start one session length apart.
    `expected_version` is the version of the rules on which the change is based.
    """

    weekly: Sequence[WeeklyRange] | None = None
    overrides: Sequence[DateOverride] | None = None
    offers: Sequence[PricedLength] | None = None
    step_minutes: int | None = None
    step_matches_session: bool = False
    break_minutes: int | None = None
    minimum_notice_minutes: int | None = None
    horizon_days: int | None = None
    cancellation_notice_minutes: int | None = None
    confirms_automatically: bool | None = None
    expected_version: int | None = None


async def set_availability(
    ledger: Ledger,
    viewer: Viewer,
    expert_id: str | None,
    wanted: RulesChange,
    currency: str,
    region: str | None,
    now: datetime,
) -> tuple[Calendar, list[Booking]]:
    """Change the rules of a calendar; existing bookings remain valid.

    Args:
        ledger: commits the change in order with the calendar's bookings.
        viewer: the account that makes the change.
        expert_id: global id of the expert; None for the viewer's own calendar.
        wanted: the changes.
        currency: the currency that prices must have.
        region: the country (ISO 3166) assumed for phone numbers without a country code.
        now: the current time, which separates past from future overrides and bookings.

    Returns:
        The changed calendar, and the upcoming bookings whose slots the new rules do not offer.

    Raises:
        NotAllowed: if there is no such expert, or if the viewer is neither the expert nor an
            administrator.
        InvalidInput: if any field is invalid; `problems` lists all of them.
        AvailabilityChanged: if the rules do not have the expected version.
        Unavailable: if the database does not respond; the change may still have been committed.
    """
    key = own_expert_id(viewer) if expert_id is None else decode_id(expert_id, "Expert")
    if key is None:
        raise NotAllowed
    require("Mutation.setAvailability", relations_to_expert(viewer, key))
    validator = InputValidator()
    fields = _hours(validator, wanted, currency, region, now) | _numbers(validator, wanted)
    validator.raise_problems()

    keeping = {offer.minutes for offer in wanted.offers or () if offer.place is None}
    command = ChangeRules(
        expert_ids=[key],
        fields=fields,
        keeping_place=keeping,
        expected_version=wanted.expected_version,
        describes=not COPIED_RULES.isdisjoint(fields),
    )
    await ledger.post(command)
    with or_unavailable():
        calendar, ahead = await calendar_and_upcoming_bookings(key, now)
    if calendar is None:
        raise NotAllowed
    return calendar, [booking for booking in ahead if not is_offered(booking.key, calendar.rules)]


def _hours(
    validator: InputValidator,
    wanted: RulesChange,
    currency: str,
    region: str | None,
    now: datetime,
) -> dict[str, Any]:
    """Validate hours and offers; return the normalized values of the fields that were given."""
    found: dict[str, Any] = {}
    if wanted.weekly is not None:
        found["weekly"] = validate_weekly(validator, "weekly", wanted.weekly)
    if wanted.overrides is not None:
        # Overrides for dates that are past in every time zone do not count towards the limit.
        if len(_since(now.date() - timedelta(days=1), wanted.overrides)) > MAX_OVERRIDES:
            validator.add_problem("overrides", f"At most {MAX_OVERRIDES} days")
        else:
            found["overrides"] = validate_overrides(validator, "overrides", wanted.overrides)
    if wanted.offers is not None:
        found["offers"] = validate_offers(validator, "offers", wanted.offers, currency, region)
    return found


def _numbers(validator: InputValidator, wanted: RulesChange) -> dict[str, Any]:
    """Validate all fields except hours and offers; return the values of those that were given."""
    found: dict[str, Any] = {}
    step, pause = wanted.step_minutes, wanted.break_minutes
    if step is not None:
        minimum, maximum = MIN_SESSION_MINUTES, MAX_SESSION_MINUTES
        validator.quarter_hours("stepMinutes", step, minimum, maximum, "A step")
        found["step_minutes"] = step
    if wanted.step_matches_session:
        if step is not None:
            message = "Leave out stepMinutes where the step matches the session"
            validator.add_problem("stepMatchesSession", message)
        found["step_minutes"] = None
    if pause is not None:
        found["break_minutes"] = validator.quarter_hours(
            "breakMinutes", pause, 0, MAX_BREAK_MINUTES, "A break"
        )
    notice, deadline = wanted.minimum_notice_minutes, wanted.cancellation_notice_minutes
    if notice is not None:
        validator.number("minimumNoticeMinutes", notice, 0, MAX_NOTICE_MINUTES, "Minutes")
        found["minimum_notice_minutes"] = notice
    if wanted.horizon_days is not None:
        validator.number("horizonDays", wanted.horizon_days, 1, MAX_HORIZON_DAYS, "Days")
        found["horizon_days"] = wanted.horizon_days
    if deadline is not None:
        validator.number("cancellationNoticeMinutes", deadline, 0, MAX_NOTICE_MINUTES, "Minutes")
        found["cancellation_notice_minutes"] = deadline
    if wanted.confirms_automatically is not None:
        found["confirms_automatically"] = wanted.confirms_automatically
    return found


def _since(day: date, overrides: Iterable[DateOverride]) -> tuple[DateOverride, ...]:
    """Return the overrides of the given day and of later days."""
    return tuple(override for override in overrides if override.day >= day)
