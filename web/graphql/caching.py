"""HTTP caching headers: only responses to anonymous GET and HEAD requests can be public (RFC 9111).

Responses to all other requests are private. Public responses have an ETag, which caches use to
revalidate them (RFC 9110, section 13).
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64encode
from hashlib import blake2b
from typing import TYPE_CHECKING, Final

from starlette.responses import Response

from web.graphql.requests import READ_METHODS

if TYPE_CHECKING:
    from starlette.requests import Request

    from web.edge.cookies import Cookies

PRIVATE_HEADERS: Final = {
    "Cache-Control": "private, no-store",
    "Vary": "Accept, Authorization, X-Session",
}
"""Headers of a response that must not be cached."""

STALE_FACTOR: Final = 2
"""Ratio of `stale-while-revalidate` to `max-age`."""

ENTITY_TAG = re.compile(r'(?:W/)?"([\x21\x23-\x7e\x80-\xff]*)"')


def is_anonymous_read(request: Request, cookies: Cookies) -> bool:
    """Return whether the request is a GET or HEAD request without credentials."""
    is_signed_in = "authorization" in request.headers or cookies.is_requested
    return request.method in READ_METHODS and not is_signed_in


def make_public(response: Response, max_age: int) -> None:
    """Set the headers that allow shared caches to store the response.

    Args:
        response: the response to change.
        max_age: freshness lifetime in seconds; 0 requires revalidation before each use.
    """
    headers = response.headers
    headers["ETag"] = _entity_tag(response)
    headers["Cache-Control"] = (
        f"public, max-age={max_age}, stale-while-revalidate={STALE_FACTOR * max_age}"
        if max_age
        else "public, no-cache"
    )


def apply_if_none_match(response: Response, request: Request) -> Response:
    """Return a 304 response if the client already has this public response, else the response."""
    headers = response.headers
    if not _matches(request, headers["ETag"]):
        return response
    kept_headers = {name: headers[name] for name in ("ETag", "Cache-Control", "Vary")}
    return Response(status_code=304, headers=kept_headers)


def is_public(response: Response) -> bool:
    """Return whether shared caches may store the response."""
    return response.headers.get("Cache-Control", "").startswith("public")


def _entity_tag(response: Response) -> str:
    """Return a strong entity tag, computed from the media type and the body."""
    media_type = response.headers["content-type"].encode()
    digest = blake2b(media_type + b"\n" + bytes(response.body), digest_size=18).digest()
    return f'"{urlsafe_b64encode(digest).decode()}"'


def _matches(request: Request, tag: str) -> bool:
    """Return whether `If-None-Match` lists the tag, using weak comparison (RFC 9110)."""
    listed = ",".join(request.headers.getlist("if-none-match"))
    return listed.strip() == "*" or tag.strip('"') in ENTITY_TAG.findall(listed)
