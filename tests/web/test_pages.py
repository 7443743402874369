"""Pages of the web client, as requested by browsers and other programs."""

from __future__ import annotations

import json
import re
from html import unescape
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any, Self

import pytest

from models.ids import global_id, new_id
from tests.support.browsers import CLIENT
from tests.support.pictures import decoded, encoded, picture
from web.pages.data import PageData
from web.pages.routes import BOOKING_PAGES, MODULES, PERSONAL_PAGES
from web.pages.shell import policy_with

if TYPE_CHECKING:
    import httpx

    from tests.support.clients import Api
    from tests.support.deployments import Deployment

HTML = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
APP = CLIENT / "src" / "app" / "App.tsx"


def page_main(html: str) -> str:
    """Return the HTML of a page's `main` element."""
    return html[html.index("<main") : html.index("</main>")]


class MetaTags(HTMLParser):
    """Title, canonical link and named meta elements of a page, as an HTML parser reads them."""

    def __init__(self) -> None:
        super().__init__()
        self.title, self.canonical, self._is_title = "", "", False
        self._found: dict[str, str] = {}

    @classmethod
    def of(cls, html: str) -> Self:
        """Parse a page."""
        tags = cls()
        tags.feed(html)
        return tags

    def __getitem__(self, name: str) -> str:
        return self._found[name]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Collect an element."""
        values = {name: value or "" for name, value in attrs}
        self._is_title = tag == "title"
        if tag == "meta" and (name := values.get("property") or values.get("name")):
            self._found[name] = values["content"]
        elif tag == "link" and values["rel"] == "canonical":
            self.canonical = values["href"]

    def handle_data(self, data: str) -> None:
        """Collect the title."""
        if self._is_title:
            self.title, self._is_title = data, False


@pytest.mark.parametrize(
    ("path", "status", "caching"),
    [
        ("/", 200, "no-cache"),
        ("/experts", 200, "no-cache"),
        ("/bookings", 200, "no-cache"),
        ("/experts/nobody", 404, "no-store"),
        (f"/experts/{'x' * 5_000}", 404, "no-store"),
        ("/experts/%00", 404, "no-store"),
        ("/experts/%2F%2Fevil.example", 404, "no-store"),
        ("/a/b/c", 404, "no-store"),
    ],
)
async def test_browsers_get_the_web_client_at_any_path(
    server: str, http: httpx.AsyncClient, path: str, status: int, caching: str
) -> None:
    page = await http.get(server + path, headers=HTML)
    assert page.status_code == status
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert page.headers["cache-control"] == caching
    assert page.headers["vary"] == "Accept-Encoding, Accept-Language"
    scripts = re.findall(r"<script>(.*?)</script>", page.text, re.DOTALL)
    assert page.headers["content-security-policy"] == policy_with(scripts)
    assert len(scripts) == (2 if path == "/" else 1)
    assert "<style>" in page.text
    assert '<div id="app">' in page.text


def test_the_server_knows_every_page_of_the_web_client() -> None:
    """The server would respond with status 404 to a page that it did not know."""
    routes = set(re.findall(r'<Route path="?([^"*]*)', APP.read_text("utf-8")))
    known = {*MODULES, *PERSONAL_PAGES, *BOOKING_PAGES} - {"/administration/{path:path}"}
    assert {re.sub(r":(\w+)", r"{\1}", path).rstrip("/") or "/" for path in routes if path} <= known


@pytest.mark.parametrize("path", BOOKING_PAGES)
async def test_booking_pages_reveal_nothing_about_bookings(
    server: str, http: httpx.AsyncClient, path: str
) -> None:
    """The page for an unused id gets status 200, as the page for a stored booking does."""
    unused = global_id("Booking", new_id())
    german = {**HTML, "Accept-Language": "de"}
    page = await http.get(server + path.format(id=unused), headers=german)
    assert page.status_code == 200
    tags = MetaTags.of(page.text)
    assert (tags.title, tags["robots"]) == ("Ihre Buchung · ExpertBook", "noindex")
    for malformed in (global_id("Expert", new_id()), unused[:-1], "nothing", "x" * 5_000):
        missing = await http.get(server + path.format(id=malformed), headers=HTML)
        assert missing.status_code == 404
        assert missing.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("accept", ["*/*", "application/json", None])
async def test_link_preview_bots_get_pages_with_any_accept_header(
    deployment: Deployment, accept: str | None
) -> None:
    """Names and texts are escaped; shortening does not separate letters from their accents."""
    http, url = deployment.anonymous.http, deployment.anonymous.url
    name, bio = "Łukasz O'Brien-山田", '</title><script>alert("&")</script> ' + "q\u0301" * 300
    expert = await deployment.expert(name)
    assert expert.expert_id
    await deployment.update(expert.expert_id, bio=bio)
    query = "query ($id: ID!) { expert(id: $id) { slug } }"
    slug = (await deployment.anonymous.ask(query, id=expert.expert_id))["expert"]["slug"]
    headers = {"Accept": accept} if accept else {}
    page = await http.get(f"{url}/experts/{slug}", headers=headers)
    assert page.status_code == 200
    tags = MetaTags.of(page.text)
    assert tags.title == f"{name} · ExpertBook"
    assert tags["og:title"].startswith(f"{name}, ")
    assert tags["description"] == tags["og:description"]
    assert tags["description"].startswith('</title><script>alert("&")</script> q\u0301q\u0301')
    assert tags["description"].endswith("q\u0301…")
    assert tags.canonical == tags["og:url"] == f"{url}/experts/{slug}"
    assert "<script>alert" not in page.text


def answers_in(page: str) -> list[dict[str, Any]]:
    """Return the results of GraphQL queries that a page contains."""
    found = re.findall(r'<script type="application/json" id="page-data">(.*?)</script>', page)
    assert "\u2028" not in "".join(found)
    return list(json.loads(found[0])) if found else []


async def asked(api: Api, answers: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the API's current results of the GraphQL queries that the answers belong to."""
    data = PageData()
    return [
        await api.ask(data.query(answer["operationName"]).text, **answer["variables"])
        for answer in answers
    ]


async def test_pages_contain_the_results_of_their_first_queries(deployment: Deployment) -> None:
    """The results are those for an anonymous client, escaped so that they cannot close an element.

    Each result equals the API's result from just before or just after the page was requested; these
    two may differ, because the experts' next free slots change.
    """
    http, url = deployment.anonymous.http, deployment.anonymous.url
    bio = '</script><script>alert(1)</script> <!-- \u2028 "'
    expert = await deployment.expert("Data Person")
    assert expert.expert_id
    await deployment.update(expert.expert_id, bio=bio)
    for path, names in {
        "/": ["Landing"],
        "/experts": ["Directory", "Experts"],
        "/experts?search=x": [],
        "/experts/data-person": ["Expert"],
        "/bookings": [],
    }.items():
        before = await asked(deployment.anonymous, answers_in((await http.get(url + path)).text))
        page = (await http.get(url + path)).text
        answers = answers_in(page)
        after = await asked(deployment.anonymous, answers)
        assert [answer["operationName"] for answer in answers] == names
        for answer, *either in zip(answers, before, after, strict=True):
            assert answer["result"]["data"] in either
        assert "alert(1)</script>" not in page
    assert answers == []
    # Even without scripts, the HTML shows the beginning of the content.
    main = page_main((await http.get(f"{url}/experts/data-person")).text)
    assert unescape(main).count(bio.strip()) == 1
    assert "Data Person" in main


async def test_link_previews_show_the_expert(deployment: Deployment) -> None:
    """A new photo changes the preview image's URL; the former URL redirects to the new one."""
    http, url = deployment.anonymous.http, deployment.anonymous.url
    expert = await deployment.expert("Preview Person")

    async def shown() -> str:
        page = await http.get(f"{url}/experts/preview-person")
        tags = MetaTags.of(page.text)
        assert tags["twitter:card"] == "summary_large_image"
        return tags["og:image"]

    first = await shown()
    answer = await http.get(first)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/png")
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert decoded(answer.content).size == (1200, 630)
    again = await http.get(first, headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")

    token = {"Authorization": f"Bearer {expert.api.token}", "Content-Type": "image/png"}
    photo = encoded(picture((90, 90), colour=(255, 0, 0)), "PNG")
    uploaded = await http.post(f"{url}/photos", content=photo, headers=token)
    assert uploaded.status_code == 201
    second = await shown()
    assert second != first
    centre = decoded((await http.get(second)).content).crop((234, 282, 235, 283))
    red, green, blue = centre.tobytes()
    assert red > 240
    assert max(green, blue) < 20
    former = await http.get(first, follow_redirects=False)
    assert (former.status_code, former.headers["cache-control"]) == (302, "no-store")
    assert url + former.headers["location"] == second

    assert expert.expert_id
    await deployment.update(expert.expert_id, disabled=True)
    for hidden in (first, second, f"{url}/previews/nobody/{'0' * 20}.png"):
        assert (await http.get(hidden)).status_code == 404
    site = await http.get(f"{url}/previews/site.png")
    assert (site.status_code, decoded(site.content).size) == (200, (1200, 630))


async def test_pages_are_in_the_visitors_language(server: str, http: httpx.AsyncClient) -> None:
    """A page that the browser already has in that language is not sent again."""
    headers = {"Accept-Language": "fr, de-AT;q=0.8, en;q=0.5"}
    page = await http.get(f"{server}/experts", headers=headers)
    assert ' lang="de">' in page.text
    assert MetaTags.of(page.text).title == "Fachleute · ExpertBook"
    assert page.headers["content-encoding"] == "gzip"
    known = {"If-None-Match": page.headers["etag"]}
    again = await http.get(f"{server}/experts", headers={**headers, **known})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == page.headers["etag"]
    english = await http.get(f"{server}/experts", headers=known)
    assert english.status_code == 200
    assert MetaTags.of(english.text).title == "Experts · ExpertBook"
    plain = await http.get(f"{server}/experts", headers={**known, "Accept-Encoding": "identity"})
    assert plain.text == english.text
    assert "content-encoding" not in plain.headers


async def test_preload_links_point_to_existing_files(server: str, http: httpx.AsyncClient) -> None:
    page = await http.get(f"{server}/experts", headers=HTML)
    files = [link.split(">")[0].strip(" <") for link in page.headers["link"].split(",")]
    assert any("DirectoryPage" in file for file in files)
    for file in files:
        assert (await http.get(server + file)).status_code == 200


async def test_other_programs_get_404_without_a_page(server: str, http: httpx.AsyncClient) -> None:
    """The response must not be cached, since browsers get a page at the same URL."""
    response = await http.get(f"{server}/a/b/c", headers={"Accept": "application/json"})
    assert response.status_code == 404
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["vary"] == "Accept"


async def test_other_spellings_of_a_slug_are_redirected(deployment: Deployment) -> None:
    """Redirects keep the query string; pages of disabled or unknown experts get status 404."""
    http, url = deployment.anonymous.http, deployment.anonymous.url
    expert = await deployment.expert("Siobhán O'Brien")
    query = "query ($id: ID!) { expert(id: $id) { slug } }"
    slug = (await deployment.anonymous.ask(query, id=expert.expert_id))["expert"]["slug"]
    for spelling in ("Siobhan-O-Brien", "siobh%C3%A1n-o%E2%80%99brien"):
        redirect = await http.get(f"{url}/experts/{spelling}?day=2027-03-28&x=a%2Fb", headers=HTML)
        assert redirect.status_code == 301
        assert redirect.headers["location"] == f"/experts/{slug}?day=2027-03-28&x=a%2Fb"
        assert redirect.headers["cache-control"] == "public, max-age=3600"
    assert expert.expert_id
    assert (await http.get(f"{url}/experts/{slug}", headers=HTML)).status_code == 200
    await deployment.update(expert.expert_id, disabled=True)
    for path in ("Siobhan-O-Brien", slug):
        page = await http.get(f"{url}/experts/{path}", headers=HTML)
        assert page.status_code == 404
        assert "Siobh" not in page.text


@pytest.mark.parametrize(
    "path",
    [
        *("/experts", "/experts/nobody", "/bookings", "/bookings/x", "/bookings/x/reschedule"),
        *("/sign-in", "/desk/entry", "/administration", "/administration/experts"),
        *("/graphql", "/experts/%3Fa%23b%C3%A4"),
    ],
)
async def test_urls_with_a_trailing_slash_are_redirected_to_the_url_without_it(
    server: str, http: httpx.AsyncClient, path: str
) -> None:
    redirect = await http.get(f"{server}{path}/?day=2027-03-28&x=a%2Fb", headers=HTML)
    assert redirect.status_code == 301
    assert redirect.headers["location"] == f"{path}?day=2027-03-28&x=a%2Fb"
    assert redirect.headers["cache-control"] == "public, max-age=3600"


async def test_operations_sent_to_a_url_with_a_trailing_slash_are_executed(
    server: str, http: httpx.AsyncClient
) -> None:
    body = {"query": "{ __typename }"}
    answer = await http.post(f"{server}/graphql/", json=body, follow_redirects=True)
    assert [each.status_code for each in answer.history] == [308]
    assert answer.json()["data"] == {"__typename": "Query"}


@pytest.mark.parametrize(
    "path", ["//evil.example/", "/%2Fevil.example/", "/experts//", "/experts//evil.example/", "/x/"]
)
async def test_other_paths_with_a_trailing_slash_get_404(
    server: str, http: httpx.AsyncClient, path: str
) -> None:
    page = await http.get(server + path, headers=HTML)
    assert page.status_code == 404
    assert "location" not in page.headers


async def test_only_stored_sample_experts_have_a_portrait(deployment: Deployment) -> None:
    """Experts created later have initials instead; URLs of other portraits get status 404."""
    expert = await deployment.expert()
    api = deployment.anonymous
    query = """query ($after: String) { experts(first: 100, after: $after) {
      nodes { photoUrl } pageInfo { hasNextPage endCursor } } }"""
    nodes, info = list[dict[str, str]](), {"hasNextPage": True, "endCursor": None}
    while info["hasNextPage"]:
        page = (await api.ask(query, after=info["endCursor"]))["experts"]
        nodes += page["nodes"]
        info = page["pageInfo"]
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
