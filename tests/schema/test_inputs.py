"""Plain inputs: made as Strawberry would make them."""

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

from schema import reservations
from schema.inputs import PlainInput, plain
from schema.root import schema

if TYPE_CHECKING:
    from collections.abc import Mapping

PLAIN = (
    reservations.ContactInput,
    reservations.BookSlotInput,
    reservations.BookSlotsInput,
    reservations.HoldSlotInput,
)
texts = st.text(max_size=5)
contacts = st.fixed_dictionaries(
    {"name": texts, "email": texts, "phone": texts}, optional={"timeZone": st.none() | texts}
)
more = {"note": st.none() | texts, "idempotencyKey": st.none() | texts}
inputs = st.one_of(
    st.tuples(
        st.just(reservations.BookSlotInput),
        st.fixed_dictionaries({"slotId": texts, "contact": contacts}, optional=more),
    ),
    st.tuples(
        st.just(reservations.BookSlotsInput),
        st.fixed_dictionaries({"slotIds": st.lists(texts), "contact": contacts}, optional=more),
    ),
    st.tuples(
        st.just(reservations.HoldSlotInput),
        st.fixed_dictionaries(
            {"slotId": texts}, optional={"idempotencyKey": more["idempotencyKey"]}
        ),
    ),
)


@strawberry.input
class Inner:
    """Not plain."""

    text: str


@plain
@strawberry.input
class Outer:
    """Said to be plain."""

    inner: Inner


def made(of: type, value: Mapping[str, Any]) -> object:
    """An input as it is made of what GraphQL has checked."""
    converter = schema.schema_converter
    return convert_argument(value, of, converter.scalar_registry, converter.config)


@settings(deadline=None)
@given(inputs)
def test_an_input_is_what_strawberry_makes_of_it(asked: tuple[type, dict[str, Any]]) -> None:
    """With what was given, what was left out, and null."""
    of, value = asked
    ours = made(of, value)
    with ExitStack() as stack:
        for each in PLAIN:
            definition = get_object_definition(each, strict=True)
            assert isinstance(definition.from_input, PlainInput)
            stack.enter_context(patch.object(definition, "from_input", None))
        assert ours == made(of, value)


def test_a_list_is_copied() -> None:
    """GraphQL may give the same one to the next request."""
    ids = ["a", "b"]
    contact = {"name": "", "email": "", "phone": ""}
    found = made(reservations.BookSlotsInput, {"slotIds": ids, "contact": contact})
    assert isinstance(found, reservations.BookSlotsInput)
    assert found.slot_ids == ids
    assert found.slot_ids is not ids


def test_what_is_not_plain_is_refused() -> None:
    """An input in it that is made in another way would be taken for a value."""
    with pytest.raises(TypeError, match="Inner is not a plain input"):
        made(Outer, {"inner": {"text": "a"}})
