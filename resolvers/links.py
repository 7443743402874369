"""Links in mails: verifying an address, and setting a new password without the old one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.accounts import links
from models.accounts.links import Purpose
from models.accounts.users import email_key
from models.bookings.outbox import queue_reset_mail
from resolvers.checks import Checks
from resolvers.sessions import begin, check_password, end_all

if TYPE_CHECKING:
    from datetime import datetime

    from models.accounts.users import User
    from resolvers.sessions import SignIn, SignIns


async def request_password_reset(parts: SignIns, email: str, address: str) -> bool:
    """Owe the owner of that address a link to a new password; True whether there is one or not.

    Who has an account is found out when the mail is sent, so the answer takes the same time for
    everyone.

    Raises:
        TooManyAttempts: for that account, known or not, or from that address.
        Unavailable: when the database does not answer.
    """
    await parts.throttle.attempt("reset", address=address, account=email)
    checks = Checks()
    account = checks.email("email", email)
    if not checks.problems:
        await queue_reset_mail(email_key(account))
    return True


async def reset_password(parts: SignIns, token: str, password: str, now: datetime) -> SignIn:
    """Set a new password by a link, end every session of the account and begin one.

    Who followed the link reads the account's mail, so its address is verified, too.

    Raises:
        LinkExpired: for a link that is unknown, used or too old.
        InvalidInput: when the password will not do; the link works on.
        Unavailable: when the database does not answer.
    """
    await links.check_link(token, Purpose.PASSWORD_RESET, now)
    check_password(password)
    changed = {"password_hash": await parts.passwords.hash(password), "email_verified": True}
    user = await links.use_link(token, Purpose.PASSWORD_RESET, now, changed)
    await end_all(parts.ends, user.id)
    return await begin(parts, user)


async def verify_email(token: str, now: datetime) -> User:
    """Verify an account's address by a link.

    Raises:
        LinkExpired: for a link that is unknown, used or too old.
        Unavailable: when the database does not answer.
    """
    return await links.use_link(token, Purpose.VERIFICATION, now, {"email_verified": True})
