"""Experts' photos over HTTP: uploads, removals, stored photos, and pictures that replace them.

The body of an upload is the picture itself, and the Content-Type header names its media type.
Because of this header, pages of other origins cannot upload a photo without a CORS preflight.
"""

from __future__ import annotations

import re
from collections import Counter
from html import escape
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

import orjson
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Route

from auth.budget_accounts import accounts_of
from models.directory.experts import Expert
from models.directory.photos import HASH_CHARS, photo_content, set_photo
from models.errors import (
    ExpertBookError,
    ImageTooLong,
    InvalidImage,
    NotAllowed,
    RateLimited,
    TooManyAttempts,
    Unauthenticated,
    Unavailable,
    UnsupportedImage,
)
from models.ids import is_sample
from models.store.documents import or_unavailable
from models.text import are_initials
from resolvers.images import MAX_BYTES
from resolvers.photos import PhotoWorkshop, expert_of_photo
from schema.photos import COLOURS, PLACEHOLDER, photo_url
from web.edge.cookies import Cookies
from web.edge.refusals import code_of
from web.graphql.http import authenticate
from web.graphql.requests import BadRequest, receive_body
from web.graphql.sockets import address_of
from web.samples.portraits import portrait

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from starlette.requests import Request

    from auth.viewers import Viewer
    from models.ids import Id
    from schema.context import Services

UPLOAD_COST: Final = 100_000
CHANGE_COST: Final = 1_000
PHOTO_COST: Final = 100
MAX_UPLOADS: Final = 4
"""Maximum number of concurrent uploads per process.

Each upload can take 5 MB of memory while it waits to be decoded.
"""

MAX_UPLOADS_OF_ACCOUNT: Final = 2
"""Maximum number of concurrent uploads per account.

This limit keeps the slow uploads of one account from blocking other accounts.
"""

MEDIA_TYPES: Final = ("image/jpeg", "image/png", "image/webp")
NO_STORE: Final = {"Cache-Control": "no-store"}
PICTURE_HEADERS: Final = {
    "Cache-Control": "public, max-age=86400",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
    "Cross-Origin-Resource-Policy": "cross-origin",
}
FOR_EVER: Final = {"Cache-Control": "public, max-age=31536000, immutable"}
HASH: Final = re.compile(rf"[0-9a-f]{{{HASH_CHARS}}}")
MAX_SLUG_LENGTH: Final = 120
SLUG: Final = re.compile(r"[a-z0-9]+(-[a-z0-9]+)+")
PLACEHOLDER_SVG: Final = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 200 200"><title>Portrait</title>'
    '<path fill="#e7e5e4" d="M0 0h200v200H0z"/>'
    '<g fill="#a8a29e"><circle cx="100" cy="82" r="36"/><path d="M28 200a72 62 0 0 1 144 0z"/></g>'
    "</svg>"
)
BACKGROUNDS: Final = (
    *("#0f766e", "#1d4ed8", "#6d28d9", "#a21caf"),
    *("#be123c", "#b45309", "#4d7c0f", "#475569"),
)
"""Colours on which white letters have a contrast of at least 4.5 to 1 (WCAG 2.2, 1.4.3)."""

INITIALS_SVG: Final = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 200 200"><title>{initials}</title>'
    '<path fill="{colour}" d="M0 0h200v200H0z"/><text x="100" y="100" dy=".35em" fill="#fff" '
    'font-family="system-ui, sans-serif" font-size="80" font-weight="600" text-anchor="middle">'
    "{initials}</text></svg>"
)


class PhotoChanges:
    """Handles uploads and removals of photos; an application has one instance.

    Args:
        origins: the origins, besides the server's own, whose pages may use session cookies.
    """

    def __init__(self, origins: frozenset[str]) -> None:
        self._origins = origins
        self._workshop = PhotoWorkshop()
        self._uploads: Counter[Id] = Counter()

    async def __call__(self, request: Request) -> Response:
        """Change the photo of the viewer's own directory entry, or of the expert `expertId`."""
        services: Services = request.app.state.container.services
        change = self._upload if request.method == "POST" else self._remove
        try:
            expert = await change(request, services)
        except (BadRequest, ExpertBookError) as error:
            return error_response(error)
        services.directory_changed()
        body = orjson.dumps({"photoUrl": photo_url(expert)})
        status = 201 if request.method == "POST" else 200
        return Response(body, status, NO_STORE, "application/json")

    async def _upload(self, request: Request, services: Services) -> Expert:
        viewer, expert_id = await self._authorize(request, services, "POST /photos")
        check_headers(request)
        is_busy = self._uploads.total() >= MAX_UPLOADS
        if is_busy or self._uploads[viewer.id] >= MAX_UPLOADS_OF_ACCOUNT:
            raise BadRequest(
                503, "Other photos are being uploaded. Please try again.", {"Retry-After": "2"}
            )
        self._uploads[viewer.id] += 1
        try:
            address = address_of(request)
            await services.budgets.spend(accounts_of(str(viewer.id), address), UPLOAD_COST)
            throttle = services.sign_ins.throttle
            await throttle.attempt("photo", address=address, account=viewer.user.email)
            content = await receive_body(request.receive, MAX_BYTES)
            return await self._workshop.upload(expert_id, content)
        finally:
            self._uploads -= Counter([viewer.id])  # also drops accounts whose count is now 0

    async def _remove(self, request: Request, services: Services) -> Expert:
        viewer, expert_id = await self._authorize(request, services, "DELETE /photos")
        accounts = accounts_of(str(viewer.id), address_of(request))
        await services.budgets.spend(accounts, CHANGE_COST)
        return await set_photo(expert_id, None)

    async def _authorize(
        self, request: Request, services: Services, action: str
    ) -> tuple[Viewer, Id]:
        """Check the permission, before the body is read; return the viewer and the expert's ID."""
        cookies = Cookies(request, self._origins)
        if cookies.is_requested and cookies.is_foreign:
            raise BadRequest(403, "Only pages of this server can use session cookies.")
        viewer = await authenticate(request, services, cookies)
        expert_id = expert_of_photo(viewer, request.query_params.get("expertId") or None, action)
        if viewer is None:  # unreachable, because no rule allows anonymous viewers
            raise NotAllowed
        return viewer, expert_id


def check_headers(request: Request) -> None:
    """Check the media type and the body length that an upload declares.

    Raises:
        UnsupportedImage: if the media type is not supported, or the body is compressed.
        ImageTooLong: if the body is too long.
    """
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    coding = request.headers.get("content-encoding", "identity").strip().lower()
    if media_type not in MEDIA_TYPES or coding != "identity":
        raise UnsupportedImage
    if int(request.headers.get("content-length", 0)) > MAX_BYTES:
        raise ImageTooLong


def error_response(error: BadRequest | ExpertBookError) -> Response:
    """Return the response to a refused request, in GraphQL's response format."""
    headers: Mapping[str, str] = {}
    match error:
        case BadRequest():
            status, headers = error.status, error.headers or {}
            code = code_of(HTTPStatus(status))
        case ExpertBookError():
            status, code = status_of(error), error.code
    if isinstance(error, Unauthenticated):
        headers = {"WWW-Authenticate": "Bearer"}
    elif isinstance(error, (RateLimited, TooManyAttempts)):
        headers = {"Retry-After": str(error.retry_after_seconds)}
    elif isinstance(error, UnsupportedImage):
        headers = {"Accept-Post": ", ".join(MEDIA_TYPES)}
    body = {"errors": [{"message": str(error), "extensions": {"code": code}}]}
    return Response(orjson.dumps(body), status, {**NO_STORE, **headers}, "application/json")


STATUSES: Final = (
    (Unauthenticated, 401),
    (NotAllowed, 403),
    (ImageTooLong, 413),
    (UnsupportedImage, 415),
    (InvalidImage, 422),
    (RateLimited, 429),
    (TooManyAttempts, 429),
    (Unavailable, 503),
)
"""HTTP status for each class of error; the first class that matches is used."""


def status_of(error: ExpertBookError) -> int:
    """Return the HTTP status for an error."""
    return next((status for kind, status in STATUSES if isinstance(error, kind)), 500)


async def photo(request: Request) -> Response:
    """Return a stored photo, which never changes at its URL.

    Raises:
        HTTPException: 404 if there is no such photo, 429 if the client's budget is exhausted, 503
            if the database does not respond.
    """
    hash_ = request.path_params["hash"]
    if not HASH.fullmatch(hash_):
        raise HTTPException(404, headers=NO_STORE)
    budgets = request.app.state.container.services.budgets
    try:
        await budgets.spend(accounts_of(None, address_of(request)), PHOTO_COST)
        content = await photo_content(hash_)
    except RateLimited as error:
        wait = {"Retry-After": str(error.retry_after_seconds)}
        raise HTTPException(429, headers={**NO_STORE, **wait}) from error
    except Unavailable as error:
        raise HTTPException(503, headers=NO_STORE) from error
    if content is None:
        raise HTTPException(404, headers=NO_STORE)
    etag = f'"{hash_}"'
    headers = {**PICTURE_HEADERS, **FOR_EVER, "ETag": etag}
    known = {each.strip().removeprefix("W/") for each in _listed(request, "if-none-match")}
    if known & {etag, "*"}:
        return Response(status_code=304, headers=headers)
    return Response(content, headers=headers, media_type="image/webp")


async def drawing(request: Request) -> Response:
    """Return the generated portrait of a stored sample expert, or the placeholder.

    Raises:
        HTTPException: 404 for any other name, 503 if the database does not respond.
    """
    name = request.path_params["name"]
    if name == PLACEHOLDER:
        return _svg(PLACEHOLDER_SVG)
    if len(name) <= MAX_SLUG_LENGTH and SLUG.fullmatch(name) and await _is_sample(name):
        return _svg(portrait(name))
    raise HTTPException(404, headers=NO_STORE)


async def initials(request: Request) -> Response:
    """Return a picture of the initials in the URL, on the background colour in the URL.

    Raises:
        HTTPException: 404 if the URL does not contain initials and a colour.
    """
    letters, _, number = request.path_params["name"].rpartition("-")
    if not are_initials(letters) or number not in map(str, range(COLOURS)):
        raise HTTPException(404, headers=NO_STORE)
    return _svg(INITIALS_SVG.format(initials=escape(letters), colour=BACKGROUNDS[int(number)]))


def _svg(text: str) -> Response:
    return Response(text, headers=PICTURE_HEADERS, media_type="image/svg+xml")


def _listed(request: Request, header: str) -> list[str]:
    return ",".join(request.headers.getlist(header)).split(",")


async def _is_sample(slug: str) -> bool:
    """Return whether the slug belongs to a stored sample expert."""
    try:
        with or_unavailable():
            expert = await Expert.find_one({"slug": slug})
    except Unavailable as error:
        raise HTTPException(503, headers=NO_STORE) from error
    return expert is not None and is_sample(expert.id)


def photo_routes(origins: frozenset[str]) -> list[Route]:
    """Return the HTTP routes for photos; pages of `origins`, too, may use session cookies."""
    changes = PhotoChanges(origins)
    handler: Callable[[Request], Awaitable[Response]] = changes.__call__
    return [
        Route("/photos", handler, methods=["POST", "DELETE"]),
        Route("/photos/{hash}.webp", photo),
        Route("/photos/{name}.svg", drawing),
        Route("/photos/initials/{name}.svg", initials),
    ]
