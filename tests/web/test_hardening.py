"""Oversized, excessively pipelined and ambiguous requests, over raw connections."""

from __future__ import annotations

import asyncio
import json

import pytest

from tests.support.raw_http import CHUNKED, QUERY, chunk, connect, handshake, request, send_raw
from web.edge.http_protocol import CHUNKED_FACTOR, MAX_PIPELINED
from web.edge.request_heads import MAX_BODY_BYTES, MAX_HEAD_BYTES, MAX_HEADERS, MAX_URL_BYTES


async def test_body_size_is_limited_on_every_route(server: str) -> None:
    """A request whose Content-Length is too large is refused before its body is read."""
    full = QUERY + b" " * (MAX_BODY_BYTES - len(QUERY))
    assert (await send_raw(server, request(body=full))).status == 200
    for method, path in (("POST", "/graphql"), ("PUT", "/nowhere"), ("GET", "/photos/x.svg")):
        length = f"Content-Length: {MAX_BODY_BYTES + 1}"
        async with connect(server) as line:
            await line.send(request(method, path, length))
            answer = await line.read_response()
            assert (answer.status, answer.headers["connection"]) == (413, "close")
            assert answer.error["extensions"]["code"] == "REQUEST_ENTITY_TOO_LARGE"
            assert await line.read_to_end() == b""


async def test_client_that_keeps_sending_a_refused_body_gets_the_response(server: str) -> None:
    async with connect(server) as line:
        await line.send(request("POST", "/graphql", "Content-Length: 90000000"))
        for _ in range(20):
            await line.send(b"x" * 65_536)
        assert (await line.read_response()).status == 413


async def test_expect_continue_is_refused_for_an_oversized_body(server: str) -> None:
    expect = "Expect: 100-continue"
    long = request("POST", "/graphql", expect, f"Content-Length: {MAX_BODY_BYTES + 1}")
    assert (await send_raw(server, long)).status == 413
    short = request("POST", "/graphql", expect, body=QUERY)
    async with connect(server) as line:
        await line.send(short.removesuffix(QUERY))
        assert (await line.read_response()).status == 100
        await line.send(QUERY)
        assert (await line.read_response()).status == 200


async def test_chunked_body_is_limited_by_the_received_size(server: str) -> None:
    head = request("POST", "/graphql", *CHUNKED)
    assert (await send_raw(server, head, chunk(QUERY), b"0\r\n\r\n")).status == 200
    part = chunk(b" " * 10_000)
    assert (await send_raw(server, head, *[part] * 10, chunk(QUERY), b"0\r\n\r\n")).status == 200
    async with connect(server) as line:
        await line.send(head, *[part] * 11)
        assert (await line.read_response()).status == 413
        assert await line.read_to_end() == b""
    async with connect(server) as line, connect(server) as shorter:
        for each in (shorter, line):
            await each.send(request("POST", "/nowhere", *CHUNKED))
            assert (await each.read_response()).status == 405
        await shorter.send(*[part] * 9)
        await line.send(*[part] * 11)
        assert await line.read_to_end(60) == b""
        # The longer body was refused for its length, not for the time that it took.
        assert not shorter.reader.at_eof()


@pytest.mark.parametrize("endless", [chunk(b" ", b";" + b"x" * 4000), b"0\r\n" + b"X" * 4000])
async def test_chunk_extensions_and_trailers_are_limited(server: str, endless: bytes) -> None:
    async with connect(server) as line:
        await line.send(request("POST", "/graphql", *CHUNKED), endless)
        for _ in range(CHUNKED_FACTOR * MAX_BODY_BYTES // 4000 + 100):
            await line.send(endless.replace(b"0\r\n", b""))
            await asyncio.sleep(0)
        assert (await line.read_response()).status in {400, 413}


async def test_trailers_are_not_used_as_headers(server: str) -> None:
    """Trailers do not authenticate, and do not count towards the limit on headers."""
    head = request("POST", "/graphql", *CHUNKED)
    trailers = b"".join(b"X-%d: x\r\n" % number for number in range(MAX_HEADERS * 2))
    trailing = b"0\r\nAuthorization: nonsense\r\nHost: evil.example\r\n" + trailers + b"\r\n"
    assert (await send_raw(server, head + chunk(QUERY) + trailing)).status == 200


async def test_request_head_sizes_are_limited(server: str) -> None:
    """The limits hold whether the head arrives in one piece or in many."""

    async def status(path: str, *lines: str, pieces: int = 1) -> int:
        sent = request("GET", path, *lines)
        size = -(-len(sent) // pieces)
        async with connect(server) as line:
            for start in range(0, len(sent), size):
                await line.send(sent[start : start + size])
                await asyncio.sleep(0)
            return (await line.read_response()).status

    assert await status("/healthz?" + "x" * (MAX_URL_BYTES - 9)) == 200
    assert await status("/healthz?" + "x" * MAX_URL_BYTES) == 414
    assert await status("/healthz", *(f"X-{n}: x" for n in range(MAX_HEADERS - 1))) == 200
    assert await status("/healthz", *(f"X-{n}: x" for n in range(MAX_HEADERS))) == 431
    for pieces in (1, 50):
        assert await status("/healthz", "X: " + "x" * (MAX_HEAD_BYTES - 200), pieces=pieces) == 200
        assert await status("/healthz", "X: " + "x" * MAX_HEAD_BYTES, pieces=pieces) == 431
        assert await status("/healthz?" + "x" * 90_000, pieces=pieces) in {414, 431}


async def test_endless_head_is_refused(server: str) -> None:
    async with connect(server) as line:
        await line.send(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nX: ")
        for _ in range(60):
            await line.send(b"x" * 10_000)
        assert (await line.read_response()).status == 431


@pytest.mark.parametrize(
    ("lines", "rest", "status"),
    [
        (("Host: a", "Content-Length: 3", *CHUNKED), b"0\r\n\r\n", 400),
        (("Host: a", *CHUNKED, "Content-Length: 3"), b"0\r\n\r\n", 400),
        (("Host: a", "Content-Length: 3", "Content-Length: 3"), b"abc", 400),
        (("Host: a", "Content-Length: 3", "Content-Length: 4"), b"abc", 400),
        (("Host: a", "Content-Length: 3, 3"), b"abc", 400),
        (("Host: a", "Content-Length: +3"), b"abc", 400),
        (("Host: a", "Content-Length: -3"), b"abc", 400),
        (("Host: a", "Content-Length: 0x3"), b"abc", 400),
        (("Host: a", "Content-Length: " + "9" * 40), b"abc", 400),
        (("Host: a", "Transfer-Encoding: xchunked"), b"0\r\n\r\n", 501),
        (("Host: a", "Transfer-Encoding: chunked, identity"), b"0\r\n\r\n", 400),
        (("Host: a", "Transfer-Encoding: gzip, chunked"), b"0\r\n\r\n", 501),
        (("Host: a", "Transfer-Encoding:\r\n chunked"), b"0\r\n\r\n", 400),
        (("Host: a", "Transfer-Encoding : chunked"), b"0\r\n\r\n", 400),
        (("Host: a", "X: a\r\n b"), b"", 400),
        (("Host: a", "X: a\rb"), b"", 400),
        (("Host: a", "X: a\nb"), b"", 400),
        (("Host: a", "X: a\0b"), b"", 400),
        (("Host : a",), b"", 400),
        (("Host: a", "Host: b"), b"", 400),
        (("Host: 127.0.0.1", "Host: 127.0.0.1"), b"", 400),
        ((), b"", 400),
    ],
)
async def test_ambiguous_request_is_refused_and_the_connection_closed(
    server: str, lines: tuple[str, ...], rest: bytes, status: int
) -> None:
    """Later requests on the connection are ignored (RFC 9112, section 11)."""
    async with connect(server) as line:
        await line.send(request("POST", "/graphql", *lines, host=None), rest)
        answer = await line.read_response()
        assert (answer.status, answer.headers["connection"]) == (status, "close")
        assert answer.error["message"]
        await line.send(request("GET", "/healthz"))
        assert await line.read_to_end() == b""


@pytest.mark.parametrize(
    ("start", "status"),
    [
        ("GET /healthz HTTP/1.2", 400),
        ("GET /healthz HTTP/2.0", 505),
        ("GET /healthz HTTP/0.9", 505),
        ("GET /healthz", 505),
        ("GET healthz HTTP/1.1", 400),
        ("GET /a b HTTP/1.1", 400),
        ("GET http://127.0.0.1 HTTP/1.1", 400),
        ("CONNECT 127.0.0.1:443 HTTP/1.1", 405),
        ("NONSENSE /healthz HTTP/1.1", 400),
        ("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400),
        ("PRI * HTTP/2.0", 400),
    ],
)
async def test_invalid_request_lines_and_other_protocols_are_refused(
    server: str, start: str, status: int
) -> None:
    sent = f"{start}\r\nHost: 127.0.0.1\r\n\r\n".encode("latin-1")
    assert (await send_raw(server, sent)).status == status


async def test_pipelined_requests_are_answered_in_order_up_to_a_limit(server: str) -> None:
    """An invalid request is refused after the requests before it have been answered."""
    queries = [json.dumps({"query": f"{{ n{n}: __typename }}"}).encode() for n in range(12)]
    async with connect(server) as line:
        await line.send(b"".join(request(body=query) for query in queries) + b"nonsense\r\n\r\n")
        for number in range(12):
            answer = json.loads((await line.read_response()).body)
            assert answer["data"] == {f"n{number}": "Query"}
        assert (await line.read_response()).status == 400
        assert await line.read_to_end() == b""
    async with connect(server) as line:
        await line.send(request("GET", "/healthz") * 5000)
        statuses = [(await line.read_response()).status for _ in range(MAX_PIPELINED + 2)]
        assert statuses == [200] * (MAX_PIPELINED + 1) + [429]
        assert await line.read_to_end() == b""


async def test_refused_pipelined_body_does_not_affect_the_request_before_it(
    server: str,
) -> None:
    async with connect(server) as line:
        part = chunk(b" " * 40_000)
        await line.send(request(body=QUERY) + request("POST", "/graphql", *CHUNKED) + part * 3)
        assert (await line.read_response()).status == 200
        assert (await line.read_response()).status == 413
        assert await line.read_to_end() == b""


async def test_handshake_with_oversized_headers_gets_a_response(server: str) -> None:
    """By itself, the WebSocket library would close the connection without a response."""
    async with connect(server) as line:
        await line.send(handshake("GET", "X: " + "x" * 10_000))
        assert (await line.read_response()).status == 431
        assert await line.read_to_end() == b""


async def test_invalid_frames_before_the_handshake_response_close_the_connection(
    server: str,
) -> None:
    async with connect(server) as line:
        await line.send(handshake(), b"\xff" * 100)
        await line.read_to_end()


async def test_unsupported_upgrade_is_ignored_and_the_body_is_read(server: str) -> None:
    """Java's HTTP client offers h2c with every request (RFC 9110, section 7.8)."""
    lines = ("Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMA")
    sent = request("POST", "/graphql", *lines, body=QUERY)
    async with connect(server) as line:
        for parts in ([sent, sent], [sent[:-10], sent[-10:]], [sent[:200], sent[200:]]):
            for part in parts:
                await line.send(part)
                await asyncio.sleep(0.05)
            for _ in range(b"".join(parts).count(QUERY)):
                answer = await line.read_response()
                assert answer.status == 200
                assert json.loads(answer.body)["data"] == {"__typename": "Query"}


@pytest.mark.parametrize(
    ("first", "method", "more"),
    [(b"", "POST", ()), (b"", "GET", ("Content-Length: 3",)), (request(body=QUERY), "GET", ())],
)
async def test_websocket_handshake_must_be_a_get_without_body(
    server: str, first: bytes, method: str, more: tuple[str, ...]
) -> None:
    """With other handshakes, a client could match a response to the wrong request."""
    async with connect(server) as line:
        await line.send(first + handshake(method, *more))
        if first:
            assert (await line.read_response()).status == 200
        assert (await line.read_response()).status == 400
        assert await line.read_to_end() == b""
