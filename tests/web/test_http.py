"""GraphQL over HTTP, against the running server."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.servers import running

if TYPE_CHECKING:
    import httpx

    from tests.clients import Api

LEGACY = "application/json"
MODERN = "application/graphql-response+json"
QUERY = json.dumps({"query": "{ __typename }"})


async def post(api: Api, body: str | bytes, **headers: str) -> httpx.Response:
    """Send a body as it is."""
    given = {"content-type": LEGACY} | {k.replace("_", "-"): v for k, v in headers.items()}
    return await api.http.post(f"{api.url}/graphql", content=body, headers=given)


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        (LEGACY, LEGACY),
        (MODERN, MODERN),
        (f"{MODERN}, {LEGACY};q=0.9", MODERN),
        (f"{MODERN};q=0.1, {LEGACY}", LEGACY),
        ("*/*", MODERN),
        ("application/*", MODERN),
    ],
)
async def test_the_answer_has_the_media_type_that_the_client_prefers(
    api: Api, accept: str, media_type: str
) -> None:
    response = await post(api, QUERY, accept=accept)
    assert response.status_code == 200
    assert response.headers["content-type"] == f"{media_type}; charset=utf-8"
    assert response.json() == {"data": {"__typename": "Query"}}


async def test_a_media_type_that_cannot_be_had_is_406(api: Api) -> None:
    assert (await post(api, QUERY, accept="text/csv")).status_code == 406


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("{", "GRAPHQL_PARSE_FAILED"),
        ("{ }", "GRAPHQL_PARSE_FAILED"),
        ("{ nonsense }", "GRAPHQL_VALIDATION_FAILED"),
        ("query A { __typename } query B { __typename }", "OPERATION_RESOLUTION_FAILURE"),
        ("query ($n: Int!) { experts(first: $n) { totalCount } }", "BAD_USER_INPUT"),
        ("{" * 5000, "GRAPHQL_PARSE_FAILED"),
        ("{ a " * 900 + "}" * 900, "GRAPHQL_PARSE_FAILED"),
        ("{ " + "__typename " * 5000 + "}", "GRAPHQL_PARSE_FAILED"),
    ],
)
async def test_what_fails_before_execution_has_no_data_and_the_status_of_its_media_type(
    api: Api, query: str, code: str
) -> None:
    body = json.dumps({"query": query})
    modern, legacy = await post(api, body, accept=MODERN), await post(api, body, accept=LEGACY)
    assert (modern.status_code, legacy.status_code) == (400, 200)
    assert modern.json() == legacy.json()
    assert "data" not in modern.json()
    assert modern.json()["errors"][0]["extensions"]["code"] == code
    assert "Did you mean" not in modern.text


async def test_what_fails_in_execution_has_its_path_and_the_rest_of_the_data(api: Api) -> None:
    body = json.dumps({"query": '{ expert(id: "nonsense") { id } categories { count } }'})
    response = await post(api, body, accept=MODERN)
    assert response.status_code == 200
    answer = response.json()
    assert answer["data"]["expert"] is None
    assert len(answer["data"]["categories"]) == 8
    [error] = answer["errors"]
    assert (error["path"], error["extensions"]["code"]) == (["expert"], "BAD_USER_INPUT")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"5",
        b'"x"',
        b"[]",
        b"{",
        b"\xff\xfe",
        b'{"query": null}',
        b'{"query": 5}',
        b'{"query": " "}',
        b'{"query": "{ __typename }", "variables": []}',
        b'{"query": "{ __typename }", "variables": "x"}',
        b'{"query": "{ __typename }", "operationName": 5}',
        b'{"query": "{ __typename }", "extensions": []}',
        b'{"query": "{ __typename }", "variables": {"n": ' + b"9" * 5000 + b"}}",
        b"[" * 20_000,
        b'{"variables": ' + b'{"a": ' * 100 + b"1" + b"}" * 101,
    ],
)
async def test_a_malformed_body_is_400_with_a_graphql_error(api: Api, body: bytes) -> None:
    response = await post(api, body)
    assert response.status_code == 400
    assert response.json()["errors"][0]["message"]


async def test_other_content_types_methods_and_sizes_are_refused(api: Api) -> None:
    assert (await post(api, QUERY, content_type="text/plain")).status_code == 415
    assert (await post(api, QUERY, content_type=f"{LEGACY}; charset=latin-1")).status_code == 415
    assert (await post(api, QUERY, content_type=f"{LEGACY}; charset=utf-8")).status_code == 200
    assert (await post(api, QUERY + " " * 200_000)).status_code == 413
    assert (await api.http.put(f"{api.url}/graphql", content=QUERY)).status_code == 405


async def test_get_answers_queries_and_refuses_mutations(api: Api) -> None:
    async def get(**parameters: Any) -> httpx.Response:
        return await api.http.get(f"{api.url}/graphql", params=parameters)

    query = "query ($n: Int) { experts(first: $n) { nodes { name } } }"
    found = await get(query=query, variables='{"n": 2}')
    assert len(found.json()["data"]["experts"]["nodes"]) == 2
    refused = await get(query="mutation { logout }")
    assert (refused.status_code, refused.headers["allow"]) == (405, "POST")
    assert (await get(query=query, variables="{")).status_code == 400
    assert (await get()).status_code == 400


async def test_a_browser_gets_graphiql_and_photos(api: Api) -> None:
    page = await api.http.get(f"{api.url}/graphql", headers={"accept": "text/html"})
    assert page.headers["content-type"].startswith("text/html")
    assert "default-src 'none'" in page.headers["content-security-policy"]
    nodes = (await api.ask("{ experts(first: 3) { nodes { photoUrl } } }"))["experts"]["nodes"]
    for node in nodes:
        photo = await api.http.get(api.url + node["photoUrl"])
        assert (photo.status_code, photo.headers["content-type"]) == (200, "image/svg+xml")


async def test_in_production_neither_graphiql_nor_the_schema_is_shown(
    tmp_path_factory: pytest.TempPathFactory, http: httpx.AsyncClient, server: str
) -> None:
    assert server
    settings = {"introspection": "false", "graphiql": "false", "experts": 1}
    with running(tmp_path_factory.mktemp("closed"), **settings) as address:
        query = {"query": "{ __schema { types { name } } }"}
        answer = (await http.post(f"{address}/graphql", json=query)).json()
        assert "data" not in answer
        page = await http.get(f"{address}/graphql", headers={"accept": "text/html"})
        assert page.status_code in {400, 406}
