"""Validate request heads: enforce size limits, and refuse heads that allow request smuggling.

The parser httptools already refuses conflicting or invalid content lengths, a content length
together with chunked transfer coding, folded header lines, a space before a header's colon, and
bare line feeds (RFC 9112, section 11.2).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from resolvers.images import MAX_BYTES
from web.edge import refusals
from web.edge.refusals import HttpRefused

if TYPE_CHECKING:
    from web.edge.headers import RawHeaders

MAX_URL_BYTES = 16 * 1024
MAX_HEAD_BYTES = 32 * 1024
MAX_HEADERS = 100
MAX_BODY_BYTES = 100 * 1024
PHOTOS = b"/photos"
VERSIONS = frozenset({"1.0", "1.1"})


def check_head(version: str, url: bytes, headers: RawHeaders, *, is_short: bool) -> None:
    """Validate a parsed request head.

    Args:
        version: the HTTP version.
        url: the request target.
        headers: the header fields, each with its name in lower case and its value.
        is_short: whether the total size of the head is known to be within the limit.

    Raises:
        HttpRefused: if the head is too long or ambiguous, uses an unsupported feature, or
            announces a body that is too long.
    """
    named = dict(headers)
    if version not in VERSIONS:
        raise HttpRefused(refusals.UNKNOWN_VERSION)
    if len(url) > MAX_URL_BYTES:
        raise HttpRefused(refusals.URL_TOO_LONG)
    if len(headers) > MAX_HEADERS:
        raise HttpRefused(refusals.HEAD_TOO_LONG)
    if not is_short and sum(len(name) + len(value) for name, value in headers) > MAX_HEAD_BYTES:
        raise HttpRefused(refusals.HEAD_TOO_LONG)
    if b"host" not in named:
        if version == "1.1":
            raise HttpRefused(refusals.ONE_HOST_REQUIRED)
    elif len(named) < len(headers) and sum(name == b"host" for name, _ in headers) > 1:
        raise HttpRefused(refusals.ONE_HOST_REQUIRED)
    coding = named.get(b"transfer-encoding")
    if coding is not None and (coding.lower() != b"chunked" or version == "1.0"):
        raise HttpRefused(refusals.UNKNOWN_CODING)
    if int(named.get(b"content-length", 0)) > max_body_bytes(url):
        raise HttpRefused(refusals.BODY_TOO_LONG)


def max_body_bytes(url: bytes) -> int:
    """Return the maximum size, in bytes, of a request body that is sent to the URL."""
    return MAX_BYTES if url.partition(b"?")[0] == PHOTOS else MAX_BODY_BYTES


def has_body(headers: RawHeaders) -> bool:
    """Return whether a request with these headers has a body."""
    return any(
        name == b"transfer-encoding" or (name == b"content-length" and int(value))
        for name, value in headers
    )
