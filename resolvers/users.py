"""Accounts: registering and signing in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from auth.passwords import weakness
from auth.policies import may_see_user
from models.accounts.users import Role, User, email_key
from models.bookings.outbox import verification_mail
from models.calendar.times import utc_now
from models.directory.administration import NO_EXPERT
from models.store.documents import or_unavailable
from resolvers.checks import LONGEST_NAME, Checks
from resolvers.sessions import begin

if TYPE_CHECKING:
    from collections.abc import Sequence

    from auth.passwords import Passwords
    from auth.viewers import Viewer
    from models.ids import Id
    from resolvers.sessions import SignIn, SignIns

DEFAULT_ZONE = "UTC"


async def register(
    parts: SignIns,
    *,
    name: str,
    email: str,
    password: str,
    time_zone: str | None,
    address: str,
) -> SignIn:
    """Make a client's account and sign it in.

    Raises:
        InvalidInput: every field's problem at once.
        EmailTaken: when the address has an account, whatever its case.
        TooManyAttempts: from that address.
    """
    await parts.throttle.attempt("register", address=address)
    user = await create(parts.passwords, name, email, password, Role.CLIENT, time_zone, verify=True)
    return await begin(parts, user)


async def create(
    passwords: Passwords,
    name: str,
    email: str,
    password: str,
    role: Role,
    time_zone: str | None = None,
    *,
    verify: bool = False,
) -> User:
    """Make an account; if wanted, its owner gets a link that verifies the address.

    Raises:
        InvalidInput: every field's problem at once.
        EmailTaken: when the address has an account, whatever its case.
    """
    checks = Checks()
    name = checks.text("name", name, LONGEST_NAME, "Name")
    email = checks.email("email", email)
    time_zone = checks.time_zone("timeZone", time_zone)
    if role is Role.EXPERT:
        checks.refuse("role", NO_EXPERT)
    problem = weakness(password)
    if problem:
        checks.refuse("password", problem)
    checks.done()
    user = User(
        name=name,
        email=email,
        email_key=email_key(email),
        password_hash=await passwords.hash(password),
        role=role,
        time_zone=time_zone or DEFAULT_ZONE,
        created_at=utc_now(),
    )
    with or_unavailable():
        return await user.register(*([verification_mail(user, user.created_at)] if verify else []))


async def by_email(email: str) -> User | None:
    """The account with that address, whatever its case."""
    with or_unavailable():
        return await User.by_email(email)


async def users(user_ids: Sequence[Id]) -> list[User | None]:
    """Some accounts, in the order of their ids, in one command."""
    with or_unavailable():
        found = await User.find({"_id": {"$in": list(user_ids)}}).to_list()
    by_id = {user.id: user for user in found}
    return [by_id.get(id_) for id_ in user_ids]


def seen(viewer: Viewer | None, user: User | None) -> User | None:
    """The account if there is one and the viewer may see it."""
    return user if user and may_see_user(viewer, user.id) else None
