"""Operations with which administrators manage experts and user accounts."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from auth.policies import (
    own_expert_id,
    relations_of,
    relations_to_expert,
    relations_to_own_expert,
    require,
)
from auth.viewers import require_viewer
from models.accounts.users import User, user_page
from models.bookings.calendars import DescribeExpert
from models.calendar.rules import Rules
from models.directory import administration as directory
from models.directory.experts import Expert
from models.errors import BadUserInput, NotAllowed
from models.ids import new_id, object_id
from models.store.documents import or_unavailable
from models.text import fold
from resolvers.availability import validate_offers, validate_price, validate_weekly
from resolvers.checks import InputValidator, decode_id
from resolvers.withdrawals import SETTLING_SECONDS, end_waits_and_holds

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from auth.viewers import Viewer
    from models.accounts.users import Role
    from models.calendar.rules import WeeklyRange
    from models.directory.experts import Category
    from models.ids import Id
    from models.ledger.ledger import Ledger
    from models.store.pages import Page, PageArguments
    from resolvers.availability import Price, PricedLength

    EndSessions = Callable[[Id], Awaitable[None]]

MAX_TITLE_CHARS = 100
MAX_BIO_CHARS = 2_000
MAX_LANGUAGE_CHARS = 40
MAX_LANGUAGES = 10
MAX_EXPERIENCE_YEARS = 80


@dataclass(frozen=True, slots=True)
class Profile:
    """Input for an expert's directory entry, not yet validated; None leaves a field unchanged."""

    name: str | None = None
    title: str | None = None
    category: Category | None = None
    bio: str | None = None
    experience_years: int | None = None
    languages: Sequence[str] | None = None
    hourly_rate: Price | None = None
    time_zone: str | None = None
    disabled: bool | None = None
    contact_email: str | None = None


@dataclass(frozen=True, slots=True)
class Hours:
    """Input for a new expert's calendar, not yet validated."""

    time_zone: str
    offers: Sequence[PricedLength]
    weekly: Sequence[WeeklyRange]


@dataclass(frozen=True, slots=True)
class UserChange:
    """Input for changing a user account, not yet validated; None leaves a field unchanged."""

    name: str | None = None
    role: Role | None = None
    time_zone: str | None = None
    disabled: bool | None = None


async def create_expert(
    viewer: Viewer,
    user_id: str,
    profile: Profile,
    hours: Hours,
    currency: str,
    region: str | None,
    end_sessions: EndSessions,
    directory_changed: Callable[[], None],
) -> Expert:
    """Create an expert for a user account; the directory entry gets the account's name.

    The account's role becomes EXPERT, but an ADMIN keeps that role. If the role changes, the
    account's sessions end. `region` is the country (ISO 3166) assumed for phone numbers without a
    country code.

    Raises:
        NotAllowed: if the viewer is not an administrator.
        InvalidInput: if any field is invalid, if `userId` does not name an account, or if that
            account belongs to an expert already.
    """
    require("Mutation.createExpert", relations_of(viewer))
    validator = InputValidator()
    user = await _account(user_id)
    if why := directory.expert_account_problem(user):
        validator.add_problem("userId", why)
    described = _checked(validator, profile, currency)
    rules = Rules(
        time_zone=validator.time_zone("timeZone", hours.time_zone) or hours.time_zone,
        offers=validate_offers(validator, "offers", hours.offers, currency, region),
        weekly=validate_weekly(validator, "weekly", hours.weekly),
    )
    validator.raise_problems()
    if user is None:
        raise NotAllowed
    draft = Expert(id=new_id(), user_id=user.id, name=user.name, slug="", **described)
    expert, role_changed = await directory.add_expert(draft, rules)
    directory_changed()
    if role_changed:
        await end_sessions(expert.user_id)
    return expert


async def update_expert(
    ledger: Ledger, viewer: Viewer, expert_id: str, profile: Profile, currency: str
) -> Expert:
    """Change an expert's directory entry, except for its slug.

    The time zone and the disabled flag affect the calendar, so the ledger commits changes to them
    in order with the calendar's bookings. Existing bookings remain valid.

    Raises:
        NotAllowed: if there is no such expert, or if the viewer is neither the expert nor an
            administrator. Only administrators may change `disabled`.
        InvalidInput: if any field is invalid; `problems` lists all of them.
    """
    key = decode_id(expert_id, "Expert")
    ties = relations_to_expert(viewer, key)
    require("Mutation.updateExpert", ties)
    if profile.disabled is not None:
        require("UpdateExpertInput.disabled", ties)
    return await _change_entry(ledger, key, profile, currency)


async def update_my_expert(
    ledger: Ledger, viewer: Viewer | None, profile: Profile, currency: str
) -> Expert:
    """Change the viewer's own directory entry, as `update_expert` does.

    Raises:
        Unauthenticated: if nobody is signed in.
        NotAllowed: if the viewer is not an expert.
        InvalidInput: if any field is invalid; `problems` lists all of them.
    """
    require("Mutation.updateMyExpert", relations_to_own_expert(viewer))
    key = own_expert_id(require_viewer(viewer))
    if key is None:
        raise NotAllowed
    return await _change_entry(ledger, key, profile, currency)


async def _change_entry(ledger: Ledger, key: Id, profile: Profile, currency: str) -> Expert:
    validator = InputValidator()
    described = _checked(validator, profile, currency)
    changed_rules: dict[str, Any] = {}
    if profile.time_zone is not None:
        changed_rules["time_zone"] = validator.time_zone("timeZone", profile.time_zone)
    if profile.disabled is not None:
        changed_rules["accepts_bookings"] = not profile.disabled
    validator.raise_problems()

    await ledger.post(DescribeExpert(expert_ids=[key], fields=described, rules=changed_rules))
    with or_unavailable():
        expert = await Expert.get(key)
    if expert is None:
        raise NotAllowed
    return expert


async def update_user(
    ledger: Ledger, viewer: Viewer, user_id: str, change: UserChange, end_sessions: EndSessions
) -> User:
    """Change a user account on behalf of an administrator.

    Raises:
        NotAllowed: if the viewer is not an administrator, or if there is no such account.
        LastAdministrator: if the change would leave no administrator who can sign in.
        InvalidInput: if any field is invalid, or if `role` is EXPERT but the account has no
            directory entry.
        Unavailable: if the database does not respond; the caller can repeat the change to complete
            it.
    """
    require("Mutation.updateUser", relations_of(viewer))
    return await change_account(ledger, decode_id(user_id, "User"), change, end_sessions)


async def change_account(
    ledger: Ledger, user_id: Id, change: UserChange, end_sessions: EndSessions
) -> User:
    """Change a user account without checking permissions.

    The account's sessions end if the account is disabled or its role changes. Disabling the account
    also ends its waiting-list entries, offers and holds; time that this frees is offered to the
    next client in line. The account's bookings stay.

    Raises:
        NotAllowed: if there is no such account.
        LastAdministrator: if the change would leave no administrator who can sign in.
        InvalidInput: if any field is invalid, or if `role` is EXPERT but the account has no
            directory entry.
        Unavailable: if the database does not respond; the caller can repeat the change to complete
            it.
    """
    validator = InputValidator()
    changes: dict[str, Any] = {}
    if change.name is not None:
        changes["name"] = validator.name("name", change.name)
    if change.role is not None:
        changes["role"] = change.role
    if change.time_zone is not None:
        changes["time_zone"] = validator.time_zone("timeZone", change.time_zone)
    if change.disabled is not None:
        changes["disabled"] = change.disabled
    validator.raise_problems()
    before, after = await directory.change_user(user_id, changes)
    if after.role is not before.role or (after.disabled and not before.disabled):
        await end_sessions(user_id)
    if change.disabled:
        await end_waits_and_holds(ledger, user_id)
        # Wait until other processes have stored holds that were in progress, then end those, too.
        await asyncio.sleep(SETTLING_SECONDS)
        await end_waits_and_holds(ledger, user_id)
    return after


async def users(
    viewer: Viewer, search: str | None, role: Role | None, arguments: PageArguments
) -> Page[User]:
    """Return a page of user accounts, ordered by name.

    Raises:
        Forbidden: if the viewer is not an administrator.
        BadUserInput: if the search, the page size or the cursor is invalid.
    """
    require("Query.users", relations_of(viewer))
    with or_unavailable():
        return await user_page(search, role, arguments)


def _checked(validator: InputValidator, profile: Profile, currency: str) -> dict[str, Any]:
    """Validate a directory entry; return the normalized values of the fields that were given."""
    found: dict[str, Any] = {}
    if profile.name is not None:
        found["name"] = validator.name("name", profile.name)
    if profile.title is not None:
        found["title"] = validator.line("title", profile.title, MAX_TITLE_CHARS, "Title")
    if profile.category is not None:
        found["category"] = profile.category
    if profile.bio is not None:
        found["bio"] = validator.note("bio", profile.bio, MAX_BIO_CHARS, "Bio")
    if profile.experience_years is not None:
        years = profile.experience_years
        found["experience_years"] = validator.number(
            "experienceYears", years, 0, MAX_EXPERIENCE_YEARS, "Years"
        )
    if profile.languages is not None:
        found["languages"] = _languages(validator, profile.languages)
    if profile.hourly_rate is not None:
        found["hourly_rate"] = validate_price(
            validator, "hourlyRate", profile.hourly_rate, currency
        )
    if profile.disabled is not None:
        found["disabled"] = profile.disabled
    if profile.contact_email is not None:
        is_given = profile.contact_email.strip()
        found["contact_email"] = (
            validator.email("contactEmail", profile.contact_email) if is_given else None
        )
    return found


def _languages(validator: InputValidator, languages: Sequence[str]) -> list[str]:
    if not 1 <= len(languages) <= MAX_LANGUAGES:
        validator.add_problem("languages", f"Name 1 to {MAX_LANGUAGES} languages")
        return []
    found: list[str] = []
    keys: set[str] = set()
    for number, language in enumerate(languages):
        name = validator.text(f"languages.{number}", language, MAX_LANGUAGE_CHARS, "Language")
        key = fold(name)
        if name and key in keys:
            validator.add_problem(f"languages.{number}", "This language is named twice")
        keys.add(key)
        found.append(name)
    return found


async def _account(user_id: str) -> User | None:
    try:
        key = object_id(user_id, "User", "userId")
    except BadUserInput:
        return None
    with or_unavailable():
        return await User.get(key)
