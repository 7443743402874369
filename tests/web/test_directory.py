"""Directory entries: validation, permissions and disabled experts."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.clients import open_socket
from tests.support.deployments import (
    SEARCH,
    UNKNOWN_IDS,
    Deployment,
    first_slot,
    hours,
    invalid_fields,
    offer,
)
from tests.support.paired_servers import findings
from tests.support.readiness import eventually

if TYPE_CHECKING:
    from tests.support.paired_servers import TwoServers
    from tests.support.spans import Time

SHOWN = """query ($id: ID!, $slug: String!) {
  expert(id: $id) { id } expertBySlug(slug: $slug) { id } node(id: $id) { id } }"""
NEXT = "query ($id: ID!) { expert(id: $id) { nextSlot { id } cursor sequence timeZone } }"
BOOKED = """subscription ($id: ID!, $after: String) {
  slotBooked(expertId: $id, after: $after) { sequence } }"""

CONFIRMING = """query ($search: String!, $by: Boolean!) {
  experts(filter: {search: $search, confirmsAutomatically: $by}) { nodes { id } } }"""
SET_CONFIRMING = """mutation ($by: Boolean!) {
  setAvailability(input: {confirmsAutomatically: $by}) { __typename } }"""
HIDDEN = "error", "BAD_USER_INPUT"

BAD: list[tuple[dict[str, Any], list[str]]] = [
    ({"userId": "nonsense"}, ["userId"]),
    ({"userId": UNKNOWN_IDS["User"]}, ["userId"]),
    ({"userId": UNKNOWN_IDS["Expert"]}, ["userId"]),
    ({"title": " "}, ["title"]),
    ({"title": "x" * 101}, ["title"]),
    ({"bio": "x" * 2001}, ["bio"]),
    ({"bio": "a\x00b"}, ["bio"]),
    ({"experienceYears": -1}, ["experienceYears"]),
    ({"experienceYears": 81}, ["experienceYears"]),
    ({"languages": []}, ["languages"]),
    ({"languages": [f"Language {number}" for number in range(11)]}, ["languages"]),
    ({"languages": ["English", " ", "english", "x" * 41]}, [f"languages.{n}" for n in (1, 2, 3)]),
    (
        {"hourlyRate": {"amount": -1, "currency": "USD"}},
        ["hourlyRate.amount", "hourlyRate.currency"],
    ),
    ({"offers": []}, ["offers"]),
    ({"offers": [offer(15 * n) for n in range(1, 10)]}, ["offers"]),
    (
        {"offers": [offer(n) for n in (0, 10, 50, 495, -15)]},
        [f"offers.{n}.minutes" for n in range(5)],
    ),
    ({"offers": [offer(30), offer(30)]}, ["offers.1.minutes"]),
    ({"offers": [offer(30, -1)]}, ["offers.0.price.amount"]),
    ({"offers": [offer(30, 1, "eur")]}, ["offers.0.price.currency"]),
    ({"weekly": [hours("MONDAY", "09:00", "12:10")]}, ["weekly.0.to"]),
    ({"weekly": [hours("MONDAY", "09:01", "12:00")]}, ["weekly.0.from"]),
    ({"weekly": [hours("MONDAY", "12:00", "12:00")]}, ["weekly.0.to"]),
    ({"weekly": [hours("MONDAY", "24:00", "08:00")]}, ["weekly.0.from"]),
    (
        {
            "weekly": [
                hours("MONDAY", "10:00", "12:00"),
                hours("MONDAY", "09:00", "10:15"),
                hours("TUESDAY", "09:00", "10:15"),
                hours("MONDAY", "11:45", "24:00"),
            ]
        },
        ["weekly.0.from", "weekly.3.from"],
    ),
]


@pytest.mark.parametrize(("wrong", "expected"), BAD, ids=lambda value: str(value)[:40])
async def test_invalid_new_expert_is_refused_with_the_paths_of_the_invalid_fields(
    deployment: Deployment, wrong: dict[str, Any], expected: list[str]
) -> None:
    person = await deployment.person("Nobody Listed")
    wanted = {"userId": person.id, **wrong}
    assert invalid_fields(await deployment.create(wanted.pop("userId"), **wanted)) == expected
    assert (await deployment.anonymous.ask(SEARCH, search="nobody listed"))["experts"][
        "nodes"
    ] == []
    assert (await person.api.ask("{ viewer { role } }"))["viewer"] == {"role": "CLIENT"}


async def test_up_to_ten_invalid_fields_are_reported_together(deployment: Deployment) -> None:
    """The response lists the first ten of eleven problems."""
    wrong: dict[str, Any] = {
        "title": "",
        "bio": "x" * 2001,
        "experienceYears": 99,
        "languages": [""],
        "hourlyRate": {"amount": -1, "currency": "XXX"},
        "offers": [offer(7, -1, "XXX")],
        "weekly": [hours("SUNDAY", "10:00", "09:59")],
    }
    assert invalid_fields(await deployment.create("nonsense", **wrong)) == [
        *("userId", "title", "bio", "experienceYears", "languages.0"),
        *("hourlyRate.amount", "hourlyRate.currency"),
        *("offers.0.minutes", "offers.0.price.amount", "offers.0.price.currency"),
    ]


async def test_adjacent_or_empty_hours_are_accepted(deployment: Deployment) -> None:
    person = await deployment.person()
    touching = [hours("FRIDAY", "12:00", "24:00"), hours("FRIDAY", "00:00", "12:00")]
    made = await deployment.create(person.id, weekly=touching)
    assert made["availability"]["weekly"] == [touching[1], touching[0]]
    assert (await deployment.create((await deployment.person()).id, weekly=[]))[
        "__typename"
    ] == "Expert"


async def test_expert_changes_own_entry_and_search_finds_the_change(deployment: Deployment) -> None:
    expert = await deployment.expert("Sophie Germain")
    assert expert.expert_id
    changed = {
        "name": "Monsieur LeBlanc",
        "title": "Elasticity",
        "category": "EDUCATION",
        "bio": "",
        "experienceYears": 40,
        "languages": ["Latin"],
        "hourlyRate": {"amount": 0, "currency": "EUR"},
    }
    answer = await deployment.update(expert.expert_id, expert.api, **changed)
    assert {name: answer[name] for name in changed} == changed
    assert (answer["slug"], answer["sequence"]) == ("sophie-germain", 0)
    found = {"id": expert.expert_id}
    listed = (await deployment.anonymous.ask(SEARCH, search="leblanc latin"))["experts"]["nodes"]
    assert listed == [found]
    # The search tolerates one typing error, so "germain" also finds experts who speak German.
    listed = (await deployment.anonymous.ask(SEARCH, search="germain"))["experts"]["nodes"]
    assert found not in listed
    assert (await deployment.update(expert.expert_id, expert.api)) == answer
    assert (await expert.api.ask("{ viewer { name } }"))["viewer"] == {"name": "Sophie Germain"}


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        ({"name": " ", "title": " ", "languages": []}, ["name", "title", "languages"]),
        ({"bio": "x" * 2001, "experienceYears": 81}, ["bio", "experienceYears"]),
        (
            {"hourlyRate": {"amount": -5, "currency": "EUR"}, "disabled": True},
            ["hourlyRate.amount"],
        ),
    ],
)
async def test_invalid_entry_change_is_refused_and_changes_nothing(
    deployment: Deployment, wrong: dict[str, Any], expected: list[str]
) -> None:
    expert = await deployment.expert()
    assert expert.expert_id
    before = await deployment.update(expert.expert_id)
    assert invalid_fields(await deployment.update(expert.expert_id, **wrong)) == expected
    assert await deployment.update(expert.expert_id) == before


async def test_only_the_expert_and_administrators_can_change_an_entry(
    deployment: Deployment,
) -> None:
    expert, other, client = (
        await deployment.expert(),
        await deployment.expert(),
        await deployment.person(),
    )
    assert expert.expert_id
    before = await deployment.update(expert.expert_id)
    for caller in (other.api, client.api):
        refused = await deployment.update(expert.expert_id, caller, title="Mine")
        assert refused["code"] == "NOT_ALLOWED"
        assert await deployment.update(UNKNOWN_IDS["Expert"], caller, title="Mine") == refused
    for disabled in (True, False):
        answer = await deployment.update(
            expert.expert_id, expert.api, title="New", disabled=disabled
        )
        assert answer["code"] == "NOT_ALLOWED"
    for id_ in (UNKNOWN_IDS["Expert"], UNKNOWN_IDS["User"], "nonsense"):
        assert (await deployment.update(id_, title="Nobody"))["code"] == "NOT_ALLOWED"
    assert await deployment.update(expert.expert_id) == before


async def test_experts_can_be_filtered_by_automatic_confirmation(here: TwoServers) -> None:
    """The filter also gives correct results after concurrent changes on two servers."""
    expert = await here.expert("Confirma Automata")
    api, elsewhere = expert.api, here.there(expert.api)

    async def found(*, at_once: bool) -> bool:
        nodes = (await here.anonymous.ask(CONFIRMING, search="confirma automata", by=at_once))[
            "experts"
        ]["nodes"]
        return {"id": expert.expert_id} in nodes

    assert [await found(at_once=True), await found(at_once=False)] == [True, False]
    await api.ask(SET_CONFIRMING, by=False)
    assert [await found(at_once=True), await found(at_once=False)] == [False, True]
    await asyncio.gather(
        *(each.ask(SET_CONFIRMING, by=by) for by in (True, False) for each in (api, elsewhere))
    )
    query = "{ viewer { expert { availability { confirmsAutomatically } } } }"
    by = (await api.ask(query))["viewer"]["expert"]["availability"]["confirmsAutomatically"]

    async def both() -> list[bool]:
        return [await found(at_once=by), await found(at_once=not by)]

    # A server may learn of a change on the other server up to a second later.
    await eventually(both, lambda answers: answers == [True, False])
    assert await findings() <= here.found_before


async def test_time_zone_change_adds_one_event_to_the_calendar(
    deployment: Deployment, time: Time
) -> None:
    expert, client = await deployment.expert(), await deployment.person()
    assert expert.expert_id
    booking = await client.api.book(await first_slot(deployment, expert.expert_id, time))
    answer = await deployment.update(expert.expert_id, expert.api, timeZone="Asia/Kathmandu")
    assert (answer["timeZone"], answer["sequence"]) == ("Asia/Kathmandu", booking["sequence"] + 1)
    again = await deployment.update(expert.expert_id, expert.api, timeZone="Asia/Kathmandu")
    assert again["sequence"] == answer["sequence"]
    next_ = await client.api.book(await first_slot(deployment, expert.expert_id, time))
    assert next_["sequence"] == answer["sequence"] + 1
    query = "query ($id: ID!) { booking(id: $id) { status startsAt } }"
    assert (await client.api.ask(query, id=booking["id"]))["booking"] == {
        "status": "CONFIRMED",
        "startsAt": booking["startsAt"],
    }


async def test_disabled_expert_is_hidden_and_unbookable_but_keeps_existing_bookings(
    deployment: Deployment, time: Time
) -> None:
    expert, client = await deployment.expert("Ada Hidden"), await deployment.person()
    id_ = expert.expert_id
    assert id_
    cursor = (await deployment.anonymous.ask(NEXT, id=id_))["expert"]["cursor"]
    booking = await client.api.book(await first_slot(deployment, id_, time))
    free = await first_slot(deployment, id_, time)
    async with open_socket(deployment.anonymous.url) as socket:
        await socket.initialise()
        await socket.subscribe("1", BOOKED, id=id_, after=cursor)
        # The subscription is live once it has replayed the missed event.
        assert (await socket.event("slotBooked"))["sequence"] == booking["sequence"]
        disabled = await deployment.update(id_, disabled=True)
        ended = await socket.receive()
        assert (ended["type"], ended["payload"][0]["extensions"]["code"]) == HIDDEN
    assert disabled["sequence"] == booking["sequence"] + 1
    everything = {"id": id_, "slug": disabled["slug"]}
    for caller in (deployment.anonymous, client.api):
        hidden = await caller.ask(SHOWN, **everything)
        assert hidden == {"expert": None, "expertBySlug": None, "node": None}
        assert await caller.ask("query ($id: ID!) { node(id: $id) { id } }", id=free) == {
            "node": None
        }
    for caller in (expert.api, deployment.admin):
        seen = await caller.ask(SHOWN, **everything)
        assert {found["id"] for found in seen.values()} == {id_}
        assert (await caller.ask(NEXT, id=id_))["expert"]["nextSlot"] is None
        assert (await caller.ask("{ bookings { nodes { id } } }"))["bookings"]["nodes"][0]["id"]
        refusal = "InvalidInput" if caller is expert.api else "SlotNotOffered"
        assert (await caller.book(free))["__typename"] == refusal
    listed = (await deployment.anonymous.ask(SEARCH, search="hidden"))["experts"]["nodes"]
    assert listed == []
    refused = await client.api.book(free)
    assert (refused["__typename"], refused["slotId"]) == ("SlotNotOffered", free)
    async with open_socket(deployment.anonymous.url) as socket:
        await socket.initialise()
        await socket.subscribe("1", BOOKED, id=id_)
        refused = await socket.receive()
        assert refused["payload"][0]["message"] == ended["payload"][0]["message"]

    query = "query ($id: ID!) { booking(id: $id) { status expert { id name } } }"
    for caller in (client.api, expert.api, deployment.admin):
        assert (await caller.ask(query, id=booking["id"]))["booking"] == {
            "status": "CONFIRMED",
            "expert": {"id": id_, "name": "Ada Hidden"},
        }
    enabled = await deployment.update(id_, disabled=False)
    assert enabled["sequence"] == disabled["sequence"] + 1
    assert (await client.api.book(free))["__typename"] == "Booking"


async def test_concurrent_bookings_precede_disabling_or_are_refused(
    deployment: Deployment, time: Time
) -> None:
    expert, client = await deployment.expert(), await deployment.person()
    assert expert.expert_id
    slots = await deployment.anonymous.slots(expert.expert_id, *time.days(4, 8))
    wanted = [client.api.book(slot["id"]) for slot in slots[:20]]
    *answers, disabled = await asyncio.gather(
        *wanted, deployment.update(expert.expert_id, disabled=True)
    )
    for answer in answers:
        if answer["__typename"] == "Booking":
            assert answer["sequence"] < disabled["sequence"]
        else:
            assert answer["__typename"] == "SlotNotOffered"
    made = sorted(answer["sequence"] for answer in answers if "sequence" in answer)
    assert [*made, disabled["sequence"]] == list(range(1, len(made) + 2))
