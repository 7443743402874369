"""Erasure of an account: unsent e-mails, former e-mail addresses and idempotency records."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from models.accounts.users import ERASED_NAME, User
from models.bookings.booking import Booking
from models.bookings.outbox import Mail, MailKind, Party, snapshot
from models.bookings.own_data import erase
from models.calendar.times import utc_now
from models.ids import object_id
from tests.support.booking_operations import execute
from tests.support.guests import CODE, known_code
from tests.support.readiness import eventually
from web.mails.notices import is_current
from web.mails.sessions import load_session

if TYPE_CHECKING:
    from models.store.connection import Client
    from tests.support.clients import Api
    from tests.support.paired_servers import TwoServers
    from tests.support.spans import Time

EXPORT = "mutation { exportMyData }"
DELETE = """mutation ($code: String!) { answer: deleteMyAccount(input: {code: $code}) {
  __typename } }"""
CHANGE_EMAIL = """mutation ($email: String!, $code: String!) {
  answer: changeEmail(input: {email: $email, code: $code}) { __typename ... on User { email } } }"""


async def delete(api: Api, email: str) -> None:
    """Delete an account, confirmed with a code for the account's e-mail address."""
    await known_code(email)
    assert await execute(api, DELETE, code=CODE) == {"__typename": "AccountDeleted"}


async def account_of(email: str) -> User:
    """Return the stored account with the given e-mail address."""
    user = await User.by_email(email)
    assert user
    return user


def waiting(kind: MailKind, **more: Any) -> Mail:
    """Return an unsent e-mail that is due in two days."""
    now = utc_now()
    return Mail(kind=kind, created_at=now, due_at=now + timedelta(days=2), **more)


async def test_account_deletion_withdraws_reminders_and_review_requests_before_they_are_due(
    here: TwoServers, time: Time
) -> None:
    """Even an e-mail that a mail worker has already claimed is not sent."""
    client, email = await here.new_account()
    slot, *_ = await here.slots_of(await here.expert(), time)
    booking = await Booking.get(object_id((await client.book(slot))["id"], "Booking", "id"))
    assert booking
    user, session = await account_of(email), await load_session(booking.id)
    assert session
    closed = replace(session, client=replace(session.client, is_closed=True))
    for each, is_sent in ((session, True), (closed, False)):
        assert is_current(MailKind.REMINDER, snapshot(booking), each, utc_now()) is is_sent
    asking = waiting(MailKind.COMPLETED, to=[Party.CLIENT], occasion=snapshot(booking))
    await asking.insert()
    await delete(client, email)

    async def read() -> Any:
        return await User.get(user.id)

    await eventually(read, lambda found: found.name == ERASED_NAME)
    assert await Mail.get(asking.id) is None


async def test_former_email_addresses_and_idempotency_records_are_exported_and_erased(
    here: TwoServers, time: Time, database: Client
) -> None:
    """E-mails for the next account with the same e-mail address are kept."""
    client, email = await here.new_account()
    slot, *_ = await here.slots_of(await here.expert(), time)
    user = await account_of(email)
    assert (await client.book(slot, idempotencyKey="a key"))["__typename"] == "Booking"
    addresses = [email, *(f"new-{number}-{email}" for number in range(2))]
    for new in addresses[1:]:
        await known_code(new)
        changed = await execute(client, CHANGE_EMAIL, email=new, code=CODE)
        assert changed == {"__typename": "User", "email": new}
    stranger = await here.anonymous.new_client("Ada Again", email)
    path = (await client.ask(EXPORT))["exportMyData"]
    found = (await client.http.get(f"{here.anonymous.url}{path}")).json()
    kinds = [mail["kind"] for mail in found["mails"]]
    assert kinds.count("EMAIL_CHANGED") == 2
    assert [request["id"] for request in found["requests"]] == [f"{user.id}:slotId:a key"]
    assert await Mail.find({"account_id": user.id}).count() == len(kinds)
    await delete(client, addresses[-1])
    requests = database.get_default_database()["requests"]

    async def left() -> Any:
        return [
            [mail.kind for mail in await Mail.find({"address": {"$in": addresses}}).to_list()],
            await requests.count_documents({"_id": {"$regex": f"^{user.id}"}}),
        ]

    await eventually(left, lambda found: found == [["VERIFICATION"], 0])
    assert (await stranger.ask("{ viewer { email } }"))["viewer"] == {"email": email}


async def test_notice_to_a_former_email_address_is_sent_before_the_account_is_erased(
    here: TwoServers,
) -> None:
    """Otherwise a hijacker could hide the takeover from the owner by deleting the account."""
    client, email = await here.new_account()
    user = await account_of(email)
    former = {"address": f"former-{email}", "account_id": user.id, "to": [Party.OWNER]}
    notice = waiting(MailKind.EMAIL_CHANGED, **former)
    await notice.insert()
    await delete(client, email)
    closed = user.model_copy(update={"closed_at": utc_now() - timedelta(hours=1)})
    assert not await erase(closed, utc_now())
    assert await Mail.get(notice.id)
    await notice.mark_delivered(Party.OWNER, utc_now())
    await erase(closed, utc_now())
    assert await Mail.get(notice.id) is None
