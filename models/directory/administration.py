"""Transactions that add experts, change user accounts and close user accounts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from models.accounts.links import Link
from models.accounts.sessions import Session
from models.accounts.users import Role, User
from models.calendar.rules import Calendar
from models.directory.experts import Expert, copied_rules
from models.directory.versions import increment_directory_version
from models.errors import InvalidInput, LastAdministrator, NotAllowed, Problem
from models.store.documents import or_unavailable
from models.store.shared_state import ADMINISTRATORS, force_write_conflict
from models.store.transactions import run_racing_transaction
from models.text import slug_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from pymongo.asynchronous.client_session import AsyncClientSession

    from models.calendar.rules import Rules
    from models.ids import Id

NO_EXPERT = "An expert's account is made by createExpert; this one has no expert"


async def add_expert(draft: Expert, rules: Rules) -> tuple[Expert, bool]:
    """Store an expert for an existing account, with a new calendar and a unique slug.

    The account's role becomes EXPERT, but administrators keep the role ADMIN.

    Args:
        draft: the new expert; its name is replaced with the account's name, and its slug is derived
            from that name.
        rules: rules of the new calendar.

    Returns:
        The stored expert, and whether the account's role has changed.

    Raises:
        InvalidInput: if the account does not exist or already has an expert.
        Unavailable: if the database does not respond.
    """

    async def write(session: AsyncClientSession) -> tuple[Expert, bool]:
        user = await User.get(draft.user_id, session=session)
        if user and user.expert_id == draft.id:  # an earlier attempt has been committed
            return await Expert.get(draft.id, session=session) or draft, True
        if user is None or user.expert_id is not None:
            raise InvalidInput([Problem("userId", expert_account_problem(user))])
        slug = await free_slug(slug_of(user.name), session)
        derived = {"name": user.name, "slug": slug} | copied_rules(rules)
        expert = draft.model_copy(update=derived).update_search_fields()
        await expert.insert(session=session)
        await Calendar(id=expert.id, rules=rules).insert(session=session)
        await increment_directory_version(session, changed=expert.id)
        role = Role.ADMIN if user.role is Role.ADMIN else Role.EXPERT
        await _set(user.id, {"role": role.value, "expert_id": expert.id}, session)
        return expert, role is not user.role

    with or_unavailable():
        return await run_racing_transaction(User, write)


async def change_user(user_id: Id, changes: Mapping[str, Any]) -> tuple[User, User]:
    """Set the given fields of an account.

    Args:
        user_id: id of the account.
        changes: new values of any of `name`, `role`, `time_zone`, `language`, `phone` and
            `disabled`.

    Returns:
        The account before and after the change.

    Raises:
        NotAllowed: if the account does not exist.
        LastAdministrator: if no administrator who can sign in would remain.
        InvalidInput: if the role is EXPERT but the account has no expert.
        Unavailable: if the database does not respond.
    """

    async def write(session: AsyncClientSession) -> tuple[User, User]:
        before = await User.get(user_id, session=session)
        if before is None:
            raise NotAllowed
        after = before.model_copy(update=dict(changes)).update_search_fields()
        if "role" in changes and after.role is Role.EXPERT and after.expert_id is None:
            raise InvalidInput([Problem("role", NO_EXPERT)])
        if before.is_active_admin and not after.is_active_admin:
            await _require_another_administrator(user_id, session)
        if changes:
            fields = {*changes, "terms", "by_name"}
            await _set(user_id, after.model_dump(mode="json", include=fields), session)
        return before, after

    with or_unavailable():
        return await run_racing_transaction(User, write)


async def close_account(user_id: Id, now: datetime) -> User:
    """Block an account permanently, and delete its sessions and links; its data are erased later.

    Once the account is closed, its e-mail address can be used for another account.

    Returns:
        The account as it was before it was closed.

    Raises:
        NotAllowed: if the account does not exist or is already closed.
        LastAdministrator: if no administrator who can sign in would remain.
        Unavailable: if the database does not respond.
    """

    async def write(session: AsyncClientSession) -> User:
        user = await User.get(user_id, session=session)
        if user is None or user.closed_at or user.erased_at:
            raise NotAllowed
        if user.is_active_admin:
            await _require_another_administrator(user_id, session)
        fields = {
            "closed_at": now,
            "disabled": True,
            "role": (Role.EXPERT if user.expert_id else Role.CLIENT).value,
            "password_hash": "",
            "email_key": f"closed {user_id}",
            "unverified_until": None,
        }
        await _set(user_id, fields, session)
        for model in (Session, Link):
            owned = model.get_pymongo_collection()
            await owned.delete_many({"user_id": user_id}, session=session)
        return user

    with or_unavailable():
        return await run_racing_transaction(User, write)


async def _require_another_administrator(user_id: Id, session: AsyncClientSession) -> None:
    """Raise LastAdministrator unless another administrator can sign in."""
    await force_write_conflict(ADMINISTRATORS, session)
    left = {"_id": {"$ne": user_id}, "role": Role.ADMIN.value, "disabled": False}
    if await User.find_one(left, session=session) is None:
        raise LastAdministrator


def expert_account_problem(user: User | None) -> str:
    """Return why an account cannot become an expert, or an empty string if it can."""
    if user is None:
        return "There is no such account"
    return "" if user.expert_id is None else "This account is an expert already"


async def free_slug(slug: str, session: AsyncClientSession | None = None) -> str:
    """Return the slug, with the lowest free number from 2 appended if the slug is taken."""
    # ":" sorts directly after "9", so the range covers the slug with any number appended.
    numbered = {"slug": {"$gte": slug, "$lt": f"{slug}-:"}}
    rows = Expert.get_pymongo_collection().find(numbered, {"slug": 1}, session=session)
    taken = {row["slug"] async for row in rows}
    number, free = 1, slug
    while free in taken:
        number += 1
        free = f"{slug}-{number}"
    return free


async def _set(user_id: Id, fields: Mapping[str, Any], session: AsyncClientSession) -> None:
    users = User.get_pymongo_collection()
    await users.update_one({"_id": user_id}, {"$set": dict(fields)}, session=session)
