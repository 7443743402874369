"""Plain inputs are constructed with the same result as if Strawberry had constructed them."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import pytest
import strawberry
from hypothesis import given, settings
from hypothesis import strategies as st
from strawberry.types.arguments import convert_argument
from strawberry.types.base import get_object_definition

from schema import availability, calendars, reservations
from schema.inputs import PlainInput, plain
from schema.root import schema

if TYPE_CHECKING:
    from collections.abc import Mapping

PLAIN = (
    reservations.ContactInput,
    reservations.BookSlotInput,
    reservations.BookSlotsInput,
    reservations.HoldSlotInput,
    availability.MoneyInput,
    availability.SessionOfferInput,
    availability.WeeklyHoursInput,
    calendars.LocalHoursInput,
    calendars.DateOverrideInput,
    calendars.SetAvailabilityInput,
)
texts = st.text(max_size=5)
contacts = st.fixed_dictionaries(
    {"name": texts, "email": texts, "phone": texts}, optional={"timeZone": st.none() | texts}
)
optional_fields = {"note": st.none() | texts, "idempotencyKey": st.none() | texts}
hours = st.fixed_dictionaries({"from": st.integers(), "to": st.integers()})
weekly = st.fixed_dictionaries(
    {
        "weekday": st.sampled_from(availability.Weekday),
        "from": st.integers(),
        "to": st.integers(),
    }
)
overrides = st.fixed_dictionaries({"date": st.dates(), "hours": st.lists(hours, max_size=2)})
offers = st.fixed_dictionaries(
    {
        "minutes": st.integers(),
        "price": st.fixed_dictionaries({"amount": st.integers(), "currency": texts}),
    }
)
inputs = st.one_of(
    st.tuples(
        st.just(calendars.SetAvailabilityInput),
        st.fixed_dictionaries(
            {},
            optional={
                "expertId": st.none() | texts,
                "weekly": st.none() | st.lists(weekly, max_size=2),
                "overrides": st.none() | st.lists(overrides, max_size=2),
                "offers": st.none() | st.lists(offers, max_size=2),
                "stepMinutes": st.none() | st.integers(),
                "confirmsAutomatically": st.none() | st.booleans(),
            },
        ),
    ),
    st.tuples(
        st.just(reservations.BookSlotInput),
        st.fixed_dictionaries({"slotId": texts, "contact": contacts}, optional=optional_fields),
    ),
    st.tuples(
        st.just(reservations.BookSlotsInput),
        st.fixed_dictionaries(
            {"slotIds": st.lists(texts), "contact": contacts}, optional=optional_fields
        ),
    ),
    st.tuples(
        st.just(reservations.HoldSlotInput),
        st.fixed_dictionaries(
            {"slotId": texts}, optional={"idempotencyKey": optional_fields["idempotencyKey"]}
        ),
    ),
)


@strawberry.input
class Inner:
    """Input type that is not marked as plain."""

    text: str


@plain
@strawberry.input
class Outer:
    """Plain input type with a field whose own type is not plain."""

    inner: Inner


def construct(input_type: type, value: Mapping[str, Any]) -> object:
    """Construct an input object from a coerced value."""
    converter = schema.schema_converter
    return convert_argument(value, input_type, converter.scalar_registry, converter.config)


@settings(deadline=None)
@given(inputs)
def test_a_plain_input_equals_the_one_that_strawberry_constructs(
    example: tuple[type, dict[str, Any]],
) -> None:
    """Covers input fields that have a value, are omitted or are null."""
    input_type, value = example
    ours = construct(input_type, value)
    with ExitStack() as stack:
        for each in PLAIN:
            definition = get_object_definition(each, strict=True)
            assert isinstance(definition.from_input, PlainInput)
            stack.enter_context(patch.object(definition, "from_input", None))
        assert ours == construct(input_type, value)


def test_a_list_in_an_input_is_copied() -> None:
    """graphql-core may pass the same list object to the next request."""
    ids = ["a", "b"]
    contact = {"name": "", "email": "", "phone": ""}
    result = construct(reservations.BookSlotsInput, {"slotIds": ids, "contact": contact})
    assert isinstance(result, reservations.BookSlotsInput)
    assert result.slot_ids == ids
    assert result.slot_ids is not ids


def test_a_field_whose_type_is_not_plain_is_refused() -> None:
    with pytest.raises(TypeError, match="Inner is not a plain input"):
        construct(Outer, {"inner": {"text": "a"}})
