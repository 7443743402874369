"""Content negotiation (RFC 9110): the Accept and Content-Type headers."""

from __future__ import annotations

import re
from email.message import Message
from functools import lru_cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

GRAPHQL_JSON = "application/graphql-response+json"
JSON = "application/json"
EVENT_STREAM = "text/event-stream"
MULTIPART = "multipart/mixed;subscriptionSpec=1.0"
# A media range such as */* matches the types in this order. JSON comes first, because all clients
# understand it; clients have to request `application/graphql-response+json` by name.
SUPPORTED_TYPES = (JSON, GRAPHQL_JSON, EVENT_STREAM, MULTIPART)
MULTIPART_NAME = MULTIPART.partition(";")[0]
SUBSCRIPTION_SPECS = frozenset({"subscriptionspec=1.0", 'subscriptionspec="1.0"'})
WEIGHT = re.compile(r"0(\.\d{0,3})?|1(\.0{0,3})?", re.ASCII)
UTF_8 = {"utf-8", "utf8"}
MAX_CACHED_HEADERS: Final = 128
"""Number of parsed header values that are cached, because many clients send the same values."""

MAX_HEADER_CHARS: Final = 1_024
"""Longer headers are not parsed; the headers of browsers have about 150 characters.

The limit is needed because the standard library parses headers in quadratic time.
"""


def accepted_types(header: str) -> tuple[str, ...]:
    """Return the supported media types that a client accepts, best first.

    Media types of equal weight are in the client's order (RFC 9110, section 12.5.1).

    Args:
        header: value of the `Accept` header; the values of several such headers are joined by
            commas. An empty value accepts JSON, and a value that is too long accepts nothing.
    """
    return _accepted_types(header) if len(header) <= MAX_HEADER_CHARS else ()


@lru_cache(maxsize=MAX_CACHED_HEADERS)
def _accepted_types(header: str) -> tuple[str, ...]:
    ranges = [_range(part) for part in header.split(",") if part.strip()]
    if not ranges:
        return (JSON,)
    rated = []
    for media_type in SUPPORTED_TYPES:
        matches = [
            (precision, weight, -position)
            for position, (name, weight) in enumerate(ranges)
            if (precision := _precision(name, media_type)) is not None
        ]
        if matches:
            _, weight, position = max(matches)
            rated.append((weight, position, media_type))
    rated.sort(key=lambda each: each[:2], reverse=True)
    return tuple(media_type for weight, _, media_type in rated if weight > 0)


def result_type(media_types: Sequence[str]) -> str:
    """Return the best media type for a single result; if only multipart is accepted, it is JSON."""
    return next((each for each in media_types if each != MULTIPART), JSON)


def _range(part: str) -> tuple[str, float]:
    """Parse a media range of the `Accept` header, and return its name and weight.

    The weight is 0 if the charset is not UTF-8, or if the protocol of multipart is unknown.
    """
    name, *parameters = (piece.strip() for piece in part.lower().split(";"))
    weight = 1.0
    if name == MULTIPART_NAME and not SUBSCRIPTION_SPECS.intersection(parameters):
        return name, 0.0
    for parameter in parameters:
        key, _, value = parameter.partition("=")
        if key == "q":
            weight = float(value) if WEIGHT.fullmatch(value) else 0.0
        elif key == "charset" and value.strip('"') not in UTF_8:
            return name, 0.0
    return name, weight


def _precision(name: str, media_type: str) -> int | None:
    """Return how precisely a media range matches a type, from 0 to 2, or None without a match."""
    if media_type == MULTIPART:
        return 2 if name == MULTIPART_NAME else None
    main_type = media_type.partition("/")[0]
    # Event streams never end, so */* does not include them.
    names = (None if media_type == EVENT_STREAM else "*/*", f"{main_type}/*", media_type)
    return names.index(name) if name in names else None


def is_json(content_type: str) -> bool:
    """Return whether a Content-Type is JSON in UTF-8; ignore parameters other than `charset`."""
    return len(content_type) <= MAX_HEADER_CHARS and _is_json(content_type)


@lru_cache(maxsize=MAX_CACHED_HEADERS)
def _is_json(content_type: str) -> bool:
    message = Message()
    message["content-type"] = content_type
    charset = message.get_content_charset("utf-8")
    return message.get_content_type() == JSON and charset in UTF_8
