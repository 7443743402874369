"""What the head of a request must be: sizes, and no two ways to read where it ends.

httptools refuses both lengths at once, lengths that differ or are no numbers, folded lines, space
before a colon and bare line feeds (RFC 9112, 11.2: request smuggling); the rest is refused here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from web.edge import refusals
from web.edge.refusals import HttpRefused

if TYPE_CHECKING:
    from web.edge.headers import RawHeaders

LONGEST_URL = 16 * 1024
LONGEST_HEAD = 32 * 1024
MOST_HEADERS = 100
LONGEST_BODY = 100 * 1024
VERSIONS = frozenset({"1.0", "1.1"})


def check_head(version: str, url: bytes, headers: RawHeaders, *, is_short: bool) -> None:
    """Check a head whose lines are as they should be.

    Args:
        version: of HTTP.
        url: what is asked for.
        headers: the lines, their names in small letters.
        is_short: whether it came in so few bytes that it cannot be too long.

    Raises:
        Refused: with what is wrong.
    """
    named = dict(headers)
    if version not in VERSIONS:
        raise HttpRefused(refusals.UNKNOWN_VERSION)
    if len(url) > LONGEST_URL:
        raise HttpRefused(refusals.URL_TOO_LONG)
    if len(headers) > MOST_HEADERS:
        raise HttpRefused(refusals.HEAD_TOO_LONG)
    if not is_short and sum(len(name) + len(value) for name, value in headers) > LONGEST_HEAD:
        raise HttpRefused(refusals.HEAD_TOO_LONG)
    if b"host" not in named:
        if version == "1.1":
            raise HttpRefused(refusals.ONE_HOST)
    elif len(named) < len(headers) and sum(name == b"host" for name, _ in headers) > 1:
        raise HttpRefused(refusals.ONE_HOST)
    coding = named.get(b"transfer-encoding")
    if coding is not None and (coding.lower() != b"chunked" or version == "1.0"):
        raise HttpRefused(refusals.UNKNOWN_CODING)
    if int(named.get(b"content-length", 0)) > LONGEST_BODY:
        raise HttpRefused(refusals.BODY_TOO_LONG)


def has_body(headers: RawHeaders) -> bool:
    """Whether a body follows the head."""
    return any(
        name == b"transfer-encoding" or (name == b"content-length" and int(value))
        for name, value in headers
    )
