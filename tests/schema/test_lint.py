"""The schema passes the linter, and every lint rule can fail."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest
from graphql import build_schema

from schema import root
from tests.support.schema_lint import RULES

# Lint findings that are accepted because the API contract requires them, with their reasons.
ACCEPTED: Final = {
    # Browsers send the refresh token in a cookie and need no input.
    "Mutation.refreshSession: does not take a single required `input`",
    # `logout` takes a single flag, which has a default, and is never refused.
    "Mutation.logout: does not take a single required `input`",
    "Mutation.logout: does not return a non-null union FooResult",
    # `exportMyData` returns a URL or raises Unauthenticated.
    "Mutation.exportMyData: does not take a single required `input`",
    "Mutation.exportMyData: does not return a non-null union FooResult",
    "Mutation.exportMyData: does not begin with a known verb",
    "Mutation.joinWaitlist: does not begin with a known verb",
    "Mutation.leaveWaitlist: does not begin with a known verb",
    "Mutation.leaveWaitlist: does not return a non-null union FooResult",
    "Mutation.deleteMyAccount: does not begin with a known verb",
    # `cancelled` has only ids, because the viewer can no longer read the cancelled bookings.
    "AccountDeleted.cancelled: is an id by name or by type, but not both",
    # These mutations return no union, because nothing but the rate limit refuses them.
    "Mutation.startGuestSession: does not take a single required `input`",
    "Mutation.startGuestSession: does not return a non-null union FooResult",
    "Mutation.endSession: does not take a single required `input`",
    "Mutation.endSession: does not return a non-null union FooResult",
    "Mutation.resendVerification: does not take a single required `input`",
    "Mutation.resendVerification: does not return a non-null union FooResult",
    "User.hasPassword: is a Boolean with a prefix",
    # The result must not reveal whether the account exists.
    "Mutation.requestSignInCode: does not return a non-null union FooResult",
    "Mutation.requestPasswordReset: does not return a non-null union FooResult",
}
GOOD: Final = Path(__file__).with_name("good.graphql").read_text("utf-8")

# Rule, text in the good schema, its replacement, and the coordinate of the expected finding.
VIOLATIONS: Final = [
    ("valid", "interface Refusal {", 'interface Refusal { "Subject." subject: String', "Schema"),
    ("described", '"""A shop."""', "", "Shop"),
    ("described", '"""Whether the shop is open."""', "", "Shop.open"),
    ("described", '"""Shops and hours."""', "", "Mutation.setHours(input)"),
    ("described", '"""Ids of the shops."""', "", "SetHoursInput.shopIds"),
    ("described", '"""Sells bread."""', "", "Kind.BAKERY"),
    ("described", '"""Sells bread."""', '"sells bread."', "Kind.BAKERY"),
    ("described", '"""Sells bread."""', '"Bread"', "Kind.BAKERY"),
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
    (
        "used",
        '"""The viewer may not do this."""',
        'scalar Money """The viewer may not do this."""',
        "Money",
    ),
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
    ("global_ids", "interface Node {", 'interface Node { "Name." name: String', "Node"),
    ("global_ids", "Shop implements Node", "Shop", "Shop"),
    ("ids", "shopIds: [ID!]!", "shopIds: [String!]!", "SetHoursInput.shopIds"),
    ("ids", "tags: [String!]!", "tags: [ID!]!", "Shop.tags"),
]


def lint(text: str, *, rule_name: str | None = None) -> set[str]:
    """Return the lint findings for a schema, from all rules or only from the named one."""
    schema = build_schema(text)
    rules = [rule for rule in RULES if rule_name in {None, rule.__name__}]
    return {finding for rule in rules for finding in rule(schema)}


def test_the_schema_passes_the_linter() -> None:
    """The findings are exactly the accepted exceptions."""
    assert lint(root.schema.as_str()) == ACCEPTED


def test_the_good_sample_schema_passes_every_rule() -> None:
    assert lint(GOOD) == set()


@pytest.mark.parametrize(("rule", "good", "bad", "coordinate"), VIOLATIONS)
def test_a_rule_reports_its_violation(rule: str, good: str, bad: str, coordinate: str) -> None:
    assert good in GOOD
    [finding] = lint(GOOD.replace(good, bad), rule_name=rule)
    assert finding.partition(": ")[0] == coordinate


def test_every_rule_has_a_sample_violation() -> None:
    assert {rule.__name__ for rule in RULES} == {rule for rule, *_ in VIOLATIONS}
