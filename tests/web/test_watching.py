"""Subscriptions to an expert's calendar, over real sockets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.support.booking_operations import BOOKED, open_slots, state
from tests.support.clients import Api, open_socket

if TYPE_CHECKING:
    from tests.support.spans import Time

Expert = dict[str, Any]


async def test_subscriber_that_resumes_from_its_cursor_gets_missed_events(
    api: Api, experts: list[Expert], time: Time
) -> None:
    client, expert = await api.new_client(), experts[7]
    slots = await open_slots(api, expert, time)
    cursor, _ = await state(api, expert, time)
    missed = [await client.book(slot["id"]) for slot in slots[:5]]
    async with open_socket(api.url) as socket:
        await socket.initialise()
        await socket.subscribe("1", BOOKED, id=expert["id"], after=cursor)
        seen = [await socket.event("slotBooked") for _ in missed]
        live = await client.book(slots[5]["id"])
        seen.append(await socket.event("slotBooked"))
        assert await socket.is_quiet()
    assert [event["sequence"] for event in seen] == [b["sequence"] for b in [*missed, live]]
    assert [event["slot"]["id"] for event in seen] == [slot["id"] for slot in slots[:6]]


@pytest.mark.parametrize(
    ("expert_id", "after", "code"),
    [
        ("RXhwZXJ0OjAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMA", None, "BAD_USER_INPUT"),
        ("nonsense", None, "BAD_USER_INPUT"),
        (None, "nonsense", "BAD_USER_INPUT"),
        (None, "another", "BAD_USER_INPUT"),
    ],
)
async def test_invalid_cursor_or_expert_is_refused_and_the_socket_stays_open(
    api: Api,
    experts: list[Expert],
    time: Time,
    expert_id: str | None,
    after: str | None,
    code: str,
) -> None:
    if after == "another":
        after, _ = await state(api, experts[8], time)
    async with open_socket(api.url) as socket:
        await socket.initialise()
        await socket.subscribe("1", BOOKED, id=expert_id or experts[9]["id"], after=after)
        refused = await socket.receive()
        assert (refused["type"], refused["id"]) == ("error", "1")
        assert refused["payload"][0]["extensions"]["code"] == code
        await socket.send(type="ping")
        assert await socket.receive() == {"type": "pong"}
