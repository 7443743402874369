"""The fast lexer agrees with that of graphql-core."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

import pytest
from graphql import GraphQLSyntaxError, Lexer, Source, TokenKind, parse
from hypothesis import given, settings
from hypothesis import strategies as st

from schema.execution.lexing import QuickLexer, parse_fast
from tests.support.generated_documents import random_document

if TYPE_CHECKING:
    from collections.abc import Callable

    from graphql import DocumentNode

MAX_TOKENS = 120
PIECES = (
    *("{", "}", "(", ")", "[", "]", "!", "$", "&", ":", "=", "@", "|", "...", "..", "."),
    *(" ", "  ", ",", "\t", "\n", "\r\n", "\r", "\n\n  ", "\ufeff", "\x00", "\u00a0", "é", "#"),
    *("query", "_a1", "on", "true", "null", "7", "-1", "0.5e3", "01", "1a", "ª", "٣", "\x0b"),
    *('"text"', '"""a\nblock"""', '"open', '"\\u00e9"', "# comment\n", "# one\n# two\n", "'", "%"),
)
texts = st.lists(st.sampled_from(PIECES), max_size=30).map("".join)


def tokens(lexer: Lexer) -> list[object]:
    """Return all tokens with their positions, followed by any syntax error."""
    result: list[object] = []
    try:
        while (token := lexer.advance()).kind is not TokenKind.EOF:
            before = token.prev.desc if token.prev else None
            result.append(
                (token.kind, token.desc, token.start, token.end, token.line, token.column)
            )
            result.append((before, lexer.last_token.end))
            if isinstance(lexer, QuickLexer) and not token.next:
                lexer.read_ahead()
    except GraphQLSyntaxError as error:
        result.append((error.message, error.positions, error.locations))
    return result


def parse_result(parse_: Callable[[str], DocumentNode], text: str) -> object:
    """Return a document with its locations, or the syntax error."""
    try:
        document = parse_(text)
    except GraphQLSyntaxError as error:
        return error.message, error.positions, error.locations
    return document.to_dict(locations=True)


def core_parse(text: str) -> DocumentNode:
    """Parse with graphql-core."""
    return parse(text, max_tokens=MAX_TOKENS, allow_empty_selection_sets=False)


@given(texts)
@settings(max_examples=3_000, deadline=None)
def test_tokens_equal_those_of_graphql_core(text: str) -> None:
    assert tokens(QuickLexer(Source(text), MAX_TOKENS)) == tokens(Lexer(Source(text)))


@given(st.integers(0, 2**32), texts)
@settings(max_examples=300, deadline=None)
def test_documents_equal_those_of_graphql_core(seed: int, insertion: str) -> None:
    """Covers valid documents and ones with random text inserted."""
    random = Random(seed)
    text = random_document(random, "query", "experts")
    at = random.randrange(len(text))
    for each in (text, f"{text[:at]}{insertion}{text[at:]}", text.replace(" ", "\n  # more\n")):
        assert parse_result(lambda text: parse_fast(text, MAX_TOKENS), each) == parse_result(
            core_parse, each
        )


@pytest.mark.parametrize("text", ["{ a " * 5_000, "{ a(b: " + "[" * 5_000, "{}", "", "{ a }" * 90])
def test_excessive_documents_are_refused_as_by_graphql_core(text: str) -> None:
    max_tokens = 100_000 if len(text) > 1_000 else MAX_TOKENS
    with pytest.raises(GraphQLSyntaxError) as actual:
        parse_fast(text, max_tokens)
    with pytest.raises(GraphQLSyntaxError) as expected:
        parse(text, max_tokens=max_tokens, allow_empty_selection_sets=False)
    assert actual.value.message == expected.value.message
