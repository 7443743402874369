"""Administration: who is in the directory, and what accounts are for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from auth.policies import relations_of, relations_to_expert, require
from models.accounts.users import User, user_page
from models.calendar.rules import Rules
from models.directory import administration as directory
from models.directory.experts import Expert
from models.errors import BadUserInput, NotAllowed
from models.ids import new_id, object_id
from models.ledger.changes import Change
from models.store.documents import or_unavailable
from models.store.pages import fold
from resolvers.availability import checked_offers, checked_price, checked_weekly
from resolvers.checks import LONGEST_NAME, Checks, key_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from auth.viewers import Viewer
    from models.accounts.users import Role
    from models.bookings.booking import Booking
    from models.calendar.rules import WeeklyRange
    from models.directory.experts import Category
    from models.ids import Id
    from models.ledger.changes import Agendas
    from models.ledger.ledger import Ledger
    from models.store.pages import Page, PageArguments
    from resolvers.availability import Price, PricedLength

    EndSessions = Callable[[Id], Awaitable[None]]

LONGEST_TITLE = 100
LONGEST_BIO = 2_000
LONGEST_LANGUAGE = 40
MOST_LANGUAGES = 10
MOST_YEARS = 80


@dataclass(frozen=True, slots=True)
class Profile:
    """What an expert says of itself, as it came; None: left as it is."""

    name: str | None = None
    title: str | None = None
    category: Category | None = None
    bio: str | None = None
    experience_years: int | None = None
    languages: Sequence[str] | None = None
    hourly_rate: Price | None = None
    time_zone: str | None = None
    disabled: bool | None = None


@dataclass(frozen=True, slots=True)
class Hours:
    """What a new expert offers, as it came."""

    time_zone: str
    offers: Sequence[PricedLength]
    weekly: Sequence[WeeklyRange]


@dataclass(frozen=True, slots=True)
class UserChange:
    """What is to change of an account, as it came; None: left as it is."""

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
    end_sessions: EndSessions,
    directory_changed: Callable[[], None],
) -> Expert:
    """Put an account into the directory, under its own name; its role becomes EXPERT.

    An administrator stays one. Where the role changes the account's sessions end.

    Raises:
        NotAllowed: to whoever is no administrator.
        InvalidInput: every field's problem at once; `userId` where it is no account, or an expert.
    """
    require("Mutation.createExpert", relations_of(viewer))
    checks = Checks()
    user = await _account(user_id)
    if why := directory.expert_account_problem(user):
        checks.refuse("userId", why)
    described = _checked(checks, profile, currency)
    rules = Rules(
        time_zone=checks.time_zone("timeZone", hours.time_zone) or hours.time_zone,
        offers=checked_offers(checks, "offers", hours.offers, currency),
        weekly=checked_weekly(checks, "weekly", hours.weekly),
    )
    checks.done()
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
    """Change an expert's entry; its address in the directory stays.

    Another time zone, and being disabled or not, are changes of the calendar: in order with the
    bookings, of which those that were made stand.

    Raises:
        NotAllowed: to whoever is neither the expert nor an administrator, and where there is none;
            to the expert, too, for `disabled`.
        InvalidInput: every field's problem at once.
    """
    key = key_of(expert_id, "Expert")
    ties = relations_to_expert(viewer, key)
    require("Mutation.updateExpert", ties)
    if profile.disabled is not None:
        require("UpdateExpertInput.disabled", ties)
    checks = Checks()
    described = _checked(checks, profile, currency)
    changed_rules: dict[str, Any] = {}
    if profile.time_zone is not None:
        changed_rules["time_zone"] = checks.time_zone("timeZone", profile.time_zone)
    if profile.disabled is not None:
        changed_rules["accepts_bookings"] = not profile.disabled
    checks.done()

    def decide(agendas: Agendas) -> list[Booking]:
        agenda = agendas.get(key)
        if agenda is None or agenda.expert is None:
            raise NotAllowed
        rules = agenda.rules.with_changes(**changed_rules)
        if rules != agenda.rules:
            agenda.reset(rules)
        if described:
            agenda.describe(agenda.expert.model_copy(update=described))
        return []

    await ledger.post(Change(decide, expert_ids=[key]))
    with or_unavailable():
        expert = await Expert.get(key)
    if expert is None:
        raise NotAllowed
    return expert


async def update_user(
    viewer: Viewer, user_id: str, change: UserChange, end_sessions: EndSessions
) -> User:
    """Change an account.

    Raises:
        NotAllowed: to whoever is no administrator, and where there is no such account.
        LastAdministrator: when no administrator who can sign in would be left.
        InvalidInput: every field's problem at once; `role` for EXPERT where there is no expert.
    """
    require("Mutation.updateUser", relations_of(viewer))
    return await change_account(key_of(user_id, "User"), change, end_sessions)


async def change_account(user_id: Id, change: UserChange, end_sessions: EndSessions) -> User:
    """Change an account, whoever asks for it; another role, or being disabled, ends its sessions.

    Raises:
        NotAllowed: when there is no such account.
        LastAdministrator: when no administrator who can sign in would be left.
        InvalidInput: every field's problem at once; `role` for EXPERT where there is no expert.
    """
    checks = Checks()
    changes: dict[str, Any] = {}
    if change.name is not None:
        changes["name"] = checks.text("name", change.name, LONGEST_NAME, "Name")
    if change.role is not None:
        changes["role"] = change.role
    if change.time_zone is not None:
        changes["time_zone"] = checks.time_zone("timeZone", change.time_zone)
    if change.disabled is not None:
        changes["disabled"] = change.disabled
    checks.done()
    before, after = await directory.change_user(user_id, changes)
    if after.role is not before.role or (after.disabled and not before.disabled):
        await end_sessions(user_id)
    return after


async def users(
    viewer: Viewer, search: str | None, role: Role | None, arguments: PageArguments
) -> Page[User]:
    """A page of the accounts, by name.

    Raises:
        Forbidden: to whoever is no administrator.
        BadUserInput: for a search, a size or a cursor that makes no sense.
    """
    require("Query.users", relations_of(viewer))
    with or_unavailable():
        return await user_page(search, role, arguments)


def _checked(checks: Checks, profile: Profile, currency: str) -> dict[str, Any]:
    """What was given of an entry in the directory, in the form in which it is kept."""
    found: dict[str, Any] = {}
    if profile.name is not None:
        found["name"] = checks.text("name", profile.name, LONGEST_NAME, "Name")
    if profile.title is not None:
        found["title"] = checks.text("title", profile.title, LONGEST_TITLE, "Title")
    if profile.category is not None:
        found["category"] = profile.category
    if profile.bio is not None:
        found["bio"] = checks.note("bio", profile.bio, LONGEST_BIO, "Bio")
    if profile.experience_years is not None:
        years = profile.experience_years
        found["experience_years"] = checks.number("experienceYears", years, 0, MOST_YEARS, "Years")
    if profile.languages is not None:
        found["languages"] = _languages(checks, profile.languages)
    if profile.hourly_rate is not None:
        found["hourly_rate"] = checked_price(checks, "hourlyRate", profile.hourly_rate, currency)
    if profile.disabled is not None:
        found["disabled"] = profile.disabled
    return found


def _languages(checks: Checks, languages: Sequence[str]) -> list[str]:
    if not 1 <= len(languages) <= MOST_LANGUAGES:
        checks.refuse("languages", f"Name 1 to {MOST_LANGUAGES} languages")
    found: list[str] = []
    for number, language in enumerate(languages):
        name = checks.text(f"languages.{number}", language, LONGEST_LANGUAGE, "Language")
        if name and fold(name) in {fold(other) for other in found}:
            checks.refuse(f"languages.{number}", "This language is named twice")
        found.append(name)
    return found


async def _account(user_id: str) -> User | None:
    try:
        key = object_id(user_id, "User", "userId")
    except BadUserInput:
        return None
    with or_unavailable():
        return await User.get(key)
