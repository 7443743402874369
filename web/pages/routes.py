"""Routes for browsers: they serve the web client at every path that no other route takes."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

import orjson
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from models.calendar.times import utc_now
from models.errors import BadUserInput, ExpertBookError
from models.ids import object_id
from resolvers.callers import preferred_language
from resolvers.previews import PreviewCard
from schema.execution.prepared import RequestFailed
from web.graphql.requests import READ_METHODS
from web.graphql.sockets import address_of
from web.pages.contents import expert_content, landing_content
from web.pages.data import FIRST_PAGE, PageData, landing_span
from web.pages.heads import (
    SITE,
    Head,
    Picture,
    booking_head,
    directory_head,
    head_html,
    hidden_head_html,
    landing_head,
    not_found_head,
    title_html,
    wording,
)
from web.pages.previews import SITE_PATH, preview_path
from web.pages.queries import PageQuery, public_answer
from web.pages.shell import PageParts, Shell

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.requests import Request

    from models.accounts.users import Language

LANDING: Final = "/"
DIRECTORY: Final = "/experts"
EXPERT: Final = "/experts/{slug}"
MODULES: Final = {
    LANDING: "src/app/Landing.tsx",
    DIRECTORY: "src/directory/DirectoryPage.tsx",
    EXPERT: "src/expert/ExpertPage.tsx",
}
"""The web client's module for each page path; the browser preloads the module."""

PERSONAL_PAGES: Final = (
    *("/sign-in", "/register", "/forgot-password", "/reset-password", "/verify-email"),
    *("/bookings", "/account"),
    *("/desk", "/desk/entry", "/desk/figures", "/desk/hours", "/desk/reviews"),
    *("/administration", "/administration/{path:path}"),
)
"""Paths of the client's pages that search engines must not list; see web/client/src/app/App.tsx."""

BOOKING_PAGES: Final = ("/bookings/{id}", "/bookings/{id}/reschedule")

MAX_SLUG_CHARS: Final = 200
"""Maximum length of slugs that are looked up; no expert's slug is longer."""

EXPERT_QUERY: Final = PageQuery(
    "PageExpert",
    "query PageExpert($slug: String!) { expertBySlug(slug: $slug) "
    "{ slug name title bio photoUrl rating reviewCount } }",
)
SITE_PICTURE: Final = Picture(SITE_PATH, SITE)
REDIRECT_HEADERS: Final = {"Cache-Control": "public, max-age=3600"}
NOT_FOUND_HEADERS: Final = {"Cache-Control": "no-store"}


def wants_page(request: Request) -> bool:
    """Return whether the request comes from a browser rather than from an API client."""
    return "text/html" in request.headers.get("accept", "")


def page_routes(base: str, *, prints_mails: bool) -> list[Route]:
    """Return the page routes, which must come last because one of them matches every path.

    Args:
        base: URL of the site, for links to pages.
        prints_mails: whether there is no mail server, so that the terminal shows sign-in codes.

    Raises:
        RuntimeError: if the client has not been built.
    """
    pages = Pages(base, Shell(prints_mails=prints_mails))
    addresses = (DIRECTORY, EXPERT, *PERSONAL_PAGES, *BOOKING_PAGES)
    return [
        *(Route(f"{path}/", without_trailing_slash) for path in addresses),
        Route(LANDING, pages.landing),
        Route(DIRECTORY, pages.directory),
        Route(EXPERT, pages.expert),
        *(Route(path, pages.personal) for path in PERSONAL_PAGES),
        *(Route(path, pages.booking) for path in BOOKING_PAGES),
        Route("/{path:path}", pages.unknown),
    ]


async def without_trailing_slash(request: Request) -> Response:
    """Redirect to the same URL without its last slash, keeping the query, method and body."""
    path, query = request.scope["path"], request.scope["query_string"].decode("latin-1")
    url = quote(path[:-1]) + (f"?{query}" if query else "")
    status = 301 if request.method in READ_METHODS else 308
    return RedirectResponse(url, status, REDIRECT_HEADERS)


class Pages:
    """Handlers for the client's pages; crawlers and link previews get the same pages as browsers.

    Args:
        base: URL of the site.
        shell: renders pages from the built client.
    """

    def __init__(self, base: str, shell: Shell) -> None:
        self._base = base.rstrip("/")
        self._shell = shell
        self._data = PageData()
        self._loaded: set[Language] = set()

    async def landing(self, request: Request) -> Response:
        """Return the landing page."""
        language = await self._language(request)
        head = landing_head(language, SITE_PICTURE)
        content = landing_content(language)
        wanted = [("Landing", landing_span(utc_now()))]
        return await self._respond(request, LANDING, head, language, content, wanted)

    async def directory(self, request: Request) -> Response:
        """Return the directory page."""
        language = await self._language(request)
        head = directory_head(language, SITE_PICTURE)
        # If the URL has parameters, the server does not know which queries the client will send.
        wanted = [] if request.url.query else [("Directory", {}), ("Experts", FIRST_PAGE)]
        return await self._respond(request, DIRECTORY, head, language, wanted=wanted)

    async def expert(self, request: Request) -> Response:
        """Return an expert's page, or a redirect if the page has a new URL."""
        language = await self._language(request)
        slug = request.path_params["slug"]
        if len(slug) > MAX_SLUG_CHARS:
            return self._not_found(request, language)
        try:
            found = await self._ask(request, EXPERT_QUERY, {"slug": slug})
        except (ExpertBookError, RequestFailed):
            # The client will repeat the query, and show any error.
            parts = PageParts(_tag(language), title_html(None), module=MODULES[EXPERT])
            return self._shell.respond(request, parts)
        expert = found["expertBySlug"]
        if expert is None:
            return self._not_found(request, language)
        path = EXPERT.format(slug=expert["slug"])
        if expert["slug"] != slug:
            url = request.url.replace(path=path, scheme="", netloc="")
            return RedirectResponse(str(url), 301, REDIRECT_HEADERS)
        card = PreviewCard(
            expert["name"],
            expert["title"],
            expert["rating"],
            expert["reviewCount"],
            expert["photoUrl"],
        )
        head = Head(
            expert["name"],
            expert["bio"] or expert["title"],
            path,
            Picture(preview_path(expert["slug"], card), f"{expert['name']}, {expert['title']}"),
            card_title=f"{expert['name']}, {expert['title']}",
            is_person=True,
        )
        wanted = [("Expert", {"slug": slug})]
        content = expert_content(expert)
        return await self._respond(request, EXPERT, head, language, content, wanted)

    async def personal(self, request: Request) -> Response:
        """Return a page whose content depends on the visitor."""
        parts = PageParts(_tag(await self._language(request)), hidden_head_html(None))
        return self._shell.respond(request, parts)

    async def booking(self, request: Request) -> Response:
        """Return a booking's page, or status 404 if the path does not contain a valid booking ID.

        The status is the same for other people's bookings and for IDs that do not exist.
        """
        language = await self._language(request)
        try:
            object_id(request.path_params["id"], "Booking", "id")
        except BadUserInput:
            return self._not_found(request, language)
        return self._shell.respond(request, PageParts(_tag(language), booking_head(language)))

    async def unknown(self, request: Request) -> Response:
        """Return status 404; browsers also get a page that says that the page does not exist."""
        if not wants_page(request):
            raise HTTPException(404, headers={**NOT_FOUND_HEADERS, "Vary": "Accept"})
        return self._not_found(request, await self._language(request))

    async def _language(self, request: Request) -> Language:
        """Return the visitor's preferred language, once its texts are loaded."""
        language = preferred_language(request.headers.get("accept-language", ""))
        if language not in self._loaded:
            await asyncio.to_thread(wording, language)
            self._loaded.add(language)
        return language

    async def _ask(
        self, request: Request, query: PageQuery, variables: dict[str, Any]
    ) -> dict[str, Any]:
        """Return the data in the response to a public query."""
        container = request.app.state.container
        body = await public_answer(container, query, variables, address_of(request))
        if body is None:
            raise RequestFailed([])
        data: dict[str, Any] = orjson.loads(body)["data"]
        return data

    async def _respond(
        self,
        request: Request,
        path: str,
        head: Head,
        language: Language,
        content: str = "",
        wanted: Sequence[tuple[str, dict[str, Any]]] = (),
    ) -> Response:
        container = request.app.state.container
        data = await self._data.element(container, address_of(request), wanted)
        html = head_html(head, self._base, language)
        parts = PageParts(_tag(language), html, content, data, MODULES[path])
        return self._shell.respond(request, parts)

    def _not_found(self, request: Request, language: Language) -> Response:
        parts = PageParts(_tag(language), not_found_head(language))
        return self._shell.respond(request, parts, 404, NOT_FOUND_HEADERS)


def _tag(language: Language) -> str:
    return language.lower().replace("_", "-")
