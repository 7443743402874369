"""Empty strings and nulls from generated clients are treated like omitted values."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from graphql import (
    GraphQLInputObjectType,
    GraphQLObjectType,
    GraphQLString,
    get_operation_ast,
    is_required_argument,
    is_required_input_field,
    parse,
    print_ast,
)

from schema.execution.absence import EMPTIABLE_TEXTS, given_variables, without_empty_literals
from schema.execution.documents import prepare
from schema.root import core, schema
from tests.support.booking_operations import open_slots
from tests.support.clients import CONTACT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from graphql import GraphQLInputField, OperationDefinitionNode

    from tests.support.clients import Api
    from tests.support.spans import Time

EXPERTS = """query ($filter: ExpertFilter, $after: String, $before: String) {
  experts(filter: $filter, after: $after, before: $before) { nodes { id } } }"""
DAYS = """query ($id: ID!, $from: Date!, $count: Int! = 7, $zone: TimeZone) {
  expert(id: $id) { days(from: $from, count: $count, timeZone: $zone) { date } } }"""
ORDER = """query ($order: ExpertOrder) { experts(orderBy: $order) { nodes { id } } }"""
BOOKINGS = """query ($filter: BookingFilter) { bookings(filter: $filter) { nodes { id } } }"""
HOLD = """mutation ($input: HoldSlotInput!) { holdSlot(input: $input) {
  ... on Booking { id slot { id } } ... on Refusal { code message } } }"""
BOOK = """mutation ($input: BookSlotInput!) { bookSlot(input: $input) { __typename } }"""
REFRESH = """mutation ($input: RefreshSessionInput) { refreshSession(input: $input) {
  ... on Refusal { code } } }"""


def optional_fields() -> Iterator[tuple[str, str, GraphQLInputField]]:
    """Yield (type name, field name, field) of each optional input field of the schema."""
    for type_ in core.type_map.values():
        if isinstance(type_, GraphQLInputObjectType):
            for name, field in type_.fields.items():
                if not is_required_input_field(field):
                    yield type_.name, name, field


def test_no_default_value_in_the_schema_is_null() -> None:
    """Client code generators turn a null default into code that does not compile."""
    assert "= null" not in schema.as_str()


@pytest.mark.parametrize("unset", ["", None], ids=["empty", "null"])
def test_unset_fields_of_every_input_type_are_dropped_from_variables(unset: str | None) -> None:
    for type_name, field, _ in optional_fields():
        query = f"query ($input: {type_name}) {{ viewer {{ id }} }}"
        prepared = replace(prepare("{ viewer { id } }", None), operation=operation_of(query))
        may_be_empty = type_name.startswith("Update") and field in EMPTIABLE_TEXTS
        kept = {field: unset} if may_be_empty and unset == "" else {}
        assert given_variables(prepared, {"input": {field: unset}}) == {"input": kept}, field


def operation_of(query: str) -> OperationDefinitionNode:
    """Return the only operation of a GraphQL document."""
    operation = get_operation_ast(parse(query))
    assert operation
    return operation


def test_empty_arguments_of_every_field_are_dropped_from_documents() -> None:
    for type_ in core.type_map.values():
        if not isinstance(type_, GraphQLObjectType) or type_.name.startswith("__"):
            continue
        for name, field in type_.fields.items():
            for argument, of in field.args.items():
                text = f'fragment F on {type_.name} {{ {name}({argument}: "") }}'
                kept = f'({argument}: "")' if is_required_argument(of) else ""
                printed = print_ast(without_empty_literals(parse(text)))
                assert printed == f"fragment F on {type_.name} {{\n  {name}{kept}\n}}"


def test_texts_that_may_be_emptied_are_optional_fields_of_update_inputs() -> None:
    found = {
        name
        for type_name, name, field in optional_fields()
        if type_name.startswith("Update") and field.type is GraphQLString
    }
    assert found == EMPTIABLE_TEXTS | {"name", "title"}


ZERO = {"amount": 0, "currency": ""}


@pytest.mark.parametrize(
    ("type_name", "given", "kept"),
    [
        ("BookSlotInput", {"expectedPrice": ZERO}, {}),
        ("BookSlotInput", {"expectedPrice": {**ZERO, "amount": 5}}, None),
        ("BookSlotInput", {"expectedPrice": {"amount": 0, "currency": "EUR"}}, None),
        ("UpdateMyExpertInput", {"hourlyRate": ZERO}, {}),
        (
            "SessionOfferInput",
            {"price": ZERO, "place": {"kind": "", "details": ""}},
            {"price": ZERO},
        ),
        ("BookingFilter", {"mine": False, "email": ""}, {"mine": False}),
    ],
)
def test_input_objects_with_only_zero_values_are_dropped_if_they_are_optional(
    type_name: str, given: dict[str, Any], kept: dict[str, Any] | None
) -> None:
    query = f"query ($input: {type_name}!) {{ viewer {{ id }} }}"
    prepared = replace(prepare("{ viewer { id } }", None), operation=operation_of(query))
    expected = {"input": given if kept is None else kept}
    assert given_variables(prepared, {"input": given}) == expected


def test_variable_with_only_zero_values_is_dropped_if_it_is_optional() -> None:
    for suffix, kept in (("", {}), ("!", {"price": ZERO})):
        query = f"query ($price: MoneyInput{suffix}) {{ viewer {{ id }} }}"
        prepared = replace(prepare("{ viewer { id } }", None), operation=operation_of(query))
        assert given_variables(prepared, {"price": ZERO}) == kept


def test_values_that_were_given_are_kept() -> None:
    variables = {"filter": {"search": "ada", "languages": [""], "no": ""}, "after": "x", "no": ""}
    assert given_variables(prepare(EXPERTS, None), variables) == variables
    assert given_variables(prepare(EXPERTS, None), None) is None


def test_empty_literals_in_inputs_are_dropped_except_for_texts_that_updates_may_empty() -> None:
    text = """mutation { updateExpert(input: {expertId: "", name: "", bio: "", timeZone: ""}) { id }
      bookSlot(input: {slotId: "", idempotencyKey: "", contact: {name: ""}}) { id } }"""
    assert print_ast(without_empty_literals(parse(text))) == print_ast(
        parse("""mutation { updateExpert(input: {expertId: "", bio: ""}) { id }
          bookSlot(input: {slotId: "", contact: {name: ""}}) { id } }""")
    )


async def test_empty_variables_get_the_same_response_as_omitted_ones(
    api: Api, demo: dict[str, Api], experts: list[dict[str, Any]]
) -> None:
    id_ = experts[0]["id"]
    days = {"id": id_, "from": "2027-03-28"}
    cases: list[tuple[Api, str, dict[str, Any], dict[str, Any]]] = [
        (api, EXPERTS, {}, {"filter": {"search": "", "minRating": ""}, "after": "", "before": ""}),
        (api, EXPERTS, {}, {"filter": "", "after": None}),
        (api, ORDER, {"order": {"field": "NAME"}}, {"order": {"field": "NAME", "direction": ""}}),
        (api, ORDER, {"order": {"field": "NAME"}}, {"order": {"field": "NAME", "direction": None}}),
        (api, DAYS, days, {**days, "zone": "", "count": None}),
        (
            demo["client"],
            BOOKINGS,
            {},
            {"filter": {"expertId": "", "from": "", "to": "", "email": "", "statuses": ""}},
        ),
        (api, REFRESH, {}, {"input": {"refreshToken": ""}}),
    ]
    for client, query, omitted, empty in cases:
        assert await client.ask(query, **empty) == await client.ask(query, **omitted), empty


async def test_empty_literals_get_the_same_response_as_omitted_ones(
    api: Api, experts: list[dict[str, Any]]
) -> None:
    query = '{ expert(id: "ID") { days(from: "2027-03-28", timeZone: "") { date } } }'
    query = query.replace("ID", experts[0]["id"])
    assert await api.ask(query) == await api.ask(query.replace(', timeZone: ""', ""))


async def test_an_empty_idempotency_key_is_treated_as_absent(
    api: Api, experts: list[dict[str, Any]], time: Time
) -> None:
    """Two requests with an empty idempotency key are separate, so each holds its own slot."""
    client = await api.new_client()
    slot_ids = [(await open_slots(api, expert, time))[0]["id"] for expert in experts[:2]]
    held = [
        (await client.ask(HOLD, input={"slotId": slot_id, "idempotencyKey": ""}))["holdSlot"]
        for slot_id in slot_ids
    ]
    assert [hold["slot"]["id"] for hold in held] == slot_ids
    contact = {**CONTACT, "timeZone": ""}
    answer = await client.ask(BOOK, input={"slotId": slot_ids[0], "contact": contact})
    assert answer["bookSlot"]["__typename"] in {"Booking", "VerificationNeeded"}
