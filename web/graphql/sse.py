"""GraphQL over Server-Sent Events: the graphql-sse protocol in distinct connections mode.

https://github.com/enisdenjo/graphql-sse/blob/master/PROTOCOL.md

The event `complete` ends an operation; a client whose stream ends without this event reconnects. If
the operation declares `$after`, each event carries its cursor as `id`, which a reconnecting
`EventSource` sends as `Last-Event-ID`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson
from starlette.responses import Response

from web.graphql.media import EVENT_STREAM
from web.graphql.streams import HEADERS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from schema.execution.prepared import Prepared

AFTER_VARIABLE = "after"
# An `EventSource` ignores events without a `data` line.
COMPLETE = b"event: complete\ndata:\n\n"


class EventStream:
    """Encoding of GraphQL results as server-sent events.

    Args:
        resumable: whether events carry their cursor as `id`.
    """

    media_type = EVENT_STREAM
    opening = heartbeat = b":\n\n"

    def __init__(self, *, resumable: bool) -> None:
        self._resumable = resumable
        self.key = (EVENT_STREAM, resumable)

    def result(self, payload: bytes) -> bytes:
        """Encode a result as the event `next`."""
        cursor = _cursor(payload) if self._resumable else None
        head = f"id: {cursor}\n".encode() if cursor else b""
        return head + b"event: next\ndata: " + payload + b"\n\n"

    def errors(self, errors: Sequence[dict[str, Any]]) -> bytes:
        """Encode errors as a final result, followed by the event `complete`."""
        return final_result({"errors": errors})

    def interrupted(self, errors: Sequence[dict[str, Any]]) -> bytes:  # noqa: ARG002 - not sent
        """Return nothing: a client whose stream ends without `complete` reconnects."""
        return b""

    def complete(self) -> bytes:
        """Return the event `complete`."""
        return COMPLETE


def single_result(body: Mapping[str, Any]) -> Response:
    """Return an event stream with the single result of a query, mutation or failed request."""
    return Response(final_result(body), headers=HEADERS, media_type=EVENT_STREAM)


def final_result(body: Mapping[str, Any]) -> bytes:
    """Encode a final result as the event `next`, followed by the event `complete`."""
    return EventStream(resumable=False).result(orjson.dumps(body)) + COMPLETE


def is_resumable(prepared: Prepared) -> bool:
    """Return whether an operation declares `$after`, so that a client can resume it."""
    declared = prepared.operation.variable_definitions or ()
    return any(definition.variable.name.value == AFTER_VARIABLE for definition in declared)


def _cursor(payload: bytes) -> str | None:
    """Return the cursor in a subscription's result, or None if the client did not select it."""
    for value in (orjson.loads(payload)["data"] or {}).values():
        cursor = value.get("cursor") if isinstance(value, dict) else None
        if isinstance(cursor, str) and cursor.isprintable():
            return cursor
    return None
