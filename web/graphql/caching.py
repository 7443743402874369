"""What caches may keep: answers to GET that are the same for every stranger (RFC 9111).

Everything else is its client's own. An answer that may be kept has an ETag, by which a cache asks
whether it still counts (RFC 9110, section 13).
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64encode
from hashlib import blake2b
from typing import TYPE_CHECKING, Final

from starlette.responses import Response

from web.graphql.requests import READING

if TYPE_CHECKING:
    from starlette.requests import Request

    from web.edge.cookies import Cookies

OWN: Final = {
    "Cache-Control": "private, no-store",
    "Vary": "Accept, Authorization, X-Session",
}
"""Headers of an answer that nobody may keep."""

STALE_TIMES: Final = 2
"""For so many times its age a cache may go on with an answer while it asks for the next one."""

ENTITY_TAG = re.compile(r'(?:W/)?"([\x21\x23-\x7e\x80-\xff]*)"')


def is_of_a_stranger(request: Request, cookies: Cookies) -> bool:
    """Whether a request only reads, and nothing in it says who sends it."""
    is_signed_in = "authorization" in request.headers or cookies.is_requested
    return request.method in READING and not is_signed_in


def label(response: Response, seconds: int) -> None:
    """Let caches keep an answer.

    Args:
        response: the answer.
        seconds: how long it counts; 0 when it has to be asked for anew each time.
    """
    headers = response.headers
    headers["ETag"] = _entity_tag(response)
    headers["Cache-Control"] = (
        f"public, max-age={seconds}, stale-while-revalidate={STALE_TIMES * seconds}"
        if seconds
        else "public, no-cache"
    )


def unless_known(response: Response, request: Request) -> Response:
    """An answer that caches may keep, without its body for a client that has it already."""
    headers = response.headers
    if not _has(request, headers["ETag"]):
        return response
    shown = {name: headers[name] for name in ("ETag", "Cache-Control", "Vary")}
    return Response(status_code=304, headers=shown)


def is_public(response: Response) -> bool:
    """Whether caches may keep an answer for others."""
    return response.headers.get("Cache-Control", "").startswith("public")


def _entity_tag(response: Response) -> str:
    """A strong one: equal for equal bytes of the same media type, and only for them."""
    kind = response.headers["content-type"].encode()
    digest = blake2b(kind + b"\n" + bytes(response.body), digest_size=18).digest()
    return f'"{urlsafe_b64encode(digest).decode()}"'


def _has(request: Request, tag: str) -> bool:
    """Whether the client has that answer (`If-None-Match`, compared weakly)."""
    listed = ",".join(request.headers.getlist("if-none-match"))
    return listed.strip() == "*" or tag.strip('"') in ENTITY_TAG.findall(listed)
