"""Errors do not reveal the schema: no transport suggests corrections of misspelt names."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.clients import open_socket

if TYPE_CHECKING:
    from tests.support.clients import Api

HINTS = ("did you mean", "perhaps you meant", "similar to")
SLOT_BOOKED = 'subscription { slotBooked(expertId: "x") { cursr } }'

# GraphQL documents with a misspelt name, and their variables, keyed by the kind of name.
MISSPELT: dict[str, tuple[str, dict[str, Any]]] = {
    "root field": ("{ expert_ { id } expertss { nodes { id } } }", {}),
    "field": ("{ experts(first: 1) { nodes { naem titel } } }", {}),
    "field of an interface": ('{ node(id: "x") { idd name } }', {}),
    "field of a union": (
        'mutation { login(input: {email: "a", password: "b"}) { acessToken } }',
        {},
    ),
    "argument": ("{ experts(frist: 1) { nodes { id } } }", {}),
    "directive": ("{ experts(first: 1) @skp(if: true) { nodes { id } } }", {}),
    "argument of a directive": ("{ experts(first: 1) @skip(iff: true) { nodes { id } } }", {}),
    "type of a fragment": ("{ ...F } fragment F on Qery { viewer { id } }", {}),
    "type condition": ('{ node(id: "x") { ... on Bookin { id } } }', {}),
    "type of a variable": ("query ($x: Itn) { experts(first: $x) { nodes { id } } }", {}),
    "fragment": ("{ ...Fragmen } fragment Fragment on Query { viewer { id } }", {}),
    "enum value": ("{ experts(filter: {categories: [TECHNOLOGIE]}) { nodes { id } } }", {}),
    "enum value as a string": (
        '{ experts(filter: {categories: ["TECHNOLOGY"]}) { nodes { id } } }',
        {},
    ),
    "input field": ("{ experts(filter: {serch: 1}) { nodes { id } } }", {}),
    "missing input field": ('mutation { login(input: {emial: "a"}) { __typename } }', {}),
    "enum value in a variable": (
        "query ($f: ExpertFilter) { experts(filter: $f) { nodes { id } } }",
        {"f": {"categories": ["TECHNOLOGIE", "Finance"]}},
    ),
    "input field in a variable": (
        "query ($f: ExpertFilter) { experts(filter: $f) { nodes { id } } }",
        {"f": {"serch": "x", "categorys": []}},
    ),
    "type in the introspection": ('{ __type(name: "Qery") { naem } }', {}),
    "field of a subscription": (SLOT_BOOKED, {}),
    "subscription": ("subscription { slotBookd { cursor } }", {}),
    "mutation": ('mutation { bookslot(input: {slotId: "x"}) { __typename } }', {}),
}


def hints(answer: object) -> list[str]:
    """Return the phrases from `HINTS` that a response contains."""
    text = json.dumps(answer).lower()
    return [hint for hint in HINTS if hint in text]


@pytest.mark.parametrize("what", MISSPELT)
async def test_http_errors_suggest_no_names(api: Api, what: str) -> None:
    """The response has a validation error, but the error suggests no other name."""
    query, variables = MISSPELT[what]
    answer = await api.post(query, **variables)
    assert answer["errors"]
    assert hints(answer) == []
    codes = {error["extensions"]["code"] for error in answer["errors"]}
    assert codes <= {"GRAPHQL_VALIDATION_FAILED", "BAD_USER_INPUT"}


async def test_socket_errors_suggest_no_names(server: str) -> None:
    """Operations over sockets and operations over HTTP are executed by different code."""
    async with open_socket(server) as socket:
        await socket.initialise()
        for what, (query, variables) in MISSPELT.items():
            await socket.subscribe(what, query, **variables)
            message = await socket.receive()
            assert (message["type"], message["id"]) == ("error", what)
            assert hints(message) == []


async def test_stream_errors_suggest_no_names(api: Api) -> None:
    """Errors in event streams suggest no names, either."""
    headers = {"accept": "text/event-stream"}
    for query, variables in MISSPELT.values():
        body = {"query": query, "variables": variables}
        response = await api.http.post(f"{api.url}/graphql", json=body, headers=headers)
        assert "errors" in response.text
        assert hints(response.text) == []
