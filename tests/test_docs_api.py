"""The API documentation has valid snippets, and states the program's error codes and figures."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from graphql import parse, validate

from auth import budget_accounts as budgets
from models.bookings import events, idempotency
from models.errors import ExpertBookError, InvalidImage, Refused
from models.store import pages
from resolvers import reservations
from schema.execution import documents, limits
from schema.execution.freshness import DIRECTORY_SECONDS, HINT_SECONDS
from schema.root import schema
from tests.support.markdown import DOCUMENTS, Document
from tests.support.repository import ROOT
from web.edge import connections, http_protocol, request_heads, websocket_protocol
from web.graphql import rate_limit, socket, sockets
from web.mails import worker
from web.settings import Settings
from web.workers import SHUTDOWN_SECONDS

if TYPE_CHECKING:
    from collections.abc import Iterator

CLIENTS = (ROOT / "docs" / "clients.md").read_text()
OPERATIONS = (ROOT / "docs" / "operations.md").read_text()
BODY = re.compile(r"'(\{\"query\".*?\})'", re.DOTALL)
TEMPLATE = re.compile(r"`((?:query|mutation|subscription) [^`]*)`")
SNIPPETS = [document for document in DOCUMENTS if "```" in document.text]


def graphql_of(document: Document) -> Iterator[str]:
    """Yield the GraphQL documents in a page's GraphQL, Bash and JavaScript code blocks."""
    yield from document.blocks("graphql")
    for block in document.blocks("bash"):
        for body in BODY.findall(block):
            yield json.loads(body)["query"]
    for block in document.blocks("js"):
        yield from TEMPLATE.findall(block)


@pytest.mark.parametrize("document", SNIPPETS, ids=lambda it: it.name)
def test_graphql_snippets_are_valid(document: Document) -> None:
    for text in graphql_of(document):
        assert validate(schema._schema, parse(text)) == [], text


def test_clients_page_has_at_least_six_graphql_documents() -> None:
    [page] = [document for document in DOCUMENTS if document.path.name == "clients.md"]
    assert len(list(graphql_of(page))) >= 6


def test_clients_page_lists_every_error_code() -> None:
    """The page lists only error codes of GraphQL errors, because refusals are schema types."""
    table = CLIENTS.partition("stable `extensions.code`")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (`[A-Z].*?`) \|", table, re.MULTILINE)
    listed = {code for row in rows for code in re.findall(r"[A-Z_]+", row)}
    transport = {"PERSISTED_QUERY_NOT_FOUND", "UNTRUSTED_DOCUMENT", "TOO_MANY_ERRORS"}
    graphql = {"GRAPHQL_PARSE_FAILED", "GRAPHQL_VALIDATION_FAILED"}
    resolution = {"OPERATION_RESOLUTION_FAILURE"}
    bounds = {
        value
        for name, value in vars(limits).items()
        if name.startswith("TOO_") and isinstance(value, str)
    }
    assert listed == error_codes(ExpertBookError) | transport | graphql | resolution | bounds


def test_clients_page_lists_every_refusal_of_photos() -> None:
    section = CLIENTS.partition("\n## Photos\n")[2].partition("\n## ")[0]
    codes = {kind.code for kind in InvalidImage.__subclasses__()}
    assert codes <= set(re.findall(r"`([A-Z_]+)`", section))


def error_codes(of: type[ExpertBookError]) -> set[str]:
    """Return the error codes of a class and its subclasses, except refusals and image errors."""
    below = [kind for kind in of.__subclasses__() if kind not in {Refused, InvalidImage}]
    return {of.code}.union(*map(error_codes, below))


LIMITS: list[tuple[str, Any]] = [
    ("Cost of an operation", limits.MAX_COST),
    ("Tokens of a document", limits.MAX_TOKENS),
    ("Operations and fragments in a document", limits.MAX_DEFINITIONS),
    ("Levels of fields", limits.MAX_DEPTH),
    ("Aliases", limits.MAX_ALIASES),
    ("Fields at the root", limits.MAX_ROOT_FIELDS),
    ("Directives in a document", limits.MAX_DIRECTIVES),
    ("Directives at one place", limits.MAX_DIRECTIVES_PER_NODE),
    ("Rows of a page", pages.MAX_PAGE_SIZE),
    ("Request body", f"{request_heads.MAX_BODY_BYTES:,} bytes"),
    ("URL", f"{request_heads.MAX_URL_BYTES:,} bytes"),
    ("WebSocket message", f"{websocket_protocol.MAX_FRAME_BYTES:,} bytes"),
    ("Operations on a socket at a time", socket.MAX_OPERATIONS_PER_SOCKET),
    ("Sockets and streams of a network address", sockets.MAX_SOCKETS_PER_ADDRESS),
]


@pytest.mark.parametrize(("what", "value"), LIMITS)
def test_documented_limits_match_the_program(what: str, value: object) -> None:
    shown = f"{value:,}" if isinstance(value, int) else str(value)
    assert f"| {what} | {shown} |" in CLIENTS


def figures() -> Iterator[tuple[str, str]]:
    """Yield a page's text and a phrase that it must contain, for each figure of the program."""
    defaults = {name: field.default for name, field in Settings.model_fields.items()}
    yield CLIENTS, f"valid for {defaults['access_token_minutes']} minutes by default"
    yield CLIENTS, f"lasts for {defaults['refresh_token_days']} days (by default)"
    yield CLIENTS, f"| {defaults['operation_seconds']:g} seconds (`EXPERTBOOK_OPERATION_SECONDS`)"
    yield CLIENTS, f"within {socket.INIT_SECONDS:g} seconds"
    yield CLIENTS, f"{budgets.USER.quota:,} a minute for a signed-in user"
    yield CLIENTS, f"{budgets.ADDRESS.quota:,} a minute for a network address without sign-in"
    yield CLIENTS, f"{budgets.NETWORK.quota:,} a minute for all signed-in users"
    yield CLIENTS, f"costs {rate_limit.REQUEST_COST} in addition to its operation"
    yield CLIENTS, f"costs up to {documents.MAX_PARSE_COST:,} for being parsed"
    yield CLIENTS, f"{reservations.MAX_IDEMPOTENCY_KEY_CHARS} printable characters"
    yield OPERATIONS, f"ends within {SHUTDOWN_SECONDS:.0f} seconds"
    yield OPERATIONS, f"up to {DIRECTORY_SECONDS} seconds for the directory, {HINT_SECONDS} for"
    yield OPERATIONS, f"accepts {connections.MAX_CONNECTIONS:,} connections"
    yield OPERATIONS, f"{connections.MAX_CONNECTIONS_PER_ADDRESS} connections and "
    yield OPERATIONS, f"{sockets.MAX_SOCKETS_PER_ADDRESS} sockets or streams per network address"
    yield OPERATIONS, f"less than {http_protocol.IDLE_SECONDS} seconds"


def test_documented_figures_match_the_program() -> None:
    pages_in_one_line = {page: " ".join(page.split()) for page in (CLIENTS, OPERATIONS)}
    assert [text for page, text in figures() if text not in pages_in_one_line[page]] == []


def test_documented_periods_match_the_program() -> None:
    """The documentation states these periods as two days, one day and ten seconds."""
    kept = (events.RETENTION_SECONDS, idempotency.RETENTION_SECONDS)
    assert [seconds / 86_400 for seconds in kept] == [2, 1]
    assert (http_protocol.STUCK_SECONDS, websocket_protocol.STUCK_SECONDS) == (10, 10)
    assert worker.MAILS_PER_SECOND == 10
