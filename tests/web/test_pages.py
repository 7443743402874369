"""Pages of the web client, as requested by browsers and other programs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    import httpx

    from tests.support.deployments import Deployment

HTML = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


@pytest.mark.parametrize("path", ["/", "/experts", "/experts/nobody", "/bookings", "/a/b/c"])
async def test_browsers_get_the_client_at_any_path(
    server: str, http: httpx.AsyncClient, path: str
) -> None:
    page = await http.get(server + path, headers=HTML)
    assert page.status_code == 200
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert page.headers["cache-control"] == "no-cache"
    assert page.headers["vary"] == "Accept"
    assert '<div id="app">' in page.text


async def test_preload_links_point_to_existing_files(server: str, http: httpx.AsyncClient) -> None:
    page = await http.get(f"{server}/experts", headers=HTML)
    files = [link.split(">")[0].strip(" <") for link in page.headers["link"].split(",")]
    assert any("DirectoryPage" in file for file in files)
    for file in files:
        assert (await http.get(server + file)).status_code == 200


async def test_other_programs_get_404(server: str, http: httpx.AsyncClient) -> None:
    """The response must not be cached, since browsers get a page at the same URL."""
    response = await http.get(f"{server}/experts", headers={"Accept": "application/json"})
    assert response.status_code == 404
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["vary"] == "Accept"


async def test_only_sample_experts_have_a_portrait(deployment: Deployment) -> None:
    """Experts created later have a placeholder."""
    expert = await deployment.expert()
    query = "{ experts(first: 100) { nodes { id slug photoUrl } } }"
    nodes = (await deployment.anonymous.ask(query))["experts"]["nodes"]
    urls = {node["id"]: node["photoUrl"] for node in nodes}
    photo = "query ($id: ID!) { expert(id: $id) { photoUrl } }"
    url = (await deployment.anonymous.ask(photo, id=expert.expert_id))["expert"]["photoUrl"]
    assert url == "/photos/placeholder.svg"
    assert any(other != url for other in urls.values())
    response = await deployment.anonymous.http.get(f"{deployment.anonymous.url}{url}")
    assert (response.status_code, response.headers["content-type"]) == (200, "image/svg+xml")
    assert "<circle" in response.text
