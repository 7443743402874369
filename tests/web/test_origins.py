"""CORS, cross-site requests, allowed hosts and security headers."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING

import pytest

from tests.support.raw_http import (
    PATIENCE_SECONDS,
    QUERY,
    RawResponse,
    connect,
    handshake,
    request,
    send_raw,
)
from tests.support.servers import await_ready, environment, start_program
from web.edge.headers import API_HEADERS, PAGE_POLICY
from web.edge.hosts import AllowedHosts
from web.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CLIENT, SECOND = "https://book.example", "http://localhost:5173"
EVIL = "https://evil.example"
QUERY_PATH = "/graphql?query=%7B__typename%7D"
SECRET = "a secret of these tests, longer than thirty-two bytes"


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """URL of a server that allows two client origins."""
    folder, clients = tmp_path_factory.mktemp("shared"), f"{CLIENT}, {SECOND}/"
    with start_program(folder, experts=1, throttle="off", client_url=clients) as program:
        await_ready(program.process, program.address)
        yield program.address


async def preflight(address: str, origin: str, *headers: str) -> RawResponse:
    """Send a CORS preflight request for an origin."""
    headers = ("Access-Control-Request-Method: POST", *headers)
    return await send_raw(address, request("OPTIONS", "/graphql", f"Origin: {origin}", *headers))


def cors_of(answer: RawResponse) -> dict[str, str]:
    """Return the CORS headers of a response."""
    return {k: v for k, v in answer.headers.items() if k.startswith("access-control-")}


@pytest.mark.parametrize("origin", [CLIENT, SECOND])
async def test_preflight_requests_of_client_origins_are_allowed(shared: str, origin: str) -> None:
    request_headers = "Access-Control-Request-Headers: authorization,content-type,x-session"
    answer = await preflight(shared, origin, request_headers)
    assert (answer.status, answer.body) == (204, b"")
    allowed = cors_of(answer)
    assert allowed["access-control-allow-origin"] == origin
    assert allowed["access-control-allow-credentials"] == "true"
    assert allowed["access-control-allow-methods"] == "DELETE, GET, HEAD, POST"
    names = allowed["access-control-allow-headers"].lower().split(", ")
    assert {"authorization", "content-type", "last-event-id", "x-session"} <= set(names)
    assert {"graphql-preflight", "apollo-query-hash", "newrelic", "b3", "x-b3-traceid"} <= set(
        names
    )
    assert {"traceparent", "tracestate", "x-datadog-trace-id", "x-b3-spanid"} <= set(names)
    assert len(set(names)) == len(names)
    assert allowed["access-control-max-age"] == "7200"
    assert "Origin" in answer.headers["vary"]


async def test_client_origins_may_read_responses_and_errors(shared: str) -> None:
    origin = f"Origin: {CLIENT}"
    for sent, status in (
        (request("POST", "/graphql", origin, body=QUERY), 200),
        (request("POST", "/graphql", origin, body=b"{"), 400),
        (
            request(
                "GET", QUERY_PATH, origin, "Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: cors"
            ),
            200,
        ),
        (request("GET", "/nowhere", origin), 404),
    ):
        answer = await send_raw(shared, sent)
        assert answer.status == status
        allowed = cors_of(answer)
        assert allowed["access-control-allow-origin"] == CLIENT
        assert allowed["access-control-allow-credentials"] == "true"
        exposed = set(allowed["access-control-expose-headers"].split(", "))
        assert {"ETag", "RateLimit", "Retry-After", "X-Request-Id"} <= exposed
        assert "Origin" in answer.headers["vary"]


@pytest.mark.parametrize(
    "origin",
    [
        EVIL,
        "null",
        "https://book.example.evil.example",
        "https://evilbook.example",
        "https://book.example:444",
        "http://book.example",
        "HTTPS://BOOK.EXAMPLE",
        "https://book.example/",
        "*",
        "http://[",
    ],
)
async def test_other_origins_get_no_cors_headers(shared: str, origin: str) -> None:
    """`Vary: Origin` is present, so that caches keep the responses to different origins apart."""
    preflighted = await preflight(shared, origin, "Access-Control-Request-Headers: content-type")
    posted = await send_raw(shared, request("POST", "/graphql", f"Origin: {origin}", body=QUERY))
    for answer in (preflighted, posted):
        assert cors_of(answer) == {}
        assert "Origin" in answer.headers["vary"]
    assert "Origin" in (await send_raw(shared, request("GET", QUERY_PATH))).headers["vary"]


async def test_no_cors_headers_without_client_origins(server: str) -> None:
    for origin in (EVIL, server, "null"):
        assert cors_of(await preflight(server, origin)) == {}


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", ""])
async def test_form_media_types_are_refused(shared: str, content_type: str) -> None:
    """Browsers send these media types to other origins without a CORS preflight."""
    lines = (f"Content-Type: {content_type}", f"Content-Length: {len(QUERY)}")
    sent = request("POST", "/graphql", f"Origin: {EVIL}", *lines) + QUERY
    assert (await send_raw(shared, sent)).status == 415


@pytest.mark.parametrize(
    ("site", "mode", "dest", "status"),
    [
        ("cross-site", "cors", "empty", 403),
        ("cross-site", "no-cors", "image", 403),
        ("same-site", "no-cors", "script", 403),
        ("cross-site", "navigate", "iframe", 403),
        ("cross-site", "navigate", "document", 200),
        ("same-origin", "cors", "empty", 200),
        ("none", "navigate", "document", 200),
    ],
)
async def test_cross_site_queries_are_refused(
    shared: str, site: str, mode: str, dest: str, status: int
) -> None:
    """A cross-site request is allowed only if it follows a link."""
    headers = (f"Sec-Fetch-Site: {site}", f"Sec-Fetch-Mode: {mode}", f"Sec-Fetch-Dest: {dest}")
    answer = await send_raw(shared, request("GET", QUERY_PATH, *headers))
    assert answer.status == status
    if status == 403:
        assert "EXPERTBOOK_CLIENT_URL" in answer.error["message"]


async def test_websockets_are_refused_for_foreign_origins(shared: str) -> None:
    """The server's own origin, client origins and requests without an origin are allowed."""
    own = shared.replace("127.0.0.1", "localhost")
    host = own.removeprefix("http://")
    for origin, status in ((None, 101), (CLIENT, 101), (own, 101), (EVIL, 403), ("null", 403)):
        lines = () if origin is None else (f"Origin: {origin}",)
        answer = await send_raw(shared, handshake("GET", *lines, host=host))
        assert answer.status == status, origin


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1", 200),
        ("localhost:9999", 200),
        ("LOCALHOST.", 200),
        ("[::1]:80", 200),
        ("192.0.2.1", 200),
        ("book.example", 200),
        ("evil.example", 421),
        ("localhost.evil.example", 421),
        ("127.0.0.1.evil.example", 421),
        ("", 400),
        ("a b", 400),
        ("localhost:port", 400),
        ("x" * 300, 400),
        ("localhost/x", 400),
        ("user@localhost", 400),
        ("[::1", 400),
        ("[", 400),
        ("localhost, evil.example", 400),
        ("\xff", 400),
    ],
)
async def test_unknown_hosts_are_refused(shared: str, host: str, status: int) -> None:
    """Refusing unknown hosts prevents DNS rebinding.

    In development, the hosts of client origins, localhost and all IP addresses are allowed.
    """
    answer = await send_raw(shared, request("POST", "/graphql", host=host, body=QUERY))
    assert answer.status == status
    if status == 421:
        assert "EXPERTBOOK_ALLOWED_HOSTS" in answer.error["message"]
    socket = await send_raw(shared, handshake(host=host))
    assert socket.status == (101 if status == 200 else status)
    assert (await send_raw(shared, request("GET", "/healthz", host=host))).status == 200
    async with asyncio.timeout(PATIENCE_SECONDS):
        # The readiness check responds with 503 for a while if the database is slow.
        while (
            status := (await send_raw(shared, request("GET", "/readyz", host=host))).status
        ) == 503:
            pass
    assert status == 200


@pytest.mark.parametrize(
    ("settings", "allowed", "refused"),
    [
        ({}, ["localhost", "127.0.0.1", "::1", "192.0.2.1"], ["a.example", ""]),
        ({"host": "192.0.2.5"}, ["192.0.2.5"], ["a.example"]),
        (
            {"environment": "production", "client_url": "https://a.example:444"},
            ["a.example", "127.0.0.1"],
            ["localhost", "192.0.2.1", "b.a.example"],
        ),
        (
            {"allowed_hosts": "A.example, *.b.example, [2001:db8::1]"},
            ["a.example", "x.b.example", "x.y.b.example", "2001:db8::1"],
            ["b.example", "localhost", "127.0.0.1", "xb.example", "a.example.evil.example"],
        ),
        ({"allowed_hosts": "address"}, ["192.0.2.1", "::1"], ["localhost"]),
        ({"allowed_hosts": "*"}, ["evil.example", "192.0.2.1"], []),
    ],
)
def test_allowed_hosts_follow_the_settings(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    settings: dict[str, str],
    allowed: list[str],
    refused: list[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, value in environment(secret=SECRET, **settings).items():
        monkeypatch.setenv(name, value)
    hosts = AllowedHosts(AllowedHosts, Settings().hosts)  # type: ignore[arg-type] # never called
    assert [name for name in allowed if not hosts.allows(name)] == []
    assert [name for name in refused if hosts.allows(name)] == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ALLOWED_HOSTS", "https://a.example"),
        ("ALLOWED_HOSTS", "a.example:80"),
        ("ALLOWED_HOSTS", "a.*"),
        ("TRUSTED_PROXIES", "10.0.0.1/8"),
        ("TRUSTED_PROXIES", "proxy.example"),
        ("TRUSTED_PROXIES", "*"),
    ],
)
def test_invalid_hosts_and_networks_are_refused(name: str, value: str) -> None:
    """Trusting all proxies with `*` would let clients forge their network address."""
    with pytest.raises(ValueError, match=name.lower()):
        Settings.model_validate({name.lower(): value})


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (request("GET", "/healthz"), 200),
        (request("POST", "/graphql", body=QUERY), 200),
        (request("POST", "/graphql", body=b"{"), 400),
        (request("POST", "/graphql", host="evil.example", body=QUERY), 421),
        (request("GET", QUERY_PATH, "Sec-Fetch-Site: cross-site"), 403),
        (request("GET", "/nowhere"), 404),
        (request("DELETE", "/graphql"), 405),
        (request("POST", "/graphql", "Content-Length: 200000"), 413),
        (request("GET", "/" + "x" * 20_000), 414),
        (request("POST", "/graphql"), 415),
        (b"nonsense\r\n\r\n", 400),
        (handshake("GET", f"Origin: {EVIL}"), 403),
        (handshake("GET", host="evil.example"), 421),
        (handshake().replace(b"/graphql", b"/nowhere"), 403),
        (handshake().replace(b"Version: 13", b"Version: 99"), 400),
        (handshake().replace(b"Sec-WebSocket-Key", b"X"), 400),
    ],
)
async def test_every_response_has_the_security_headers(
    shared: str, sent: bytes, status: int
) -> None:
    """No response has a `Server` header or, over plain HTTP, `Strict-Transport-Security`."""
    answer = await send_raw(shared, sent)
    assert answer.status == status
    for name, value in API_HEADERS:
        assert answer.headers[name.decode()] == value.decode(), name
    assert "server" not in answer.headers
    assert "strict-transport-security" not in answer.headers


async def test_pages_and_photos_have_their_own_security_policies(shared: str) -> None:
    """Photos can be embedded by other sites; pages can load only their own resources.

    The content security policy of the web client's page lists the hash of its inline script.
    """
    for path in ("/", "/graphql"):
        page = await send_raw(shared, request("GET", path, "Accept: text/html"))
        policy = re.sub(r" 'sha256-[\w+/]{43}='", "", page.headers["content-security-policy"])
        assert policy == PAGE_POLICY
    photo = await send_raw(shared, request("GET", "/photos/placeholder.svg"))
    assert photo.headers["cross-origin-resource-policy"] == "cross-origin"
    assert photo.headers["content-security-policy"].startswith("default-src 'none'")
    for answer in (page, photo):
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "same-origin"
        assert answer.headers["cross-origin-opener-policy"] == "same-origin"


async def test_event_streams_have_the_security_headers(shared: str) -> None:
    stream = request("POST", "/graphql", "Accept: text/event-stream", body=QUERY)
    async with connect(shared) as connection:
        await connection.send(stream)
        head = await connection.read_head()
    assert (head.status, head.headers["content-type"]) == (200, "text/event-stream; charset=utf-8")
    assert head.headers["x-content-type-options"] == "nosniff"
