"""HTTP caching headers and conditional requests of the running server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    import httpx

    from tests.support.clients import Api

MODERN = "application/graphql-response+json"
CATEGORIES = "{ categories { category count } }"
PRIVATE = "private, no-store"
VARY = {"accept", "authorization", "x-session"}


async def get(api: Api, query: str, /, **headers: str) -> httpx.Response:
    """Send a query by GET, with the client's token if it has one."""
    all_headers = {name.replace("_", "-"): value for name, value in headers.items()}
    if api.token:
        all_headers["authorization"] = f"Bearer {api.token}"
    return await api.http.get(f"{api.url}/graphql", params={"query": query}, headers=all_headers)


def members(header: str) -> set[str]:
    """Return the members of a comma-separated header, in lower case."""
    return {member.strip().lower() for member in header.split(",")}


@pytest.mark.parametrize(
    ("query", "kept"),
    [
        ("{ __typename }", "public, max-age=30, stale-while-revalidate=60"),
        (CATEGORIES, "public, max-age=30, stale-while-revalidate=60"),
        (
            "{ experts(first: 2) { totalCount edges { cursor node { id name rating } } } }",
            "public, max-age=30, stale-while-revalidate=60",
        ),
        (
            "{ experts(first: 2) { nodes { ...E } } } fragment E on Expert { nextSlot { id } }",
            "public, max-age=5, stale-while-revalidate=10",
        ),
        ("{ experts(first: 2) { nodes { name sequence } } }", "public, no-cache"),
        ('{ node(id: "RXhwZXJ0OjE") { id } }', PRIVATE),  # an error
        ('{ expertBySlug(slug: "nobody") { availability { breakMinutes } } }', "public, no-cache"),
        ("{ experts(first: 2) { nodes { nextSlot { id mine } } } }", PRIVATE),
        ("{ viewer { id } }", PRIVATE),
        ("{ categories { count } viewer { id } }", PRIVATE),
        (
            "query ($v: Boolean! = false) { categories { count } viewer @include(if: $v) { id } }",
            PRIVATE,
        ),
        ("{ __schema { queryType { name } } }", PRIVATE),
        ("{ bookings { totalCount } }", PRIVATE),
        ("{ nonsense }", PRIVATE),
        ("{", PRIVATE),
    ],
)
async def test_public_responses_have_the_shortest_max_age_of_their_fields(
    api: Api, query: str, kept: str
) -> None:
    response = await get(api, query)
    assert response.headers["cache-control"] == kept
    assert members(response.headers["vary"]) >= VARY
    assert ("etag" in response.headers) == kept.startswith("public")


async def test_authenticated_and_post_requests_are_not_cacheable(
    api: Api, demo: dict[str, Api]
) -> None:
    for response in (
        await get(demo["client"], CATEGORIES),
        await get(api, CATEGORIES, x_session="cookie"),
        await get(api, CATEGORIES, authorization=""),
        await api.http.post(f"{api.url}/graphql", json={"query": CATEGORIES}),
    ):
        assert response.status_code == 200
        assert response.headers["cache-control"] == PRIVATE
        assert "etag" not in response.headers
        assert members(response.headers["vary"]) >= VARY


async def test_etag_depends_on_the_body_and_media_type(api: Api) -> None:
    first, again = await get(api, CATEGORIES), await get(api, CATEGORIES)
    assert first.headers["etag"] == again.headers["etag"]
    assert first.headers["etag"].startswith('"')
    others = [await get(api, "{ categories { count } }"), await get(api, CATEGORIES, accept=MODERN)]
    assert first.headers["etag"] not in {other.headers["etag"] for other in others}


@pytest.mark.parametrize(
    ("condition", "status"),
    [
        ("{}", 304),
        ("W/{}", 304),
        ('"other", {}', 304),
        ('W/"other",W/{}', 304),
        ('"with, comma", {}', 304),
        ("*", 304),
        ('"other"', 200),
        ("nonsense", 200),
        ('"', 200),
        ("", 200),
    ],
)
async def test_matching_if_none_match_gets_304(api: Api, condition: str, status: int) -> None:
    whole = await get(api, CATEGORIES)
    wanted = condition.format(whole.headers["etag"])
    for method in ("GET", "HEAD"):
        response = await api.http.request(
            method,
            f"{api.url}/graphql",
            params={"query": CATEGORIES},
            headers={"if-none-match": wanted},
        )
        assert response.status_code == status
        for name in ("etag", "cache-control", "vary"):
            assert response.headers[name] == whole.headers[name]
        if status == 304:
            assert response.content == b""
            assert "content-type" not in response.headers


async def test_if_none_match_is_ignored_for_private_responses(
    api: Api, demo: dict[str, Api]
) -> None:
    assert (await get(demo["client"], CATEGORIES, if_none_match="*")).status_code == 200
    assert (await get(api, "{ viewer { id } }", if_none_match="*")).status_code == 200
    failed = await get(api, "{ nonsense }", if_none_match="*", accept=MODERN)
    assert failed.status_code == 400


async def test_booking_changes_the_etag_of_slots(
    api: Api, experts: list[dict[str, Any]], time: Any
) -> None:
    """A cache that revalidates never shows a booked slot as open."""
    expert = experts[7]["id"]
    since, until = time.days(2, 9)
    query = (
        f'{{ expert(id: "{expert}") {{ slots(from: "{since}", to: "{until}") {{ id status }} }} }}'
    )
    query = query.replace("+00:00", "Z")
    before = await get(api, query)
    tag = before.headers["etag"]
    assert (await get(api, query, if_none_match=tag)).status_code == 304
    slot = next(s for s in before.json()["data"]["expert"]["slots"] if s["status"] == "OPEN")
    booked = await (await api.new_client()).book(slot["id"])
    assert booked["__typename"] == "Booking"
    after = await get(api, query, if_none_match=tag)
    assert after.status_code == 200
    [shown] = [s for s in after.json()["data"]["expert"]["slots"] if s["id"] == slot["id"]]
    assert shown["status"] == "BOOKED"
