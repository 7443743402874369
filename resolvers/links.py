"""Links sent by e-mail, for verifying an e-mail address and for resetting a password."""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.accounts import links
from models.accounts.emails import email_key
from models.accounts.links import Purpose
from models.accounts.users import VERIFIED
from models.bookings.account_mails import queue_reset_mail
from resolvers.checks import recipient_of
from resolvers.sessions import check_password, end_all_sessions, start_session

if TYPE_CHECKING:
    from datetime import datetime

    from models.accounts.users import User
    from resolvers.callers import Caller
    from resolvers.sessions import SessionServices, SignIn


async def request_password_reset(services: SessionServices, email: str, address: str) -> bool:
    """Queue an e-mail with a password reset link; return True even if there is no such account.

    The account is looked up only when the e-mail is sent, so the response time does not reveal
    whether the account exists.

    Args:
        services: the sign-in services.
        email: the account's e-mail address.
        address: the client's network address.

    Raises:
        TooManyAttempts: if there were too many attempts for the e-mail address or from the network
            address.
        BadUserInput: if the mail server cannot deliver to the e-mail address.
        Unavailable: if the database does not respond.
    """
    await services.throttle.attempt("reset", address=address, account=email)
    account = recipient_of(email, services.accepts_address)
    if account is not None:
        await queue_reset_mail(email_key(account))
    return True


async def reset_password(
    services: SessionServices, token: str, password: str, now: datetime, caller: Caller
) -> SignIn:
    """Set a new password with a reset link, end all sessions of the account and start a new one.

    This also verifies the account's e-mail address, since the link was sent to it. The caller's
    network address is recorded as known for the account, so that wrong guesses from other network
    addresses do not lock the owner out.

    Raises:
        LinkExpired: if the link is unknown, already used or expired.
        InvalidInput: if the password is too weak; the link remains valid.
        Unavailable: if the database does not respond.
    """
    await links.check_link(token, Purpose.PASSWORD_RESET, now)
    check_password(password)
    changed = {"password_hash": await services.passwords.hash(password), **VERIFIED}
    user = await links.use_link(token, Purpose.PASSWORD_RESET, now, changed)
    await end_all_sessions(services.ends, user.id)
    await services.throttle.succeeded("login", user.email, caller.address, is_verified=True)
    return await start_session(services, user, caller)


async def verify_email(token: str, now: datetime) -> User:
    """Verify an account's e-mail address with the link that was sent to it.

    Raises:
        LinkExpired: if the link is unknown, already used or expired.
        Unavailable: if the database does not respond.
    """
    return await links.use_link(token, Purpose.VERIFICATION, now, VERIFIED)
