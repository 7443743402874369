"""Clients that flood a WebSocket or send oversized input."""

from __future__ import annotations

import asyncio
import re
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from time import monotonic, thread_time
from typing import TYPE_CHECKING

import pytest
from starlette.requests import Request

from auth.budget_accounts import ADDRESS, USER
from tests.support.clients import Api
from tests.support.raw_http import INITIALISE, connect, handshake
from tests.support.servers import await_ready, run_server, start_program
from web.edge.cookies import Cookies
from web.edge.pacing import FRAMES_PER_SECOND, MAX_BURST_FRAMES, TokenBucket
from web.edge.websocket_protocol import MAX_FRAGMENTS

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    import httpx

    from tests.support.raw_http import RawConnection

PING = b"\x89\x80\0\0\0\0"
APPLICATION_PING = b"\x81\x8f\0\0\0\0" + b'{"type":"ping"}'
START, MORE = b"\x01\x81\0\0\0\0{", b"\x00\x80\0\0\0\0"
LAST_PING, LAST_PONG = b"\x89\x84\0\0\0\0last", b"\x8a\x04last"
LONG_PING = b"\x89\xfd\0\0\0\0" + b"x" * 125
FLOOD = 80_000
LONG_FLOOD = 3 * FLOOD
"""Number of long pings to send: twice as many as the kernel's buffers can hold."""


@asynccontextmanager
async def socket_on(address: str, receive_buffer: int = 0) -> AsyncIterator[RawConnection]:
    """Open a WebSocket and initialise it."""
    async with connect(address, receive_buffer=receive_buffer) as line:
        await line.send(handshake())
        assert (await line.read_head()).status == 101
        await line.send(INITIALISE)
        await line.reader.readuntil(b'connection_ack"}')
        yield line


@pytest.fixture(scope="module")
def paced(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """URL of a server whose rate limits are on."""
    with run_server(tmp_path_factory.mktemp("paced"), experts=1, throttle="on") as address:
        yield address


@pytest.mark.parametrize(
    ("frame", "answer"), [(PING, b"\x8a\x00"), (APPLICATION_PING, b'\x81\x0f{"type":"pong"}')]
)
async def test_flood_of_frames_is_slowed_down_without_loss(
    paced: str, frame: bytes, answer: bytes
) -> None:
    """The server answers a first burst of frames at once, and the rest at the limited rate."""
    most = MAX_BURST_FRAMES + 2 * FRAMES_PER_SECOND
    async with socket_on(paced) as line:
        begun = asyncio.get_running_loop().time()
        await line.send(frame * most)
        assert await line.reader.readexactly(most * len(answer)) == answer * most
        assert asyncio.get_running_loop().time() - begun > 1
        await line.send(frame)
        assert await line.reader.readexactly(len(answer)) == answer


async def test_the_rate_limit_can_be_queried(paced: str, http: httpx.AsyncClient) -> None:
    """The query and the headers of its response report the tightest rate-limit budget."""
    stranger = Api(http, paced)
    for api, policy in ((stranger, ADDRESS), (await stranger.new_client(), USER)):
        headers = {"authorization": f"Bearer {api.token}"} if api.token else {}
        body = {"query": "{ rateLimit { limit remaining resetAt } }"}
        begun = monotonic()
        answer = await http.post(f"{paced}/graphql", json=body, headers=headers)
        # The headers report the budget right after the charge; by the time the query is resolved,
        # the budget has refilled a little.
        refilled = (monotonic() - begun) * policy.quota / policy.seconds
        [(left, seconds)] = re.findall(
            rf'"{policy.name}";r=(\d+);t=(\d+)', answer.headers["ratelimit"]
        )
        found = answer.json()["data"]["rateLimit"]
        assert (found["limit"], answer.headers["cache-control"]) == (
            policy.quota,
            "private, no-store",
        )
        assert 0 <= found["remaining"] - int(left) <= refilled + 1
        full_in = datetime.fromisoformat(found["resetAt"]) - datetime.now(UTC)
        assert full_in.total_seconds() <= int(seconds) <= policy.seconds


async def test_peer_that_does_not_read_gets_no_more_pongs(server: str) -> None:
    """Otherwise, unsent pongs would use more and more of the server's memory."""
    async with socket_on(server, receive_buffer=4096) as line:
        for _ in range(LONG_FLOOD // 1_000):
            await line.send(LONG_PING * 1_000)
        answers, end = 0, b""
        async with asyncio.TaskGroup() as tasks:
            asking = tasks.create_task(send_often(line, LAST_PING))
            while LAST_PONG not in end:
                part = await line.reader.read(2**16)
                assert part
                answers, end = answers + len(part), end[-len(LAST_PONG) :] + part
            asking.cancel()
        assert answers < LONG_FLOOD * len(LONG_PING) / 2


async def send_often(line: RawConnection, frame: bytes) -> None:
    """Send a frame repeatedly, because the server ignores pings while it cannot write."""
    while True:
        await line.send(frame)
        await asyncio.sleep(0.1)


async def test_message_with_too_many_empty_fragments_is_refused(server: str) -> None:
    async with socket_on(server) as line:
        await line.send(START + MORE * (MAX_FRAGMENTS - 1) + PING)
        assert await line.reader.readexactly(2) == b"\x8a\x00"
        await line.send(MORE)
        assert (await line.read_to_end())[2:4] == (1009).to_bytes(2, "big")


async def test_refused_handshake_logs_no_error(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    with start_program(tmp_path_factory.mktemp("refusing"), experts=1) as program:
        await_ready(program.process, program.address)
        async with connect(program.address) as line:
            await line.send(handshake("GET", "Origin: https://evil.example"))
            assert (await line.read_response()).status == 403
            await line.read_to_end()
        assert "handshake" not in program.log.read_text()


def test_token_bucket_allows_a_burst_and_a_steady_rate() -> None:
    now = 100.0
    bucket = TokenBucket(10, 5, lambda: now)
    assert bucket.take(10) == 0
    assert bucket.take(5) == 1
    now += 1
    assert bucket.take(0) == 0
    assert bucket.take(1) == pytest.approx(0.2)
    now += 100
    assert bucket.take(11) == pytest.approx(0.2)


def test_cookies_are_parsed_in_linear_time_and_as_in_browsers() -> None:
    """Non-ASCII whitespace is part of a cookie's name.

    If the server stripped such whitespace, a cookie set by a subdomain could pass for the access
    cookie, which only the server's own host may set.
    """

    def token(cookie: bytes) -> str | None:
        headers = [(b"host", b"book.example"), (b"cookie", cookie)]
        scope = {"type": "http", "scheme": "https", "path": "/", "headers": headers}
        return Cookies(Request(scope), frozenset()).access_token

    name = b"__Host-expertbook-access"
    assert token(b"a=1; %b=abc; b" % name) == "abc"
    assert token(b"\xa0%b=abc" % name) is None
    assert token(b"\x85%b=abc" % name) is None

    def seconds(length: int) -> float:
        cookies = b'a="%b"; %b=abc' % (b"\\" * length, name)
        began = thread_time()
        assert token(cookies) == "abc"
        return thread_time() - began

    # The time may grow at most linearly; with Starlette's parser it would grow quadratically.
    times = [(seconds(300), seconds(30_000)) for _ in range(7)]
    short, long = (min(column) for column in zip(*times, strict=True))
    assert long < 100 * short
