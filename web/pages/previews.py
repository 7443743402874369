"""Link-preview pictures, served over HTTP: one for each expert, and one for the site."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

import orjson
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from auth.budget_accounts import accounts_of
from models.caching.cache import Cache
from models.caching.single_flight import SingleFlight
from models.directory.photos import HASH_CHARS as PHOTO_HASH_CHARS
from models.directory.photos import photo_content
from models.errors import RateLimited, Unavailable
from resolvers.experts import by_slug
from resolvers.previews import PreviewCard, PreviewFonts, draw_preview
from schema.photos import photo_url
from web.assets import BUILT_CLIENT, MANIFEST, read_file
from web.graphql.sockets import address_of
from web.photos import FOR_EVER, NO_STORE, PICTURE_HEADERS

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from starlette.requests import Request

SITE_PATH: Final = "/previews/site.png"
PATH: Final = "/previews/{slug}/{hash}.png"
SITE: Final = "site"
"""Cache key of the site's picture; the keys of experts' pictures are hashes, which are longer."""

LOOKUP_COST: Final = 100
DRAWING_COST: Final = 10_000
DRAWN_AT_ONCE: Final = 1
MAX_WAITING: Final = 8
"""Number of requests that may wait for a new picture; further requests get status 503."""

MAX_CACHED: Final = 1_000
MAX_CACHED_BYTES: Final = 16 * 1024 * 1024
SITE_HEADERS: Final = {**PICTURE_HEADERS, "Cache-Control": "public, max-age=86400"}

DISPLAY: Final = ("bricolage-grotesque", ("latin", "latin-ext", "vietnamese"))
TEXT: Final = ("figtree", ("latin", "latin-ext"))


def preview_path(slug: str, card: PreviewCard) -> str:
    """Return the URL path of an expert's preview picture; it changes with the picture's content."""
    return PATH.format(slug=slug, hash=card.hash)


class Previews:
    """Draws preview pictures outside the event loop, one at a time, and caches them.

    Args:
        fonts: the typefaces of the text in the pictures.
    """

    def __init__(self, fonts: PreviewFonts) -> None:
        self._fonts = fonts
        self._turn = asyncio.Semaphore(DRAWN_AT_ONCE)
        self._waiting = 0
        self._drawn: Cache[str, bytes] = Cache("previews", MAX_CACHED, MAX_CACHED_BYTES)
        self._flights: SingleFlight[str, bytes] = SingleFlight()

    async def site(self, request: Request) -> Response:
        """Return the site's preview picture."""
        content = await self._content(request, SITE, None)
        return Response(content, headers=SITE_HEADERS, media_type="image/png")

    async def expert(self, request: Request) -> Response:
        """Return an expert's preview picture, or a redirect to the URL of the current picture.

        Raises:
            HTTPException: 404 if there is no such expert, 429 if the client's budget is exhausted,
                503 if the database does not respond or too many pictures are being drawn.
        """
        slug = request.path_params["slug"]
        await self._charge(request, LOOKUP_COST)
        try:
            expert = await by_slug(None, slug)
        except Unavailable as error:
            raise HTTPException(503, headers=NO_STORE) from error
        if expert is None:
            raise HTTPException(404, headers=NO_STORE)
        card = PreviewCard(
            expert.name, expert.title, expert.rating, expert.review_count, photo_url(expert)
        )
        if request.path_params["hash"] != card.hash:
            return RedirectResponse(preview_path(expert.slug, card), 302, NO_STORE)
        headers = {**PICTURE_HEADERS, **FOR_EVER, "ETag": f'"{card.hash}"'}
        if headers["ETag"] in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        content = await self._content(request, card.hash, card)
        return Response(content, headers=headers, media_type="image/png")

    async def _content(self, request: Request, key: str, card: PreviewCard | None) -> bytes:
        """Return a preview picture; the client is charged more if it must be drawn first."""
        if content := self._drawn.get(key):
            return content
        await self._charge(request, DRAWING_COST)
        if self._waiting >= MAX_WAITING:
            raise HTTPException(503, headers={**NO_STORE, "Retry-After": "2"})
        self._waiting += 1
        try:
            return await self._flights.run(key, lambda: self._draw(key, card))
        except Unavailable as error:
            raise HTTPException(503, headers=NO_STORE) from error
        finally:
            self._waiting -= 1

    async def _draw(self, key: str, card: PreviewCard | None) -> bytes:
        async with self._turn:
            if content := self._drawn.get(key):
                return content
            photo = await _photo(card) if card else None
            content = await asyncio.to_thread(draw_preview, card, photo, self._fonts)
        self._drawn.put(key, content, len(content))
        return content

    async def _charge(self, request: Request, cost: int) -> None:
        budgets = request.app.state.container.services.budgets
        try:
            await budgets.spend(accounts_of(None, address_of(request)), cost)
        except RateLimited as error:
            wait = {"Retry-After": str(error.retry_after_seconds)}
            raise HTTPException(429, headers={**NO_STORE, **wait}) from error


async def _photo(card: PreviewCard) -> bytes | None:
    """Return the uploaded photo of an expert, or None if there is none."""
    name, _, kind = card.photo_url.rpartition("/")[2].rpartition(".")
    is_photo = kind == "webp" and len(name) == PHOTO_HASH_CHARS
    return await photo_content(name) if is_photo else None


def preview_fonts(built: Path = BUILT_CLIENT) -> PreviewFonts:
    """Return the typefaces that are part of the built client.

    Raises:
        RuntimeError: if the client has not been built.
    """
    manifest = orjson.loads(read_file(built / MANIFEST))
    display, text = (
        [built / manifest[_font_module(name, subset)]["file"] for subset in subsets]
        for name, subsets in (DISPLAY, TEXT)
    )
    return PreviewFonts.of(display, text)


def preview_routes() -> list[Route]:
    """Return the routes of the link-preview pictures.

    Raises:
        RuntimeError: if the client has not been built.
    """
    previews = Previews(preview_fonts())
    handlers: dict[str, Callable[[Request], Awaitable[Response]]] = {
        SITE_PATH: previews.site,
        PATH: previews.expert,
    }
    return [Route(path, handler) for path, handler in handlers.items()]


def _font_module(name: str, subset: str) -> str:
    """Return the name, in Vite's manifest, of the font file for a subset of a typeface."""
    folder = f"node_modules/@fontsource-variable/{name}/files"
    return f"{folder}/{name}-{subset}-wght-normal.woff2"
