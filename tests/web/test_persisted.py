"""Automatic persisted queries, against the running server, as Apollo's clients send them."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import pytest

from schema.execution.prepared import RequestFailed
from tests.clients import open_socket
from web.graphql.persisted_documents import AutomaticPersistedQueries
from web.graphql.requests import GraphQLRequest

if TYPE_CHECKING:
    import httpx

    from tests.clients import Api

MODERN = "application/graphql-response+json"
STREAM = "text/event-stream"
NOT_FOUND = {
    "errors": [
        {"message": "PersistedQueryNotFound", "extensions": {"code": "PERSISTED_QUERY_NOT_FOUND"}}
    ]
}


def hash_of(query: str) -> str:
    """A document's hash, as clients make it."""
    return sha256(query.encode()).hexdigest()


def named(query: str, version: object = 1) -> dict[str, Any]:
    """The extensions that name a document."""
    return {"persistedQuery": {"version": version, "sha256Hash": hash_of(query)}}


async def post(api: Api, /, accept: str = "*/*", **body: Any) -> httpx.Response:
    """Send the parameters as JSON."""
    return await api.http.post(f"{api.url}/graphql", json=body, headers={"accept": accept})


async def get(api: Api, /, **parameters: Any) -> httpx.Response:
    """Send the parameters in the address."""
    texts = {k: v if isinstance(v, str) else json.dumps(v) for k, v in parameters.items()}
    return await api.http.get(f"{api.url}/graphql", params=texts)


@pytest.mark.parametrize("accept", ["application/json", f"{MODERN}, application/json; q=0.9"])
async def test_a_hash_runs_once_its_document_has_been_sent(api: Api, accept: str) -> None:
    """Who is told that it is not known sends it again with the text, and from then on alone.

    It is told with 200, as by Apollo's servers: some clients take another status for a failure.
    """
    query = f"query ($n: Int) {{ experts(first: $n) {{ nodes {{ id }} }} }} # {accept}"
    asked = {"extensions": named(query), "variables": {"n": 2}}
    unknown = await post(api, accept, **asked)
    assert (unknown.status_code, unknown.json()) == (200, NOT_FOUND)
    assert unknown.headers["cache-control"] == "private, no-store"
    for response in (
        await post(api, accept, query=query, **asked),
        await post(api, accept, **asked),
        await get(api, **asked),
    ):
        assert response.status_code == 200
        assert len(response.json()["data"]["experts"]["nodes"]) == 2


async def test_a_document_is_learnt_from_an_address_too_and_shared_by_caches(api: Api) -> None:
    query = "{ categories { count category } } # by address"
    assert (await get(api, extensions=named(query))).json() == NOT_FOUND
    assert (await get(api, query=query, extensions=named(query))).status_code == 200
    found = await get(api, extensions=named(query))
    assert len(found.json()["data"]["categories"]) == 8
    assert found.headers["cache-control"].startswith("public, ")


async def test_the_specifications_document_id_is_the_hash_as_well(api: Api) -> None:
    query = "{ categories { count } } # by id"
    id_ = f"sha256:{hash_of(query)}"
    unknown = await post(api, MODERN, documentId=id_)
    assert (unknown.status_code, unknown.json()) == (400, NOT_FOUND)
    assert (await post(api, documentId=id_)).status_code == 200
    assert (await post(api, documentId="of-another-kind")).json() == NOT_FOUND
    assert "data" in (await post(api, documentId=id_, query=query)).json()
    assert "data" in (await post(api, documentId=id_)).json()
    assert "data" in (await get(api, documentId=id_)).json()
    assert "data" in (await post(api, documentId="of-another-kind", query=query)).json()


async def test_a_mutation_is_not_run_from_an_address_by_its_hash_either(api: Api) -> None:
    query = "mutation { logout } # by hash"
    assert (await post(api, query=query, extensions=named(query))).json()["data"]
    refused = await get(api, extensions=named(query))
    assert (refused.status_code, refused.headers["allow"]) == (405, "POST")


@pytest.mark.parametrize(
    "extensions",
    [
        {"persistedQuery": 5},
        {"persistedQuery": {}},
        {"persistedQuery": {"version": 1}},
        {"persistedQuery": {"version": 1, "sha256Hash": 5}},
        named("{ __typename }", version=2),
        named("{ __typename }", version="1"),
        named("{ other }"),
    ],
)
async def test_what_names_no_document_or_another_one_is_400(
    api: Api, extensions: dict[str, Any]
) -> None:
    for accept in ("application/json", MODERN):
        response = await post(api, accept, query="{ __typename }", extensions=extensions)
        assert response.status_code == 400
        assert "data" not in response.json()


async def test_what_is_not_valid_is_not_learnt(api: Api) -> None:
    for query in ("{", "{ nonsense }", "query A { __typename } query B { __typename }"):
        refused = await post(api, query=query, extensions=named(query))
        assert "data" not in refused.json()
        assert (await post(api, extensions=named(query))).json() == NOT_FOUND


async def test_a_document_of_several_operations_is_learnt_whole(api: Api) -> None:
    query = "query A { a: __typename } query B { b: __typename }"
    sent = await post(api, query=query, operationName="A", extensions=named(query))
    assert sent.json()["data"] == {"a": "Query"}
    found = await post(api, operationName="B", extensions=named(query))
    assert found.json()["data"] == {"b": "Query"}


async def test_a_socket_takes_hashes_and_learns_documents(api: Api) -> None:
    query = "{ categories { count } } # by socket"
    async with open_socket(api.url) as socket:
        await socket.initialise()

        async def subscribe(id_: str, **payload: Any) -> dict[str, Any]:
            await socket.send(type="subscribe", id=id_, payload=payload)
            return await socket.receive()

        unknown = await subscribe("1", extensions=named(query))
        assert unknown == {"type": "error", "id": "1", "payload": NOT_FOUND["errors"]}
        other = await subscribe("2", query="{ __typename }", extensions=named(query))
        assert other["type"] == "error"
        for id_, text in (("3", {"query": query}), ("4", {}), ("5", {"query": ""})):
            found = await subscribe(id_, extensions=named(query), **text)
            assert (found["type"], len(found["payload"]["data"]["categories"])) == ("next", 8)
            assert await socket.receive() == {"type": "complete", "id": id_}
        assert "data" in (await post(api, extensions=named(query))).json()
        await socket.send(type="subscribe", id="6", payload={"extensions": {}})
        assert await socket.closed() == 4400


async def test_a_stream_takes_hashes(api: Api) -> None:
    query = "{ categories { count } } # by stream"
    unknown = await post(api, STREAM, extensions=named(query))
    assert "PERSISTED_QUERY_NOT_FOUND" in unknown.text
    assert unknown.headers["content-type"].startswith(STREAM)
    await post(api, STREAM, query=query, extensions=named(query))
    assert '"count"' in (await post(api, STREAM, extensions=named(query))).text


def learn(documents: AutomaticPersistedQueries, query: str) -> None:
    """Send a document together with its hash."""
    documents.prepare(GraphQLRequest(query, None, None, hash=hash_of(query)), introspection=True)


def knows(documents: AutomaticPersistedQueries, query: str) -> bool:
    """Whether the hash alone is enough."""
    try:
        asked = GraphQLRequest(None, None, None, hash=hash_of(query))
        documents.prepare(asked, introspection=True)
    except RequestFailed:
        return False
    return True


def test_the_documents_that_were_not_used_for_longest_are_forgotten() -> None:
    queries = [f"{{ __typename }} # {number}" for number in range(4)]
    documents = AutomaticPersistedQueries(most=3)
    for query in queries[:3]:
        learn(documents, query)
    assert knows(documents, queries[0])
    learn(documents, queries[3])
    assert [knows(documents, query) for query in queries] == [True, False, True, True]


def test_the_documents_take_no_more_than_so_many_bytes() -> None:
    queries = [f"{{ __typename }} # {'é' * 1000} {number}" for number in range(4)]
    documents = AutomaticPersistedQueries(most_bytes=5_000)
    for query in queries:
        learn(documents, query)
    assert [knows(documents, query) for query in queries] == [False, False, True, True]
    learn(documents, "{ __typename } # " + "x" * 6_000)
    assert not any(knows(documents, query) for query in queries)
