"""Media types: what clients accept, and what their bodies are."""

from __future__ import annotations

import re
from email.message import Message
from functools import lru_cache
from typing import Final

GRAPHQL_JSON = "application/graphql-response+json"
JSON = "application/json"
EVENT_STREAM = "text/event-stream"
# The first of those that a range such as */* takes is what its client gets: the one that all
# clients understand. The better one has to be asked for by name.
OFFERED = (JSON, GRAPHQL_JSON, EVENT_STREAM)
WEIGHT = re.compile(r"0(\.\d{0,3})?|1(\.0{0,3})?", re.ASCII)
UTF_8 = {"utf-8", "utf8"}
REMEMBERED: Final = 128
"""Headers: clients of one kind all send the same, so that most need not be read."""

LONGEST_HEADER: Final = 1_024
"""Of those that are read here. Browsers send some 150 characters; the library takes a second for
30,000, in which nobody else is served."""


@lru_cache(maxsize=REMEMBERED)
def accepted(header: str) -> tuple[str, ...]:
    """The media types to answer with, best first; none when the client takes none of them.

    Of equal weight are those first that the client lists first (RFC 9110, section 12.5.1).

    Args:
        header: `Accept`, joined by commas if there are several; an empty one takes JSON, and one
            that is too long nothing.
    """
    if len(header) > LONGEST_HEADER:
        return ()
    ranges = [_range(part) for part in header.split(",") if part.strip()]
    if not ranges:
        return (JSON,)
    found = []
    for offered in OFFERED:
        fitting = [
            (precision, weight, -place)
            for place, (name, weight) in enumerate(ranges)
            if (precision := _precision(name, offered)) is not None
        ]
        if fitting:
            _, weight, place = max(fitting)
            found.append((weight, place, offered))
    found.sort(key=lambda each: each[:2], reverse=True)
    return tuple(offered for weight, _, offered in found if weight > 0)


def _range(part: str) -> tuple[str, float]:
    """A range and its weight, which is 0 where the range asks for what cannot be had."""
    name, *parameters = (piece.strip() for piece in part.lower().split(";"))
    weight = 1.0
    for parameter in parameters:
        key, _, value = parameter.partition("=")
        if key == "q":
            weight = float(value) if WEIGHT.fullmatch(value) else 0.0
        elif key == "charset" and value.strip('"') not in UTF_8:
            return name, 0.0
    return name, weight


def _precision(name: str, offered: str) -> int | None:
    """How exactly a range means that type: the most exact range decides on it."""
    kind = offered.partition("/")[0]
    # A stream never ends: who says that anything will do has not asked for one.
    names = (None if offered == EVENT_STREAM else "*/*", f"{kind}/*", offered)
    return names.index(name) if name in names else None


@lru_cache(maxsize=REMEMBERED)
def is_json(content_type: str) -> bool:
    """Whether a body is JSON in UTF-8; other parameters than its charset mean nothing."""
    if len(content_type) > LONGEST_HEADER:
        return False
    message = Message()
    message["content-type"] = content_type
    charset = message.get_content_charset("utf-8")
    return message.get_content_type() == JSON and charset in UTF_8
