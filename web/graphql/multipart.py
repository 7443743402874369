"""GraphQL subscriptions in multipart responses, as Apollo's clients and router read them.

https://www.apollographql.com/docs/graphos/routing/operations/subscriptions/multipart-protocol

Transport errors tell the client why an operation ended early; Apollo Client's RetryLink then starts
the operation again. Clients read a part of the response only when the next delimiter arrives, so
each part is sent together with the delimiter that follows it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import orjson

from web.graphql.media import MULTIPART

if TYPE_CHECKING:
    from collections.abc import Sequence

DELIMITER: Final = b"\r\n--graphql"
CLOSE: Final = b"--\r\n"


class MultipartStream:
    """Encoding of GraphQL results as parts of a multipart response, each with a `payload`."""

    media_type = MULTIPART.replace(";", ';boundary="graphql";')
    key = MULTIPART

    def __init__(self) -> None:
        self.heartbeat = _part(b"{}")
        self.opening = DELIMITER + self.heartbeat

    def result(self, payload: bytes) -> bytes:
        """Encode a GraphQL result as the payload of a part."""
        return _part(b'{"payload":%b}' % payload)

    def errors(self, errors: Sequence[dict[str, Any]]) -> bytes:
        """Encode errors as transport errors, followed by the closing delimiter."""
        placeless = [
            {name: value for name, value in error.items() if name not in {"locations", "path"}}
            for error in errors
        ]
        return _part(orjson.dumps({"payload": None, "errors": placeless})) + CLOSE

    def interrupted(self, errors: Sequence[dict[str, Any]]) -> bytes:
        """Encode errors as `errors` does, because a body must end with the closing delimiter."""
        return self.errors(errors)

    def complete(self) -> bytes:
        """Return the bytes that turn the last delimiter into the closing one."""
        return CLOSE


def _part(body: bytes) -> bytes:
    return b"\r\nContent-Type: application/json\r\n\r\n" + body + DELIMITER
