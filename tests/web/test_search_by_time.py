"""Searches for experts by free time, through the API: filters, orders, refusals and caching."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.practices import Practice, date_override, hours, london_date

if TYPE_CHECKING:
    from tests.support.clients import Api
    from tests.support.deployments import Deployment

FREE = """query Free($filter: ExpertFilter, $order: ExpertOrder, $first: Int, $after: String,
  $last: Int, $before: String) {
  experts(filter: $filter, orderBy: $order, first: $first, after: $after, last: $last,
    before: $before) {
    totalCount nodes { id nextSlot { startsAt } } pageInfo { startCursor endCursor hasNextPage }
  }
  categories(filter: $filter) { category count } }"""
SOONEST = {"field": "SOONEST", "direction": "ASC"}
AT_NINE = {"from": "T09:00:00Z", "to": "T09:15:00Z"}
FIELDS = "{ experts(filter: {available: {from: %s, to: %s}}) { nodes { id } } }"


def at_nine(day: date, **more: Any) -> dict[str, Any]:
    """Return the filter for a slot that starts at 9:00 UTC on the given day."""
    times = {name: day.isoformat() + time for name, time in AT_NINE.items()}
    return {"available": {**times, **more}}


def in_five_days() -> date:
    """Return the date five days from now, in UTC."""
    return (datetime.now(UTC) + timedelta(days=5)).date()


async def found(api: Api, **variables: Any) -> dict[str, Any]:
    """Search the directory; return the experts found and their number per category."""
    return dict(await api.ask(FREE, **variables))


def ids(answer: dict[str, Any]) -> list[str]:
    """Return the ids of the experts in a search result."""
    return [node["id"] for node in answer["experts"]["nodes"]]


async def named(deployment: Deployment, name: str) -> Practice:
    """Register an expert under a name that no other test uses."""
    expert = await deployment.expert(name)
    assert expert.expert_id
    return Practice(deployment, expert, expert.expert_id)


async def test_booked_expert_is_not_found_until_the_cancellation(deployment: Deployment) -> None:
    """Searches show changes at once, even to anonymous clients, whose other results are cached."""
    practice, client = await named(deployment, "Xanthippe Booked"), await deployment.person()
    for number in range(2):
        await named(deployment, f"Xanthippe Free {number}")
    day = in_five_days()
    slots = await practice.slots_by_start(day, 60)
    only = {"search": "xanthippe", **at_nine(day, minutes=60)}
    wanted = {"filter": only, "order": SOONEST, "first": 100}
    before = await found(deployment.anonymous, **wanted)
    assert practice.id in ids(before)
    booking = await client.api.book(slots["09:00"]["id"])
    after = await found(deployment.anonymous, **wanted)
    assert ids(after) == [id_ for id_ in ids(before) if id_ != practice.id]
    assert after["experts"]["totalCount"] == before["experts"]["totalCount"] - 1
    counts = [sum(c["count"] for c in answer["categories"]) for answer in (before, after)]
    assert counts == [answer["experts"]["totalCount"] for answer in (before, after)]
    await client.api.cancel(booking["id"])
    assert ids(await found(deployment.anonymous, **wanted)) == ids(before)


async def test_order_by_soonest_is_the_order_of_next_slots(deployment: Deployment) -> None:
    """The order is the same when paging forwards or backwards, and can be reversed.

    Each expert is open on at most one day, so that the next slots stay the same during the test.
    """
    practices = [await named(deployment, f"Quetzalcoatl {number}") for number in range(5)]
    *opened, closed = practices
    for practice, days in zip(opened, (2, 0, 1, 0), strict=True):
        hours_of_day = date_override(in_five_days() + timedelta(days=days), ("10:00", "12:00"))
        await practice.set_availability(weekly=[], overrides=[hours_of_day])
    await closed.set_availability(weekly=[])
    anonymous, only = deployment.anonymous, {"filter": {"search": "quetzalcoatl"}}
    answer = await found(anonymous, order=SOONEST, first=100, **only)
    starts = [(node["nextSlot"] or {}).get("startsAt", "9") for node in answer["experts"]["nodes"]]
    assert starts == sorted(starts)
    assert starts[-1] == "9"
    everybody = ids(answer)
    assert set(everybody) == {practice.id for practice in practices}
    assert answer["experts"]["totalCount"] == len(everybody)
    listed, info = list[str](), {"hasNextPage": True, "endCursor": None}
    while info["hasNextPage"]:
        page = await found(anonymous, order=SOONEST, first=2, after=info["endCursor"], **only)
        listed += ids(page)
        info = page["experts"]["pageInfo"]
    assert listed == everybody
    last = await found(anonymous, order=SOONEST, last=2, **only)
    assert ids(last) == everybody[-2:]
    before = last["experts"]["pageInfo"]["startCursor"]
    third = await found(anonymous, order=SOONEST, last=1, before=before, **only)
    assert ids(third) == everybody[-3:-2]
    latest = {"field": "SOONEST"}
    assert ids(await found(anonymous, order=latest, first=100, **only)) == everybody[::-1]


async def test_new_hours_are_found_at_once(deployment: Deployment) -> None:
    practice = await named(deployment, "Nebuchadnezzar Open")
    anonymous, day = practice.deployment.anonymous, in_five_days()
    only = {"search": "nebuchadnezzar", **at_nine(day, minutes=60)}
    wanted = {"filter": only, "first": 100}
    assert practice.id in ids(await found(anonymous, **wanted))
    closed = {"date": day.isoformat(), "hours": [hours("14:00", "16:00")]}
    await practice.set_availability(overrides=[closed])
    assert practice.id not in ids(await found(anonymous, **wanted))
    await practice.deployment.update(practice.id, disabled=True)
    await practice.set_availability(overrides=[])
    assert practice.id not in ids(await found(anonymous, **wanted))


@pytest.mark.parametrize(
    ("available", "message"),
    [
        ({"to": "2027-01-01T00:00:00Z"}, "filter.available.to: must be later than from"),
        ({"to": "2999-01-01T00:00:00Z"}, "filter.available.to: must be at most 62 days after from"),
        ({"minutes": 20}, "filter.available.minutes: must be a multiple of 15 from 15 to 480"),
    ],
)
async def test_invalid_times_are_refused_with_the_name_of_the_field(
    deployment: Deployment, available: dict[str, Any], message: str
) -> None:
    times = {"from": "2027-01-01T00:00:00Z", "to": "2027-01-02T00:00:00Z", **available}
    answer = await deployment.anonymous.post(FREE, filter={"available": times})
    errors = answer["errors"]
    assert {error["extensions"]["code"] for error in errors} == {"BAD_USER_INPUT"}
    assert {error["message"] for error in errors} == {message}


async def test_searches_by_time_are_not_cacheable(practice: Practice) -> None:
    """Unlike other lists of experts, these responses must not be stored by HTTP caches."""
    anonymous = practice.deployment.anonymous  # the expert is open on every day of the week
    url, http = f"{anonymous.url}/graphql", anonymous.http
    day = london_date(5).isoformat()
    query = FIELDS % (f'"{day}T00:00:00Z"', f'"{day}T23:00:00Z"')
    for text in (query, "{ experts(orderBy: {field: SOONEST}) { nodes { id } } }"):
        answer = await http.get(url, params={"query": text})
        assert answer.json()["data"]["experts"]["nodes"]
        assert answer.headers["cache-control"] == "private, no-store"
    plain = await http.get(url, params={"query": "{ experts { nodes { id } } }"})
    assert plain.headers["cache-control"].startswith("public")
