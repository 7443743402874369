"""Caps on upcoming bookings, holds, renewals and moves; booking needs a verified e-mail address."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from models.bookings.booking import BookingChange, BookingStatus
from models.bookings.caps import Caps, ClientBooking
from models.calendar.slots import SlotKey
from models.calendar.times import instant_of
from models.errors import TooMany
from models.ids import new_id
from tests.support.booking_operations import HOLD, execute, open_slots
from tests.support.clients import CONTACT, Api
from tests.support.servers import run_server

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

    from tests.support.spans import Time

Expert = dict[str, Any]
CAPS = {
    "max_coming_bookings": 4,
    "max_coming_bookings_per_expert": 2,
    "max_holds": 2,
    "max_hold_renewals": 1,
    "max_moves": 2,
}
EXPERTS = """{ experts(first: 20) { nodes {
  id availability { breakMinutes confirmsAutomatically cancellationNoticeMinutes } } } }"""
BOOK = """mutation ($slot: ID!, $contact: ContactInput!, $key: String) {
  answer: bookSlot(input: {slotId: $slot, contact: $contact, idempotencyKey: $key}) {
    __typename ... on Booking { id } ... on TooMany { code limit message } } }"""
LIMITED_HOLD = """mutation ($id: ID!) { answer: holdSlot(input: {slotId: $id}) {
  __typename ... on Booking { id } ... on TooMany { code limit } } }"""
LIMITED_MOVE = """mutation ($id: ID!, $slot: ID!) {
  answer: rescheduleBooking(input: {bookingId: $id, slotId: $slot}) {
    __typename ... on TooMany { limit } } }"""


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory, http: httpx.AsyncClient) -> Iterator[Api]:
    """An anonymous client of a server with low caps."""
    with run_server(tmp_path_factory.mktemp("capped"), experts=20, **CAPS) as address:
        yield Api(http, address)


@pytest.fixture(scope="module")
async def plain(api: Api) -> list[Expert]:
    """Experts with automatic confirmation and without breaks."""
    nodes = (await api.ask(EXPERTS))["experts"]["nodes"]
    return [
        node
        for node in nodes
        if node["availability"]["confirmsAutomatically"]
        and not node["availability"]["breakMinutes"]
        and node["availability"]["cancellationNoticeMinutes"] <= 2 * 24 * 60
    ]


async def book(api: Api, slot: dict[str, Any], key: str | None = None) -> dict[str, Any]:
    return await execute(api, BOOK, slot=slot["id"], contact=CONTACT, key=key)


async def test_upcoming_bookings_are_capped_even_if_requested_concurrently(
    api: Api, plain: list[Expert], time: Time
) -> None:
    """A repeated request does not count twice, and a cancellation permits another booking."""
    client = await api.new_client()
    slots = await open_slots(api, plain[0], time)
    answers = await asyncio.gather(*(book(client, slot, slot["id"]) for slot in slots[:8]))
    kinds = [answer["__typename"] for answer in answers]
    assert (kinds.count("Booking"), kinds.count("TooMany")) == (2, 6)
    refused = next(answer for answer in answers if answer["__typename"] == "TooMany")
    assert (refused["code"], refused["limit"]) == ("TOO_MANY", 2)
    booked = [(n, answer) for n, answer in enumerate(answers) if answer["__typename"] == "Booking"]
    number, first = booked[0]
    assert await book(client, slots[number], slots[number]["id"]) == first
    await client.cancel(first["id"])
    assert (await book(client, slots[8]))["__typename"] == "Booking"


async def test_upcoming_bookings_are_capped_across_all_experts(
    api: Api, plain: list[Expert], time: Time
) -> None:
    client = await api.new_client()
    slots = [slot for expert in plain[1:4] for slot in (await open_slots(api, expert, time))[:2]]
    answers = [await book(client, slot) for slot in slots]
    assert [answer["__typename"] for answer in answers] == ["Booking"] * 4 + ["TooMany"] * 2
    assert {answer["limit"] for answer in answers[4:]} == {4}


async def test_cancelled_bookings_count_towards_the_cap_for_an_hour(
    api: Api, plain: list[Expert], time: Time
) -> None:
    """The cap keeps clients from flooding an expert with e-mails by booking and cancelling."""
    client = await api.new_client()
    answers = []
    for slot in (await open_slots(api, plain[0], time))[10:15]:
        answers.append(await book(client, slot))
        if answers[-1]["__typename"] == "Booking":
            await client.cancel(answers[-1]["id"])
    assert [answer["__typename"] for answer in answers] == ["Booking"] * 4 + ["TooMany"]
    assert answers[4]["limit"] == 4


async def test_holds_are_capped_and_a_second_hold_with_an_expert_replaces_the_first(
    api: Api, plain: list[Expert], time: Time
) -> None:
    client = await api.new_client()
    slots = [await open_slots(api, expert, time) for expert in plain[4:7]]
    for slot in (slots[0][10], slots[1][10], slots[1][11]):
        assert (await execute(client, LIMITED_HOLD, id=slot["id"]))["__typename"] == "Booking"
    refused = await execute(client, LIMITED_HOLD, id=slots[2][10]["id"])
    assert refused == {"__typename": "TooMany", "code": "TOO_MANY", "limit": 2}


async def test_a_slot_cannot_be_held_forever(api: Api, plain: list[Expert], time: Time) -> None:
    client, slot = await api.new_client(), (await open_slots(api, plain[4], time))[20]
    answers = [await execute(client, LIMITED_HOLD, id=slot["id"]) for _ in range(3)]
    assert [answer["__typename"] for answer in answers] == ["Booking", "Booking", "TooMany"]
    other = await api.new_client()
    await client.cancel(answers[1]["id"])
    assert (await execute(other, HOLD, id=slot["id"]))["__typename"] == "Booking"


def test_overlapping_slots_cannot_be_held_in_turn_forever() -> None:
    caps = Caps(coming=1, coming_with_expert=1, holds=1, renewals=1, moves=1)
    expert_id, now = new_id(), instant_of(1_000)
    keys = [SlotKey(expert_id, 2_000 + cell, 60) for cell in (0, 1, 2, 3, 4)]

    def held(key: SlotKey, ago: timedelta) -> ClientBooking:
        status, until = BookingStatus.CANCELLED, now - ago
        times = (key.starts_at, key.ends_at, until, until)
        return ClientBooking(expert_id, status, *times, was_hold=True, was_offer=False)

    earlier = [held(key, timedelta(minutes=5)) for key in keys[:4]]
    with pytest.raises(TooMany):
        caps.check_hold(earlier, keys[3], now)
    caps.check_hold(earlier[:3], keys[3], now)
    caps.check_hold(earlier, keys[4], now)  # the first slot does not overlap keys[4]
    caps.check_hold([held(key, timedelta(hours=1)) for key in keys[:4]], keys[3], now)


async def test_a_booking_cannot_be_moved_forever(api: Api, plain: list[Expert], time: Time) -> None:
    client, slots = await api.new_client(), await open_slots(api, plain[5], time)
    booked = await book(client, slots[20])
    moves = [
        await execute(client, LIMITED_MOVE, id=booked["id"], slot=slots[number]["id"])
        for number in (22, 24, 26)
    ]
    assert moves[:2] == [{"__typename": "Booking"}] * 2
    assert moves[2] == {"__typename": "TooMany", "limit": 2}
    same = await execute(client, LIMITED_MOVE, id=booked["id"], slot=slots[24]["id"])
    assert same == {"__typename": "Booking"}


def test_changes_of_length_are_moves_and_confirmations_are_not() -> None:
    held, pending, confirmed = (
        BookingStatus.HELD,
        BookingStatus.PENDING,
        BookingStatus.CONFIRMED,
    )
    moves = {(pending, pending), (confirmed, confirmed), (confirmed, pending)}
    steps = {(None, held), (held, pending), (held, confirmed), (pending, confirmed), *moves}
    now = instant_of(1_000)
    found = {
        (before, after)
        for before, after in steps
        if BookingChange(at=now, actor_id=None, before=before, after=after, starts_at=now).is_move
    }
    assert found == moves


async def test_booking_needs_a_verified_email_address_and_holding_does_not(
    tmp_path_factory: pytest.TempPathFactory, http: httpx.AsyncClient, time: Time
) -> None:
    folder = tmp_path_factory.mktemp("verified")
    with run_server(folder, experts=4, require_verified_email="on") as address:
        api = Api(http, address)
        expert = (await api.ask(EXPERTS))["experts"]["nodes"][0]
        slot = (await open_slots(api, expert, time))[0]
        newcomer = await api.new_client()
        assert (await execute(newcomer, HOLD, id=slot["id"]))["__typename"] == "Booking"
        assert (await book(newcomer, slot))["__typename"] == "VerificationNeeded"
        login = """mutation ($password: String!) {
          login(input: {email: "client@example.com", password: $password}) {
            ... on SignedIn { accessToken } } }"""
        demo = await api.ask(login, password="expertbook-demo")
        verified = api.signed_in(demo["login"]["accessToken"])
        other = (await open_slots(api, expert, time))[5]
        assert (await book(verified, other))["__typename"] == "Booking"
