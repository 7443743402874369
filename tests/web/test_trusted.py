"""Trusted documents: a server that executes only the GraphQL documents in its manifest."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.clients import Api, open_socket
from tests.support.servers import run_server, start_program
from web.graphql.manifests import InvalidManifest, read_manifest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import httpx

MODERN = "application/graphql-response+json"
STREAM = "text/event-stream"
CATEGORIES = "query Categories {\n  categories {\n    category\n    count\n  }\n}"
LOGOUT = "mutation Logout {\n  logout\n}"
WATCH = "subscription Watch($id: ID!) {\n  slotBooked(expertId: $id) {\n    cursor\n  }\n}"
FORMAT = "apollo-persisted-query-manifest"


def hash_of(text: str) -> str:
    """Return the SHA-256 hash by which manifests identify a GraphQL document."""
    return sha256(text.encode()).hexdigest()


def operation(name: str, type_: str, body: str, **more: Any) -> dict[str, Any]:
    """Return an operation's entry in a manifest, as Apollo's tool generates it."""
    return {"id": hash_of(body), "name": name, "type": type_, "body": body, **more}


APOLLO = {
    "format": FORMAT,
    "version": 1,
    "operations": [
        operation("Categories", "query", CATEGORIES),
        operation("Logout", "mutation", LOGOUT),
        operation("Watch", "subscription", WATCH, id="watch-1"),
    ],
}


@pytest.fixture(scope="module")
def closed(
    tmp_path_factory: pytest.TempPathFactory, http: httpx.AsyncClient, server: str
) -> Iterator[Api]:
    """Client of a server with three trusted documents."""
    assert server
    folder = tmp_path_factory.mktemp("trusted")
    manifest = folder / "persisted-query-manifest.json"
    manifest.write_text(json.dumps(APOLLO))
    with run_server(folder, trusted_documents=manifest, experts=1, throttle="off") as address:
        yield Api(http, address)


async def post(api: Api, /, accept: str = MODERN, **body: Any) -> httpx.Response:
    """Send a GraphQL request with the given parameters as JSON."""
    return await api.http.post(f"{api.url}/graphql", json=body, headers={"accept": accept})


def hash_extensions(hash_: str) -> dict[str, Any]:
    """Return request extensions that contain a document's hash, as Apollo Client sends them."""
    return {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": hash_}}}


async def test_trusted_document_runs_by_id_hash_or_text(closed: Api) -> None:
    for asked in (
        {"documentId": hash_of(CATEGORIES)},
        {"documentId": f"sha256:{hash_of(CATEGORIES)}"},
        {"documentId": f"sha256:{hash_of(CATEGORIES).upper()}"},
        {"documentId": "", "doc_id": hash_of(CATEGORIES)},
        hash_extensions(hash_of(CATEGORIES)),
        {"query": CATEGORIES},
        {"query": CATEGORIES, **hash_extensions(hash_of(CATEGORIES))},
    ):
        response = await post(closed, **asked)
        assert response.status_code == 200
        assert len(response.json()["data"]["categories"]) == 8
    address = f"{closed.url}/graphql?documentId=sha256:{hash_of(CATEGORIES)}"
    assert (await closed.http.get(address)).headers["cache-control"].startswith("public, ")
    changed = await post(closed, documentId=hash_of(LOGOUT))
    assert changed.json()["data"] == {"logout": False}
    by_address = await closed.http.get(f"{closed.url}/graphql?documentId={hash_of(LOGOUT)}")
    assert by_address.status_code == 405


@pytest.mark.parametrize(
    "asked",
    [
        {"query": "{ __typename }"},
        {"query": CATEGORIES + " "},
        {"query": "{ __schema { types { name } } }"},
        {"query": "{ nonsense"},
        {"query": "{ __typename }", **hash_extensions(hash_of("{ __typename }"))},
        {"query": "{ __typename }", "documentId": hash_of(CATEGORIES)},
        hash_extensions(hash_of("{ __typename }")),
        {"documentId": f"sha256:{hash_of('{ __typename }')}"},
        {"documentId": "Categories"},
    ],
)
async def test_untrusted_documents_are_refused_in_every_form(
    closed: Api, asked: dict[str, Any]
) -> None:
    modern, legacy = await post(closed, **asked), await post(closed, "application/json", **asked)
    assert (modern.status_code, legacy.status_code) == (400, 200)
    for response in (modern, legacy, await post(closed, **asked)):
        [error] = response.json()["errors"]
        assert error["extensions"]["code"] == "UNTRUSTED_DOCUMENT"
        assert "data" not in response.json()
    assert "UNTRUSTED_DOCUMENT" in (await post(closed, STREAM, **asked)).text


async def test_sockets_and_streams_run_only_trusted_documents(closed: Api) -> None:
    async with open_socket(closed.url) as socket:
        await socket.initialise()
        await socket.send(type="subscribe", id="1", payload={"documentId": hash_of(CATEGORIES)})
        assert (await socket.receive())["type"] == "next"
        assert (await socket.receive())["type"] == "complete"
        await socket.send(type="subscribe", id="2", payload={"query": "{ __typename }"})
        refused = await socket.receive()
        assert (refused["type"], refused["id"]) == ("error", "2")
        assert refused["payload"][0]["extensions"]["code"] == "UNTRUSTED_DOCUMENT"
        payload = {"documentId": "watch-1", "variables": {"id": "nonsense"}}
        await socket.send(type="subscribe", id="3", payload=payload)
        begun = await socket.receive()
        assert begun["payload"][0]["extensions"]["code"] == "BAD_USER_INPUT"
    stream = await post(closed, STREAM, documentId="watch-1", variables={"id": "nonsense"})
    assert "BAD_USER_INPUT" in stream.text


def test_relay_manifest_is_accepted(tmp_path: Path) -> None:
    """A document's ID may be `format`, although `format` is also a key of Apollo's manifests."""
    path = tmp_path / "documents.json"
    texts = {"6f00": CATEGORIES, "format": LOGOUT}
    path.write_text(json.dumps(texts))
    assert read_manifest(path, introspection=False) == texts


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("{", "is not valid JSON"),
        ("[]", "an Apollo persisted query manifest of version 1, or an object"),
        ('{"a": 5}', "a: the document must be a string"),
        ({**APOLLO, "version": 2}, "of version 1"),
        ({**APOLLO, "format": "other"}, "of version 1"),
        ({**APOLLO, "operations": {}}, "operations must be a list"),
        ({**APOLLO, "operations": [5]}, "operation 0 needs an id and a body"),
        ({**APOLLO, "operations": [{"id": "", "body": LOGOUT}]}, "operation 0 needs an id"),
        (
            {**APOLLO, "operations": [operation("Old", "query", "query Old { gone }")]},
            "the operation Old cannot run: Cannot query field 'gone'",
        ),
        (
            {
                **APOLLO,
                "operations": [
                    operation("Categories", "query", CATEGORIES, id="a"),
                    operation("Logout", "mutation", LOGOUT, id="a"),
                ],
            },
            "two documents have the id a",
        ),
        ({"6f00": "query A { __typename } query B { gone }"}, "the document 6f00 cannot run"),
        ({"6f00": "{"}, "the document 6f00 cannot run: Syntax Error"),
        ({"6f00": "fragment F on Query { __typename }"}, "the document 6f00 cannot run"),
        ({"6f00": "{ a " * 900 + "}" * 900}, "the document 6f00 cannot run"),
        ({"6f00": "{ __schema { types { name } } }"}, "the document 6f00 cannot run"),
    ],
)
def test_error_for_an_invalid_manifest_names_the_file_and_the_problem(
    tmp_path: Path, content: Any, why: str
) -> None:
    path = tmp_path / "documents.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    with pytest.raises(InvalidManifest) as refused:
        read_manifest(path, introspection=False)
    assert why in str(refused.value)
    assert str(path) in str(refused.value)


def test_server_does_not_start_with_an_invalid_manifest(tmp_path: Path) -> None:
    for name in ("missing.json", "broken.json"):
        path = tmp_path / name
        if name == "broken.json":
            path.write_text(json.dumps({"6f00": "{ gone }"}))
        with start_program(tmp_path, trusted_documents=path, experts=1) as program:
            assert program.wait(60) == 1
        assert str(path) in program.output().replace("\n", "")
