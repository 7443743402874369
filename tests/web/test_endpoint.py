"""The way to `/graphql` and back: every kind of answer on one connection, and failures."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, cast

import pytest

from tests.raw import QUERY, connected, request
from web.graphql.endpoint import Endpoint
from web.graphql.persisted_documents import AutomaticPersistedQueries

if TYPE_CHECKING:
    from starlette.types import Message

    from web.container import Container

ADDRESS = "/graphql?query=%7Bcategories%7Bcount%7D%7D"


async def test_every_kind_of_answer_has_its_end_where_the_next_begins(server: str) -> None:
    """Whole ones, one without its body, one that has none, one that is known: in their order."""
    async with connected(server) as line:
        await line.send(request(body=QUERY), request("GET", ADDRESS))
        posted, read = await line.answer(), await line.answer()
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
        headed, options, known, put = (
            await line.head(),
            await line.head(),
            await line.head(),
            await line.answer(),
        )
        assert (headed.status, headed.headers["content-length"]) == (200, str(len(read.body)))
        assert (options.status, options.headers["allow"]) == (204, "GET, HEAD, POST, OPTIONS")
        assert (known.status, known.headers["etag"]) == (304, read.headers["etag"])
        assert (put.status, put.headers["allow"]) == (405, "GET, HEAD, POST, OPTIONS")
        last = await line.answer()
        assert (last.body, last.headers["connection"]) == (posted.body, "close")
        assert await line.rest() == b""


class Broken:
    """Parts of a program on which it fails."""

    @property
    def shared(self) -> None:
        """Nothing is kept."""

    @property
    def services(self) -> Any:
        """What an operation needs, if it were there."""
        raise RuntimeError("hunter2")


async def test_a_failure_of_the_program_itself_is_answered_and_goes_on_to_the_log() -> None:
    """Masked, and once: the server gets the exception, and the client no word of it."""
    endpoint = Endpoint(AutomaticPersistedQueries(), frozenset(), shows_graphiql=False)
    endpoint.container = cast("Container", Broken())
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
