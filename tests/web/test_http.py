"""GraphQL over HTTP, tested against a running server."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from schema.root import schema
from tests.support.servers import run_server

if TYPE_CHECKING:
    import httpx

    from tests.support.clients import Api

LEGACY = "application/json"
MODERN = "application/graphql-response+json"
QUERY = json.dumps({"query": "{ __typename }"})


async def post(api: Api, body: str | bytes, **headers: str) -> httpx.Response:
    """POST a raw body to the GraphQL endpoint, with the keyword arguments as headers."""
    all_headers = {"content-type": LEGACY} | {k.replace("_", "-"): v for k, v in headers.items()}
    return await api.http.post(f"{api.url}/graphql", content=body, headers=all_headers)


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        (LEGACY, LEGACY),
        (MODERN, MODERN),
        (f"{MODERN}, {LEGACY};q=0.9", MODERN),
        (f"{MODERN};q=0.1, {LEGACY}", LEGACY),
        (f"{MODERN}; charset=utf-8, {LEGACY}; charset=utf-8", MODERN),
        (f"{MODERN}; charset=latin-1, {LEGACY}", LEGACY),
        (f"multipart/mixed; deferSpec=20220824, {MODERN}, {LEGACY}; q=0.9", MODERN),
        (f"{LEGACY}; some=thing; q=0.5, {MODERN}; q=0.4", LEGACY),
        (f"{LEGACY}; q=0, */*", MODERN),
        (f"text/html, {MODERN}; q=wrong, */*; q=0.1", LEGACY),
        ("*/*", LEGACY),
        ("application/*", LEGACY),
        ("", LEGACY),
    ],
)
async def test_response_has_the_preferred_media_type(
    api: Api, accept: str, media_type: str
) -> None:
    response = await post(api, QUERY, accept=accept)
    assert response.status_code == 200
    assert response.headers["content-type"] == f"{media_type}; charset=utf-8"
    assert response.json()["data"] == {"__typename": "Query"}


@pytest.mark.parametrize("accept", ["text/csv", "*/*; q=0", f"{LEGACY}; charset=latin-1", ";"])
async def test_unavailable_media_type_gets_406(api: Api, accept: str) -> None:
    refused = await post(api, QUERY, accept=accept)
    assert refused.status_code == 406
    assert LEGACY in refused.json()["errors"][0]["message"]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("{", "GRAPHQL_PARSE_FAILED"),
        ("{ }", "GRAPHQL_PARSE_FAILED"),
        ("{ nonsense }", "GRAPHQL_VALIDATION_FAILED"),
        ("query A { __typename } query B { __typename }", "OPERATION_RESOLUTION_FAILURE"),
        ("query ($n: Int!) { experts(first: $n) { totalCount } }", "BAD_USER_INPUT"),
        ("{" * 5000, "GRAPHQL_PARSE_FAILED"),
        ("{ a " * 900 + "}" * 900, "OPERATION_TOO_DEEP"),
        ("{ " + "__typename " * 5000 + "}", "DOCUMENT_TOO_LARGE"),
    ],
)
async def test_request_errors_have_no_data_and_a_status_that_depends_on_the_media_type(
    api: Api, query: str, code: str
) -> None:
    body = json.dumps({"query": query})
    modern, legacy = await post(api, body, accept=MODERN), await post(api, body, accept=LEGACY)
    assert (modern.status_code, legacy.status_code) == (400, 200)
    assert modern.json() == legacy.json()
    assert "data" not in modern.json()
    assert modern.json()["errors"][0]["extensions"]["code"] == code
    assert "Did you mean" not in modern.text


async def test_field_errors_have_a_path_and_partial_data(api: Api) -> None:
    body = json.dumps({"query": '{ expert(id: "nonsense") { id } categories { count } }'})
    response = await post(api, body, accept=MODERN)
    assert response.status_code == 200
    answer = response.json()
    assert answer["data"]["expert"] is None
    assert len(answer["data"]["categories"]) == 8
    [error] = answer["errors"]
    assert (error["path"], error["extensions"]["code"]) == (["expert"], "BAD_USER_INPUT")


async def test_get_runs_queries_and_refuses_mutations(api: Api) -> None:
    async def get(**parameters: Any) -> httpx.Response:
        return await api.http.get(f"{api.url}/graphql", params=parameters)

    query = "query ($n: Int) { experts(first: $n) { nodes { name } } }"
    found = await get(query=query, variables='{"n": 2}')
    assert len(found.json()["data"]["experts"]["nodes"]) == 2
    refused = await get(query="mutation { logout }")
    assert (refused.status_code, refused.headers["allow"]) == (405, "POST")
    both = "query Q { __typename } mutation M { logout }"
    assert (await get(query=both, operationName="Q")).json()["data"] == {"__typename": "Query"}
    assert (await get(query=both, operationName="M")).status_code == 405
    unnamed = await get(query="{ __typename }", operationName="", variables="", extensions="")
    assert unnamed.json()["data"] == {"__typename": "Query"}
    named = await get(query="query null { __typename }", operationName="null")
    assert named.json()["data"] == {"__typename": "Query"}


@pytest.mark.parametrize("authorization", ["", "Bearer", "bearer"])
async def test_empty_parameters_and_tokens_from_generated_clients_count_as_absent(
    api: Api, authorization: str
) -> None:
    body = {"query": "{ viewer { email } }", "operationName": "", "variables": "", "extensions": ""}
    answer = await api.http.post(
        f"{api.url}/graphql", json=body, headers={"authorization": authorization}
    )
    assert (answer.status_code, answer.json()["data"]) == (200, {"viewer": None})


async def test_other_methods_get_405_and_options_lists_the_allowed_methods(api: Api) -> None:
    allowed = "GET, HEAD, POST, OPTIONS"
    for method in ("PUT", "PATCH", "DELETE", "TRACE"):
        refused = await api.http.request(method, f"{api.url}/graphql", content=QUERY)
        assert (refused.status_code, refused.headers["allow"]) == (405, allowed)
        assert refused.json()["errors"][0]["message"]
    options = await api.http.options(f"{api.url}/graphql")
    assert (options.status_code, options.headers["allow"], options.content) == (204, allowed, b"")


async def test_head_is_get_without_the_body(api: Api) -> None:
    query = {"query": "{ categories { count } }"}
    got = await api.http.get(f"{api.url}/graphql", params=query)
    head = await api.http.head(f"{api.url}/graphql", params=query)
    assert (head.status_code, head.content) == (200, b"")
    for name in ("content-length", "content-type", "etag", "cache-control", "vary"):
        assert head.headers[name] == got.headers[name]
    changing = {"query": "mutation { logout }"}
    assert (await api.http.head(f"{api.url}/graphql", params=changing)).status_code == 405


async def test_browser_gets_graphiql_and_photos(api: Api) -> None:
    page = await api.http.get(f"{api.url}/graphql", headers={"accept": "text/html"})
    assert page.headers["content-type"].startswith("text/html")
    assert "default-src 'none'" in page.headers["content-security-policy"]
    nodes = (await api.ask("{ experts(first: 3) { nodes { photoUrl } } }"))["experts"]["nodes"]
    for node in nodes:
        photo = await api.http.get(api.url + node["photoUrl"])
        assert (photo.status_code, photo.headers["content-type"]) == (200, "image/svg+xml")


async def test_production_has_no_graphiql_and_no_introspection(
    tmp_path_factory: pytest.TempPathFactory, http: httpx.AsyncClient, server: str
) -> None:
    assert server
    settings = {"introspection": "false", "graphiql": "false", "experts": 1}
    with run_server(tmp_path_factory.mktemp("closed"), **settings) as address:
        query = {"query": "{ __schema { types { name } } }"}
        answer = (await http.post(f"{address}/graphql", json=query)).json()
        assert "data" not in answer
        page = await http.get(f"{address}/graphql", headers={"accept": "text/html"})
        assert page.status_code in {400, 406}


async def test_schema_is_served_in_the_schema_definition_language(api: Api) -> None:
    response = await api.http.get(f"{api.url}/schema.graphql")
    assert response.status_code == 200
    assert response.headers["content-type"] == "text/plain; charset=utf-8"
    assert response.text == schema.as_str()


async def test_batched_request_is_refused_with_the_reason(api: Api) -> None:
    response = await api.http.post(f"{api.url}/graphql", json=[{"query": "{ __typename }"}])
    assert response.status_code == 400
    [error] = response.json()["errors"]
    assert error["message"] == "Send one operation in a request; batches are not supported."
