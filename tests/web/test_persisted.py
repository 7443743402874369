"""Automatic persisted queries, sent to a running server as Apollo's clients send them."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import pytest

from schema.execution.prepared import RequestFailed
from tests.support.clients import open_socket
from web.graphql.persisted_documents import AutomaticPersistedQueries
from web.graphql.requests import GraphQLRequest

if TYPE_CHECKING:
    import httpx

    from tests.support.clients import Api

GRAPHQL_JSON = "application/graphql-response+json"
EVENT_STREAM = "text/event-stream"
NOT_FOUND = {
    "errors": [
        {"message": "PersistedQueryNotFound", "extensions": {"code": "PERSISTED_QUERY_NOT_FOUND"}}
    ]
}


def hash_of(query: str) -> str:
    """Return the SHA-256 hash of a GraphQL document."""
    return sha256(query.encode()).hexdigest()


def by_hash(query: str, version: object = 1) -> dict[str, Any]:
    """Return the `extensions` of a request, with the hash of a GraphQL document."""
    return {"persistedQuery": {"version": version, "sha256Hash": hash_of(query)}}


async def post(api: Api, /, accept: str = "*/*", **body: Any) -> httpx.Response:
    """POST the request parameters as JSON."""
    return await api.http.post(f"{api.url}/graphql", json=body, headers={"accept": accept})


async def get(api: Api, /, **parameters: Any) -> httpx.Response:
    """Send a GET request with the parameters in the URL."""
    texts = {k: v if isinstance(v, str) else json.dumps(v) for k, v in parameters.items()}
    return await api.http.get(f"{api.url}/graphql", params=texts)


@pytest.mark.parametrize("accept", ["application/json", f"{GRAPHQL_JSON}, application/json; q=0.9"])
async def test_a_hash_works_once_its_document_has_been_sent(api: Api, accept: str) -> None:
    """An unknown hash gets status 200, as from Apollo Server.

    Some clients treat any other status as a failure, and then do not send the GraphQL document.
    """
    query = f"query ($n: Int) {{ experts(first: $n) {{ nodes {{ id }} }} }} # {accept}"
    parameters = {"extensions": by_hash(query), "variables": {"n": 2}}
    unknown = await post(api, accept, **parameters)
    assert (unknown.status_code, unknown.json()) == (200, NOT_FOUND)
    assert unknown.headers["cache-control"] == "private, no-store"
    for response in (
        await post(api, accept, query=query, **parameters),
        await post(api, accept, **parameters),
        await get(api, **parameters),
    ):
        assert response.status_code == 200
        assert len(response.json()["data"]["experts"]["nodes"]) == 2


async def test_a_hash_may_be_in_upper_case(api: Api) -> None:
    query = "{ categories { count } } # in upper case"
    digest = hash_of(query).upper()
    persisted = {"persistedQuery": {"version": 1, "sha256Hash": digest}}
    assert (await post(api, query=query, extensions=persisted)).status_code == 200
    for parameters in (
        {"extensions": persisted},
        {"extensions": by_hash(query)},
        {"documentId": f"sha256:{digest}"},
    ):
        assert len((await post(api, **parameters)).json()["data"]["categories"]) == 8


async def test_documents_registered_by_get_have_cacheable_responses(api: Api) -> None:
    query = "{ categories { count category } } # by address"
    assert (await get(api, extensions=by_hash(query))).json() == NOT_FOUND
    assert (await get(api, query=query, extensions=by_hash(query))).status_code == 200
    response = await get(api, extensions=by_hash(query))
    assert len(response.json()["data"]["categories"]) == 8
    assert response.headers["cache-control"].startswith("public, ")


async def test_the_document_id_parameter_can_be_a_hash(api: Api) -> None:
    query = "{ categories { count } } # by id"
    id_ = f"sha256:{hash_of(query)}"
    unknown = await post(api, GRAPHQL_JSON, documentId=id_)
    assert (unknown.status_code, unknown.json()) == (400, NOT_FOUND)
    assert (await post(api, documentId=id_)).status_code == 200
    assert (await post(api, doc_id=id_)).status_code == 200
    assert (await post(api, documentId="", doc_id=id_)).status_code == 200
    assert (await post(api, documentId="", query=query)).status_code == 200
    assert (await post(api, documentId="", doc_id="")).status_code == 400
    assert (await post(api, documentId=0, doc_id=id_)).status_code == 400
    assert (await post(api, documentId="of-another-kind")).json() == NOT_FOUND
    assert "data" in (await post(api, documentId=id_, query=query)).json()
    assert "data" in (await post(api, documentId=id_)).json()
    assert "data" in (await get(api, documentId=id_)).json()
    assert "data" in (await post(api, documentId="of-another-kind", query=query)).json()


async def test_mutations_by_hash_are_refused_over_get(api: Api) -> None:
    query = "mutation { logout } # by hash"
    assert (await post(api, query=query, extensions=by_hash(query))).json()["data"]
    refused = await get(api, extensions=by_hash(query))
    assert (refused.status_code, refused.headers["allow"]) == (405, "POST")


@pytest.mark.parametrize(
    "extensions",
    [
        {"persistedQuery": 5},
        {"persistedQuery": {}},
        {"persistedQuery": {"version": 1}},
        {"persistedQuery": {"version": 1, "sha256Hash": 5}},
        by_hash("{ __typename }", version=2),
        by_hash("{ __typename }", version="1"),
        by_hash("{ other }"),
    ],
)
async def test_invalid_and_mismatched_hashes_get_400(api: Api, extensions: dict[str, Any]) -> None:
    for accept in ("application/json", GRAPHQL_JSON):
        response = await post(api, accept, query="{ __typename }", extensions=extensions)
        assert response.status_code == 400
        assert "data" not in response.json()


async def test_invalid_documents_are_not_registered(api: Api) -> None:
    for query in ("{", "{ nonsense }", "query A { __typename } query B { __typename }"):
        refused = await post(api, query=query, extensions=by_hash(query))
        assert "data" not in refused.json()
        assert (await post(api, extensions=by_hash(query))).json() == NOT_FOUND


async def test_documents_with_several_operations_are_registered(api: Api) -> None:
    query = "query A { a: __typename } query B { b: __typename }"
    first = await post(api, query=query, operationName="A", extensions=by_hash(query))
    assert first.json()["data"] == {"a": "Query"}
    response = await post(api, operationName="B", extensions=by_hash(query))
    assert response.json()["data"] == {"b": "Query"}


async def test_sockets_accept_hashes_and_register_documents(api: Api) -> None:
    query = "{ categories { count } } # by socket"
    async with open_socket(api.url) as socket:
        await socket.initialise()

        async def subscribe(id_: str, **payload: Any) -> dict[str, Any]:
            await socket.send(type="subscribe", id=id_, payload=payload)
            return await socket.receive()

        unknown = await subscribe("1", extensions=by_hash(query))
        assert unknown == {"type": "error", "id": "1", "payload": NOT_FOUND["errors"]}
        mismatched = await subscribe("2", query="{ __typename }", extensions=by_hash(query))
        assert mismatched["type"] == "error"
        for id_, text in (("3", {"query": query}), ("4", {}), ("5", {"query": ""})):
            message = await subscribe(id_, extensions=by_hash(query), **text)
            assert (message["type"], len(message["payload"]["data"]["categories"])) == ("next", 8)
            assert await socket.receive() == {"type": "complete", "id": id_}
        assert "data" in (await post(api, extensions=by_hash(query))).json()
        await socket.send(type="subscribe", id="6", payload={"extensions": {}})
        assert await socket.close_code() == 4400


async def test_event_streams_accept_hashes(api: Api) -> None:
    query = "{ categories { count } } # by stream"
    unknown = await post(api, EVENT_STREAM, extensions=by_hash(query))
    assert "PERSISTED_QUERY_NOT_FOUND" in unknown.text
    assert unknown.headers["content-type"].startswith(EVENT_STREAM)
    await post(api, EVENT_STREAM, query=query, extensions=by_hash(query))
    assert '"count"' in (await post(api, EVENT_STREAM, extensions=by_hash(query))).text


def register(documents: AutomaticPersistedQueries, query: str) -> None:
    """Register a GraphQL document by preparing a request that has the document and its hash."""
    documents.prepare(GraphQLRequest(query, None, None, hash=hash_of(query)), introspection=True)


def knows(documents: AutomaticPersistedQueries, query: str) -> bool:
    """Return whether a request can be prepared with the hash of the document alone."""
    try:
        request = GraphQLRequest(None, None, None, hash=hash_of(query))
        documents.prepare(request, introspection=True)
    except RequestFailed:
        return False
    return True


def test_least_recently_used_documents_are_evicted() -> None:
    queries = [f"{{ __typename }} # {number}" for number in range(4)]
    documents = AutomaticPersistedQueries(max_documents=3)
    for query in queries[:3]:
        register(documents, query)
    assert knows(documents, queries[0])
    register(documents, queries[3])
    assert [knows(documents, query) for query in queries] == [True, False, True, True]


def test_documents_are_evicted_above_the_byte_limit() -> None:
    queries = [f"{{ __typename }} # {'é' * 1000} {number}" for number in range(4)]
    documents = AutomaticPersistedQueries(max_bytes=3_500)
    for query in queries:
        register(documents, query)
    assert [knows(documents, query) for query in queries] == [False, False, True, True]
    register(documents, "{ __typename } # " + "x" * 6_000)
    assert not any(knows(documents, query) for query in queries)
