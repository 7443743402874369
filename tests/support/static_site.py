"""Serves the built client like a static host: assets, and one page at all other paths."""

from __future__ import annotations

from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING, Any

from web.assets import BUILT_CLIENT, CLIENT_PAGE

if TYPE_CHECKING:
    from collections.abc import Iterator


class StaticSite(SimpleHTTPRequestHandler):
    """Handler of one request; `page` is the HTML of the client's page."""

    def __init__(self, *arguments: Any, page: bytes, **options: Any) -> None:
        self._page = page
        super().__init__(*arguments, directory=str(BUILT_CLIENT), **options)

    def do_GET(self) -> None:
        """Send an asset, or the client's page for any other path."""
        if self.path.startswith("/assets/"):
            super().do_GET()
            return
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(self._page)))
        self.end_headers()
        self.wfile.write(self._page)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Log nothing."""


@contextmanager
def serve_client(port: int, api_url: str) -> Iterator[None]:
    """Serve the client at a port while the context is open, as if built for this API's URL."""
    html = (BUILT_CLIENT / CLIENT_PAGE).read_text("utf-8")
    page = html.replace("</head>", f'<meta name="api-url" content="{api_url}"></head>').encode()
    with ThreadingHTTPServer(("127.0.0.1", port), partial(StaticSite, page=page)) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield
        finally:
            server.shutdown()
            thread.join()
