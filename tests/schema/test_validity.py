"""The fast validity proof accepts no document that graphql-core's validator refuses."""

from __future__ import annotations

from random import Random

import pytest
from graphql import GraphQLSyntaxError, Lexer, Source, TokenKind, parse, validate
from hypothesis import event, given
from hypothesis import strategies as st

from schema.execution.validity import is_provably_valid
from schema.root import core
from tests.support.generated_documents import random_document

PROVABLE = (
    "{ __typename }",
    "query A { categories { count } } query B { categories { category } }",
    """query Experts($filter: ExpertFilter, $first: Int = 20, $after: String) {
        experts(filter: $filter, first: $first, after: $after, orderBy: { field: RATE }) {
            edges { cursor node { ...Entry hourlyRate { amount } } }
            pageInfo { hasNextPage endCursor } totalCount } }
    fragment Entry on Expert { id name title ... on Node { id } __typename }""",
    """query Slots($id: ID!, $from: DateTime!, $to: DateTime!, $short: Boolean!) {
        expert(id: $id) { slots(from: $from, to: $to, minutes: 30) {
            id startsAt price @skip(if: $short) { amount } price { currency } } } }""",
    """query Some($languages: [String!]!, $category: Category!) {
        experts(filter: { languages: $languages, categories: [$category, HEALTH], search: null }) {
            nodes { slug rating } } }""",
    """mutation Book($input: BookSlotInput!) { bookSlot(input: $input) { __typename
        ... on Booking { id startsAt note status }
        ... on SlotTaken { slot { id } message } ... on Refusal { message } } }""",
    """subscription Changes($id: ID!) { slotChanged(expertId: $id) {
        ... on SlotEvent { cursor slot { ...Taken } changed { ...Taken } }
        ... on CalendarReset { cursor at } } }
    fragment Taken on Slot { id status @include(if: true) mine }""",
    '{ node(id: "x") { id ... on Expert { name } ... on Slot { minutes } } }',
    "query Twice($first: Int) { experts(first: $first) { nodes { id id: id name } } }",
)
UNPROVABLE = (
    "{ __schema { types { name } } }",
    "query A($n: Int) { experts(first: $n) { nodes { id } } experts(first: $n) { totalCount } }",
    "query A @skip(if: true) { __typename }",
)
INVALID = (
    "type Extra { id: ID }  query { __typename }",
    "query A { __typename } query A { __typename }",
    "{ __typename } query B { __typename }",
    "subscription A { __typename }",
    "subscription A { slotBooked(expertId: 1) { cursor } slotChanged(expertId: 1) { __typename } }",
    "subscription A { ...F } fragment F on Subscription { __typename }",
    'subscription A($s: Boolean!) { slotBooked(expertId: "x") @skip(if: $s) { cursor } }',
    "{ ... on Nothing { __typename } }",
    "query A($x: Nothing) { experts(after: $x) { totalCount } }",
    "{ ... on Category { __typename } }",
    "query A($x: Expert) { experts(after: $x) { totalCount } }",
    "{ categories }",
    "{ categories { count { __typename } } }",
    "{ nothing }",
    "{ node(id: 1) { slug } }",
    "{ __typename } fragment F on Expert { id } fragment F on Expert { id }",
    "{ ...F }",
    "{ __typename } fragment F on Query { __typename }",
    "{ experts { nodes { ... on Slot { id } } } }",
    "{ experts { nodes { ...F } } } fragment F on Slot { id }",
    "{ ...F } fragment F on Query { __typename ...F }",
    "query A($x: Int, $x: Int) { experts(first: $x) { totalCount } }",
    "query A { experts(first: $x) { totalCount } }",
    "query A($x: Int) { __typename }",
    "query A($x: ID!) { ...F } query B { ...F } fragment F on Query { node(id: $x) { id } }",
    "{ __typename @nothing }",
    "query A($x: Int @skip(if: true)) { experts(first: $x) { totalCount } }",
    "{ ...F } fragment F on Query @include(if: true) { __typename }",
    "{ __typename @skip(if: true) @skip(if: true) }",
    "{ __typename @skip }",
    "{ __typename @skip(if: true, when: true) }",
    "{ __typename @skip(if: 3) }",
    "query A($x: Boolean) { __typename @skip(if: $x) }",
    "{ experts(nothing: 3) { totalCount } }",
    "{ experts(first: 3, first: 4) { totalCount } }",
    '{ experts(first: "3") { totalCount } }',
    "{ experts(first: 3000000000) { totalCount } }",
    "{ experts(filter: { categories: [NOTHING] }) { totalCount } }",
    "{ experts(filter: { categories: [3] }) { totalCount } }",
    "{ experts(filter: { nothing: 3 }) { totalCount } }",
    '{ experts(filter: { search: "a", search: "b" }) { totalCount } }',
    "{ experts(filter: 3) { totalCount } }",
    "{ experts(orderBy: { direction: ASC }) { totalCount } }",
    "{ expert { id } }",
    "{ expert(id: null) { id } }",
    'query A($x: Int = "3") { experts(first: $x) { totalCount } }',
    "query A($x: String) { experts(first: $x) { totalCount } }",
    "query A($x: ID) { expert(id: $x) { id } }",
    "query A($x: String) { experts(filter: { categories: [$x] }) { totalCount } }",
    "{ categories { category: count } categories { category } }",
    "{ experts(first: 3) { totalCount } experts { totalCount } }",
    "{ experts { nodes { id: name } } ...F } fragment F on Query { experts { nodes { id } } }",
    "{ node(id: 1) { ... on Expert { a: id } ... on Slot { a: minutes } } }",
    '{ expert(id: "x") { offers { minutes } offers { minutes: price { amount } } } }',
)
"""Documents that each violate one validation rule."""

WORDS = (
    *("id", "name", "slots", "nodes", "Expert", "Slot", "Node", "Money", "first", "last", "if"),
    *("skip", "include", "on", "HEALTH", "true", "null", "query", "Int", "Boolean", "ID", "$id"),
    *("$first", "...", "{", "}", "(", ")", ":", "!", "[", "]", "@", "=", "3", '"x"', "-1.5"),
    *("__typename", "__schema", "{ a: 1 }", "Entry", "fragment X on Slot { id }", "minutes"),
    *("@include(if: true)", "slotChanged", "categories { count }", "... on Slot { id }"),
)


def tokens_of(text: str) -> list[str]:
    """Return the tokens of a document as text."""
    lexer, tokens = Lexer(Source(text)), []
    while (token := lexer.advance()).kind is not TokenKind.EOF:
        tokens.append(text[token.start : token.end])
    return tokens


def damaged(random: Random) -> str:
    """Return a valid document after one to three random changes to its tokens."""
    generated = random_document(random, "query", "experts")
    tokens = tokens_of(random.choice([*PROVABLE, generated, generated, generated]))
    for _ in range(random.randint(1, 3)):
        at, other = random.randrange(len(tokens)), random.choice([*WORDS, *tokens])
        match random.choice(["remove", "rename", "rename", "rename", "insert", "move", "repeat"]):
            case "remove" if len(tokens) > 1:
                del tokens[at]
            case "rename" if tokens[at].isidentifier():
                names = [each for each in (*WORDS, *tokens) if each.isidentifier()]
                tokens[at] = random.choice(names)
            case "rename":
                tokens[at] = other
            case "insert":
                tokens.insert(at, other)
            case "move":
                tokens.insert(random.randrange(len(tokens)), tokens.pop(at))
            case _:
                until = random.randint(at, min(at + 6, len(tokens)))
                tokens[at:at] = tokens[at:until]
    return " ".join(tokens)


@pytest.mark.parametrize("text", PROVABLE)
def test_common_documents_are_proven_valid(text: str) -> None:
    document = parse(text)
    assert is_provably_valid(core, document)
    assert validate(core, document) == []


@pytest.mark.parametrize("text", UNPROVABLE)
def test_unusual_documents_are_left_to_the_validator(text: str) -> None:
    assert not is_provably_valid(core, parse(text))


@pytest.mark.parametrize("text", INVALID)
def test_a_document_that_violates_one_rule_is_not_proven_valid(text: str) -> None:
    document = parse(text)
    assert validate(core, document)
    assert not is_provably_valid(core, document)


@given(st.integers(0, 2**32))
def test_a_damaged_document_is_proven_valid_only_if_it_is_valid(seed: int) -> None:
    text = damaged(Random(seed))
    try:
        document = parse(text, allow_empty_selection_sets=False)
    except (GraphQLSyntaxError, ValueError):
        return
    proven = is_provably_valid(core, document)
    event("proven" if proven else "not proven")
    if proven:
        assert validate(core, document) == []


def test_a_proof_of_validity_gives_up_before_it_takes_long() -> None:
    """Each fragment spreads the next one twice, so a full proof would take 2²⁰ steps."""
    levels = 20
    spread = " ".join(
        f"fragment F{n} on Expert {{ ...F{n + 1} ... on Expert {{ ...F{n + 1} }} }}"
        for n in range(levels)
    )
    text = f"{{ experts {{ nodes {{ ...F0 }} }} }} {spread} fragment F{levels} on Expert {{ id }}"
    assert not is_provably_valid(core, parse(text))
