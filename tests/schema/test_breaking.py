"""What the last release promised is kept: schema/released.graphql is the schema of that release."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest
from graphql import build_schema

from schema import root
from tests.schema.releases import breaks, surprises, told

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
    ("deep: Boolean! = false", "deep: Boolean!", "Query.shop(deep) must be given now."),
    ("(id: ID!", "(id: Int!", "Argument Query.shop(id:) has changed type from ID! to Int!."),
    ("(id: ID!", "(id: ID!, a: Int!", "A required argument Query.shop(a:) was added."),
    ("size: Int! = 3, ", "", "Field By.size was removed."),
    ("size: Int! = 3", "size: Int!", "By.size must be given now."),
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
ANNOUNCED: Final = [
    ("title: String @deprecated", ""),
    (", old: Int @deprecated):", "):"),
    (", old: Int @deprecated }", "}"),
    (", DAIRY @deprecated", ""),
    ("  gone: Gone @deprecated\n}\ntype Gone { at: Int }", "}"),
]
SURPRISING: Final = [
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
    ("union", '"What is found."\nunion'),
]


def test_no_client_of_the_last_release_breaks(
    record_property: Callable[[str, object], None],
) -> None:
    """Every operation that was valid at the last release is, and its answer has the same shape."""
    old, new = build_schema(RELEASED.read_text("utf-8")), build_schema(root.schema.as_str())
    surprising = surprises(old, new)
    record_property("dangerous", surprising)
    broken = breaks(old, new)
    assert not broken, told(broken, surprising)


@pytest.mark.parametrize(("was", "is_now", "broken"), BREAKING)
def test_a_break_is_named(was: str, is_now: str, broken: str) -> None:
    """What clients would miss is found, by its name, and nothing beside it."""
    assert OLD.count(was) == 1
    assert breaks(build_schema(OLD), build_schema(OLD.replace(was, is_now))) == [broken]


@pytest.mark.parametrize(("was", "is_now"), ANNOUNCED)
def test_what_was_deprecated_may_go(was: str, is_now: str) -> None:
    """A release that has deprecated a part promises it no longer; one that has not still does."""
    new = OLD.replace(was, is_now)
    assert OLD.count(was) == 1
    assert breaks(build_schema(OLD), build_schema(new)) == []
    assert breaks(build_schema(OLD.replace(" @deprecated", "")), build_schema(new)) != []


@pytest.mark.parametrize(("was", "is_now", "surprising"), SURPRISING)
def test_a_surprise_is_no_break(was: str, is_now: str, surprising: str) -> None:
    """What clients may notice is told apart from what breaks them."""
    old, new = build_schema(OLD), build_schema(OLD.replace(was, is_now))
    assert OLD.count(was) == 1
    assert (breaks(old, new), surprises(old, new)) == ([], [surprising])


@pytest.mark.parametrize(("was", "is_now"), SAFE)
def test_what_is_safe_passes(was: str, is_now: str) -> None:
    """What is added, deprecated, described or promised more strictly is neither."""
    old, new = build_schema(OLD), build_schema(OLD.replace(was, is_now))
    assert OLD.count(was) == 1
    assert (breaks(old, new), surprises(old, new)) == ([], [])


def test_the_message_says_how_to_go_on() -> None:
    """It names each break and surprise, what to do instead, and what a release does."""
    text = told(["Field Shop.open was removed."], ["Enum value Kind.FLORIST was added."])
    assert text.splitlines()[:4] == [
        "This breaks clients:",
        "- Field Shop.open was removed.",
        "This they may notice:",
        "- Enum value Kind.FLORIST was added.",
    ]
    assert "deprecate the old" in text
    assert "cp schema/schema.graphql schema/released.graphql" in text
