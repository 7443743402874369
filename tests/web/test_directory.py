"""Directory entries: validation, permissions and disabled experts."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from tests.clients import open_socket
from tests.offices import LISTED, UNKNOWN, Office, first_slot, hours, offer, paths

if TYPE_CHECKING:
    from tests.conftest import Time

SHOWN = """query ($id: ID!, $slug: String!) {
  expert(id: $id) { id } expertBySlug(slug: $slug) { id } node(id: $id) { id } }"""
NEXT = "query ($id: ID!) { expert(id: $id) { nextSlot { id } cursor sequence timeZone } }"
BOOKED = """subscription ($id: ID!, $after: String) {
  slotBooked(expertId: $id, after: $after) { sequence } }"""


BAD: list[tuple[dict[str, Any], list[str]]] = [
    ({"userId": "nonsense"}, ["userId"]),
    ({"userId": UNKNOWN["User"]}, ["userId"]),
    ({"userId": UNKNOWN["Expert"]}, ["userId"]),
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
    ({"weekly": [hours("MONDAY", "24:00", "08:00")]}, ["weekly.0.to"]),
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
async def test_invalid_new_expert_is_refused_with_the_path(
    office: Office, wrong: dict[str, Any], expected: list[str]
) -> None:
    person = await office.person("Nobody Listed")
    wanted = {"userId": person.id, **wrong}
    assert paths(await office.create(wanted.pop("userId"), **wanted)) == expected
    assert (await office.nobody.ask(LISTED, search="nobody listed"))["experts"]["nodes"] == []
    assert (await person.api.ask("{ viewer { role } }"))["viewer"] == {"role": "CLIENT"}


async def test_all_problems_are_reported_together(office: Office) -> None:
    wrong: dict[str, Any] = {
        "title": "",
        "bio": "x" * 2001,
        "experienceYears": 99,
        "languages": [""],
        "hourlyRate": {"amount": -1, "currency": "XXX"},
        "offers": [offer(7, -1, "XXX")],
        "weekly": [hours("SUNDAY", "10:00", "09:59")],
    }
    assert paths(await office.create("nonsense", **wrong)) == [
        *("userId", "title", "bio", "experienceYears", "languages.0"),
        *("hourlyRate.amount", "hourlyRate.currency"),
        *("offers.0.minutes", "offers.0.price.amount", "offers.0.price.currency"),
        "weekly.0.to",
    ]


async def test_adjacent_or_empty_hours_are_accepted(office: Office) -> None:
    person = await office.person()
    touching = [hours("FRIDAY", "12:00", "24:00"), hours("FRIDAY", "00:00", "12:00")]
    made = await office.create(person.id, weekly=touching)
    assert made["availability"]["weekly"] == [touching[1], touching[0]]
    assert (await office.create((await office.person()).id, weekly=[]))["__typename"] == "Expert"


async def test_expert_changes_own_entry_and_search_finds_the_change(office: Office) -> None:
    expert = await office.expert("Sophie Germain")
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
    answer = await office.update(expert.expert_id, expert.api, **changed)
    assert {name: answer[name] for name in changed} == changed
    assert (answer["slug"], answer["sequence"]) == ("sophie-germain", 0)
    for search, found in (("leblanc latin", [{"id": expert.expert_id}]), ("germain", [])):
        listed = (await office.nobody.ask(LISTED, search=search))["experts"]["nodes"]
        assert listed == found
    assert (await office.update(expert.expert_id, expert.api)) == answer
    assert (await expert.api.ask("{ viewer { name } }"))["viewer"] == {"name": "Sophie Germain"}


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        ({"name": " ", "title": "", "languages": []}, ["name", "title", "languages"]),
        ({"bio": "x" * 2001, "experienceYears": 81}, ["bio", "experienceYears"]),
        (
            {"hourlyRate": {"amount": -5, "currency": "EUR"}, "disabled": True},
            ["hourlyRate.amount"],
        ),
    ],
)
async def test_invalid_entry_change_is_refused_and_changes_nothing(
    office: Office, wrong: dict[str, Any], expected: list[str]
) -> None:
    expert = await office.expert()
    assert expert.expert_id
    before = await office.update(expert.expert_id)
    assert paths(await office.update(expert.expert_id, **wrong)) == expected
    assert await office.update(expert.expert_id) == before


async def test_only_the_expert_and_administrators_can_change_an_entry(office: Office) -> None:
    expert, other, client = await office.expert(), await office.expert(), await office.person()
    assert expert.expert_id
    before = await office.update(expert.expert_id)
    for by in (other.api, client.api):
        refused = await office.update(expert.expert_id, by, title="Mine")
        assert refused["code"] == "NOT_ALLOWED"
        assert await office.update(UNKNOWN["Expert"], by, title="Mine") == refused
    for disabled in (True, False):
        answer = await office.update(expert.expert_id, expert.api, title="New", disabled=disabled)
        assert answer["code"] == "NOT_ALLOWED"
    for id_ in (UNKNOWN["Expert"], UNKNOWN["User"], "nonsense"):
        assert (await office.update(id_, title="Nobody"))["code"] == "NOT_ALLOWED"
    assert await office.update(expert.expert_id) == before


async def test_time_zone_change_is_an_event_of_the_calendar(office: Office, time: Time) -> None:
    expert, client = await office.expert(), await office.person()
    assert expert.expert_id
    booking = await client.api.book(await first_slot(office, expert.expert_id, time))
    answer = await office.update(expert.expert_id, expert.api, timeZone="Asia/Kathmandu")
    assert (answer["timeZone"], answer["sequence"]) == ("Asia/Kathmandu", booking["sequence"] + 1)
    again = await office.update(expert.expert_id, expert.api, timeZone="Asia/Kathmandu")
    assert again["sequence"] == answer["sequence"]
    next_ = await client.api.book(await first_slot(office, expert.expert_id, time))
    assert next_["sequence"] == answer["sequence"] + 1
    kept = "query ($id: ID!) { booking(id: $id) { status startsAt } }"
    assert (await client.api.ask(kept, id=booking["id"]))["booking"] == {
        "status": "CONFIRMED",
        "startsAt": booking["startsAt"],
    }


async def test_disabled_expert_is_hidden_and_unbookable_but_keeps_existing_bookings(
    office: Office, time: Time
) -> None:
    expert, client = await office.expert("Ada Hidden"), await office.person()
    id_ = expert.expert_id
    assert id_
    cursor = (await office.nobody.ask(NEXT, id=id_))["expert"]["cursor"]
    booking = await client.api.book(await first_slot(office, id_, time))
    free = await first_slot(office, id_, time)
    async with open_socket(office.nobody.url) as socket:
        await socket.initialise()
        await socket.subscribe("1", BOOKED, id=id_, after=cursor)
        # The subscription is live once it has replayed the missed event.
        assert (await socket.event("slotBooked"))["sequence"] == booking["sequence"]
        disabled = await office.update(id_, disabled=True)
        assert await socket.is_quiet()
    assert disabled["sequence"] == booking["sequence"] + 1
    everything = {"id": id_, "slug": disabled["slug"]}
    for by in (office.nobody, client.api):
        hidden = await by.ask(SHOWN, **everything)
        assert hidden == {"expert": None, "expertBySlug": None, "node": None}
        assert await by.ask("query ($id: ID!) { node(id: $id) { id } }", id=free) == {"node": None}
    for by in (expert.api, office.admin):
        seen = await by.ask(SHOWN, **everything)
        assert {found["id"] for found in seen.values()} == {id_}
        assert (await by.ask(NEXT, id=id_))["expert"]["nextSlot"] is None
        assert (await by.ask("{ bookings { nodes { id } } }"))["bookings"]["nodes"][0]["id"]
        assert (await by.book(free))["__typename"] == "SlotNotOffered"
    listed = (await office.nobody.ask(LISTED, search="hidden"))["experts"]["nodes"]
    assert listed == []
    refused = await client.api.book(free)
    assert (refused["__typename"], refused["slotId"]) == ("SlotNotOffered", free)
    async with open_socket(office.nobody.url) as socket:
        await socket.initialise()
        await socket.subscribe("1", BOOKED, id=id_)
        error = (await socket.receive())["payload"][0]
        assert error["extensions"]["code"] == "BAD_USER_INPUT"

    kept = "query ($id: ID!) { booking(id: $id) { status expert { id name } } }"
    for by in (client.api, expert.api, office.admin):
        assert (await by.ask(kept, id=booking["id"]))["booking"] == {
            "status": "CONFIRMED",
            "expert": {"id": id_, "name": "Ada Hidden"},
        }
    enabled = await office.update(id_, disabled=False)
    assert enabled["sequence"] == disabled["sequence"] + 1
    assert (await client.api.book(free))["__typename"] == "Booking"


async def test_concurrent_bookings_precede_disabling_or_are_refused(
    office: Office, time: Time
) -> None:
    expert, client = await office.expert(), await office.person()
    assert expert.expert_id
    slots = await office.nobody.slots(expert.expert_id, *time.days(4, 8))
    wanted = [client.api.book(slot["id"]) for slot in slots[:20]]
    *answers, disabled = await asyncio.gather(
        *wanted, office.update(expert.expert_id, disabled=True)
    )
    for answer in answers:
        if answer["__typename"] == "Booking":
            assert answer["sequence"] < disabled["sequence"]
        else:
            assert answer["__typename"] == "SlotNotOffered"
    made = sorted(answer["sequence"] for answer in answers if "sequence" in answer)
    assert [*made, disabled["sequence"]] == list(range(1, len(made) + 2))
