"""Encoding: documents are written as Beanie would write them."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import bson
import pytest
from beanie.odm.utils.dump import get_dict
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.bookings.agenda import Agenda
from models.bookings.booking import Booking, BookingStatus, Contact
from models.bookings.idempotency import IdempotencyRecord
from models.calendar.rules import Calendar
from models.ids import Id, new_id
from models.store.encoding import stored
from tests.models.samples import ADA, BEA, EXPERT, NOW, at, booking, cell, override, rules

if TYPE_CHECKING:
    from collections.abc import Mapping

    from beanie import Document

pytestmark = pytest.mark.usefixtures("database")

contacts = st.none() | st.builds(
    Contact,
    name=st.text(),
    email=st.just("ada@example.com"),
    phone=st.just("+442079460018"),
    time_zone=st.none() | st.just("Europe/Paris"),
)


READING: bson.CodecOptions[dict[str, Any]] = bson.CodecOptions(tz_aware=True)


def through(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row as the database gives it back."""
    return bson.decode(bson.encode(row), READING)


def as_beanie(document: Document) -> dict[str, Any]:
    """A document as Beanie writes it."""
    return through(get_dict(document, to_db=True))


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    contact=contacts,
    note=st.text(),
    held=st.booleans(),
    moved=st.booleans(),
    removed_by=st.lists(st.sampled_from([ADA, BEA])),
    price=st.integers(min_value=0, max_value=10**9),
)
def test_what_a_change_writes_is_written_as_before(
    *,
    contact: Contact | None,
    note: str,
    held: bool,
    moved: bool,
    removed_by: list[Id],
    price: int,
) -> None:
    """Bookings, events and mails of any history; and they are read back as they were made."""
    the = Agenda(Calendar(id=EXPERT, rules=rules()), (), NOW)
    fields = {"contact": contact, "note": note, "removed_by": removed_by, "price": price}
    first = booking(cell(10), held_until=at(0, 10) if held else None)
    made = the.book(first.model_copy(update=fields))
    if moved:
        to = made.model_copy(update={"starts_at": at(11), "cells": booking(cell(11)).cells})
        made = the.move(made, to, BEA)
    the.release(made, BookingStatus.CANCELLED, None)
    for document in (*the.writes, *the.written.values(), *the.events, *the.mails):
        row = through(stored(document))
        assert row == as_beanie(document)
        assert type(document).model_validate(row) == document


def test_a_request_is_written_as_before() -> None:
    """Its id is a text."""
    request = IdempotencyRecord(id="a:b:c", digest="d", booking_ids=[new_id(), new_id()], at=NOW)
    assert through(stored(request)) == as_beanie(request)


def test_what_is_not_known_is_refused() -> None:
    """Rather than written in a way that the database would not give back."""
    closed = rules(overrides=(override(date(2027, 3, 8)),))
    with pytest.raises(TypeError, match="Cannot encode a value of type date"):
        stored(Calendar(id=EXPERT, rules=closed))


def test_what_is_read_back_is_equal() -> None:
    """A booking comes back as it was."""
    made = booking(cell(10), held_until=NOW + timedelta(minutes=5))
    assert Booking.model_validate(through(stored(made))) == made
