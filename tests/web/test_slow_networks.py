"""Size of the pages that browsers show before they have loaded the client's script."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from tests.support.deployments import Deployment

MAX_FIRST_BYTES: Final = 40_000
"""Maximum size of a page's compressed HTML, in bytes. On a network of 400 kbit/s with a round trip
of 400 ms, two round trips, one of them for the connection, and 60,000 bytes take two seconds. A
third of the 60,000 bytes is left for headers and TCP's slow start."""
BLOCKING_FILE: Final = re.compile(r"<link[^>]*stylesheet|<script(?![^>]*type=.module)[^>]*src=")


async def test_first_content_of_a_page_needs_only_its_html_and_few_bytes(
    deployment: Deployment,
) -> None:
    await deployment.expert("Early Person")
    http, url = deployment.anonymous.http, deployment.anonymous.url
    headers = {"Accept": "text/html", "Accept-Encoding": "gzip"}
    for path in ("/", "/experts/early-person"):
        async with http.stream("GET", url + path, headers=headers) as response:
            size = sum([len(part) async for part in response.aiter_raw()])
        assert response.headers["content-encoding"] == "gzip"
        assert size < MAX_FIRST_BYTES, path
        html = (await http.get(url + path, headers=headers)).text
        assert "<h1" in html, path
        assert not BLOCKING_FILE.search(html), path
