"""Malformed requests to a running server: always a 4xx response, never a 500."""

from __future__ import annotations

import gzip
import json
import random
from typing import TYPE_CHECKING

import pytest

from web.graphql.requests import MAX_LIST_LENGTH

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    import httpx

    from tests.support.clients import Api

JSON = "application/json"
QUERY = b'{"query": "{ __typename }"}'
DATA = {"__typename": "Query"}
DIGITS = "9" * 5000


async def post(api: Api, body: bytes, /, **headers: str) -> httpx.Response:
    """POST a raw body to the GraphQL endpoint, with the keyword arguments as headers."""
    all_headers = {"content-type": JSON} | {k.replace("_", "-"): v for k, v in headers.items()}
    return await api.http.post(f"{api.url}/graphql", content=body, headers=all_headers)


def is_refused(response: httpx.Response, status: int) -> bool:
    """Check that the response is one GraphQL error; return whether the HTTP status is `status`."""
    [error] = response.json()["errors"]
    assert "data" not in response.json()
    assert error["message"]
    return response.status_code == status


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"5",
        b'"x"',
        b"[]",
        b"[%s]" % QUERY,
        b"{",
        b"\x00",
        b"\xff\xfe",
        b"\xef\xbb\xbf" + QUERY,
        QUERY.decode().encode("utf-16"),
        QUERY + b"\x00",
        QUERY + QUERY,
        b'{"query": "\xed\xa0\x80"}',
        b'{"query": "\\ud800"}',
        b'{"qeury": "{ __typename }"}',
        b'{"query": null}',
        b'{"query": 5}',
        b'{"query": " "}',
        b'{"query": {"a": 1}}',
        b'{"query": "{ __typename }", "variables": []}',
        b'{"query": "{ __typename }", "variables": "x"}',
        b'{"query": "{ __typename }", "variables": "{}"}',
        b'{"query": "{ __typename }", "variables": {"a": "\\udfff"}}',
        b'{"query": "{ __typename }", "variables": {"a": NaN}}',
        b'{"query": "{ __typename }", "variables": {"a": 1e999}}',
        b'{"query": "{ __typename }", "variables": {"a": %s}}' % DIGITS.encode(),
        b'{"query": "{ __typename }", "operationName": 5}',
        b'{"query": "{ __typename }", "operationName": ["a"]}',
        b'{"query": "{ __typename }", "extensions": []}',
        b'{"query": "{ __typename }", "extensions": "x"}',
        b'{"query": "{ __typename }", "documentId": 5}',
        b"[" * 20_000,
        b'{"a":' * 20_000,
        b'{"variables": ' + b'{"a": ' * 100 + b"1" + b"}" * 101,
        b'{"query": "{ __typename }", "extensions": {"a": ' + b"[" * 900 + b"]" * 900 + b"}}",
    ],
)
async def test_malformed_bodies_get_400_and_a_graphql_error(api: Api, body: bytes) -> None:
    assert is_refused(await post(api, body), 400)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "?query=",
        "?qeury={__typename}",
        "?query={__typename}&query={__typename}",
        "?query={__typename}&variables={&variables={}",
        "?query={__typename}&variables={",
        "?query={__typename}&variables=5",
        '?query={__typename}&variables="{}"',
        "?query={__typename}&extensions=[]",
        "?query={__typename}&variables=" + "[" * 3000,
        "?" + "a" * 6_000,
        "?" + "&" * 3000,
    ],
)
async def test_malformed_urls_get_400_and_a_graphql_error(api: Api, address: str) -> None:
    assert is_refused(await api.http.get(f"{api.url}/graphql{address}"), 400)


@pytest.mark.parametrize(
    "query",
    [
        f"{{ experts(first: {DIGITS}) {{ totalCount }} }}",
        f"query ($n: Int = {DIGITS}) {{ experts(first: $n) {{ totalCount }} }}",
        f"{{ expert(id: {DIGITS}) {{ id }} }}",
        f"{{ experts(after: {DIGITS}) {{ totalCount }} }}",
        "{ experts(first: 99999999999999999999) { totalCount } }",
        "{ experts(filter: " + "{a: " * 900 + "1" + "}" * 900 + ") { totalCount } }",
        "query ($a: " + "[" * 900 + "Int" + "]" * 900 + ") { __typename }",
        "fragment A on Query { ...B } fragment B on Query { ...A } { ...A }",
        "fragment A on Query { __typename }",
        "type A { a: Int }",
        "subscription { __typename }",
        '{ experts(filter: {search: "\\ud800"}) { totalCount } }',
        '{ experts(filter: {search: "\\u{110000}"}) { totalCount } }',
        "{ \x00 }",
    ],
)
async def test_unusable_graphql_documents_are_client_errors(api: Api, query: str) -> None:
    answer = await api.post(query)
    codes = {error["extensions"]["code"] for error in answer["errors"]}
    assert codes
    assert "INTERNAL" not in codes


async def test_numbers_other_than_32_bit_integers_are_not_accepted_as_ints(api: Api) -> None:
    query = "query ($n: Int) { experts(first: $n) { totalCount } }"
    for number in (2**31, 2**63, 2**64, 1e300, 1.5):
        assert await api.error_code(query, n=number) == "BAD_USER_INPUT"


async def test_long_filter_lists_are_refused_and_duplicates_ignored(
    api: Api, demo: dict[str, Api]
) -> None:
    languages = """query ($some: [String!]) {
      experts(first: 1, filter: {languages: $some}) { totalCount } }"""
    some = [f"Language {number}" for number in range(5_000)]
    assert await api.error_code(languages, some=some) == "BAD_USER_INPUT"
    too_many = await api.post(languages, some=["english"] * (MAX_LIST_LENGTH + 1))
    assert "more than 1000 values" in too_many["errors"][0]["message"]
    unbounded = await api.post(languages, some=["english"] * MAX_LIST_LENGTH)
    assert unbounded["errors"][0]["message"] == "filter.languages: 1,000 items; the limit is 50."
    repeated = await api.ask(languages, some=["english"] * 50)
    assert repeated == await api.ask(languages, some=["English"])
    statuses = """query ($some: [BookingStatus!]) {
      bookings(first: 1, filter: {statuses: $some}) { totalCount } }"""
    repeated = await demo["client"].ask(statuses, some=["CONFIRMED"] * 7)
    assert repeated == await demo["client"].ask(statuses, some=["CONFIRMED"])


async def test_lone_surrogates_are_refused(api: Api) -> None:
    register = """mutation ($input: RegisterInput!) { register(input: $input) { __typename } }"""
    person = {"name": "Ada \ud800", "email": "lone@example.com", "password": "correct horse"}
    body = json.dumps({"query": register, "variables": {"input": person}}).encode()
    response = await post(api, body)
    assert is_refused(response, 400)
    assert response.json()["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"
    search = "{ experts(filter: {search: $s}) { totalCount } }"
    assert await api.ask("query ($s: String)" + search, s="\U0001f600") == {
        "experts": {"totalCount": 0}
    }


@pytest.mark.parametrize(
    "content_type",
    [
        "",
        "text/plain",
        "application/graphql",
        "application/jsonx",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        f"{JSON}; charset=latin-1",
        f"{JSON}; charset=utf-16",
    ],
)
async def test_other_media_types_get_415(api: Api, content_type: str) -> None:
    """Forms must be refused, because other sites can send them without a CORS preflight."""
    response = await post(api, QUERY, content_type=content_type)
    assert is_refused(response, 415)
    assert response.headers["accept-post"] == JSON


@pytest.mark.parametrize(
    "parameters",
    ["", "; charset=utf-8", ';charset="UTF-8"', "; some=thing", "; some=thing; charset=utf-8"],
)
async def test_json_is_accepted_with_other_media_type_parameters(api: Api, parameters: str) -> None:
    assert (await post(api, QUERY, content_type=JSON + parameters)).json()["data"] == DATA


async def test_compressed_bodies_get_415(api: Api) -> None:
    """A decompressed body could exceed the size limit."""
    response = await post(api, gzip.compress(QUERY), content_encoding="gzip")
    assert is_refused(response, 415)
    assert response.headers["accept-encoding"] == "identity"
    assert (await post(api, QUERY, content_encoding="identity")).json()["data"] == DATA


async def test_chunked_bodies_are_accepted_up_to_the_size_limit(api: Api) -> None:
    async def stream(*chunks: bytes) -> AsyncIterator[bytes]:
        for chunk in chunks:
            yield chunk

    async def post_chunks(*chunks: bytes) -> httpx.Response:
        headers = {"content-type": JSON}
        return await api.http.post(f"{api.url}/graphql", content=stream(*chunks), headers=headers)

    assert (await post_chunks(QUERY[:5], QUERY[5:])).json()["data"] == DATA
    space = b" " * 1000
    assert (await post_chunks(QUERY, *[space] * 102)).json()["data"] == DATA
    assert is_refused(await post(api, QUERY + space * 103), 413)


async def test_unknown_request_parameters_are_ignored(api: Api) -> None:
    body = json.dumps({"query": "{ __typename }", "more": [1], "id": "x"}).encode()
    assert (await post(api, body)).json()["data"] == DATA
    address = f"{api.url}/graphql?query={{__typename}}&more=1"
    assert (await api.http.get(address)).json()["data"] == DATA


async def test_corrupted_requests_never_cause_a_server_error(api: Api) -> None:
    rng = random.Random(8)
    fragments = [
        b'"',
        b"{",
        b"}",
        b"[",
        b"\\",
        b"\\ud800",
        b"null",
        b"-1",
        b"\x00",
        b"\xff",
        b"...",
        b"$",
    ]
    requests = [
        json.dumps(
            {
                "query": "query ($n: Int, $s: String) { experts(first: $n, filter: {search: $s}) "
                "{ nodes { id offers { price { amount } } } totalCount } }",
                "variables": {"n": 3, "s": "a"},
                "extensions": {"persistedQuery": {"version": 1, "sha256Hash": "a"}},
            }
        ).encode(),
        json.dumps(
            {
                "query": 'query A { experts(last: 2, before: "x") { edges { cursor node '
                '{ days(from: "2027-03-28", count: 3) { date slots { id } } } } } }',
                "operationName": "A",
            }
        ).encode(),
    ]
    for _ in range(300):
        body = bytearray(rng.choice(requests))
        for _ in range(rng.randint(1, 4)):
            place = rng.randrange(len(body))
            body[place : place + rng.randint(0, 6)] = rng.choice(fragments)
        response = await post(api, bytes(body))
        assert response.status_code in {200, 400}, bytes(body)
        assert "INTERNAL" not in response.text, bytes(body)
