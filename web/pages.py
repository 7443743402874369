"""What people open: the web client at every address that is nothing else, and the portraits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Route

from web.assets import CLIENT_PAGE, page_of
from web.samples.portraits import portrait

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.requests import Request

LONGEST_SLUG = 120

PAGES = {
    "/": "src/app/Landing.tsx",
    "/experts": "src/directory/DirectoryPage.tsx",
    "/experts/{slug}": "src/expert/ExpertPage.tsx",
    "/{path:path}": None,
}
"""The pages that people open first, with what they load; the client knows all the others itself."""


def wants_page(request: Request) -> bool:
    """Whether a person asks with a browser, rather than a program."""
    return "text/html" in request.headers.get("accept", "")


async def photo(request: Request) -> Response:
    """The portrait of a sample person."""
    name = request.path_params["name"]
    if not name.isascii() or len(name) > LONGEST_SLUG:
        raise HTTPException(404)
    headers = {
        "Cache-Control": "public, max-age=86400",
        "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
        "Cross-Origin-Resource-Policy": "cross-origin",
    }
    return Response(portrait(name), headers=headers, media_type="image/svg+xml")


def page_routes() -> list[Route]:
    """The routes; to be the last, since they take every address.

    Raises:
        RuntimeError: when the client is not built.
    """
    return [
        Route("/photos/{name}.svg", photo),
        *(Route(path, _page(module)) for path, module in PAGES.items()),
    ]


def _page(module: str | None) -> Callable[[Request], Awaitable[Response]]:
    client = page_of(CLIENT_PAGE, module=module)

    async def page(request: Request) -> Response:
        if request.url.path != "/" and not wants_page(request):
            # A cache must not give it to browsers, for which there is a page.
            raise HTTPException(404, headers={"Cache-Control": "no-store", "Vary": "Accept"})
        return client

    return page
