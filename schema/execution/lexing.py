"""Documents are read with a lexer that finds names and punctuation by one regular expression.

GraphQL's own looks at each character by itself, and its parser asks several times what comes next:
0.22 ms for the question of an expert's slots, 0.16 with this (3.11, one core). Tokens, their places
and what is wrong with a text are the same: strings, numbers, comments and whatever else does not
match are left to GraphQL's own.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from graphql import FieldNode, Lexer, Location, NameNode, Source, Token, TokenKind, parse
from graphql.language.parser import Parser

if TYPE_CHECKING:
    from graphql import DocumentNode

TOKEN: Final = re.compile(r"([ ,\t\n]*)(?:([A-Za-z_][0-9A-Za-z_]*)|(\.\.\.|[!$&():=@\[\]{|}]))")
PUNCTUATORS: Final = {
    kind.value: kind for kind in TokenKind if kind.value in {*"!$&():=@[]{|}", "..."}
}


class QuickLexer(Lexer):
    """Reads many tokens at once."""

    def __init__(self, source: Source, most: int) -> None:
        super().__init__(source)
        self._most = most
        self.read_ahead()

    def read_ahead(self) -> None:
        """Read on from a token behind which nothing is read, as far as all is simple."""
        body, last = self.source.body, self.token
        line, line_start = self.line, self.line_start
        while not last.next and self._most > 0 and (found := TOKEN.match(body, last.end)):
            self._most -= 1
            space, name, punctuator = found.groups()
            if "\n" in space:
                line += space.count("\n")
                line_start = last.end + space.rindex("\n") + 1
            start, end = found.span(3 if name is None else 2)
            kind = PUNCTUATORS[punctuator] if name is None else TokenKind.NAME
            token = Token(kind, start, end, line, 1 + start - line_start, name)
            token.prev, last.next = last, token
            last = token
        self.line, self.line_start = line, line_start


class QuickParser(Parser):
    """Goes from token to token, which are there for the most part."""

    _lexer: QuickLexer

    def __init__(self, source: Source, max_tokens: int) -> None:
        super().__init__(
            source,
            max_tokens=max_tokens,
            lexer=QuickLexer(source, max_tokens),
            allow_empty_selection_sets=False,
        )
        self._most = max_tokens
        self._source = source
        self.first = self._lexer.token

    def advance_lexer(self) -> None:
        """Go on to the next token."""
        lexer = self._lexer
        last = lexer.token
        token = last.next
        if token is None or token.kind is TokenKind.COMMENT or self._token_counter >= self._most:
            lexer._comment_budget = self._most - self._token_counter  # noqa: SLF001 - as GraphQL's
            super().advance_lexer()
            lexer.read_ahead()
        else:
            lexer.last_token, lexer.token = last, token
            self._token_counter += 1

    def parse_name(self) -> NameNode:
        """Read a name."""
        token = self._lexer.token
        if token.kind is not TokenKind.NAME:
            return super().parse_name()
        self.advance_lexer()
        return NameNode(value=token.value or "", loc=Location(token, token, self._source))

    def parse_field(self) -> FieldNode:
        """Read a field: what it does not have is not looked for more than once."""
        lexer = self._lexer
        start = lexer.token
        alias, name = None, self.parse_name()
        if lexer.token.kind is TokenKind.COLON:
            self.advance_lexer()
            alias, name = name, self.parse_name()
        has_arguments = lexer.token.kind is TokenKind.PAREN_L
        arguments = self.parse_arguments(is_const=False) if has_arguments else None
        has_directives = lexer.token.kind is TokenKind.AT
        directives = self.parse_directives(is_const=False) if has_directives else None
        is_composite = lexer.token.kind is TokenKind.BRACE_L
        return FieldNode(
            alias=alias,
            name=name,
            arguments=arguments,
            directives=directives,
            selection_set=self.parse_selection_set() if is_composite else None,
            loc=Location(start, lexer.last_token, self._source),
        )


def parse_fast(text: str, max_tokens: int) -> DocumentNode:
    """Parse a document, whose selection sets must not be empty.

    Raises:
        GraphQLSyntaxError: when it is none, has more tokens or is nested too deeply.
    """
    parser = QuickParser(Source(text), max_tokens)
    token: Token | None = parser.first
    try:
        document = parser.parse_document()
    except RecursionError:
        return parse(text, max_tokens=max_tokens, allow_empty_selection_sets=False)
    # Nobody goes from one to the next any more, and in a ring with its tokens each document that
    # is forgotten would wait for the garbage collector.
    while token:
        following = token.next
        token.prev = token.next = None
        token = following
    return document
