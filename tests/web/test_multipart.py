"""Subscriptions over Apollo's multipart protocol.

https://www.apollographql.com/docs/graphos/routing/operations/subscriptions/multipart-protocol
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.support.booking_operations import BOOKED, open_slots, state
from tests.support.clients import Api
from tests.support.multipart_streams import HEARTBEAT, Parts, parts
from tests.support.sessions import LIFETIMES, short_token, sign_in

if TYPE_CHECKING:
    import httpx

    from tests.support.spans import Time

WATCH = "subscription ($id: ID!) { slotBooked(expertId: $id) { cursor sequence } }"
OWN = "subscription { bookingChanged { id status } }"


async def test_each_event_is_a_part_with_a_payload(
    api: Api, experts: list[dict[str, Any]], time: Time
) -> None:
    client, expert = await api.new_client(), experts[4]
    slots = await open_slots(api, expert, time)
    cursor, _ = await state(api, expert, time)
    booked = await client.book(slots[0]["id"])
    async with parts(api, BOOKED, id=expert["id"], after=cursor) as stream:
        assert stream.response.headers["cache-control"] == "no-store"
        assert await stream.part() == HEARTBEAT
        missed = await stream.message()
        live = await client.book(slots[1]["id"])
        event = await stream.message()
    for message, booking in ((missed, booked), (event, live)):
        assert message
        assert set(message) == {"payload"}
        assert message["payload"]["data"]["slotBooked"]["sequence"] == booking["sequence"]


async def test_a_subscription_that_cannot_start_ends_with_transport_errors(api: Api) -> None:
    async with parts(api, WATCH, id="nonsense") as stream:
        _, code = await last_error(stream)
        assert code == "BAD_USER_INPUT"


async def test_other_requests_get_json_responses(api: Api) -> None:
    async with parts(api, "{ __typename }") as answer:
        assert answer.response.json()["data"] == {"__typename": "Query"}
        assert answer.response.headers["content-type"].startswith("application/json")
    async with parts(api, "subscription { nonsense }") as answer:
        [error] = answer.response.json()["errors"]
        assert error["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"
    async with parts(api.signed_in("nonsense"), OWN) as answer:
        assert answer.response.status_code == 401


@pytest.mark.parametrize("accept", ["multipart/mixed", "multipart/mixed;deferSpec=20220824, */*"])
async def test_other_multipart_protocols_do_not_start_subscriptions(api: Api, accept: str) -> None:
    async with parts(api, WATCH, {"accept": accept}, id="nonsense") as answer:
        assert answer.response.status_code == (400 if "*/*" in accept else 406)


async def test_the_end_of_the_session_is_a_transport_error(
    eager: str, http: httpx.AsyncClient
) -> None:
    api = Api(http, eager)
    session = await sign_in(api, "multipart-end@example.com")
    client = api.signed_in(session["accessToken"])
    async with parts(client, OWN) as stream:
        assert [await stream.part() for _ in range(3)] == [HEARTBEAT] * 3
        assert await client.ask("mutation { logout(everywhere: true) }") == {"logout": True}
        assert await last_error(stream) == ("The session has ended.", "UNAUTHENTICATED")


async def test_the_expiry_of_the_access_token_is_a_transport_error(
    eager: str, http: httpx.AsyncClient
) -> None:
    """After this error, Apollo Client's RetryLink retries with a new access token."""
    api = Api(http, eager)
    session = await sign_in(api, "multipart-short@example.com")
    for seconds in LIFETIMES:
        async with parts(api.signed_in(short_token(session, seconds).token), OWN) as stream:
            if stream.response.status_code == 401:
                continue  # the token expired before the request was read
            assert await stream.part() == HEARTBEAT
            assert await last_error(stream) == ("The access token has expired.", "UNAUTHENTICATED")
            break
    else:
        pytest.fail(f"a token expired unused after {LIFETIMES[-1]} seconds")


async def last_error(stream: Parts) -> tuple[str, str]:
    """Return the transport error's message and error code; check that it ends the response."""
    message = await stream.message()
    assert message
    [error] = message.pop("errors")
    assert message == {"payload": None}
    assert {"path", "locations"}.isdisjoint(error)
    assert (await stream.message(), stream.is_closed) == (None, True)
    return error["message"], error["extensions"]["code"]
