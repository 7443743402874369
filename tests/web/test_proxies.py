"""Clients' network addresses behind trusted proxies, and forged forwarding headers."""

from __future__ import annotations

import asyncio
import re
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.forked_program import Patch
from tests.support.raw_http import INITIALISE, QUERY, connect, handshake, request, send_raw
from tests.support.servers import await_ready, start_program
from web.edge.addresses import ForwardedClients, TrustedProxies, address_key
from web.graphql.sockets import MAX_SOCKETS_PER_ADDRESS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.types import Message, Receive, Scope, Send

NETWORKS = ["10.0.0.0/8", "2001:db8:aaaa::/48"]
CLIENT = "203.0.113.7"
LONG_TIMEOUTS = """
import web.edge.http_protocol
import web.graphql.socket
import web.serving
web.edge.http_protocol.HEAD_SECONDS = web.graphql.socket.INIT_SECONDS = 600.0
web.serving.PONG_SECONDS = 600
"""
"""Patch for a server whose timeouts do not expire while a test opens many WebSockets."""

LOGIN = (
    b'{"query": "mutation { login(input: {email: \\"client@example.com\\", '
    b'password: \\"expertbook-demo\\"}) { __typename } }"}'
)


@pytest.fixture(scope="module")
def proxied(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """URL of a server that trusts 127.0.0.1 as a proxy and limits connections."""
    folder = tmp_path_factory.mktemp("proxied")
    settings = {"trusted_proxies": "127.0.0.1, 10.0.0.0/8", "allowed_hosts": "book.example"}
    with start_program(folder, Patch(LONG_TIMEOUTS), experts=1, **settings) as program:
        await_ready(program.process, program.address)
        yield program.address


async def forwarded_scope(peer: str | None, *headers: tuple[str, str], kind: str = "http") -> Scope:
    """Return the ASGI scope that the application gets for a request from a peer."""
    raw_headers = [
        (b"host", b"own.example"),
        *((n.encode(), v.encode("latin-1")) for n, v in headers),
    ]
    scope: dict[str, Any] = {
        "type": kind,
        "scheme": "ws" if kind == "websocket" else "http",
        "client": None if peer is None else (peer, 4711),
        "headers": raw_headers,
    }
    scopes: list[Scope] = []

    async def app(scope: Scope, _receive: Receive, _send: Send) -> None:
        scopes.append(scope)

    async def receive() -> Message:
        raise NotImplementedError

    async def send(_message: Message) -> None:
        raise NotImplementedError

    await ForwardedClients(app, TrustedProxies(NETWORKS))(scope, receive, send)
    [forwarded] = scopes
    return forwarded


@pytest.mark.parametrize(
    ("values", "client"),
    [
        (["203.0.113.7"], CLIENT),
        ([" 203.0.113.7 "], CLIENT),
        (["203.0.113.7:4711"], CLIENT),
        (["::ffff:203.0.113.7"], "::ffff:203.0.113.7"),
        (["2001:db8::7"], "2001:db8::7"),
        (["[2001:db8::7]"], "2001:db8::7"),
        (["[2001:DB8::7]:4711"], "2001:DB8::7"),
        (["203.0.113.7, 10.0.0.2"], CLIENT),
        (["203.0.113.7, 10.0.0.2, 10.0.0.3:80, ::ffff:10.0.0.4"], CLIENT),
        (["203.0.113.7, 2001:db8:aaaa::1"], CLIENT),
        (["198.51.100.1, 203.0.113.7"], CLIENT),
        (["10.0.0.9, 203.0.113.7, 10.0.0.2"], CLIENT),
        (["198.51.100.1", "203.0.113.7", "10.0.0.2"], CLIENT),
        (["nonsense, 203.0.113.7"], CLIENT),
        ([", ,203.0.113.7,, "], "10.0.0.1"),
        (["unknown, 10.0.0.2"], "unknown"),
        (["203.0.113.7, nonsense, 10.0.0.2"], "nonsense"),
        ([""], "10.0.0.1"),
        ([" , "], "10.0.0.1"),
        (["10.0.0.3, 10.0.0.2"], "10.0.0.3"),
        ([", ".join(["10.0.0.2"] * 3000)], "10.0.0.2"),
    ],
)
@pytest.mark.parametrize("kind", ["http", "websocket"])
async def test_the_clients_address_is_the_last_untrusted_address(
    values: list[str], client: str, kind: str
) -> None:
    """The client may have forged any addresses to the left of the last untrusted address."""
    scope = await forwarded_scope(
        "10.0.0.1", *(("x-forwarded-for", value) for value in values), kind=kind
    )
    assert scope["client"][0] == client


@pytest.mark.parametrize("peer", ["203.0.113.9", "2001:db8:aaab::1", "nonsense", None])
async def test_headers_from_untrusted_peers_are_ignored(peer: str | None) -> None:
    """A peer on a Unix socket has no network address, and is not trusted, either."""
    scope = await forwarded_scope(
        peer,
        ("x-forwarded-for", CLIENT),
        ("x-forwarded-proto", "https"),
        ("x-forwarded-host", "evil.example"),
    )
    assert scope["client"] == (None if peer is None else (peer, 4711))
    assert scope["scheme"] == "http"
    assert scope["headers"][0] == (b"host", b"own.example")


@pytest.mark.parametrize("peer", ["10.255.0.1", "::ffff:10.0.0.1", "2001:db8:aaaa:1::1"])
async def test_proxies_are_trusted_by_network(peer: str) -> None:
    scope = await forwarded_scope(peer, ("x-forwarded-for", CLIENT))
    assert scope["client"][0] == CLIENT


@pytest.mark.parametrize(
    ("values", "scheme"),
    [
        (["https"], "https"),
        (["http"], "http"),
        (["https", "http"], "http"),
        (["gopher"], "http"),
        ([""], "http"),
    ],
)
async def test_the_scheme_is_the_one_given_by_the_nearest_proxy(
    values: list[str], scheme: str
) -> None:
    headers = [("x-forwarded-proto", value) for value in values]
    assert (await forwarded_scope("10.0.0.1", *headers))["scheme"] == scheme
    socket = await forwarded_scope("10.0.0.1", *headers, kind="websocket")
    assert socket["scheme"] == scheme.replace("http", "ws")


async def test_the_host_is_the_one_given_by_the_nearest_proxy() -> None:
    scope = await forwarded_scope("10.0.0.1", ("x-forwarded-host", "evil.example, book.example"))
    hosts = [value for name, value in scope["headers"] if name == b"host"]
    assert hosts == [b"book.example"]


@pytest.mark.parametrize("network", ["10.0.0.0/33", "10.0.0.1/8", "proxy.example", "*"])
def test_trusted_proxies_must_be_networks(network: str) -> None:
    """Uvicorn itself accepts any text, and trusts every peer if the text is `*`."""
    with pytest.raises(ValueError, match=re.escape(network)):
        TrustedProxies([network])


@pytest.mark.parametrize(
    ("host", "counted"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::", "2001:db8:1:3::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("unknown", ""),
        ("x" * 5_000, ""),
    ],
)
def test_ipv6_addresses_are_counted_per_network(host: str, counted: str) -> None:
    assert address_key(host) == counted


async def test_cookies_are_secure_when_the_proxy_terminates_tls(proxied: str) -> None:
    """HSTS is sent as well. Forwarded hosts must be allowed, and forged headers are ignored."""
    login = ("X-Session: cookie", "X-Forwarded-For: 203.0.113.7")
    for proto, is_secure in (("https", True), ("http", False)):
        headers = (*login, f"X-Forwarded-Proto: {proto}", "X-Forwarded-Host: book.example")
        answer = await send_raw(proxied, request("POST", "/graphql", *headers, body=LOGIN))
        assert answer.status == 200
        assert ("__Host-expertbook-access" in answer.headers["set-cookie"]) is is_secure
        assert ("; Secure" in answer.headers["set-cookie"]) is is_secure
        assert ("strict-transport-security" in answer.headers) is is_secure
    other = request("POST", "/graphql", "X-Forwarded-Host: evil.example", body=QUERY)
    assert (await send_raw(proxied, other)).status == 421
    unproxied = request("POST", "/graphql", *login, "X-Forwarded-Proto: https", body=LOGIN)
    spoofed = unproxied.replace(b"Host: 127.0.0.1", b"Host: book.example")
    answer = await send_raw(proxied, spoofed, source="127.0.0.2")
    assert (answer.status, "Secure" in answer.headers["set-cookie"]) == (200, False)


async def test_connections_through_a_proxy_are_limited_per_client(proxied: str) -> None:
    """The proxy's own connections are not limited."""
    async with AsyncExitStack() as stack:

        async def status(chain: str, source: str = "") -> int:
            connection = await stack.enter_async_context(connect(proxied, source))
            await connection.send(
                handshake("GET", f"X-Forwarded-For: {chain}", host="book.example")
            )
            status = (await connection.read_response()).status
            if status == 101:
                await connection.send(INITIALISE)
            return status

        async def statuses(chain: str) -> set[int]:
            return {*await asyncio.gather(*(status(chain) for _ in range(MAX_SOCKETS_PER_ADDRESS)))}

        assert await statuses(CLIENT) == {101}
        assert await status(CLIENT) == 429
        assert await status(f"198.51.100.1, {CLIENT}, 10.0.0.2") == 429
        assert await status("203.0.113.8") == 101
        assert await statuses("2001:db8:1:2::1") == {101}
        assert await status("2001:db8:1:2:ffff::9") == 429
        assert await status("2001:db8:1:3::1") == 101
        assert await status(CLIENT, source="127.0.0.2") == 101
