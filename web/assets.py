import os
from collections.abc import Mapping
from pathlib import Path, PurePath
from typing import Any, Final

import orjson
from starlette.datastructures import Headers
from starlette.responses import FileResponse, Response
from starlette.staticfiles import NotModifiedResponse, PathLike, StaticFiles
from starlette.types import Scope

from web.edge.headers import PAGE_POLICY

BUILT_CLIENT: Final = Path(__file__).parent / "client" / "dist"
CLIENT_PAGE: Final = "index.html"
GRAPHIQL_PAGE: Final = "graphiql/index.html"
MANIFEST: Final = "app.json"

# The types are listed here, because the `mimetypes` module also reads a table that differs between
# operating systems.
MEDIA_TYPES: Final[Mapping[str, str]] = {
    ".css": "text/css; charset=utf-8",
    ".ico": "image/x-icon",
    ".jpg": "image/jpeg",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".ttf": "font/ttf",
    ".webmanifest": "application/manifest+json",
    ".webp": "image/webp",
    ".woff2": "font/woff2",
}

# Content codings in order of preference, with the file name suffixes of the compressed variants.
CODINGS: Final = (("br", ".br"), ("gzip", ".gz"))


class HashedFiles(StaticFiles):
    """Serves static files with hashed names: cacheable for a year, and compressed at build time.

    Raises:
        RuntimeError: the folder of assets is missing, because the client has not been built.
    """

    def __init__(self, built: Path = BUILT_CLIENT) -> None:
        super().__init__(directory=built / "assets")

    def lookup_path(self, path: str) -> tuple[str, os.stat_result | None]:
        """Find files of known types only, so that compressed variants have no URL of their own."""
        if PurePath(path).suffix not in MEDIA_TYPES:
            return "", None
        return super().lookup_path(path)

    def file_response(
        self,
        full_path: PathLike,
        stat_result: os.stat_result,
        scope: Scope,
        status_code: int = 200,
    ) -> Response:
        """Return the file in the best content coding that the client accepts."""
        path = Path(full_path)
        request = Headers(scope=scope)
        headers = {
            "Cache-Control": "public, max-age=31536000, immutable",
            "Vary": "Accept-Encoding",
        }
        media_type = MEDIA_TYPES[path.suffix]
        accepted = accepted_codings(request.get("accept-encoding", ""))
        for coding, suffix in CODINGS:
            variant = path.with_name(path.name + suffix)
            if coding in accepted and variant.is_file():
                path, stat_result = variant, variant.stat()
                headers["Content-Encoding"] = coding
                break
        response = FileResponse(path, status_code, headers, media_type, stat_result=stat_result)
        if self.is_not_modified(response.headers, request):
            return NotModifiedResponse(response.headers)
        return response


def accepted_codings(header: str) -> frozenset[str]:
    """Return the codings in an `Accept-Encoding` header with weights above 0 (RFC 9110, 12.5.3)."""
    parts = (part.partition(";q=") for part in header.lower().replace(" ", "").split(","))
    return frozenset(coding for coding, _, weight in parts if not weight or weight.strip("0."))


def read_page(name: str, built: Path = BUILT_CLIENT) -> Response:
    """Return an HTML page of the built client as a response that can be sent repeatedly.

    Raises:
        RuntimeError: the page is missing, because the client has not been built.
    """
    headers = {
        "Cache-Control": "no-cache",
        "Content-Security-Policy": PAGE_POLICY,
        "Vary": "Accept",
    }
    return Response(read_file(built / name), media_type="text/html", headers=headers)


def preload_links(module: str, built: Path = BUILT_CLIENT) -> str:
    """Return a `Link` header that preloads a JavaScript module of the client with its imports.

    Raises:
        RuntimeError: the client has not been built.
    """
    files = sorted(module_files(module, orjson.loads(read_file(built / MANIFEST))))
    return ", ".join(f"</{file}>; rel=modulepreload" for file in files)


def module_files(module: str, manifest: Mapping[str, Mapping[str, Any]]) -> set[str]:
    """Return the files of a module and of its transitive imports, from Vite's manifest."""
    found: set[str] = set()
    wanted = [module]
    while wanted:
        chunk = manifest[wanted.pop()]
        if chunk["file"] not in found:
            found.add(chunk["file"])
            wanted += chunk.get("imports", ())
    return found


def read_file(path: Path) -> bytes:
    """Return the content of a file of the built client.

    Raises:
        RuntimeError: the client has not been built.
    """
    if not path.is_file():
        raise RuntimeError(
            f"The web client is not built, {path} is missing: "
            "`uv sync --reinstall-package expertbook` builds it."
        )
    return path.read_bytes()
