"""Search in lists of bookings, by reference, name and e-mail address."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.support.clients import CONTACT
from tests.support.practices import Practice, london_date

if TYPE_CHECKING:
    from tests.support.clients import Api
    from tests.support.deployments import Deployment

FOUND = """query ($filter: BookingFilter, $after: String, $first: Int) {
  bookings(filter: $filter, first: $first, after: $after) {
    totalCount pageInfo { endCursor hasNextPage } nodes { id reference } } }"""


@pytest.fixture(scope="module")
async def booked(deployment: Deployment) -> dict[str, Any]:
    """Two experts, two days, and booking references, which are keyed by the client's short name."""
    first = await Practice.create(deployment)
    other = Practice(deployment, expert := await deployment.expert("Zenobia Quill"), "")
    other.id = str(expert.expert_id)
    # Read the dates once, because midnight may pass between the tests.
    day, next_day = (london_date(days) for days in (5, 6))
    made: dict[str, Any] = {"practice": first, "other": other, "day": day, "next day": next_day}
    people = {
        "lukasz": ("Łukasz Wałęsa", "lukasz.walesa@gdansk.example"),
        "mary": ("Mary-Ann O'Neil", "mary@example.org"),
        "mary 2": ("Mary Anning", "anning@fóssils.example"),
    }
    for hour, (key, (name, email)) in enumerate(people.items(), 9):
        client = await deployment.person()
        slot = await first.slot(day, f"{hour:02}:00")
        contact = {**CONTACT, "name": name, "email": email}
        made[key] = await reference(deployment, await client.api.book(slot, contact=contact))
    client = await deployment.person()
    slot = await other.slot(next_day, "10:00")
    contact = {**CONTACT, "name": "Mary Shelley", "email": "shelley@example.org"}
    made["elsewhere"] = await reference(deployment, await client.api.book(slot, contact=contact))
    return made


async def reference(deployment: Deployment, booking: dict[str, Any]) -> str:
    """Return the reference of a booking."""
    query = "query ($id: ID!) { booking(id: $id) { reference } }"
    found = await deployment.admin.ask(query, id=booking["id"])
    return str(found["booking"]["reference"])


async def search(api: Api, text: str, **conditions: Any) -> set[str]:
    """Return the references that a search finds."""
    wanted = {"search": text, **conditions}
    found = (await api.ask(FOUND, filter=wanted))["bookings"]
    assert found["totalCount"] == len(found["nodes"])
    return {node["reference"] for node in found["nodes"]}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("lukasz", {"lukasz"}),
        ("WAŁĘSA łuk", {"lukasz"}),
        ("mary", {"mary", "mary 2"}),
        ("mary oneil", {"mary"}),
        ("lukasz.walesa@gdansk.example", {"lukasz"}),
        ("fossils", {"mary 2"}),
        ("anning@xn--fssils-bxa.example", {"mary 2"}),
        ("mary lukasz", set()),
        ("?!", set()),
        ("shelley", set()),
        ("zenobia", set()),
    ],
)
async def test_experts_search_only_their_own_calendar(
    booked: dict[str, Any], text: str, expected: set[str]
) -> None:
    found = await search(booked["practice"].expert.api, text)
    assert found == {booked[key] for key in expected}


async def test_a_reference_is_found_in_any_spelling(booked: dict[str, Any]) -> None:
    api, wanted = booked["practice"].expert.api, booked["lukasz"]
    for text in (wanted, wanted.lower(), wanted.replace("-", ""), wanted.replace("-", " ")):
        assert await search(api, text) == {wanted}
    assert wanted in await search(api, wanted[:4])
    assert await search(api, booked["elsewhere"]) == set()


async def test_an_administrator_finds_bookings_by_client_and_by_expert(
    deployment: Deployment, booked: dict[str, Any]
) -> None:
    admin, practice, other = deployment.admin, booked["practice"], booked["other"]
    assert await search(admin, "lukasz walesa") == {booked["lukasz"]}
    assert await search(admin, "Zenobia Quill") == {booked["elsewhere"]}
    assert await search(admin, "shelley", expertId=other.id) == {booked["elsewhere"]}
    assert await search(admin, "zenobia", expertId=other.id) == {booked["elsewhere"]}
    assert await search(admin, "zenobia", expertId=practice.id) == set()
    assert await search(admin, other.expert.email) == {booked["elsewhere"]}


async def test_a_search_is_combined_with_time_and_status(booked: dict[str, Any]) -> None:
    api = booked["practice"].expert.api
    begin, end = (f"{booked[day]}T00:00:00Z" for day in ("day", "next day"))
    within = {"from": begin, "to": end}
    assert await search(api, "mary", **within) == {booked["mary"], booked["mary 2"]}
    assert await search(api, "mary", **{"from": end}) == set()
    assert await search(api, "mary", statuses=["CANCELLED"]) == set()
    assert await search(api, "mary", statuses=["CONFIRMED"], mine=False) == {
        booked["mary"],
        booked["mary 2"],
    }
    assert await search(api, "mary", mine=True) == set()
    assert len(await search(api, "  ")) == 3


async def test_pages_of_a_search_neither_repeat_nor_miss_a_booking(
    deployment: Deployment, booked: dict[str, Any]
) -> None:
    names, after = list[str](), None
    wanted = {"search": "mary", "from": f"{booked['day']}T00:00:00Z"}
    for _ in range(3):
        page = (
            await deployment.admin.ask(FOUND, filter=wanted, first=1, after=after)
        )["bookings"]  # fmt: skip
        names += [node["reference"] for node in page["nodes"]]
        after = page["pageInfo"]["endCursor"]
    assert not page["pageInfo"]["hasNextPage"]
    assert page["totalCount"] == 3
    assert names[0] == booked["elsewhere"]
    assert set(names) == {booked[key] for key in ("mary", "mary 2", "elsewhere")}


async def test_searches_are_limited_in_length_and_forbidden_for_clients(
    deployment: Deployment, booked: dict[str, Any]
) -> None:
    client, guest = await deployment.person(), await deployment.guest()
    for api in (client.api, guest.api):
        assert await api.error_code(FOUND, filter={"search": "mary"}) == "FORBIDDEN"
        assert (await api.ask(FOUND, filter={"search": ""}))["bookings"]["nodes"] == []
    expert = booked["practice"].expert.api
    for length in (201, 401):
        wanted = {"search": "x" * length}
        assert await expert.error_code(FOUND, filter=wanted) == "BAD_USER_INPUT"
