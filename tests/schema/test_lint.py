"""The schema passes the linter, and every rule of the linter can fail."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest
from graphql import build_schema

from schema import root
from tests.schema.lint import RULES

# What the contract wants otherwise, and why.
ACCEPTED: Final = {
    # A browser's refresh token is in its cookie; then there is nothing to put in.
    "Mutation.refreshSession: does not take `input` alone",
    # One flag with a default, and nothing that can be refused.
    "Mutation.logout: does not take `input` alone",
    "Mutation.logout: does not always answer with a union FooResult",
    # Whoever asks must not learn whether the account exists: there is one answer.
    "Mutation.requestPasswordReset: does not always answer with a union FooResult",
}
GOOD: Final = Path(__file__).with_name("good.graphql").read_text("utf-8")

# A rule, what in the good schema becomes what, and where the rule then finds something.
WRONG: Final = [
    ("valid", "interface Refusal {", 'interface Refusal { "Of." subject: String', "Schema"),
    ("described", '"""A shop."""', "", "Shop"),
    ("described", '"""Whether it is open."""', "", "Shop.open"),
    ("described", '"""Which."""', "", "Mutation.setHours(input)"),
    ("described", '"""Which shops."""', "", "SetHoursInput.shopIds"),
    ("described", '"""With bread."""', "", "Kind.BAKERY"),
    ("described", '"""With bread."""', '"with bread."', "Kind.BAKERY"),
    ("described", '"""With bread."""', '"Bread"', "Kind.BAKERY"),
    ("named", "Kind", "shop_kind", "shop_kind"),
    ("named", "Kind", "KIND", "KIND"),
    ("named", "tags: [", "all_tags: [", "Shop.all_tags"),
    ("named", "filter:", "Filter:", "Query.shops(Filter)"),
    ("named", "shopIds:", "shopIDs:", "SetHoursInput.shopIDs"),
    ("named", "BAKERY", "Bakery", "Kind.Bakery"),
    ("concise", "Kind", "KindEnum", "KindEnum"),
    ("concise", "title:", "shopTitle:", "Shop.shopTitle"),
    ("concise", "shops(", "shopsQuery(", "Query.shopsQuery"),
    ("concise", "shops(", "getShops(", "Query.getShops"),
    ("inputs", "ShopFilter", "Shops", "Shops"),
    ("mutations", "setHours(", "hours(", "Mutation.hours"),
    ("mutations", "input: SetHoursInput!", "input: SetHoursInput", "Mutation.setHours"),
    ("mutations", "input: SetHoursInput!", "hours: SetHoursInput!", "Mutation.setHours"),
    ("mutations", "input: SetHoursInput!", "input: Boolean!", "Mutation.setHours"),
    ("mutations", "input: SetHoursInput!", "input: SetHoursInput!, at: Int", "Mutation.setHours"),
    ("results", "): SetHoursResult!", "): SetHoursResult", "Mutation.setHours"),
    ("results", "): SetHoursResult!", "): Boolean!", "Mutation.setHours"),
    ("results", "SetHoursResult", "SetHoursAnswer", "Mutation.setHours"),
    ("results", "= Shop | NotAllowed", "= NotAllowed | Shop", "Mutation.setHours"),
    ("results", "= Shop | NotAllowed", "= Shop | PageInfo", "Mutation.setHours"),
    ("deprecations", '(reason: "Use `tags`.")', "", "Shop.title"),
    ("deprecations", '"Use `tags`."', '"Old."', "Shop.title"),
    ("deprecations", "BAKERY", "BAKERY @deprecated", "Kind.BAKERY"),
    ("deprecations", "filter: ShopFilter", "filter: ShopFilter @deprecated", "Query.shops(filter)"),
    ("deprecations", "kinds: [Kind!]", "kinds: [Kind!] @deprecated", "ShopFilter.kinds"),
    ("flags", "kind: Kind!", "isShut: Boolean!", "Shop.isShut"),
    ("flags", "kinds: [Kind!]", "hasBread: Boolean", "ShopFilter.hasBread"),
    ("lists", "[String!]!", "[String]!", "Shop.tags"),
    ("lists", "[String!]!", "[String!]", "Shop.tags"),
    ("lists", "[Kind!]", "[Kind]", "ShopFilter.kinds"),
    ("used", "filter: ShopFilter", "filter: String", "ShopFilter"),
    ("used", '"""Not for you."""', 'scalar Money """Not for you."""', "Money"),
    ("connections", "edges: [ShopEdge!]!", "edges: [Shop!]!", "ShopConnection.edges"),
    ("connections", "pageInfo: PageInfo!", "page: PageInfo!", "ShopConnection.pageInfo"),
    ("connections", "node: Shop!", "node: [Shop!]!", "ShopEdge.node"),
    ("connections", "cursor: String!", "cursor: String", "ShopEdge.cursor"),
    ("pages", "last: Int\n", "limit: Int\n", "Query.shops(last)"),
    ("pages", "after: String\n", "after: Int\n", "Query.shops(after)"),
    ("pages", "): ShopConnection!", "): [Shop!]!", "Query.shops"),
    ("page_info", "endCursor: String", "endCursor: Int", "PageInfo"),
    ("page_info", "hasNextPage", "hasMore", "PageInfo"),
    ("global_ids", "): Node\n", "): Node!\n", "Query.node"),
    ("global_ids", "  node(", "  thing(", "Query.node"),
    ("global_ids", "interface Node {", 'interface Node { "A." name: String', "Node"),
    ("global_ids", "Shop implements Node", "Shop", "Shop"),
    ("ids", "shopIds: [ID!]!", "shopIds: [String!]!", "SetHoursInput.shopIds"),
    ("ids", "tags: [String!]!", "tags: [ID!]!", "Shop.tags"),
]


def found(text: str, *, by: str | None = None) -> set[str]:
    """What the linter, or one rule of it, finds in a schema."""
    schema = build_schema(text)
    rules = [rule for rule in RULES if by in {None, rule.__name__}]
    return {finding for rule in rules for finding in rule(schema)}


def test_the_schema_passes() -> None:
    """Nothing is found but what the contract wants otherwise, and all of that is still so."""
    assert found(root.schema.as_str()) == ACCEPTED


def test_a_good_schema_passes() -> None:
    """The linter has nothing to say of a schema that breaks no rule."""
    assert found(GOOD) == set()


@pytest.mark.parametrize(("rule", "good", "bad", "place"), WRONG)
def test_a_rule_can_fail(rule: str, good: str, bad: str, place: str) -> None:
    """One thing is wrong: the rule finds it, and finds nothing else."""
    assert good in GOOD
    [finding] = found(GOOD.replace(good, bad), by=rule)
    assert finding.partition(": ")[0] == place


def test_every_rule_is_seen_to_fail() -> None:
    """No rule is without a schema that breaks it."""
    assert {rule.__name__ for rule in RULES} == {rule for rule, *_ in WRONG}
