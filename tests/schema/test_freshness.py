"""Which answers strangers may share is decided by what the schema's fields read."""

from __future__ import annotations

import pytest
from graphql import GraphQLInterfaceType, GraphQLObjectType

from schema.documents import core, prepare
from schema.freshness import READ, SECONDS, public_seconds

PRIVATE = {
    "Query": {"viewer", "bookings", "booking", "users"},
    "Slot": {"mine"},
}
"""Fields of types that strangers may share which depend on who asks."""


@pytest.mark.parametrize("type_name", sorted(SECONDS.keys() | READ.keys()))
def test_every_field_of_a_shared_type_is_said_to_be_shared_or_not(type_name: str) -> None:
    """A new one belongs into one of the lists, after a look at what its resolver reads."""
    type_ = core.type_map[type_name]
    assert isinstance(type_, (GraphQLObjectType, GraphQLInterfaceType))
    lists = [set(SECONDS.get(type_name, {})), READ.get(type_name, set()), PRIVATE.get(type_name)]
    known = [name for names in lists for name in names or ()]
    assert sorted(known) == sorted(type_.fields)


@pytest.mark.parametrize(
    ("query", "seconds"),
    [
        ("{ categories { count } }", 30),
        ("{ a: categories { b: count __typename } __typename }", 30),
        ("{ experts { nodes { offers { price { amount } } } } }", 5),
        ('{ experts { nodes { days(from: "2027-03-28") { slots { id } } } } }', 0),
        ('{ node(id: "x") { id ... on Slot { heldUntil } } }', 0),
        ('{ node(id: "x") { id ... on Booking { id } } }', None),
        ('{ node(id: "x") { id ... on User { id } } }', None),
        ("{ experts { nodes { nextSlot { mine } } } }", None),
        ("query A { categories { count } } query B { viewer { id } }", None),
        ("{ categories { count } ...V } fragment V on Query { viewer { id } }", None),
        ("mutation { logout }", None),
        ('{ __type(name: "Slot") { name } }', None),
    ],
)
def test_the_field_that_counts_for_the_shortest_time_decides(
    query: str, seconds: int | None
) -> None:
    name = "A" if query.startswith("query A") else None
    assert public_seconds(prepare(query, name)) == seconds


def test_a_document_that_is_too_long_to_be_remembered_is_not_shared() -> None:
    assert public_seconds(prepare("{ categories { count } }" + " " * 20_000, None)) is None
