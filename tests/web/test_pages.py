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


async def test_other_spellings_of_an_expert_are_redirected(deployment: Deployment) -> None:
    """Redirects keep the query; disabled and unknown experts are not redirected."""
    http, url = deployment.anonymous.http, deployment.anonymous.url
    expert = await deployment.expert("Siobhán O'Brien")
    query = "query ($id: ID!) { expert(id: $id) { slug } }"
    slug = (await deployment.anonymous.ask(query, id=expert.expert_id))["expert"]["slug"]
    for spelling in ("Siobhan-O-Brien", "siobh%C3%A1n-o%E2%80%99brien"):
        redirect = await http.get(f"{url}/experts/{spelling}?day=2027-03-28&x=a%2Fb", headers=HTML)
        assert redirect.status_code == 301
        assert redirect.headers["location"] == f"/experts/{slug}?day=2027-03-28&x=a%2Fb"
        assert redirect.headers["cache-control"] == "public, max-age=3600"
        assert redirect.headers["vary"] == "Accept"
    assert expert.expert_id
    for other in (slug, "nobody", "x" * 5_000, "%00", "%2F%2Fevil.example"):
        assert (await http.get(f"{url}/experts/{other}", headers=HTML)).status_code == 200
    await deployment.update(expert.expert_id, disabled=True)
    page = await http.get(f"{url}/experts/Siobhan-O-Brien", headers=HTML)
    assert page.status_code == 200


async def test_only_stored_sample_experts_have_a_portrait(deployment: Deployment) -> None:
    """Experts created later have initials, and other names are not found."""
    expert = await deployment.expert()
    api = deployment.anonymous
    query = "{ experts(first: 100) { nodes { id slug photoUrl } } }"
    nodes = (await api.ask(query))["experts"]["nodes"]
    photo = "query ($id: ID!) { expert(id: $id) { slug photoUrl } }"
    created = (await api.ask(photo, id=expert.expert_id))["expert"]
    assert created["photoUrl"].startswith("/photos/initials/AL-")
    portraits = {url for node in nodes if "initials" not in (url := node["photoUrl"])}
    assert len(portraits) == 3
    for url in ("/photos/placeholder.svg", *portraits):
        response = await api.http.get(api.url + url)
        assert (response.status_code, response.headers["content-type"]) == (200, "image/svg+xml")
        assert response.headers["cache-control"] == "public, max-age=86400"
        assert "<circle" in response.text
    for name in (created["slug"], "somebody-else", "nobody", "a" * 121, "%C3%A4-b", "a-b$"):
        response = await api.http.get(f"{api.url}/photos/{name}.svg")
        assert (response.status_code, response.headers["cache-control"]) == (404, "no-store")
