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

# Not left to `mimetypes`, which reads the machine's own table.
MEDIA_TYPES: Final[Mapping[str, str]] = {
    ".css": "text/css; charset=utf-8",
    ".ico": "image/x-icon",
    ".jpg": "image/jpeg",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".ttf": "font/ttf",
    ".webp": "image/webp",
    ".woff2": "font/woff2",
}

# The content codings by preference, with what each adds to a file's name.
CODINGS: Final = (("br", ".br"), ("gzip", ".gz"))


class HashedFiles(StaticFiles):
    """Files named by their content: kept by clients for a year, sent as compressed at build time.

    Raises:
        RuntimeError: the folder is missing, as the client is not built.
    """

    def __init__(self, built: Path = BUILT_CLIENT) -> None:
        super().__init__(directory=built / "assets")

    def lookup_path(self, path: str) -> tuple[str, os.stat_result | None]:
        """Find files of known types only, so that no compressed variant has an address."""
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
        """Answer with the smallest variant that the client accepts."""
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
    """Read the codings that an `Accept-Encoding` names with a weight above 0 (RFC 9110, 12.5.3)."""
    parts = (part.partition(";q=") for part in header.lower().replace(" ", "").split(","))
    return frozenset(coding for coding, _, weight in parts if not weight or weight.strip("0."))


def page_of(name: str, built: Path = BUILT_CLIENT, *, module: str | None = None) -> Response:
    """Read a page, as the answer to a browser that opens its address.

    The answer holds no state: read it once and give it as often as it is asked for.

    Args:
        name: of its file.
        built: where that is.
        module: what the address will have loaded: a browser then need not find out by and by.

    Raises:
        RuntimeError: something is missing, as the client is not built.
    """
    headers = {
        "Cache-Control": "no-cache",
        "Content-Security-Policy": PAGE_POLICY,
        "Vary": "Accept",
    }
    if module:
        files = sorted(files_of(module, orjson.loads(_read(built / MANIFEST))))
        headers["Link"] = ", ".join(f"</{file}>; rel=modulepreload" for file in files)
    return Response(_read(built / name), media_type="text/html", headers=headers)


def files_of(module: str, manifest: Mapping[str, Mapping[str, Any]]) -> set[str]:
    """The files of a module and of all that it imports, as Vite's manifest names them."""
    found: set[str] = set()
    wanted = [module]
    while wanted:
        chunk = manifest[wanted.pop()]
        if chunk["file"] not in found:
            found.add(chunk["file"])
            wanted += chunk.get("imports", ())
    return found


def _read(path: Path) -> bytes:
    if not path.is_file():
        raise RuntimeError(
            f"The web client is not built, {path} is missing: "
            "`uv sync --reinstall-package expertbook` builds it."
        )
    return path.read_bytes()
