"""Sockets of signed-in clients: sources of the access token, and when the sockets close."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import websockets

from tests.support.clients import PATIENCE_SECONDS, Api, Socket, open_socket
from tests.support.sessions import (
    ACCESS,
    LIFETIMES,
    LOGIN,
    LOGOUT,
    REFRESH,
    short_token,
    sign_in,
)
from web.graphql.connection_parameters import MISPLACED

if TYPE_CHECKING:
    import httpx

    from auth.tokens import AccessToken

VIEWER = "{ viewer { email } }"


async def test_socket_accepts_cookies_from_its_own_origin_only(api: Api, email: str) -> None:
    session = await sign_in(api, email)
    address = api.url.replace("http", "ws", 1) + "/graphql"
    cookie = {"Cookie": f"{ACCESS}={session['accessToken']}"}
    protocol = [websockets.Subprotocol("graphql-transport-ws")]
    for origin, seen in ((api.url, {"email": email}), (None, None)):
        async with websockets.connect(
            address,
            subprotocols=protocol,
            additional_headers=cookie,
            origin=None if origin is None else websockets.Origin(origin),
            open_timeout=PATIENCE_SECONDS,
        ) as connection:
            socket = Socket(connection)
            await socket.initialise()
            await socket.subscribe("1", VIEWER)
            assert (await socket.receive())["payload"]["data"]["viewer"] == seen
    with pytest.raises(websockets.InvalidStatus) as refused:
        async with websockets.connect(
            address,
            subprotocols=protocol,
            origin=websockets.Origin("https://evil.example"),
            open_timeout=PATIENCE_SECONDS,
        ):
            pass
    assert refused.value.response.status_code == 403


async def test_invalid_token_closes_the_socket_as_forbidden(api: Api) -> None:
    async with open_socket(api.url) as socket:
        await socket.send(type="connection_init", payload={"Authorization": "Bearer nonsense"})
        assert await socket.close_code() == 4403


@pytest.mark.parametrize("origin", [None, "page"])
async def test_token_in_the_upgrade_request_is_accepted_except_from_browsers(
    api: Api, email: str, origin: str | None
) -> None:
    token = (await sign_in(api, email))["accessToken"]
    async with websockets.connect(
        api.url.replace("http", "ws", 1) + "/graphql",
        subprotocols=[websockets.Subprotocol("graphql-transport-ws")],
        additional_headers={"Authorization": f"Bearer {token}"},
        origin=websockets.Origin(api.url) if origin else None,
        open_timeout=PATIENCE_SECONDS,
    ) as connection:
        socket = Socket(connection)
        if origin:
            await socket.send(type="connection_init")
            assert await socket.close_code() == 4403
            assert connection.close_reason == "Send the token in the payload of connection_init."
        else:
            await socket.initialise()
            await socket.subscribe("1", VIEWER)
            assert (await socket.receive())["payload"]["data"] == {"viewer": {"email": email}}


@pytest.mark.parametrize(
    "payload",
    [
        '{"Authorization": "Bearer TOKEN"}',
        '{"authorization": ["Bearer TOKEN"]}',
        '{"headers": {"authorization": "Bearer TOKEN"}}',
        '{"headers": [["Authorization", "Bearer TOKEN"], ["x", 1]]}',
        '{"context": {"headers": {"Authorization": "Bearer TOKEN"}}}',
        '{"authToken": "TOKEN"}',
        '{"authToken": "Bearer TOKEN"}',
        '{"token": "TOKEN", "authorization": ""}',
        '{"access_token": "TOKEN"}',
        '{"accessToken": "TOKEN", "headers": null}',
    ],
)
async def test_token_is_found_in_all_common_fields_of_the_connection_parameters(
    api: Api, email: str, payload: str
) -> None:
    token = (await sign_in(api, email))["accessToken"]
    async with open_socket(api.url) as socket:
        await socket.send(
            type="connection_init", payload=json.loads(payload.replace("TOKEN", token))
        )
        assert (await socket.receive())["type"] == "connection_ack"
        await socket.subscribe("1", VIEWER)
        assert (await socket.receive())["payload"]["data"] == {"viewer": {"email": email}}


@pytest.mark.parametrize(
    "payload",
    [
        {"jwt": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln"},
        {"connectionParams": {"authorization": "Bearer x"}},
        {"headers": [{"name": "authorization", "value": "Bearer x"}]},
        {"authorization": ["Bearer x", "Bearer y"]},
    ],
)
async def test_misplaced_token_closes_the_socket_with_a_hint(
    api: Api, payload: dict[str, Any]
) -> None:
    """If the token were ignored, the client would be anonymous without knowing why."""
    async with open_socket(api.url) as socket:
        await socket.send(type="connection_init", payload=payload)
        assert await socket.close_code() == 4403
        assert socket.connection.close_reason == MISPLACED


@pytest.mark.parametrize(
    "payload",
    [
        {"authToken": "", "token": None, "authorization": ""},
        {"authToken": "Bearer ", "authorization": "Bearer "},
        {"headers": {"Authorization": "bearer"}},
        {"clientName": "Bearer", "headers": [], "context": {"headers": 1}},
        {"headers": {"apollographql-client-version": "1.2.3"}},
    ],
)
async def test_client_without_a_token_in_its_connection_parameters_is_anonymous(
    api: Api, payload: dict[str, Any]
) -> None:
    async with open_socket(api.url) as socket:
        await socket.send(type="connection_init", payload=payload)
        assert (await socket.receive())["type"] == "connection_ack"
        query = {"query": "{ viewer { email } }", "variables": "", "extensions": ""}
        await socket.send(type="subscribe", id="1", payload=query)
        assert (await socket.receive())["payload"]["data"] == {"viewer": None}


async def test_stale_access_token_is_ignored_by_login_refresh_and_logout(
    api: Api, email: str
) -> None:
    session = await sign_in(api, email)
    stale = api.signed_in("stale")
    assert (await stale.ask(LOGIN, email=email))["login"]["__typename"] == "SignedIn"
    answer = await stale.ask(REFRESH, token=session["refreshToken"])
    assert answer["refreshSession"]["__typename"] == "SignedIn"
    assert await stale.ask(LOGOUT) == {"logout": False}
    assert await stale.error_code(VIEWER) == "UNAUTHENTICATED"
    both = f"query {VIEWER[:-1]} __typename }}"
    assert await stale.error_code(both) == "UNAUTHENTICATED"


async def test_stale_access_token_is_ignored_by_session_mutations_in_fragments(
    api: Api,
) -> None:
    stale = api.signed_in("stale")
    inline = "mutation { ... on Mutation { ... @include(if: true) { logout } } }"
    assert await stale.ask(inline) == {"logout": False}
    spread = "mutation { ...Outer ...Inner } fragment Inner on Mutation { logout }"
    nested = f"{spread} fragment Outer on Mutation {{ __typename ...Inner }}"
    assert await stale.ask(nested) == {"__typename": "Mutation", "logout": False}
    other = "query { ...Viewer } fragment Viewer on Query { __typename viewer { email } }"
    assert await stale.error_code(other) == "UNAUTHENTICATED"


async def test_socket_closes_when_its_token_expires(
    prompt: str, http: httpx.AsyncClient, email: str
) -> None:
    api = Api(http, prompt)
    session = await sign_in(api, email)
    for seconds in LIFETIMES:
        short = short_token(session, seconds)
        async with open_socket(prompt) as socket:
            seen = await viewer_seen(socket, short)
            code = await socket.close_code()
        if seen:
            break
    assert (seen, code) == ({"email": email}, 4403)
    assert await api.signed_in(short.token).error_code(VIEWER) == "UNAUTHENTICATED"


async def viewer_seen(socket: Socket, short: AccessToken) -> dict[str, Any] | None:
    """Return the token's viewer, or None if the socket closes before the response."""
    try:
        await socket.initialise(short.token)
        await socket.subscribe("1", VIEWER)
        viewer: dict[str, Any] = (await socket.receive())["payload"]["data"]["viewer"]
        assert await socket.receive() == {"id": "1", "type": "complete"}
    except websockets.ConnectionClosed:
        return None
    return viewer
