"""Fills the web client's built HTML page with the parts that differ from page to page."""

from __future__ import annotations

import gzip
import re
from base64 import b64encode, urlsafe_b64encode
from dataclasses import dataclass
from hashlib import blake2b, sha256
from typing import TYPE_CHECKING, Final

import orjson
from starlette.responses import Response

from models.caching.cache import Cache
from web.assets import BUILT_CLIENT, CLIENT_PAGE, accepted_codings, preload_links, read_file
from web.edge.headers import PAGE_POLICY

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from starlette.requests import Request

PARTS: Final = re.compile(
    r'(?P<start>.*<html [^>]*lang=")(?P<language>\w+)(?P<before_head>.*)'
    r"<!-- head -->.*<!-- /head -->(?P<before_content>.*)"
    r"<!-- content -->(?P<before_data>.*)<!-- data -->(?P<end>.*)",
    re.DOTALL,
)
"""Pattern that splits `web/client/index.html` at its placeholder comments."""

STYLESHEET: Final = re.compile(r'<link rel="stylesheet"[^>]*href="/([^"]+)"[^>]*>')
CLASSIC_SCRIPT: Final = re.compile(r'<script src="/([^"]+)"></script>')
"""Pattern of a script element whose file would block the first paint.

Scripts of this kind and the style sheet are inlined, so that the first paint does not wait for
further requests on a slow network.
"""

EARLY_SCRIPTS: Final = "early.json"
"""File with the name of each module's early script; see `web/client/earlyPages.ts`."""

HEADERS: Final = {
    "Cache-Control": "no-cache",
    "Vary": "Accept-Encoding, Accept-Language",
}
MAX_CACHED_PAGES: Final = 1_000
MAX_CACHED_BYTES: Final = 16 * 1024 * 1024
COMPRESSION_LEVEL: Final = 6


@dataclass(frozen=True, slots=True)
class PageParts:
    """The parts of a page that the server writes, as HTML.

    Args:
        language: language tag of the page.
        head: title and other elements of the head.
        content: the content that is shown until the script has loaded.
        data: HTML elements with data for the script.
        module: the client's module of the page, if it is to be preloaded.
    """

    language: str
    head: str
    content: str = ""
    data: str = ""
    module: str | None = None


@dataclass(frozen=True, slots=True)
class RenderedPage:
    """A page as it is sent, with and without compression."""

    tag: str
    plain: bytes
    compressed: bytes


class Shell:
    """Renders pages, and caches them up to a total size in bytes.

    The shell inlines the styles, the script that runs before the first paint, and the script that
    shows the page's data before the client has loaded.

    Args:
        built: the folder of the built client.
        prints_mails: whether sign-in codes are printed in the terminal; the page then says so.

    Raises:
        RuntimeError: if the client has not been built, or its page lacks a placeholder.
    """

    def __init__(self, built: Path = BUILT_CLIENT, *, prints_mails: bool = False) -> None:
        html = STYLESHEET.sub(
            lambda found: f"<style>{_asset(built, found[1])}</style>",
            read_file(built / CLIENT_PAGE).decode(),
        )
        self._scripts: list[str] = []

        def inlined(found: re.Match[str]) -> str:
            self._scripts.append(_asset(built, found[1]))
            return f"<script>{self._scripts[-1]}</script>"

        html = CLASSIC_SCRIPT.sub(inlined, html)
        if prints_mails:
            html = html.replace("<html ", '<html data-mails="printed" ', 1)
        found = PARTS.fullmatch(html)
        if found is None:
            raise RuntimeError(f"{built / CLIENT_PAGE} has no places for head, content and data.")
        self._parts = found.groupdict()
        self._built = built
        names: dict[str, str] = orjson.loads(read_file(built / EARLY_SCRIPTS))
        self._early = {module: _asset(built, name) for module, name in names.items()}
        self._headers: dict[str | None, dict[str, str]] = {}
        self._pages: Cache[PageParts, RenderedPage] = Cache(
            "pages", MAX_CACHED_PAGES, MAX_CACHED_BYTES
        )

    def respond(
        self,
        request: Request,
        parts: PageParts,
        status: int = 200,
        headers: dict[str, str] | None = None,
    ) -> Response:
        """Return a page, or status 304 if the browser has it already."""
        page = self._pages.get(parts)
        if page is None:
            page = self._render(parts)
            size = len(page.plain) + len(page.compressed)
            self._pages.put(parts, page, size)
        is_compressed = "gzip" in accepted_codings(request.headers.get("accept-encoding", ""))
        tag = f'"{page.tag}-gzip"' if is_compressed else f'"{page.tag}"'
        headers = {**self._headers_of(parts.module), **(headers or {}), "ETag": tag}
        if status == 200 and tag in _listed_tags(request):  # noqa: PLR2004 - an HTTP status
            return Response(status_code=304, headers=headers)
        if is_compressed:
            headers["Content-Encoding"] = "gzip"
        body = page.compressed if is_compressed else page.plain
        return Response(body, status, headers, "text/html")

    def _headers_of(self, module: str | None) -> dict[str, str]:
        """Return the headers of a module's pages: the security policy and the files to preload."""
        headers = self._headers.get(module)
        if headers is None:
            early = [self._early[module]] if module in self._early else []
            policy = policy_with([*self._scripts, *early])
            links = {"Link": preload_links(module, self._built)} if module else {}
            headers = {**HEADERS, "Content-Security-Policy": policy, **links}
            self._headers[module] = headers
        return headers

    def _render(self, parts: PageParts) -> RenderedPage:
        early = self._early.get(parts.module or "")
        script = f"<script>{early}</script>" if early and parts.data else ""
        html = (
            f"{self._parts['start']}{parts.language}{self._parts['before_head']}{parts.head}"
            f"{self._parts['before_content']}{parts.content}{self._parts['before_data']}"
            f"{parts.data}{script}{self._parts['end']}"
        ).encode()
        digest = blake2b(html, digest_size=18).digest()
        compressed = gzip.compress(html, COMPRESSION_LEVEL, mtime=0)
        return RenderedPage(urlsafe_b64encode(digest).decode(), html, compressed)


def policy_with(scripts: Sequence[str]) -> str:
    """Return the content security policy of a page that contains these scripts."""
    digests = (b64encode(sha256(script.encode()).digest()).decode() for script in scripts)
    sources = " ".join(["script-src 'self'", *(f"'sha256-{digest}'" for digest in digests)])
    return PAGE_POLICY.replace("script-src 'self'", sources)


def _asset(built: Path, name: str) -> str:
    return read_file(built / name).decode()


def _listed_tags(request: Request) -> Sequence[str]:
    listed = ",".join(request.headers.getlist("if-none-match"))
    return [tag.strip().removeprefix("W/") for tag in listed.split(",")]
