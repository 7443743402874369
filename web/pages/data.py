"""Embeds the responses to the client's first queries in the page, which saves those requests."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import orjson

from models.errors import ExpertBookError
from schema.execution.prepared import RequestFailed
from web.assets import BUILT_CLIENT, read_file
from web.pages.queries import PageQuery, public_answer

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from pathlib import Path

    from web.container import Container

QUERIES: Final = "queries.json"
MAX_DATA_BYTES: Final = 256 * 1024
FIRST_PAGE: Final = {"filter": {}, "counted": {}, "first": 20}
"""Variables of the `Experts` query on the directory page without filters. They include no nulls,
because the client ignores its nulls when it looks for an embedded response."""

LANDING_DAYS: Final = 8
"""Number of days in the landing page's live calendar, from today in UTC; see `landingSpan.ts`."""

ESCAPES: Final = (
    (b"<", b"\\u003c"),
    (b"\xe2\x80\xa8", b"\\u2028"),
    (b"\xe2\x80\xa9", b"\\u2029"),
)
"""Characters that could end a script element or, in old JavaScript engines, a line. Each character
is followed by its escape sequence."""


def landing_span(now: datetime) -> dict[str, str]:
    """Return the variables of the landing page's query."""
    return {"from": _midnight(now), "to": _midnight(now + timedelta(days=LANDING_DAYS))}


def _midnight(at: datetime) -> str:
    """Return the beginning of a day in UTC, in JavaScript's ISO format."""
    return f"{at:%Y-%m-%d}T00:00:00.000Z"


class PageData:
    """Runs queries of the built web client, to embed the responses in the client's pages.

    Raises:
        RuntimeError: if the client has not been built.
    """

    def __init__(self, built: Path = BUILT_CLIENT) -> None:
        self._texts: dict[str, str] = orjson.loads(read_file(built / QUERIES))

    def query(self, name: str) -> PageQuery:
        """Return the client's query with the given name."""
        return PageQuery(name, self._texts[name])

    async def element(
        self, container: Container, address: str, wanted: Sequence[tuple[str, dict[str, Any]]]
    ) -> str:
        """Return a script element with the responses to queries; "" if there are none.

        Queries that fail are left out, and so are queries that the built client does not have. If
        the responses are too long in total, all are left out. The client sends missing queries
        itself.

        Args:
            container: services and caches of this process.
            address: the visitor's network address, to which the queries are charged.
            wanted: names of operations, each with its variables.
        """
        parts = []
        for name, variables in wanted:
            if name not in self._texts:
                continue
            try:
                body = await public_answer(container, self.query(name), variables, address)
            except (ExpertBookError, RequestFailed):
                continue
            if body:
                parts.append(_answer(name, variables, body))
        content = b"[" + b",".join(parts) + b"]"
        if not parts or len(content) > MAX_DATA_BYTES:
            return ""
        return f'<script type="application/json" id="page-data">{_escaped(content)}</script>'


def _answer(name: str, variables: dict[str, Any], body: bytes) -> bytes:
    request = orjson.dumps({"operationName": name, "variables": variables})
    return request[:-1] + b',"result":' + body + b"}"


def _escaped(content: bytes) -> str:
    for found, escape in ESCAPES:
        content = content.replace(found, escape)
    return content.decode()
