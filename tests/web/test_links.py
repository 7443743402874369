"""Verifying an address and setting a new password, by the links that are mailed."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest
from pymongo import AsyncMongoClient

from tests.clients import PASSWORD, Api
from tests.mailboxes import Mailbox
from tests.servers import await_ready, launched
from web.embedded.database import embedded_database

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    import httpx
    from pymongo.asynchronous.database import AsyncDatabase

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
BETTER = "another horse battery"
PATIENCE_SECONDS = 120
numbers = count()


@pytest.fixture(scope="module")
def mongodb_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A database of this module's own."""
    with embedded_database(tmp_path_factory.mktemp("links")) as url:
        yield url


@pytest.fixture(scope="module")
async def stored(mongodb_url: str) -> AsyncIterator[Database]:
    """What the program has stored."""
    async with AsyncMongoClient[dict[str, Any]](mongodb_url, tz_aware=True) as client:
        yield client["expertbook"]


@pytest.fixture(scope="module")
async def mailbox() -> AsyncIterator[Mailbox]:
    """The mail server of the program."""
    async with Mailbox().open() as mailbox:
        yield mailbox


@pytest.fixture(scope="module")
async def api(
    tmp_path_factory: pytest.TempPathFactory,
    mongodb_url: str,
    mailbox: Mailbox,
    http: httpx.AsyncClient,
) -> AsyncIterator[Api]:
    """A client of a program that hands in mails."""
    settings = {
        "mongodb_url": mongodb_url,
        "smtp_url": mailbox.url,
        "client_url": "https://book.example.com/, https://other.example.com",
        "experts": 1,
        "throttle": "off",
    }
    with launched(tmp_path_factory.mktemp("program"), **settings) as program:
        # Off the loop, on which the mail server is.
        await asyncio.to_thread(await_ready, program.process, program.address)
        yield Api(http, program.address)


@pytest.fixture
def email() -> str:
    """An address that nobody had before."""
    return f"ada-{next(numbers)}@example.com"


async def registered(api: Api, mailbox: Mailbox, email: str) -> tuple[Api, str]:
    """A new account and the token of its verification."""
    answer = (await api.ask(REGISTER, email=email))["register"]
    assert answer["user"] == {"emailVerified": False}
    [mail] = await mailbox.gets(1, email)
    return api.signed_in(answer["accessToken"]), mail.token


async def settled(stored: Database) -> None:
    """Wait until no mail is owed: each one was handed in, or was for nobody."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while await stored["outbox"].count_documents({"state": "WAITING"}):  # noqa: ASYNC110 - the program does not tell
            await asyncio.sleep(0.05)


async def reset_token(api: Api, mailbox: Mailbox, email: str) -> str:
    """The token of a new link to a new password."""
    owner = email.lower()
    before = len(mailbox.to(owner))
    assert await api.ask(REQUEST, email=email) == {"requestPasswordReset": True}
    return (await mailbox.gets(before + 1, owner))[-1].token


async def test_an_address_is_verified_once(api: Api, mailbox: Mailbox, email: str) -> None:
    """By the link in the mail, which does not work again."""
    account, token = await registered(api, mailbox, email)
    [mail] = mailbox.to(email)
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


async def test_an_account_and_its_mail_are_there_together_or_not_at_all(
    api: Api, mailbox: Mailbox, email: str, stored: Database
) -> None:
    """Of ten who register one address at once, one has an account, and one mail is sent."""
    addresses = [email.upper() if number % 2 else email for number in range(10)]
    answers = await asyncio.gather(*(api.ask(REGISTER, email=each) for each in addresses))
    kinds = Counter(answer["register"]["__typename"] for answer in answers)
    assert kinds == {"SignedIn": 1, "EmailTaken": 9}
    await settled(stored)
    assert len([mail for mail in mailbox.mails if mail.to.lower() == email]) == 1


async def test_a_new_password_ends_every_session_and_the_old_password(
    api: Api, mailbox: Mailbox, email: str
) -> None:
    """Who follows the link is signed in, and has a verified address."""
    account, _ = await registered(api, mailbox, email)
    token = await reset_token(api, mailbox, email.upper())
    assert "30 minutes" in mailbox.to(email)[-1].text
    answer = (await api.ask(RESET, token=token, password=BETTER))["resetPassword"]
    assert answer["user"] == {"email": email, "emailVerified": True}
    signed_in = api.signed_in(answer["accessToken"])
    assert await signed_in.ask("{ viewer { email } }") == {"viewer": {"email": email}}
    assert await account.code("{ viewer { email } }") == "UNAUTHENTICATED"
    for password, kind in ((PASSWORD, "WrongCredentials"), (BETTER, "SignedIn")):
        assert (await api.ask(LOGIN, email=email, password=password))["login"] == {
            "__typename": kind
        }
    assert (await api.ask(RESET, token=token, password=BETTER))["resetPassword"] == EXPIRED


async def test_a_link_is_used_once_however_many_try_at_once(
    api: Api, mailbox: Mailbox, email: str
) -> None:
    """And the account's other links to a new password end with it."""
    await registered(api, mailbox, email)
    spare = await reset_token(api, mailbox, email)
    token = await reset_token(api, mailbox, email)
    answers = await asyncio.gather(
        *(api.ask(RESET, token=token, password=f"{BETTER} {n}") for n in range(10))
    )
    kinds = Counter(answer["resetPassword"]["__typename"] for answer in answers)
    assert kinds == {"SignedIn": 1, "LinkExpired": 9}
    assert (await api.ask(RESET, token=spare, password=BETTER))["resetPassword"] == EXPIRED


async def test_a_changed_password_ends_links_to_a_new_one(
    api: Api, mailbox: Mailbox, email: str
) -> None:
    """Whoever else asked for one has come too late."""
    account, _ = await registered(api, mailbox, email)
    token = await reset_token(api, mailbox, email)
    changed = await account.ask(CHANGE, current=PASSWORD, password=BETTER)
    assert changed == {"changePassword": {"__typename": "SignedIn"}}
    answer = await api.ask(RESET, token=token, password=f"{BETTER} 2")
    assert answer["resetPassword"] == EXPIRED


async def test_a_password_that_will_not_do_leaves_the_link_as_it_is(
    api: Api, mailbox: Mailbox, email: str
) -> None:
    await registered(api, mailbox, email)
    token = await reset_token(api, mailbox, email)
    for password in ("short", "1234567890", "x" * 201):
        assert (await api.ask(RESET, token=token, password=password))["resetPassword"] == {
            "__typename": "InvalidInput",
            "fields": [{"field": "password"}],
        }
    answer = await api.ask(RESET, token=token, password=BETTER)
    assert answer["resetPassword"]["__typename"] == "SignedIn"


async def test_a_link_past_its_time_does_nothing(
    api: Api, mailbox: Mailbox, email: str, stored: Database
) -> None:
    """A link to a password lasts half an hour, one that verifies three days."""
    began = datetime.now(UTC)
    _, verification = await registered(api, mailbox, email)
    reset = await reset_token(api, mailbox, email)
    done = datetime.now(UTC)
    user = await stored["users"].find_one({"email": email})
    assert user
    links = await stored["links"].find({"user_id": user["_id"]}).to_list()
    expiry = {link["purpose"]: link["expires_at"] for link in links}
    resolution = timedelta(milliseconds=1)  # of stored times, which are rounded down
    for purpose, lifetime in (
        ("PASSWORD_RESET", timedelta(minutes=30)),
        ("VERIFICATION", timedelta(days=3)),
    ):
        assert began - resolution < expiry[purpose] - lifetime <= done
    past = {"$set": {"expires_at": began}}
    await stored["links"].update_many({"user_id": user["_id"]}, past)
    assert (await api.ask(VERIFY, token=verification))["verifyEmail"] == EXPIRED
    assert (await api.ask(RESET, token=reset, password=BETTER))["resetPassword"] == EXPIRED
    assert await stored["users"].find_one({"email": email}) == user


async def test_a_link_does_only_what_it_is_for(api: Api, mailbox: Mailbox, email: str) -> None:
    _, verification = await registered(api, mailbox, email)
    reset = await reset_token(api, mailbox, email)
    assert (await api.ask(VERIFY, token=reset))["verifyEmail"] == EXPIRED
    answer = await api.ask(RESET, token=verification, password=BETTER)
    assert answer["resetPassword"] == EXPIRED
    for token in ("", "nonsense", verification[:-1], "x" * 10_000, "é" * 50):
        assert (await api.ask(VERIFY, token=token))["verifyEmail"] == EXPIRED


async def test_nothing_tells_whether_an_address_has_an_account(
    api: Api, mailbox: Mailbox, email: str, stored: Database
) -> None:
    """An unknown one gets the same answer after the same work, and no mail; nor does nonsense."""
    await settled(stored)
    mails = len(mailbox.mails)
    for address in (email, "nonsense", ""):
        assert await api.ask(REQUEST, email=address) == {"requestPasswordReset": True}
    assert await stored["outbox"].count_documents({"address": email}) == 1
    await settled(stored)
    assert len(mailbox.mails) == mails
    [done] = await stored["outbox"].find({"address": email}).to_list()
    assert (done["kind"], done["state"], done["refused"]) == ("PASSWORD_RESET", "SENT", [])


async def test_a_disabled_account_gets_no_link_and_can_use_none(
    api: Api, mailbox: Mailbox, email: str, stored: Database
) -> None:
    _, verification = await registered(api, mailbox, email)
    reset = await reset_token(api, mailbox, email)
    await stored["users"].update_one({"email": email}, {"$set": {"disabled": True}})
    await settled(stored)
    mails = len(mailbox.mails)
    await api.ask(REQUEST, email=email)
    assert (await api.ask(VERIFY, token=verification))["verifyEmail"] == EXPIRED
    assert (await api.ask(RESET, token=reset, password=BETTER))["resetPassword"] == EXPIRED
    await settled(stored)
    assert len(mailbox.mails) == mails


async def test_only_hashes_of_links_are_stored(
    api: Api, mailbox: Mailbox, email: str, stored: Database
) -> None:
    """Whoever reads the database can follow none of them."""
    _, token = await registered(api, mailbox, email)
    everything = [
        str(document)
        for name in await stored.list_collection_names()
        async for document in stored[name].find()
    ]
    assert [document for document in everything if token in document] == []
