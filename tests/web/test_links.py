"""Links in e-mails, to verify an e-mail address or to set a new password."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest
from pymongo import AsyncMongoClient

from tests.support.clients import PASSWORD, Api
from tests.support.servers import await_ready, start_program

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    import httpx
    from pymongo.asynchronous.database import AsyncDatabase

    from tests.support.mailboxes import Mailbox

    Database = AsyncDatabase[dict[str, Any]]

REGISTER = f"""mutation ($email: String!) {{
  register(input: {{name: "Ada", email: $email, password: "{PASSWORD}"}}) {{
    __typename ... on SignedIn {{ accessToken user {{ emailVerified }} }} }} }}"""
LOGIN = """mutation ($email: String!, $password: String!) {
  login(input: {email: $email, password: $password}) { __typename } }"""
REQUEST = "mutation ($email: String!) { requestPasswordReset(input: {email: $email}) }"
RESET = """mutation ($token: String!, $password: String!) {
  resetPassword(input: {token: $token, password: $password}) {
    __typename
    ... on SignedIn { accessToken refreshToken user { email emailVerified } }
    ... on LinkExpired { code message }
    ... on InvalidInput { fields { field } } } }"""
CHANGE = """mutation ($current: String!, $password: String!) {
  changePassword(input: {current: $current, password: $password}) { __typename } }"""
VERIFY = """mutation ($token: String!) {
  verifyEmail(input: {token: $token}) {
    __typename ... on User { email emailVerified } ... on LinkExpired { code message } } }"""
EXPIRED = {
    "__typename": "LinkExpired",
    "code": "LINK_EXPIRED",
    "message": "This link has expired or was used before. Ask for a new one.",
}
NEW_PASSWORD = "another horse battery"
PATIENCE_SECONDS = 120
account_numbers = count()


@pytest.fixture(scope="module")
async def database(mongodb_url: str) -> AsyncIterator[Database]:
    """The server's database."""
    async with AsyncMongoClient[dict[str, Any]](mongodb_url, tz_aware=True) as client:
        yield client.get_default_database()


@pytest.fixture(scope="module")
async def api(
    tmp_path_factory: pytest.TempPathFactory,
    mongodb_url: str,
    mailbox: Mailbox,
    http: httpx.AsyncClient,
) -> AsyncIterator[Api]:
    """API client of a server that sends e-mails."""
    settings = {
        "mongodb_url": mongodb_url,
        "smtp_url": mailbox.url,
        "client_url": "https://book.example.com/, https://other.example.com",
        "experts": 1,
        "throttle": "off",
    }
    with start_program(tmp_path_factory.mktemp("program"), **settings) as program:
        # Wait in a thread, because the mail server runs on this event loop.
        await asyncio.to_thread(await_ready, program.process, program.address)
        yield Api(http, program.address)


@pytest.fixture
def email() -> str:
    """An unused e-mail address."""
    return f"ada-{next(account_numbers)}@example.com"


async def register_account(api: Api, mailbox: Mailbox, email: str) -> tuple[Api, str]:
    """Register an account; return an API client signed in to it and its verification token."""
    answer = (await api.ask(REGISTER, email=email))["register"]
    assert answer["user"] == {"emailVerified": False}
    [mail] = await mailbox.wait_for_mails(1, email)
    return api.signed_in(answer["accessToken"]), mail.token


async def wait_for_outbox(database: Database) -> None:
    """Wait until no e-mail is waiting in the outbox."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while await database["outbox"].count_documents({"state": "WAITING"}):  # noqa: ASYNC110 - no event to wait for
            await asyncio.sleep(0.05)


async def request_reset(api: Api, mailbox: Mailbox, email: str) -> str:
    """Request a password reset, and return the token of the link in the e-mail."""
    owner = email.lower()
    before = len(mailbox.mails_to(owner))
    assert await api.ask(REQUEST, email=email) == {"requestPasswordReset": True}
    return (await mailbox.wait_for_mails(before + 1, owner))[-1].token


async def test_a_verification_link_works_once(api: Api, mailbox: Mailbox, email: str) -> None:
    account, token = await register_account(api, mailbox, email)
    [mail] = mailbox.mails_to(email)
    assert f"https://book.example.com/verify-email#token={token}\n" in mail.text
    assert f'href="https://book.example.com/verify-email#token={token}"' in mail.html
    assert "3 days" in mail.text
    assert (await api.ask(VERIFY, token=token))["verifyEmail"] == {
        "__typename": "User",
        "email": email,
        "emailVerified": True,
    }
    assert (await api.ask(VERIFY, token=token))["verifyEmail"] == EXPIRED
    assert await account.ask("{ viewer { emailVerified } }") == {"viewer": {"emailVerified": True}}


async def test_concurrent_registrations_of_one_email_address_create_one_account_and_one_email(
    api: Api, mailbox: Mailbox, email: str, database: Database
) -> None:
    addresses = [email.upper() if number % 2 else email for number in range(10)]
    answers = await asyncio.gather(*(api.ask(REGISTER, email=each) for each in addresses))
    kinds = Counter(answer["register"]["__typename"] for answer in answers)
    assert kinds == {"SignedIn": 1, "EmailTaken": 9}
    await wait_for_outbox(database)
    assert len([mail for mail in mailbox.mails if mail.to.lower() == email]) == 1


async def test_a_password_reset_ends_all_sessions_and_the_old_password(
    api: Api, mailbox: Mailbox, email: str
) -> None:
    """The reset also signs the user in and verifies the e-mail address."""
    account, _ = await register_account(api, mailbox, email)
    token = await request_reset(api, mailbox, email.upper())
    assert "30 minutes" in mailbox.mails_to(email)[-1].text
    answer = (await api.ask(RESET, token=token, password=NEW_PASSWORD))["resetPassword"]
    assert answer["user"] == {"email": email, "emailVerified": True}
    signed_in = api.signed_in(answer["accessToken"])
    assert await signed_in.ask("{ viewer { email } }") == {"viewer": {"email": email}}
    assert await account.error_code("{ viewer { email } }") == "UNAUTHENTICATED"
    for password, kind in ((PASSWORD, "WrongCredentials"), (NEW_PASSWORD, "SignedIn")):
        assert (await api.ask(LOGIN, email=email, password=password))["login"] == {
            "__typename": kind
        }
    assert (await api.ask(RESET, token=token, password=NEW_PASSWORD))["resetPassword"] == EXPIRED


async def test_only_one_of_several_concurrent_uses_of_a_reset_link_succeeds(
    api: Api, mailbox: Mailbox, email: str
) -> None:
    """The account's other reset links expire as well."""
    await register_account(api, mailbox, email)
    spare = await request_reset(api, mailbox, email)
    token = await request_reset(api, mailbox, email)
    answers = await asyncio.gather(
        *(api.ask(RESET, token=token, password=f"{NEW_PASSWORD} {n}") for n in range(10))
    )
    kinds = Counter(answer["resetPassword"]["__typename"] for answer in answers)
    assert kinds == {"SignedIn": 1, "LinkExpired": 9}
    assert (await api.ask(RESET, token=spare, password=NEW_PASSWORD))["resetPassword"] == EXPIRED


async def test_a_password_change_expires_reset_links(
    api: Api, mailbox: Mailbox, email: str
) -> None:
    account, _ = await register_account(api, mailbox, email)
    token = await request_reset(api, mailbox, email)
    changed = await account.ask(CHANGE, current=PASSWORD, password=NEW_PASSWORD)
    assert changed == {"changePassword": {"__typename": "SignedIn"}}
    answer = await api.ask(RESET, token=token, password=f"{NEW_PASSWORD} 2")
    assert answer["resetPassword"] == EXPIRED


async def test_a_refused_password_does_not_use_up_the_link(
    api: Api, mailbox: Mailbox, email: str
) -> None:
    await register_account(api, mailbox, email)
    token = await request_reset(api, mailbox, email)
    for password in ("short", "1234567890", "x" * 201):
        assert (await api.ask(RESET, token=token, password=password))["resetPassword"] == {
            "__typename": "InvalidInput",
            "fields": [{"field": "password"}],
        }
    answer = await api.ask(RESET, token=token, password=NEW_PASSWORD)
    assert answer["resetPassword"]["__typename"] == "SignedIn"


async def test_expired_links_change_nothing(
    api: Api, mailbox: Mailbox, email: str, database: Database
) -> None:
    """Reset links are valid for 30 minutes, and verification links for three days."""
    began = datetime.now(UTC)
    _, verification = await register_account(api, mailbox, email)
    reset = await request_reset(api, mailbox, email)
    done = datetime.now(UTC)
    user = await database["users"].find_one({"email": email})
    assert user
    links = await database["links"].find({"user_id": user["_id"]}).to_list()
    expiry = {link["purpose"]: link["expires_at"] for link in links}
    resolution = timedelta(milliseconds=1)  # MongoDB rounds times down to milliseconds
    for purpose, lifetime in (
        ("PASSWORD_RESET", timedelta(minutes=30)),
        ("VERIFICATION", timedelta(days=3)),
    ):
        assert began - resolution < expiry[purpose] - lifetime <= done
    past = {"$set": {"expires_at": began}}
    await database["links"].update_many({"user_id": user["_id"]}, past)
    assert (await api.ask(VERIFY, token=verification))["verifyEmail"] == EXPIRED
    assert (await api.ask(RESET, token=reset, password=NEW_PASSWORD))["resetPassword"] == EXPIRED
    assert await database["users"].find_one({"email": email}) == user


async def test_a_link_cannot_be_used_for_another_purpose(
    api: Api, mailbox: Mailbox, email: str
) -> None:
    _, verification = await register_account(api, mailbox, email)
    reset = await request_reset(api, mailbox, email)
    assert (await api.ask(VERIFY, token=reset))["verifyEmail"] == EXPIRED
    answer = await api.ask(RESET, token=verification, password=NEW_PASSWORD)
    assert answer["resetPassword"] == EXPIRED
    for token in ("", "nonsense", verification[:-1], "x" * 100, "é" * 50):
        assert (await api.ask(VERIFY, token=token))["verifyEmail"] == EXPIRED


async def test_a_password_reset_request_does_not_reveal_whether_an_account_exists(
    api: Api, mailbox: Mailbox, email: str, database: Database
) -> None:
    """Unknown and malformed e-mail addresses get the usual response, but no e-mail.

    For an unknown e-mail address, the server also does the usual work: it queues an e-mail, but the
    mail worker then does not send it.
    """
    await wait_for_outbox(database)
    mails = len(mailbox.mails)
    for address in (email, "nonsense", ""):
        assert await api.ask(REQUEST, email=address) == {"requestPasswordReset": True}
    assert await database["outbox"].count_documents({"address": email}) == 1
    await wait_for_outbox(database)
    assert len(mailbox.mails) == mails
    [done] = await database["outbox"].find({"address": email}).to_list()
    assert (done["kind"], done["state"], done["refused"]) == ("PASSWORD_RESET", "SENT", [])


async def test_a_disabled_account_gets_no_links_and_cannot_use_earlier_ones(
    api: Api, mailbox: Mailbox, email: str, database: Database
) -> None:
    _, verification = await register_account(api, mailbox, email)
    reset = await request_reset(api, mailbox, email)
    await database["users"].update_one({"email": email}, {"$set": {"disabled": True}})
    await wait_for_outbox(database)
    mails = len(mailbox.mails)
    await api.ask(REQUEST, email=email)
    assert (await api.ask(VERIFY, token=verification))["verifyEmail"] == EXPIRED
    assert (await api.ask(RESET, token=reset, password=NEW_PASSWORD))["resetPassword"] == EXPIRED
    await wait_for_outbox(database)
    assert len(mailbox.mails) == mails


async def test_only_hashes_of_link_tokens_are_stored(
    api: Api, mailbox: Mailbox, email: str, database: Database
) -> None:
    _, token = await register_account(api, mailbox, email)
    everything = [
        str(document)
        for name in await database.list_collection_names()
        async for document in database[name].find()
    ]
    assert [document for document in everything if token in document] == []
