"""Compatibility of the schema with schema/released.graphql, the schema of the last release."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest
from graphql import build_schema

from schema import root
from tests.support.schema_releases import breaking_changes, dangerous_changes, report

if TYPE_CHECKING:
    from collections.abc import Callable

RELEASED: Final = Path(root.__file__).with_name("released.graphql")
OLD: Final = """
type Query {
  shop(id: ID!, deep: Boolean! = false, kind: Kind = BAKERY, old: Int @deprecated): Shop
  found(by: By!): Found
  gone: Gone @deprecated
}
type Gone { at: Int }
interface Node { id: ID! }
type Shop implements Node { id: ID!, open: Boolean!, title: String @deprecated }
type Stall { at: Int, title: String }
enum Kind { BAKERY, BUTCHER, DAIRY @deprecated }
input By { kind: Kind, size: Int! = 3, old: Int @deprecated }
union Found = Shop | Stall
"""
BREAKING: Final = [
    ("open: Boolean!, ", "", "Field Shop.open was removed."),
    ("open: Boolean!", "open: Boolean", "Field Shop.open changed type from Boolean! to Boolean."),
    ("title: String @", "title: Int @", "Field Shop.title changed type from String to Int."),
    ("deep: Boolean! = false, ", "", "Argument Query.shop(deep:) was removed."),
    ("deep: Boolean! = false", "deep: Boolean!", "Query.shop(deep) is now required."),
    ("(id: ID!", "(id: Int!", "Argument Query.shop(id:) has changed type from ID! to Int!."),
    ("(id: ID!", "(id: ID!, a: Int!", "A required argument Query.shop(a:) was added."),
    ("size: Int! = 3, ", "", "Field By.size was removed."),
    ("size: Int! = 3", "size: Int!", "By.size is now required."),
    ("By { kind: Kind", "By { kind: Kind!", "Field By.kind changed type from Kind to Kind!."),
    ("By { ", "By { a: Int!, ", "A required field By.a was added."),
    ("BUTCHER, ", "", "Enum value Kind.BUTCHER was removed."),
    ("Shop | Stall", "Shop", "Stall was removed from union type Found."),
    ("Shop implements Node", "Shop", "Shop no longer implements interface Node."),
    (
        "union Found = Shop | Stall",
        "scalar Found",
        "Found changed from a Union type to a Scalar type.",
    ),
    ("type Gone { at: Int }", "scalar Gone", "Gone changed from an Object type to a Scalar type."),
]
DEPRECATED: Final = [
    ("title: String @deprecated", ""),
    (", old: Int @deprecated):", "):"),
    (", old: Int @deprecated }", "}"),
    (", DAIRY @deprecated", ""),
    ("  gone: Gone @deprecated\n}\ntype Gone { at: Int }", "}"),
]
DANGEROUS: Final = [
    ("BUTCHER", "BUTCHER, FLORIST", "Enum value Kind.FLORIST was added."),
    ("Shop | Stall", "Shop | Stall | Gone", "Gone was added to union type Found."),
    ("= 3", "= 4", "By.size has changed defaultValue from 3 to 4."),
    ("(id: ID!", "(id: ID!, a: Int", "An optional argument Query.shop(a:) was added."),
    ("By { ", "By { a: Int, ", "An optional field By.a was added."),
]
SAFE: Final = [
    ("open: Boolean!", 'open: Boolean! @deprecated(reason: "Use `hours`."), hours: [Int!]!'),
    ("type Query {", "type Query { new(id: ID!): Shop"),
    ("(id: ID!", "(id: ID"),
    ("title: String }", "title: String! }"),
    ("union", '"A search result."\nunion'),
]


def test_the_schema_has_no_breaking_change_since_the_last_release(
    record_property: Callable[[str, object], None],
) -> None:
    old, new = build_schema(RELEASED.read_text("utf-8")), build_schema(root.schema.as_str())
    dangerous = dangerous_changes(old, new)
    record_property("dangerous", dangerous)
    breaking = breaking_changes(old, new)
    assert not breaking, report(breaking, dangerous)


@pytest.mark.parametrize(("before", "after", "expected"), BREAKING)
def test_a_breaking_change_is_reported(before: str, after: str, expected: str) -> None:
    assert OLD.count(before) == 1
    old, new = build_schema(OLD), build_schema(OLD.replace(before, after))
    assert breaking_changes(old, new) == [expected]


@pytest.mark.parametrize(("before", "after"), DEPRECATED)
def test_only_deprecated_elements_may_be_removed(before: str, after: str) -> None:
    assert OLD.count(before) == 1
    new = build_schema(OLD.replace(before, after))
    assert breaking_changes(build_schema(OLD), new) == []
    assert breaking_changes(build_schema(OLD.replace(" @deprecated", "")), new) != []


@pytest.mark.parametrize(("before", "after", "expected"), DANGEROUS)
def test_a_dangerous_change_is_not_breaking(before: str, after: str, expected: str) -> None:
    old, new = build_schema(OLD), build_schema(OLD.replace(before, after))
    assert OLD.count(before) == 1
    assert (breaking_changes(old, new), dangerous_changes(old, new)) == ([], [expected])


@pytest.mark.parametrize(("before", "after"), SAFE)
def test_a_safe_change_is_neither_breaking_nor_dangerous(before: str, after: str) -> None:
    old, new = build_schema(OLD), build_schema(OLD.replace(before, after))
    assert OLD.count(before) == 1
    assert (breaking_changes(old, new), dangerous_changes(old, new)) == ([], [])


def test_the_report_lists_breaking_and_dangerous_changes_and_gives_advice() -> None:
    text = report(["Field Shop.open was removed."], ["Enum value Kind.FLORIST was added."])
    assert text.splitlines()[:4] == [
        "Breaking changes:",
        "- Field Shop.open was removed.",
        "Dangerous changes:",
        "- Enum value Kind.FLORIST was added.",
    ]
    assert "deprecate the old one" in text
    assert "cp schema/schema.graphql schema/released.graphql" in text
