"""Guests who use two server processes on one database: booking, races and removal."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from models.accounts.users import User
from models.bookings.own_data import IN_LOG, forget_guest
from models.calendar.times import utc_now
from models.ids import Id, object_id
from tests.support.booking_operations import HOLD, execute
from tests.support.clients import CONTACT, PASSWORD, open_socket
from tests.support.guests import (
    BOOK,
    CODE,
    HELD,
    REQUEST,
    SIGN_IN,
    START,
    holds,
    known_code,
    new_guest,
    new_hold,
    sign_in,
)
from tests.support.paired_servers import code_in, findings, new_email
from tests.support.readiness import eventually, wait_until_signed_out
from tests.support.sessions import ACCESS, COOKIE, LOGIN
from tests.support.spans import Time

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    from models.store.connection import Client, Database
    from tests.support.paired_servers import TwoServers

REGISTER = """mutation ($email: String!, $password: String!) {
  answer: register(input: {name: "Eve", email: $email, password: $password}) {
    __typename ... on SignedIn { accessToken } } }"""
WATCH = """subscription ($id: ID!, $after: String!) {
  slotChanged(expertId: $id, after: $after) { ... on SlotEvent { kind } } }"""
CURSOR = "query ($id: ID!) { expert(id: $id) { cursor } }"


@pytest.fixture
def stored(database: Client) -> Database:
    """The servers' database, to read and change stored documents directly."""
    return database.get_default_database()


def kinds(answers: Iterable[dict[str, Any]]) -> list[str]:
    return sorted(answer["__typename"] for answer in answers)


async def test_guest_books_a_held_slot_with_an_emailed_code(here: TwoServers, time: Time) -> None:
    expert = await here.expert()
    slot, *_, other = await here.slots_of(expert, time)
    answer = await execute(here.anonymous, START)
    shown = {"name": "Guest", "email": "", "guest": True, "emailVerified": False}
    assert answer["user"].items() >= {**shown, "hasPassword": False, "language": "EN"}.items()
    guest, email = here.anonymous.signed_in(answer["accessToken"]), new_email()
    held = await new_hold(guest, slot)
    refused = await execute(guest, BOOK, slot=slot, contact=CONTACT)
    assert refused == {"__typename": "VerificationNeeded", "code": "VERIFICATION_NEEDED"}
    async with open_socket(here.elsewhere) as socket, open_socket(here.elsewhere) as own:
        await own.initialise(guest.token)
        await socket.initialise()
        after = (await guest.ask(CURSOR, id=expert.expert_id))["expert"]["cursor"]
        await socket.subscribe("1", WATCH, id=expert.expert_id, after=after)
        for number, api in enumerate((guest, here.there(guest)), 1):
            assert await api.ask(REQUEST, email=email) == {"requestSignInCode": True}
            *_, mail = await here.mailbox.wait_for_mails(number, email)
        assert (await socket.event("slotChanged"))["kind"] == "HELD"
        [prolonged] = await holds(guest)
        assert prolonged["heldUntil"] > held["heldUntil"]
        assert "10 minutes" in mail.text
        signed = await sign_in(
            here.there(guest), email, code_in(mail), name="Ada Lovelace", zone="Europe/Paris"
        )
        assert await own.close_code() == 4401
    expected = {"name": "Ada Lovelace", "email": email, "guest": False, "emailVerified": True}
    assert signed["user"].items() >= {**expected, "timeZone": "Europe/Paris"}.items()
    assert signed["user"]["hasPassword"] is False
    ada = here.anonymous.signed_in(signed["accessToken"])
    [moved] = await holds(ada)
    assert (moved["id"], moved["heldUntil"]) == (held["id"], prolonged["heldUntil"])
    assert moved["slot"] == {"id": slot, "mine": True}
    assert [step["actor"]["name"] for step in moved["history"]] == ["Ada Lovelace"]
    await wait_until_signed_out(guest)
    booked = await execute(ada, BOOK, slot=slot, contact=CONTACT)
    assert booked == {"__typename": "Booking", "id": held["id"], "status": "CONFIRMED"}
    assert (await execute(ada, BOOK, slot=other, contact=CONTACT))["__typename"] == "Booking"
    again = await known_code(email)
    on_another_device = await sign_in(here.there(here.anonymous), email, again)
    assert on_another_device["user"]["id"] == signed["user"]["id"]
    assert await findings() <= here.found_before


async def test_guests_hold_replaces_the_accounts_hold_with_the_same_expert(
    here: TwoServers, time: Time
) -> None:
    expert = await here.expert()
    first, second, *_ = await here.slots_of(expert, time)
    account, email = await here.new_account()
    earlier = await new_hold(account, first)
    guest = await new_guest(here.there(here.anonymous))
    held = await new_hold(guest, second)
    await known_code(email)
    assert (await sign_in(guest, email))["__typename"] == "SignedIn"
    assert [hold["id"] for hold in await holds(account)] == [held["id"]]
    query = "query ($id: ID!) { booking(id: $id) { status } }"
    assert (await account.ask(query, id=earlier["id"]))["booking"]["status"] == "CANCELLED"
    assert await findings() <= here.found_before


@pytest.mark.parametrize("way", ["login", "register"])
async def test_any_sign_in_within_a_guest_session_hands_the_hold_over(
    here: TwoServers, time: Time, way: str
) -> None:
    slot, *_ = await here.slots_of(await here.expert(), time)
    guest, email = await new_guest(here.anonymous), new_email()
    held = await new_hold(guest, slot)
    if way == "login":
        email = (await here.person()).email
    answer = await guest.ask(LOGIN if way == "login" else REGISTER, email=email, password=PASSWORD)
    account = here.anonymous.signed_in(next(iter(answer.values()))["accessToken"])
    assert [hold["id"] for hold in await holds(account)] == [held["id"]]


async def test_hold_moves_in_a_browser_whose_access_cookie_has_expired(
    here: TwoServers, time: Time
) -> None:
    slot, *_ = await here.slots_of(await here.expert(), time)
    email, url = new_email(), f"{here.anonymous.url}/graphql"
    async with httpx.AsyncClient(headers=COOKIE, timeout=60) as browser:
        await browser.post(url, json={"query": START})
        await browser.post(url, json={"query": HOLD, "variables": {"id": slot}})
        guest = await browser.post(url, json={"query": "{ viewer { id guest } }"})
        again = await browser.post(url, json={"query": START})
        assert again.json()["data"]["answer"]["user"]["id"] == guest.json()["data"]["viewer"]["id"]
        browser.cookies.delete(ACCESS)
        await known_code(email)
        wanted = {"email": email, "code": CODE}
        signed = await browser.post(url, json={"query": SIGN_IN, "variables": wanted})
        assert signed.json()["data"]["answer"]["accessToken"] == ""
        held = (await browser.post(url, json={"query": HELD})).json()["data"]["bookings"]["nodes"]
        assert [hold["slot"] for hold in held] == [{"id": slot, "mine": True}]


async def test_hold_is_released_if_the_guest_signs_in_as_its_expert(
    here: TwoServers, time: Time
) -> None:
    expert = await here.expert()
    slot, *_ = await here.slots_of(expert, time)
    guest = await new_guest(here.anonymous)
    await new_hold(guest, slot)
    await guest.ask(LOGIN, email=expert.email, password=PASSWORD)
    assert (await execute(await new_guest(here.anonymous), HOLD, id=slot))["status"] == "HELD"


async def same_code_in_two_tabs(here: TwoServers, slots: list[str]) -> None:
    guest, email = await new_guest(here.anonymous), new_email()
    held = await new_hold(guest, slots.pop())
    await known_code(email)
    answers = await asyncio.gather(sign_in(guest, email), sign_in(here.there(guest), email))
    assert kinds(answers) == ["SignedIn", "WrongCode"]
    [token] = [answer["accessToken"] for answer in answers if "accessToken" in answer]
    assert [hold["id"] for hold in await holds(guest.signed_in(token))] == [held["id"]]


async def two_accounts_in_two_tabs(here: TwoServers, slots: list[str]) -> None:
    guest, emails = await new_guest(here.anonymous), (new_email(), new_email())
    held = await new_hold(guest, slots.pop())
    for email in emails:
        await known_code(email)
    answers = await asyncio.gather(sign_in(guest, emails[0]), sign_in(here.there(guest), emails[1]))
    assert kinds(answers) == ["SignedIn", "SignedIn"]
    found = [await holds(guest.signed_in(answer["accessToken"])) for answer in answers]
    assert [hold["id"] for each in found for hold in each] == [held["id"]]


async def code_against_registration(here: TwoServers, slots: list[str]) -> None:
    guest, email = await new_guest(here.anonymous), new_email()
    held = await new_hold(guest, slots.pop())
    await known_code(email)
    signed, registered = await asyncio.gather(
        sign_in(here.there(guest), email),
        execute(here.anonymous, REGISTER, email=email, password=PASSWORD),
    )
    assert signed["__typename"] == "SignedIn"
    assert registered["__typename"] in {"SignedIn", "EmailTaken"}
    account = guest.signed_in(signed["accessToken"])
    assert [hold["id"] for hold in await holds(account)] == [held["id"]]
    # The registration did not verify the e-mail address, so its password and session are no longer
    # valid.
    login = await here.anonymous.ask(LOGIN, email=email, password=PASSWORD)
    assert login["login"]["__typename"] == "WrongCredentials"


async def move_against_hold_of_the_account(here: TwoServers, slots: list[str]) -> None:
    account, email = await here.new_account()
    guest = await new_guest(here.anonymous)
    await new_hold(guest, slots.pop())
    await known_code(email)
    signed, held = await asyncio.gather(
        sign_in(guest, email), execute(here.there(account), HOLD, id=slots.pop())
    )
    assert (signed["__typename"], held["__typename"]) == ("SignedIn", "Booking")
    assert len(await holds(account)) == 1


async def move_against_hold_of_the_guest(here: TwoServers, slots: list[str]) -> None:
    guest, email = await new_guest(here.anonymous), new_email()
    await new_hold(guest, slots.pop())
    await known_code(email)
    answers = await asyncio.gather(
        sign_in(guest, email), here.there(guest).post(HOLD, id=slots.pop())
    )
    signed: dict[str, Any] = answers[0]
    assert signed["__typename"] == "SignedIn"
    assert len(await holds(guest.signed_in(signed["accessToken"]))) <= 1


async def two_holds_of_a_guest(here: TwoServers, slots: list[str]) -> None:
    guest, other = await new_guest(here.anonymous), await here.expert()
    theirs = await here.slots_of(other, Time())
    answers = await asyncio.gather(
        execute(guest, HOLD, id=slots.pop()), execute(here.there(guest), HOLD, id=theirs[0])
    )
    assert kinds(answers) == ["Booking", "TooMany"]
    assert len(await holds(guest)) == 1


async def wrong_codes_at_once(here: TwoServers, _: list[str]) -> None:
    email = new_email()
    await known_code(email)
    apis = [here.anonymous, here.there(here.anonymous)] * 5
    answers = await asyncio.gather(*(sign_in(api, email, "000000") for api in apis))
    left = sorted((answer["attemptsLeft"] for answer in answers), reverse=True)
    assert left == [4, 3, 2, 1, 0, 0, 0, 0, 0, 0]
    assert (await sign_in(here.anonymous, email))["__typename"] == "WrongCode"


RACES: list[Callable[[TwoServers, list[str]], Awaitable[None]]] = [
    same_code_in_two_tabs,
    two_accounts_in_two_tabs,
    code_against_registration,
    move_against_hold_of_the_account,
    move_against_hold_of_the_guest,
    two_holds_of_a_guest,
    wrong_codes_at_once,
]


@pytest.mark.parametrize("race", RACES, ids=lambda race: race.__name__)
async def test_a_race_leaves_at_most_one_hold_and_consistent_data(
    here: TwoServers,
    time: Time,
    request: pytest.FixtureRequest,
    race: Callable[[TwoServers, list[str]], Awaitable[None]],
) -> None:
    rounds = request.config.getoption("--races")
    assert isinstance(rounds, int)
    for _ in range(rounds):
        await race(here, await here.slots_of(await here.expert(), time))
    assert await findings() <= here.found_before


async def test_abandoned_guest_is_removed_with_its_hold(
    here: TwoServers, stored: Database, time: Time
) -> None:
    slot, *_ = await here.slots_of(await here.expert(), time)
    idle, holder = [await execute(here.anonymous, START) for _ in range(2)]
    api = here.anonymous.signed_in(holder["accessToken"])
    await new_hold(api, slot)
    ids = [Id(object_id(each["user"]["id"], "User", "id")) for each in (idle, holder)]
    users = stored["users"]
    found = await users.find_one({"_id": ids[1]})
    assert found
    assert found["unverified_until"] - found["created_at"] == timedelta(days=1)
    await users.update_many({"_id": {"$in": ids}}, {"$set": {"unverified_until": utc_now()}})

    async def read() -> list[Any]:
        return [await users.find_one({"_id": id_}) for id_ in ids]

    await eventually(read, lambda all_: all(row["closed_at"] for row in all_))
    await wait_until_signed_out(api)
    other = await new_guest(here.anonymous)
    await eventually(
        lambda: execute(other, HOLD, id=slot), lambda answer: answer["__typename"] == "Booking"
    )
    long_ago = {"$set": {"closed_at": utc_now() - timedelta(hours=1)}}
    await users.update_many({"_id": {"$in": ids}}, long_ago)
    gone, kept = await eventually(
        read, lambda all_: all_[0] is None and all_[1]["erased_at"] is not None
    )
    assert gone is None
    # The guest's account is kept for as long as the event log may refer to its hold: two days, the
    # log's retention period, and one more hour.
    assert kept["unverified_until"] - kept["erased_at"] == IN_LOG
    guest = User.model_validate(kept)
    await forget_guest(guest, utc_now())
    assert await stored["bookings"].find_one({"client_id": guest.id})
    [hold] = await stored["bookings"].find({"client_id": guest.id}).to_list()
    await stored["events"].delete_many(
        {"expert_id": hold["expert_id"], "sequence": {"$lte": hold["sequence"]}}
    )
    await forget_guest(guest, utc_now())
    assert await users.find_one({"_id": guest.id}) is None
    assert await stored["bookings"].find_one({"client_id": guest.id}) is None
    assert await findings() <= here.found_before
