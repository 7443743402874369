"""The server audits of the graphql-http package for GraphQL over HTTP.

Ported from https://github.com/graphql/graphql-http/blob/main/src/audits/server.ts, release 1.23.1,
with the original case ids. Audits of SHOULD and MAY requirements must pass as well.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest

if TYPE_CHECKING:
    from tests.support.clients import Api

LEGACY = "application/json"
MODERN = "application/graphql-response+json"
TYPENAME = "{ __typename }"
TYPE = "query Type($name: String!) { __type(name: $name) { name } }"
COERCION = {"query": "query CoerceFailure($id: ID!){ __typename }", "variables": {"id": None}}
NO_FIELD = "{ 8f31403dfe404bccbb0e835f2629c6a7 }"
WRONG_MAPS: list[Any] = ["string", 0, False, ["array"]]
WRONG_STRINGS: list[Any] = [{"obj": "ect"}, 0, False, ["array"]]


@dataclass
class Case:
    """An audited request and the expected response.

    If `accept` or `content_type` is None, the request has no such header.
    """

    name: str
    body: Any = field(default_factory=lambda: {"query": TYPENAME})
    status: range | int = 200
    accept: str | None = None
    content_type: str | None = LEGACY
    media_type: str | None = None
    has_errors: bool | None = None
    has_data: bool | None = None
    address: dict[str, str] | None = None


CASES = [
    Case("22EB", accept=MODERN, media_type=MODERN),
    Case("4655", accept=LEGACY, media_type=LEGACY),
    Case("47DE", accept="*/*", media_type=LEGACY),
    Case("80D8", media_type=LEGACY),
    Case("82A3"),
    Case(
        "BF61",
        {"query": '{ __type(name: "Run🏃Swim🏊") { name } }'},
        content_type=f"{LEGACY}; charset=utf-8",
    ),
    Case("78D5"),
    Case("2C94"),
    Case("5A70", address={"query": TYPENAME}),
    Case(
        "9C48", address={"query": "mutation { __typename }"}, accept=MODERN, status=range(400, 500)
    ),
    Case("9ABE", content_type="text/plain;charset=UTF-8", status=range(400, 500)),
    Case("9ABE without any", content_type=None, status=range(400, 500)),
    Case("03D4"),
    Case("A5BF", b"", status=400),
    Case("423L", {"notquery": TYPENAME}, accept=MODERN, status=400),
    *(Case(f"LKJ{n}", {"query": x}, status=400) for n, x in enumerate(WRONG_STRINGS)),
    Case("34A2", accept=MODERN),
    Case("13EE", accept=LEGACY, has_errors=False),
    *(
        Case(f"6C0{n}", {"query": TYPENAME, "operationName": x}, status=400)
        for n, x in enumerate(WRONG_STRINGS)
    ),
    *(
        Case(
            name,
            {"query": "query Query { __typename }", "operationName": "Query"},
            accept=accept,
            has_errors=False,
        )
        for name, accept in (("8161", MODERN), ("B8B3", LEGACY))
    ),
    *(
        Case(f"{name}{n}", {"query": TYPENAME, parameter: None}, accept=accept, has_errors=False)
        for name, accept in (("94B", MODERN), ("022", LEGACY))
        for n, parameter in enumerate(("variables", "operationName", "extensions"))
    ),
    *(
        Case(f"476{n}", {"query": TYPENAME, "variables": x}, status=400)
        for n, x in enumerate(WRONG_MAPS)
    ),
    *(
        Case(
            name,
            {"query": TYPE, "variables": {"name": "sometype"}},
            accept=accept,
            has_errors=False,
        )
        for name, accept in (("2EA1", MODERN), ("28B9", LEGACY))
    ),
    *(
        Case(
            name,
            address={"query": TYPE, "variables": '{"name":"sometype"}'},
            accept=accept,
            has_errors=False,
        )
        for name, accept in (("D6D5", MODERN), ("6A70", LEGACY))
    ),
    *(
        Case(f"58B{n}", {"query": TYPENAME, "extensions": x}, status=400)
        for n, x in enumerate(WRONG_MAPS)
    ),
    *(
        Case(
            name,
            {"query": TYPENAME, "extensions": {"some": "value"}},
            accept=accept,
            has_errors=False,
        )
        for name, accept in (("428F", MODERN), ("1B7A", LEGACY))
    ),
    Case("B6DC", b'{ "not a JSON', accept=LEGACY, status=range(200, 600)),
    Case("BCF8", b'{ "not a JSON', accept=LEGACY, status=400),
    Case("B7N8", b'{ "not a JSON', accept=MODERN, status=400),
    Case("8764", {"qeury": TYPENAME}, status=range(400, 600)),
    Case("3E3A", {"qeury": TYPENAME}, status=400),
    Case("572B", {"query": "{"}, accept=LEGACY, status=200),
    Case("FDE2", {"query": NO_FIELD}, accept=LEGACY, status=200),
    Case("7B9B", COERCION, accept=LEGACY, status=200),
    Case("865D", {"query": "{"}, accept=MODERN, status=range(400, 600)),
    Case("556A", {"query": "{"}, accept=MODERN, status=400),
    Case("D586", {"query": "{"}, accept=MODERN, status=400, has_data=False),
    Case("51FE", {"query": NO_FIELD}, accept=MODERN, status=range(400, 600)),
    Case("74FF", {"query": NO_FIELD}, accept=MODERN, status=400),
    Case("5E5B", {"query": NO_FIELD}, accept=MODERN, status=400, has_data=False),
    Case("86EE", COERCION, accept=MODERN, status=400),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
async def test_audit_passes(api: Api, case: Case) -> None:
    headers = {}
    if case.accept:
        headers["accept"] = case.accept
    address = f"{api.url}/graphql"
    content = None
    if case.address:
        address += "?" + urlencode(case.address)
    else:
        content = case.body if isinstance(case.body, bytes) else json.dumps(case.body).encode()
        if case.content_type:
            headers["content-type"] = case.content_type
    request = api.http.build_request(
        "GET" if case.address else "POST", address, content=content, headers=headers
    )
    if not case.accept:
        del request.headers["accept"]
    response = await api.http.send(request)
    wanted = case.status if isinstance(case.status, range) else [case.status]
    assert response.status_code in wanted
    answer = json.loads(response.content.decode("utf-8"))
    if case.media_type:
        assert case.media_type in response.headers["content-type"]
    if case.has_errors is not None:
        assert ("errors" in answer) == case.has_errors
    if case.has_data is not None:
        assert ("data" in answer) == case.has_data
