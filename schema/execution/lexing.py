"""Fast lexer and parser: match names and punctuation with one regular expression.

graphql-core's lexer inspects each character separately, and its parser looks ahead several times
per token. Tokens, positions and syntax errors are identical to graphql-core's: strings, numbers,
comments and everything else that does not match are left to its lexer.
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
    """Lexer that reads several tokens ahead.

    Args:
        source: text of the document.
        max_tokens: maximum number of tokens to read ahead in total.
    """

    def __init__(self, source: Source, max_tokens: int) -> None:
        super().__init__(source)
        self._remaining = max_tokens
        self.read_ahead()

    def read_ahead(self) -> None:
        """Append the names and punctuators that follow the current token."""
        body, last = self.source.body, self.token
        line, line_start = self.line, self.line_start
        while not last.next and self._remaining > 0 and (match := TOKEN.match(body, last.end)):
            self._remaining -= 1
            space, name, punctuator = match.groups()
            if "\n" in space:
                line += space.count("\n")
                line_start = last.end + space.rindex("\n") + 1
            start, end = match.span(3 if name is None else 2)
            kind = PUNCTUATORS[punctuator] if name is None else TokenKind.NAME
            token = Token(kind, start, end, line, 1 + start - line_start, name)
            token.prev, last.next = last, token
            last = token
        self.line, self.line_start = line, line_start


class QuickParser(Parser):
    """Parser that advances along tokens read ahead by `QuickLexer`."""

    _lexer: QuickLexer

    def __init__(self, source: Source, max_tokens: int) -> None:
        super().__init__(
            source,
            max_tokens=max_tokens,
            lexer=QuickLexer(source, max_tokens),
            allow_empty_selection_sets=False,
        )
        self._token_limit = max_tokens
        self._source = source
        self.first = self._lexer.token

    def advance_lexer(self) -> None:
        """Advance to the next token."""
        lexer = self._lexer
        last = lexer.token
        token = last.next
        if (
            token is None
            or token.kind is TokenKind.COMMENT
            or self._token_counter >= self._token_limit
        ):
            lexer._comment_budget = self._token_limit - self._token_counter  # noqa: SLF001 - as in graphql-core
            super().advance_lexer()
            lexer.read_ahead()
        else:
            lexer.last_token, lexer.token = last, token
            self._token_counter += 1

    def parse_name(self) -> NameNode:
        """Parse a name."""
        token = self._lexer.token
        if token.kind is not TokenKind.NAME:
            return super().parse_name()
        self.advance_lexer()
        return NameNode(value=token.value or "", loc=Location(token, token, self._source))

    def parse_field(self) -> FieldNode:
        """Parse a field, checking for each optional part only once."""
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
    """Parse a document; empty selection sets are not allowed.

    Raises:
        GraphQLSyntaxError: if the syntax is invalid, there are too many tokens, or the document
            is nested too deeply.
    """
    parser = QuickParser(Source(text), max_tokens)
    token: Token | None = parser.first
    try:
        document = parser.parse_document()
    except RecursionError:
        return parse(text, max_tokens=max_tokens, allow_empty_selection_sets=False)
    # Unlink the tokens: as a reference cycle, they would keep the document in memory until the
    # garbage collector runs.
    while token:
        next_token = token.next
        token.prev = token.next = None
        token = next_token
    return document
