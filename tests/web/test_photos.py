"""Upload, removal and delivery of experts' photos, with two server processes on one database."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from auth.policies import ROUTES, relations_of
from auth.rules import Decision, Relation
from models.bookings.verification import verify
from models.calendar.times import utc_now
from models.ids import object_id
from resolvers.images import MAX_BYTES
from tests.support.clients import PASSWORD, Api
from tests.support.deployments import Deployment, Person
from tests.support.pictures import SECRET, decoded, encoded, picture, png, with_metadata
from tests.support.raw_http import connect, send_raw
from tests.support.raw_http import request as raw_request
from tests.support.servers import run_server

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from models.store.connection import Client, Database

JPEG = {"Content-Type": "image/jpeg"}
IMMUTABLE = "public, max-age=31536000, immutable"
SHOWN = "query ($id: ID!) { expert(id: $id) { photoUrl } }"
LISTED = """query ($name: String!) {
  experts(filter: {search: $name}) { nodes { id photoUrl } } }"""
UPDATE = """mutation ($input: UpdateMyExpertInput!) { updateMyExpert(input: $input) {
  __typename ... on Expert { title photoUrl contactEmail } } }"""
DELETE = "mutation ($code: String!) { deleteMyAccount(input: {code: $code}) { __typename } }"
GUEST = "mutation { startGuestSession { ... on SignedIn { accessToken } } }"
LOGIN = """mutation ($email: String!, $password: String!) {
  login(input: {email: $email, password: $password}) { __typename } }"""


@dataclass
class TwoServers(Deployment):
    """A deployment of two servers; requests go to the first by default."""

    elsewhere: str = ""

    async def upload(self, api: Api, content: bytes, **more: Any) -> httpx.Response:
        """Upload a photo with an API client; `more` may contain `url`, `headers` and `params`."""
        options = {"url": self.anonymous.url, "headers": JPEG, **more}
        token = {"authorization": f"Bearer {api.token}"} if api.token else {}
        return await api.http.post(
            f"{options['url']}/photos",
            content=content,
            headers={**token, **options["headers"]},
            params=options.get("params"),
        )

    async def remove(self, api: Api, **params: str) -> httpx.Response:
        """Remove a photo with an API client, through the second server."""
        token = {"authorization": f"Bearer {api.token}"} if api.token else {}
        return await api.http.delete(f"{self.elsewhere}/photos", headers=token, params=params)

    async def shown(self, expert: Person) -> str:
        """Return an expert's photo URL from the second server, bypassing its response cache."""
        api = Api(self.anonymous.http, self.elsewhere, self.admin.token)
        return str((await api.ask(SHOWN, id=expert.expert_id))["expert"]["photoUrl"])


@pytest.fixture(scope="module")
async def here(
    database: Client, database_url: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[TwoServers]:
    """The two servers, with the administrator signed in."""
    folders = [tmp_path_factory.mktemp("photos") for _ in range(2)]
    settings = {"mongodb_url": database_url, "throttle": "off", "access_token_minutes": 1440}
    assert database is not None
    with run_server(folders[0], **settings) as one, run_server(folders[1], **settings) as two:
        async with httpx.AsyncClient(timeout=120) as http:
            anonymous = Api(http, one)
            servers = TwoServers(anonymous, anonymous, elsewhere=two)
            await servers.open()
            yield servers


@pytest.fixture(scope="module")
async def expert(here: TwoServers) -> Person:
    """An expert with a distinctive name, which a search can find."""
    return await here.expert("Daguerre Hopper")


@pytest.fixture
def stored(database: Client) -> Database:
    """The servers' database, to read and change stored documents directly."""
    return database.get_default_database()


MEMBER = frozenset({Relation.ANYONE, Relation.SIGNED_IN})


def photos_of(expert: Person) -> dict[str, Any]:
    """Return the database filter for an expert's stored photos."""
    return {"expert_id": object_id(str(expert.expert_id), "Expert", "id")}


def code_of(response: httpx.Response) -> str:
    """Return the error code of a refusal; check that the response may not be cached."""
    [error] = response.json()["errors"]
    assert error["message"]
    assert response.headers["cache-control"] == "no-store"
    return str(error["extensions"]["code"])


async def test_photo_is_served_by_every_process_until_it_is_replaced(
    here: TwoServers, expert: Person, stored: Database
) -> None:
    uploaded = await here.upload(expert.api, with_metadata())
    assert uploaded.status_code == 201
    first = uploaded.json()["photoUrl"]
    assert await here.shown(expert) == first
    served = await here.anonymous.http.get(here.elsewhere + first)
    assert (served.status_code, served.headers["content-type"]) == (200, "image/webp")
    assert served.headers["cache-control"] == IMMUTABLE
    assert served.headers["x-content-type-options"] == "nosniff"
    assert served.headers["content-security-policy"].startswith("default-src 'none'")
    assert decoded(served.content).size == (300, 300)
    assert SECRET not in served.content
    for tag in (served.headers["etag"], f'"x", W/{served.headers["etag"]}', "*"):
        again = await here.anonymous.http.get(
            here.anonymous.url + first, headers={"If-None-Match": tag}
        )
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["cache-control"] == IMMUTABLE
    replaced = await here.upload(expert.api, encoded(picture()), url=here.elsewhere)
    second = replaced.json()["photoUrl"]
    assert second != first
    assert await here.shown(expert) == second
    for url in (here.anonymous.url, here.elsewhere):
        gone = await here.anonymous.http.get(url + first)
        assert (gone.status_code, gone.headers["cache-control"]) == (404, "no-store")
        assert (await here.anonymous.http.get(url + second)).status_code == 200
    nodes = (await here.anonymous.ask(LISTED, name=expert.name))["experts"]["nodes"]
    assert second in [node["photoUrl"] for node in nodes if node["id"] == expert.expert_id]
    assert await stored["photos"].count_documents(photos_of(expert)) == 1


async def test_an_experts_entry_and_photo_can_change_at_the_same_time(
    here: TwoServers, expert: Person, stored: Database
) -> None:
    """Photos are changed outside the ledger, so ledger writes must not undo a photo change."""
    pictures = [encoded(picture(colour=(40 * n, 0, 0))) for n in range(4)]
    urls = [here.anonymous.url, here.elsewhere]
    uploads = [here.upload(expert.api, each, url=urls[n % 2]) for n, each in enumerate(pictures)]
    changes = [
        Api(expert.api.http, urls[n % 2], expert.api.token).ask(UPDATE, input={"title": f"T{n}"})
        for n in range(4)
    ]
    answers = await asyncio.gather(*uploads, *changes)
    made = {answer.json()["photoUrl"] for answer in answers if isinstance(answer, httpx.Response)}
    assert len(made) == 4
    final = await here.shown(expert)
    assert final in made
    [photo] = await stored["photos"].find(photos_of(expert), {"hash": 1}).to_list()
    assert final == f"/photos/{photo['hash']}.webp"
    assert not [f for f in await verify(utc_now(), lambda *_: None) if "photo" in f.detail]


async def test_removed_photo_is_replaced_with_initials(here: TwoServers, stored: Database) -> None:
    expert, twin = await here.expert("Zoë O'Neill"), await here.expert("Zoë O'Neill")
    before = await here.shown(expert)
    assert before.startswith("/photos/initials/ZO-")
    urls = {
        (await here.upload(each.api, encoded(picture()))).json()["photoUrl"]
        for each in (expert, twin)
    }
    assert len(urls) == 1
    removed = await here.remove(expert.api)
    assert (removed.status_code, removed.json()) == (200, {"photoUrl": before})
    assert await here.shown(expert) == before
    assert await here.shown(twin) == urls.pop()
    assert (
        await here.anonymous.http.get(here.elsewhere + await here.shown(twin))
    ).status_code == 200
    assert (await here.remove(expert.api)).status_code == 200
    assert twin.expert_id
    assert (await here.remove(here.admin, expertId=twin.expert_id)).status_code == 200
    for each in (expert, twin):
        assert await stored["photos"].count_documents(photos_of(each)) == 0


async def test_deleted_account_leaves_no_photo(here: TwoServers, stored: Database) -> None:
    expert = await here.expert()
    url = (await here.upload(expert.api, encoded(picture(colour=7)))).json()["photoUrl"]
    await expert.api.ask(DELETE, code=PASSWORD)
    assert (await here.anonymous.http.get(here.elsewhere + url)).status_code == 404
    assert (await here.upload(expert.api, encoded(picture()))).status_code == 401
    assert await stored["experts"].count_documents({"photo": url[8:-5]}) == 0


@pytest.mark.parametrize(
    ("content", "headers", "status", "code"),
    [
        (b"GIF89a" + bytes(99), JPEG, 415, "UNSUPPORTED_IMAGE"),
        (b"<svg/>", {"Content-Type": "image/svg+xml"}, 415, "UNSUPPORTED_IMAGE"),
        (encoded(picture()), {"Content-Type": "text/plain"}, 415, "UNSUPPORTED_IMAGE"),
        (encoded(picture()), {}, 415, "UNSUPPORTED_IMAGE"),
        (encoded(picture()), {**JPEG, "Content-Encoding": "gzip"}, 415, "UNSUPPORTED_IMAGE"),
        (encoded(picture())[:500], JPEG, 422, "UNREADABLE_IMAGE"),
        (png(60_000, 60_000), JPEG, 422, "TOO_MANY_PIXELS"),
        (encoded(picture((9, 9))), JPEG, 422, "TOO_FEW_PIXELS"),
    ],
)
async def test_unusable_image_files_are_refused_and_change_nothing(
    here: TwoServers,
    expert: Person,
    content: bytes,
    headers: dict[str, str],
    status: int,
    code: str,
) -> None:
    before = await here.shown(expert)
    refused = await here.upload(expert.api, content, headers=headers)
    assert (refused.status_code, code_of(refused)) == (status, code)
    assert await here.shown(expert) == before


async def test_oversized_uploads_are_refused(here: TwoServers, expert: Person) -> None:
    """The server checks Content-Length or, without it, the number of bytes received so far."""
    full = encoded(picture())
    padded = full + bytes(MAX_BYTES - len(full))
    assert (await here.upload(expert.api, padded)).status_code == 201

    async def parts() -> AsyncIterator[bytes]:
        for start in range(0, MAX_BYTES + 1, 65_536):
            yield (padded + b"\0")[start : start + 65_536]

    token = f"Authorization: Bearer {expert.api.token}"
    announced = ("Content-Type: image/jpeg", f"Content-Length: {MAX_BYTES + 1}")
    answer = await send_raw(here.anonymous.url, raw_request("POST", "/photos", token, *announced))
    assert answer.status == 413
    http = expert.api.http
    headers = {"authorization": f"Bearer {expert.api.token}", **JPEG}
    try:
        long = await http.post(f"{here.elsewhere}/photos", content=parts(), headers=headers)
    except httpx.WriteError:
        pass  # the server has closed the connection
    else:
        assert long.status_code == 413


async def test_slow_uploads_of_one_account_do_not_block_other_accounts(
    here: TwoServers, expert: Person
) -> None:
    content = encoded(picture())
    token = f"Authorization: Bearer {expert.api.token}"
    lines = ("Content-Type: image/jpeg", f"Content-Length: {len(content)}", "Expect: 100-continue")
    head = raw_request("POST", "/photos", token, *lines)
    async with connect(here.anonymous.url) as one, connect(here.anonymous.url) as two:
        for slow in (one, two):
            await slow.send(head)
            assert (await slow.read_head()).status == 100  # the server waits for the body
        third = await here.upload(expert.api, content)
        assert (third.status_code, third.headers["retry-after"]) == (503, "2")
        other = await here.expert()
        assert (await here.upload(other.api, content)).status_code == 201
        for slow in (one, two):
            await slow.send(content)
            assert (await slow.read_response()).status == 201
    assert (await here.upload(expert.api, content)).status_code == 201
    await here.remove(other.api)


async def guest(here: TwoServers) -> Api:
    """Return an API client with the guest session of a visitor without an account."""
    started = (await here.anonymous.ask(GUEST))["startGuestSession"]
    return here.anonymous.signed_in(started["accessToken"])


async def test_only_experts_and_administrators_change_photos(
    here: TwoServers, expert: Person
) -> None:
    people = {
        "nobody": (here.anonymous, relations_of(None)),
        "guest": (await guest(here), MEMBER),
        "client": ((await here.person()).api, MEMBER),
        "another expert": ((await here.expert()).api, MEMBER),
        "expert": (expert.api, MEMBER | {Relation.EXPERT}),
        "administrator": (here.admin, MEMBER | {Relation.ADMIN}),
    }
    statuses = {
        Decision.ALLOWED: {"POST /photos": 201, "DELETE /photos": 200},
        Decision.NOT_ALLOWED: dict.fromkeys(ROUTES, 403),
        Decision.UNAUTHENTICATED: dict.fromkeys(ROUTES, 401),
    }
    content, id_ = encoded(picture()), str(expert.expert_id)
    for name, (api, relations) in people.items():
        found = {
            "POST /photos": await here.upload(api, content, params={"expertId": id_}),
            "DELETE /photos": await here.remove(api, expertId=id_),
        }
        for rule, response in found.items():
            wanted = statuses[ROUTES[rule].decide(relations)][rule]
            assert response.status_code == wanted, (name, rule)
    for name in ("nobody", "guest", "client", "administrator"):  # People who are not experts.
        api, _ = people[name]
        response = await here.upload(api, content)
        assert (response.status_code, code_of(response)) in {
            (401, "UNAUTHENTICATED"),
            (403, "NOT_ALLOWED"),
        }
    for unknown in ("x", "RXhwZXJ0OjAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMA"):
        response = await here.upload(here.admin, content, params={"expertId": unknown})
        assert (response.status_code, code_of(response)) == (403, "NOT_ALLOWED")


async def test_cookies_authenticate_only_with_the_session_header_and_from_the_servers_own_pages(
    here: TwoServers, expert: Person
) -> None:
    content = encoded(picture(colour=3))
    url = here.anonymous.url
    async with httpx.AsyncClient(base_url=url, timeout=60) as browser:
        session = {"X-Session": "cookie"}
        wanted = {"query": LOGIN, "variables": {"email": expert.email, "password": PASSWORD}}
        await browser.post("/graphql", json=wanted, headers=session)
        for headers, status in (
            ({**session, "Origin": url}, 201),
            (session, 201),
            ({}, 401),
            ({"Origin": "https://evil.example"}, 401),
            ({**session, "Origin": "https://evil.example"}, 403),
            ({**session, "Sec-Fetch-Site": "cross-site"}, 403),
        ):
            response = await browser.post("/photos", content=content, headers={**JPEG, **headers})
            assert response.status_code == status, headers
            if status == 403:
                refused = await browser.delete("/photos", headers=headers)
                assert (refused.status_code, code_of(refused)) == (403, "FORBIDDEN")


async def test_experts_edit_their_entry(here: TwoServers) -> None:
    expert = await here.expert()
    wanted = {"title": "Admiral", "contactEmail": "office@example.com"}
    changed = (await expert.api.ask(UPDATE, input=wanted))["updateMyExpert"]
    assert {name: changed[name] for name in wanted} == wanted
    cleared = (await expert.api.ask(UPDATE, input={"contactEmail": ""}))["updateMyExpert"]
    assert (cleared["title"], cleared["contactEmail"]) == ("Admiral", None)
    refused = (await expert.api.ask(UPDATE, input={"title": " "}))["updateMyExpert"]
    assert refused["__typename"] == "InvalidInput"
