"""The `/graphql` endpoint: framing of all kinds of responses, and internal errors."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, cast

import pytest

from tests.support.raw_http import QUERY, connect, request
from web.graphql.endpoint import Endpoint
from web.graphql.persisted_documents import AutomaticPersistedQueries

if TYPE_CHECKING:
    from starlette.types import Message

    from web.container import Container

ADDRESS = "/graphql?query=%7Bcategories%7Bcount%7D%7D"


async def test_pipelined_responses_of_every_kind_are_delimited(server: str) -> None:
    """A connection gets its POST, GET, HEAD, OPTIONS, 304 and 405 responses in request order."""
    async with connect(server) as line:
        await line.send(request(body=QUERY), request("GET", ADDRESS))
        posted, read = await line.read_response(), await line.read_response()
        assert json.loads(posted.body)["data"] == {"__typename": "Query"}
        assert len(json.loads(read.body)["data"]["categories"]) == 8
        tag = f"If-None-Match: {read.headers['etag']}"
        await line.send(
            request("HEAD", ADDRESS),
            request("OPTIONS"),
            request("GET", ADDRESS, tag),
            request("PUT", body=QUERY),
            request("POST", "/graphql", "Connection: close", body=QUERY),
        )
        head, options, not_modified, put = (
            await line.read_head(),
            await line.read_head(),
            await line.read_head(),
            await line.read_response(),
        )
        assert (head.status, head.headers["content-length"]) == (200, str(len(read.body)))
        assert (options.status, options.headers["allow"]) == (204, "GET, HEAD, POST, OPTIONS")
        assert (not_modified.status, not_modified.headers["etag"]) == (304, read.headers["etag"])
        assert (put.status, put.headers["allow"]) == (405, "GET, HEAD, POST, OPTIONS")
        last = await line.read_response()
        assert (last.body, last.headers["connection"]) == (posted.body, "close")
        assert await line.read_to_end() == b""


class FailingContainer:
    """Container whose property `services` raises an unexpected error."""

    @property
    def coalescer(self) -> None:
        """Disabled response cache."""

    @property
    def services(self) -> Any:
        """Raise an unexpected error."""
        raise RuntimeError("hunter2")


async def test_internal_error_is_masked_and_re_raised_for_the_log() -> None:
    """The client sees no detail of the exception."""
    endpoint = Endpoint(AutomaticPersistedQueries(), frozenset(), shows_graphiql=False)
    endpoint.container = cast("Container", FailingContainer())
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        return {"type": "http.request", "body": QUERY}

    headers = [(b"content-type", b"application/json")]
    scope = {"type": "http", "method": "POST", "path": "/graphql", "scheme": "http"}
    with pytest.raises(RuntimeError, match="hunter2"):
        await endpoint({**scope, "headers": headers, "query_string": b""}, receive, send)
    start, body = sent
    assert start["status"] == 500
    [error] = json.loads(body["body"])["errors"]
    assert error["extensions"]["code"] == "INTERNAL"
    assert b"hunter2" not in body["body"]
