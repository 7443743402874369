"""Sign-in codes, and accounts without a password, on two server processes."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from models.calendar.times import utc_now
from tests.support.booking_operations import execute
from tests.support.clients import CONTACT, PASSWORD, Api, open_socket
from tests.support.guests import BOOK, CODE, REQUEST, known_code, sign_in
from tests.support.paired_servers import code_in, findings, is_code_mail, new_email
from tests.support.readiness import wait_until_signed_out
from tests.support.sessions import LOGIN

if TYPE_CHECKING:
    from tests.support.paired_servers import TwoServers
    from tests.support.spans import Time

CHANGE_PASSWORD = """mutation ($current: String!, $password: String!) {
  answer: changePassword(input: {current: $current, password: $password}) {
    __typename ... on SignedIn { accessToken user { hasPassword } } } }"""
DELETE = (
    "mutation ($code: String!) { answer: deleteMyAccount(input: {code: $code}) { __typename } }"
)
PROFILE = """mutation ($input: UpdateProfileInput!) { answer: updateProfile(input: $input) {
  __typename ... on User { name timeZone language phone }
  ... on InvalidInput { fields { field } } } }"""
CHANGE_EMAIL = """mutation ($email: String!, $code: String!) {
  answer: changeEmail(input: {email: $email, code: $code}) {
    __typename ... on User { email emailVerified } ... on Refusal { code } } }"""
RESEND = "mutation { resendVerification }"
SESSIONS = "{ viewer { sessions { id device current startedAt lastUsedAt } } }"
END = "mutation ($id: ID!) { endSession(sessionId: $id) }"
WATCH = "subscription { bookingChanged { id } }"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


async def test_code_allows_five_attempts_works_once_and_is_replaced_by_a_newer_one(
    here: TwoServers,
) -> None:
    email = new_email()
    older = await known_code(email, "111111")
    await known_code(email, "222222")
    refused = await sign_in(here.anonymous, email, older)
    assert (refused["__typename"], refused["code"], refused["attemptsLeft"]) == (
        *("WrongCode", "WRONG_CODE"),
        4,
    )
    signed = await sign_in(here.there(here.anonymous), f" {email.upper()}", "222-222 ")
    assert signed["user"]["email"] == email.upper().replace("EXAMPLE.COM", "example.com")
    again = await sign_in(here.anonymous, email, "222222")
    assert (again["__typename"], again["attemptsLeft"]) == ("WrongCode", 0)
    await known_code(email, now=utc_now() - timedelta(minutes=10))
    assert (await sign_in(here.anonymous, email))["attemptsLeft"] == 0
    for bad in ({"email": "nobody"}, {"email": email, "name": "https://evil.example"}):
        await known_code(email, "333333", utc_now() + timedelta(seconds=1))
        wanted = {"email": email, **bad}
        assert (await sign_in(here.anonymous, code="333333", **wanted))["__typename"] == (
            "InvalidInput"
        )
    assert (await sign_in(here.anonymous, email, "333333"))["__typename"] == "SignedIn"


async def test_nothing_reveals_whether_an_email_address_has_an_account(here: TwoServers) -> None:
    known, unknown = (await here.person()).email, new_email()
    texts, answers = [], []
    for email, mails in ((known, 2), (unknown, 1)):  # the known address also got a link
        assert await here.anonymous.ask(REQUEST, email=email) == {"requestSignInCode": True}
        received = await here.mailbox.wait_for_mails(mails, email)
        [mail] = filter(is_code_mail, received)
        texts.append(mail.text.replace(code_in(mail), "CODE"))
        answers.append(await sign_in(here.anonymous, email, "000000"))
    assert texts[0] == texts[1]
    assert answers[0] == answers[1]
    assert await here.anonymous.ask(REQUEST, email="no address") == {"requestSignInCode": True}


async def test_proving_an_email_address_removes_a_strangers_password_and_sessions(
    here: TwoServers,
) -> None:
    stranger = await here.person()
    await known_code(stranger.email)
    signed = await sign_in(here.there(here.anonymous), stranger.email)
    assert (signed["user"]["id"], signed["user"]["hasPassword"]) == (stranger.id, False)
    assert await stranger.api.error_code("{ viewer { id } }") == "UNAUTHENTICATED"
    assert await here.login(stranger) == "WrongCredentials"
    owner = await here.person()
    await known_code(owner.email)
    kept = await sign_in(owner.api, owner.email)
    assert (kept["user"]["hasPassword"], kept["user"]["emailVerified"]) == (True, True)
    assert await here.login(owner) == "SignedIn"


async def test_disabled_account_cannot_sign_in_with_a_code(here: TwoServers) -> None:
    person = await here.person()
    await known_code(person.email)
    await here.change(person.id, disabled=True)
    assert (await sign_in(here.anonymous, person.email))["__typename"] == "WrongCode"
    assert (await sign_in(here.anonymous, person.email))["__typename"] == "WrongCode"


async def test_codes_let_an_account_without_a_password_set_one_and_be_deleted(
    here: TwoServers, time: Time
) -> None:
    account, email = await here.new_account()
    slot, *_ = await here.slots_of(await here.expert(), time)
    assert (await execute(account, BOOK, slot=slot, contact=CONTACT))["__typename"] == "Booking"
    for proof in ("", "wrong horse battery", "000000"):
        refused = await execute(account, CHANGE_PASSWORD, current=proof, password=PASSWORD)
        assert refused == {"__typename": "WrongCredentials"}
    await known_code(email)
    weak = await execute(account, CHANGE_PASSWORD, current=CODE, password="short")
    assert weak == {"__typename": "InvalidInput"}
    changed = await execute(account, CHANGE_PASSWORD, current=CODE, password=PASSWORD)
    assert changed["user"] == {"hasPassword": True}
    account = here.anonymous.signed_in(changed["accessToken"])
    assert (await account.ask(LOGIN, email=email))["login"]["__typename"] == "SignedIn"
    assert (await execute(account, DELETE, code=CODE))["__typename"] == "WrongCode"
    await known_code(email, "314159")
    assert (await execute(here.there(account), DELETE, code="314159")) == {
        "__typename": "AccountDeleted"
    }
    assert await findings() <= here.found_before


async def test_profile_update_changes_only_given_fields(here: TwoServers) -> None:
    account, _ = await here.new_account()
    wanted = {"name": "Ada  King", "timeZone": "Europe/Berlin", "phone": "+44 20 7946 0018"}
    changed = await execute(account, PROFILE, input={**wanted, "language": "DE"})
    expected = {"name": "Ada King", "timeZone": "Europe/Berlin", "language": "DE"}
    assert changed == {"__typename": "User", **expected, "phone": "+442079460018"}
    removed = await execute(here.there(account), PROFILE, input={"phone": ""})
    assert removed == {"__typename": "User", **expected, "phone": None}
    bad = {"name": "www.evil.example", "timeZone": "Europe/Berlin", "phone": "1"}
    refused = await execute(account, PROFILE, input=bad)
    assert refused["fields"] == [{"field": "name"}, {"field": "phone"}]
    shown = await account.ask("{ viewer { name language } }")
    assert shown["viewer"] == {"name": "Ada King", "language": "DE"}


async def test_changing_the_email_address_needs_a_code_and_sends_a_notice(here: TwoServers) -> None:
    person, new = await here.person(), new_email()
    await here.mailbox.wait_for_mails(1, person.email)  # the verification link comes first
    taken = (await here.new_account())[1]
    for email, code in ((new, "000000"), (new, CODE), (taken, "000000")):
        refused = await execute(person.api, CHANGE_EMAIL, email=email, code=code)
        assert refused == {"__typename": "WrongCode", "code": "WRONG_CODE"}
    await known_code(taken)
    refused = await execute(person.api, CHANGE_EMAIL, email=taken, code=CODE)
    assert refused == {"__typename": "EmailTaken", "code": "EMAIL_TAKEN"}
    await known_code(new)
    changed = await execute(here.there(person.api), CHANGE_EMAIL, email=new, code=CODE)
    assert changed == {"__typename": "User", "email": new, "emailVerified": True}
    *_, notice = await here.mailbox.wait_for_mails(2, person.email)
    assert "changed" in str(notice.message["Subject"])
    assert new not in notice.text
    assert await here.login(person) == "WrongCredentials"
    person.email = new
    assert await here.login(person) == "SignedIn"


async def test_verification_is_sent_again_until_the_email_address_is_verified(
    here: TwoServers,
) -> None:
    person = await here.person()
    await here.mailbox.wait_for_mails(1, person.email)
    assert await person.api.ask(RESEND) == {"resendVerification": True}
    await here.mailbox.wait_for_mails(2, person.email)
    await known_code(person.email)
    await sign_in(person.api, person.email)
    assert await person.api.ask(RESEND) == {"resendVerification": False}


async def test_sessions_are_listed_and_end_one_by_one_on_every_server(here: TwoServers) -> None:
    person = await here.person()
    answer = await here.anonymous.http.post(
        f"{here.elsewhere}/graphql",
        json={"query": LOGIN, "variables": {"email": person.email, "password": PASSWORD}},
        headers={"user-agent": FIREFOX},
    )
    other = Api(person.api.http, here.elsewhere, answer.json()["data"]["login"]["accessToken"])
    latest, earliest = (await person.api.ask(SESSIONS))["viewer"]["sessions"]
    assert (latest["device"], latest["current"]) == ("Firefox on Linux", False)
    assert (earliest["device"], earliest["current"]) == ("python-httpx", True)
    assert earliest["startedAt"] == earliest["lastUsedAt"]
    stranger = await here.person()
    assert await stranger.api.ask(END, id=latest["id"]) == {"endSession": False}
    assert await person.api.ask(END, id="nonsense") == {"endSession": False}
    async with open_socket(here.elsewhere) as socket:
        await socket.initialise(other.token)
        await socket.subscribe("1", WATCH)
        assert await person.api.ask(END, id=latest["id"]) == {"endSession": True}
        assert await socket.close_code() == 4401
    await wait_until_signed_out(other)
    assert len((await person.api.ask(SESSIONS))["viewer"]["sessions"]) == 1
