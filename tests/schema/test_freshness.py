"""The public cache time of a response is derived from the fields that its query selects."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

import pytest
from graphql import (
    GraphQLInterfaceType,
    GraphQLObjectType,
    TypeInfo,
    TypeInfoVisitor,
    Visitor,
    visit,
)
from hypothesis import given, reject
from hypothesis import strategies as st

from schema.execution.documents import prepare
from schema.execution.freshness import CACHE_SECONDS, PLAIN_FIELDS, public_seconds
from schema.execution.prepared import RequestFailed
from schema.root import core
from tests.support.generated_documents import random_document

if TYPE_CHECKING:
    from graphql import FieldNode

PRIVATE = {
    "Expert": {"contactEmail", "figures"},
    "Query": {"viewer", "bookings", "booking", "users", "figures", "rateLimit"},
    "Review": {"hiddenReason"},
    "Slot": {"mine"},
    "Place": {"details"},
}
"""Viewer-dependent fields of types that are otherwise publicly cacheable."""


@pytest.mark.parametrize("type_name", sorted(CACHE_SECONDS.keys() | PLAIN_FIELDS.keys()))
def test_every_field_of_a_cacheable_type_is_classified(type_name: str) -> None:
    """A new field must be added to CACHE_SECONDS, PLAIN_FIELDS or PRIVATE, whichever applies."""
    type_ = core.type_map[type_name]
    assert isinstance(type_, (GraphQLObjectType, GraphQLInterfaceType))
    lists = [
        set(CACHE_SECONDS.get(type_name, {})),
        PLAIN_FIELDS.get(type_name, set()),
        PRIVATE.get(type_name),
    ]
    classified = [name for names in lists for name in names or ()]
    assert sorted(classified) == sorted(type_.fields)


@pytest.mark.parametrize(
    ("query", "seconds"),
    [
        ("{ categories { count } }", 30),
        ("{ a: categories { b: count __typename } __typename }", 30),
        ("{ experts { nodes { offers { price { amount } place { kind } } } } }", 5),
        ("{ experts { nodes { offers { place { details } } } } }", None),
        ("{ experts { nodes { reviews { totalCount nodes { text answer } } } } }", 30),
        ("{ experts { nodes { reviews { nodes { hiddenReason } } } } }", None),
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
def test_the_shortest_cache_time_of_the_fields_applies(query: str, seconds: int | None) -> None:
    name = "A" if query.startswith("query A") else None
    assert public_seconds(prepare(query, name)) == seconds


def test_a_response_to_a_document_too_long_to_cache_is_not_public() -> None:
    assert public_seconds(prepare("{ categories { count } }" + " " * 20_000, None)) is None


class CacheTimeVisitor(Visitor):
    """Reference implementation: collects the cache times of all fields of a document."""

    def __init__(self, info: TypeInfo) -> None:
        super().__init__()
        self.info = info
        self.seconds: list[int | None] = [30]

    def enter_field(self, node: FieldNode, *_: object) -> None:
        """Record the cache time of a field."""
        parent, name = self.info.get_parent_type(), node.name.value
        if parent and name != "__typename" and name not in PLAIN_FIELDS.get(parent.name, ()):
            self.seconds.append(CACHE_SECONDS.get(parent.name, {}).get(name))


@given(st.integers(0, 2**32))
def test_cache_time_considers_every_field(seed: int) -> None:
    """Fields may occur under aliases, in fragments and on members of an interface."""
    random = Random(seed)
    root = random.choice(["experts", "experts", "categories", 'node(id: "x")', "viewer"])
    try:
        prepared = prepare(random_document(random, "query", root), None, use_cache=False)
    except RequestFailed:  # fields of the same name have conflicting types
        reject()
    info = TypeInfo(core)
    reference = CacheTimeVisitor(info)
    visit(prepared.document, TypeInfoVisitor(info, reference))
    known = [seconds for seconds in reference.seconds if seconds is not None]
    expected = min(known) if len(known) == len(reference.seconds) else None
    assert public_seconds(prepared) == expected
