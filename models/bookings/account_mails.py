"""E-mails with links, codes and notices to the owner of an account or an e-mail address."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from models.accounts.emails import email_key
from models.bookings.outbox import Mail, MailKind, MailState, Party
from models.calendar.times import utc_now
from models.store.documents import or_unavailable

if TYPE_CHECKING:
    from datetime import datetime

    from models.accounts.users import Language, User
    from models.ids import Id

CODE_AND_LINK_KINDS: Final = frozenset(
    {MailKind.VERIFICATION, MailKind.PASSWORD_RESET, MailKind.SIGN_IN_CODE}
)


def verification_mail(user: User, now: datetime) -> Mail:
    """Return an e-mail with a link that verifies the e-mail address of an account."""
    return _to_owner(MailKind.VERIFICATION, user.email_key, now)


async def queue_reset_mail(address: str) -> None:
    """Queue an e-mail with a link to reset the password.

    Args:
        address: the normalized e-mail address; if it has no account, nothing is sent.

    Raises:
        Unavailable: if the database does not respond.
    """
    with or_unavailable():
        await _to_owner(MailKind.PASSWORD_RESET, address, utc_now()).insert()


async def queue_verification_mail(user: User) -> None:
    """Queue another e-mail with a link that verifies the e-mail address of an account.

    Raises:
        Unavailable: if the database does not respond.
    """
    with or_unavailable():
        await verification_mail(user, utc_now()).insert()


async def queue_code_mail(email: str, language: Language) -> None:
    """Queue an e-mail with a code that verifies the e-mail address, even if no account has it.

    Args:
        email: the e-mail address.
        language: the language of the e-mail if the address has no account.

    Raises:
        Unavailable: if the database does not respond.
    """
    await _queue_to(MailKind.SIGN_IN_CODE, email, language)


async def is_superseded(mail: Mail) -> bool:
    """Return whether an e-mail's code or link was requested again for the same address since then.

    Such an e-mail need not be sent any more. If it were, requests by strangers would delay the
    owner's own request, because the number of e-mails to an address is limited.

    Raises:
        Unavailable: if the database does not respond.
    """
    if mail.kind not in CODE_AND_LINK_KINDS:
        return False
    newer = {
        # An e-mail is due no earlier than it is created. The first three conditions use an index.
        "state": {"$in": [state.value for state in MailState]},
        "lane": mail.lane.value,
        "due_at": {"$gt": mail.created_at},
        "kind": mail.kind.value,
        "address": mail.address,
        "created_at": {"$gt": mail.created_at},
    }
    with or_unavailable():
        return await Mail.find_one(newer) is not None


async def queue_change_notice(former: User, changed_at: datetime) -> None:
    """Queue a notice to an account's former e-mail address after a change of address.

    Because another account may use the former address later, e-mails that were already sent to the
    former address are marked with this account's id. They are then exported and erased with this
    account.

    Args:
        former: the account before the change.
        changed_at: a time just before the e-mail address was changed.

    Raises:
        Unavailable: if the database does not respond.
    """
    earlier = {"address": former.email_key, "created_at": {"$lte": changed_at}, "account_id": None}
    with or_unavailable():
        mails = Mail.get_pymongo_collection()
        await mails.update_many(earlier, {"$set": {"account_id": former.id}})
    await _queue_to(MailKind.EMAIL_CHANGED, former.email, former.language, former.id)


async def _queue_to(
    kind: MailKind, email: str, language: Language, account_id: Id | None = None
) -> None:
    mail = _to_owner(kind, email_key(email), utc_now())
    mail.deliver_to, mail.language, mail.account_id = email, language, account_id
    with or_unavailable():
        await mail.insert()


def _to_owner(kind: MailKind, address: str, now: datetime) -> Mail:
    return Mail(kind=kind, to=[Party.OWNER], address=address, due_at=now, created_at=now)
