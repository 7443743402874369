"""Routes for browsers: the web client at every path not taken otherwise."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from auth.budget_accounts import accounts_of
from models.errors import RateLimited, Unavailable
from resolvers.experts import by_slug
from web.assets import CLIENT_PAGE, read_page
from web.graphql.sockets import address_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.requests import Request

NO_STORE = {"Cache-Control": "no-store"}
EXPERT_PAGE = "/experts/{slug}"
PAGES = {
    "/": "src/app/Landing.tsx",
    "/experts": "src/directory/DirectoryPage.tsx",
    EXPERT_PAGE: "src/expert/ExpertPage.tsx",
    "/{path:path}": None,
}
"""Maps paths to the module to preload; the client's own router handles all other paths."""


SLUG_COST = 100
"""Cost of looking up the expert of a page."""

REDIRECT_HEADERS = {"Cache-Control": "public, max-age=3600", "Vary": "Accept"}


def wants_page(request: Request) -> bool:
    """Return whether the request comes from a browser rather than from an API client."""
    return "text/html" in request.headers.get("accept", "")


def page_routes(*, prints_mails: bool) -> list[Route]:
    """Return the routes, which must come last because they match every path.

    Args:
        prints_mails: whether there is no mail server, so that codes are printed in the terminal.

    Raises:
        RuntimeError: the client has not been built.
    """
    return [Route(path, _page(module, prints_mails=prints_mails)) for path, module in PAGES.items()]


def _page(module: str | None, *, prints_mails: bool) -> Callable[[Request], Awaitable[Response]]:
    response = read_page(CLIENT_PAGE, module=module, prints_mails=prints_mails)

    async def page(request: Request) -> Response:
        if request.url.path != "/" and not wants_page(request):
            # Browsers get a page at this path, so caches must not store the 404.
            raise HTTPException(404, headers={**NO_STORE, "Vary": "Accept"})
        if slug := request.path_params.get("slug"):
            return await _redirection(request, slug) or response
        return response

    return page


async def _redirection(request: Request, slug: str) -> Response | None:
    """Return a redirection to the present address of an expert's page, or None.

    The page itself redirects, too, so that an exhausted budget or a failed read does no harm.
    """
    services = request.app.state.container.services
    try:
        await services.budgets.spend(accounts_of(None, address_of(request)), SLUG_COST)
        expert = await by_slug(None, slug)
    except (RateLimited, Unavailable):
        return None
    if expert is None or expert.slug == slug:
        return None
    url = request.url.replace(path=EXPERT_PAGE.format(slug=expert.slug), scheme="", netloc="")
    return RedirectResponse(str(url), 301, REDIRECT_HEADERS)
