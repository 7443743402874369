"""What is read quickly is what GraphQL reads."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

import pytest
from graphql import GraphQLSyntaxError, Lexer, Source, TokenKind, parse
from hypothesis import given, settings
from hypothesis import strategies as st

from schema.execution.lexing import QuickLexer, parsed
from tests.schema.generated import document

if TYPE_CHECKING:
    from collections.abc import Callable

    from graphql import DocumentNode

MOST = 120
PIECES = (
    *("{", "}", "(", ")", "[", "]", "!", "$", "&", ":", "=", "@", "|", "...", "..", "."),
    *(" ", "  ", ",", "\t", "\n", "\r\n", "\r", "\n\n  ", "\ufeff", "\x00", "\u00a0", "é", "#"),
    *("query", "_a1", "on", "true", "null", "7", "-1", "0.5e3", "01", "1a", "ª", "٣", "\x0b"),
    *('"text"', '"""a\nblock"""', '"open', '"\\u00e9"', "# comment\n", "# one\n# two\n", "'", "%"),
)
texts = st.lists(st.sampled_from(PIECES), max_size=30).map("".join)


def tokens(lexer: Lexer) -> list[object]:
    """All tokens with their places, or what is wrong with the text."""
    found: list[object] = []
    try:
        while (token := lexer.advance()).kind is not TokenKind.EOF:
            before = token.prev.desc if token.prev else None
            found.append((token.kind, token.desc, token.start, token.end, token.line, token.column))
            found.append((before, lexer.last_token.end))
            if isinstance(lexer, QuickLexer) and not token.next:
                lexer.read_ahead()
    except GraphQLSyntaxError as error:
        found.append((error.message, error.positions, error.locations))
    return found


def read(parse_: Callable[[str], DocumentNode], text: str) -> object:
    """A document with the places of its parts, or what is wrong with the text."""
    try:
        found = parse_(text)
    except GraphQLSyntaxError as error:
        return error.message, error.positions, error.locations
    return found.to_dict(locations=True)


def plain(text: str) -> DocumentNode:
    """What GraphQL makes of a text."""
    return parse(text, max_tokens=MOST, allow_empty_selection_sets=False)


@given(texts)
@settings(max_examples=3_000, deadline=None)
def test_tokens_are_those_of_graphql(text: str) -> None:
    assert tokens(QuickLexer(Source(text), MOST)) == tokens(Lexer(Source(text)))


@given(st.integers(0, 2**32), texts)
@settings(max_examples=300, deadline=None)
def test_documents_are_those_of_graphql(seed: int, more: str) -> None:
    """Whole ones, and ones with something in their midst that does not belong there."""
    random = Random(seed)
    text = document(random, "query", "experts")
    at = random.randrange(len(text))
    for each in (text, f"{text[:at]}{more}{text[at:]}", text.replace(" ", "\n  # more\n")):
        assert read(lambda text: parsed(text, MOST), each) == read(plain, each)


@pytest.mark.parametrize("text", ["{ a " * 5_000, "{ a(b: " + "[" * 5_000, "{}", "", "{ a }" * 90])
def test_what_goes_too_far_is_refused_as_by_graphql(text: str) -> None:
    most = 100_000 if len(text) > 1_000 else MOST
    with pytest.raises(GraphQLSyntaxError) as found:
        parsed(text, most)
    with pytest.raises(GraphQLSyntaxError) as expected:
        parse(text, max_tokens=most, allow_empty_selection_sets=False)
    assert found.value.message == expected.value.message
