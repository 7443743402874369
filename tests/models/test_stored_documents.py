"""Tests of the form in which documents are stored in MongoDB."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import bson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.bookings.agenda import Agenda
from models.bookings.booking import BookingStatus, Contact
from models.bookings.idempotency import IdempotencyRecord
from models.calendar.rules import Calendar
from models.ids import Id, new_id
from models.store.documents import stored
from tests.support.samples import ADA, BEA, EXPERT, NOW, at, booking, cell, override, rules

if TYPE_CHECKING:
    from collections.abc import Mapping

pytestmark = pytest.mark.usefixtures("database")

contacts = st.none() | st.builds(
    Contact,
    name=st.text(),
    email=st.just("ada@example.com"),
    phone=st.just("+442079460018"),
    time_zone=st.none() | st.just("Europe/Paris"),
)

CODEC_OPTIONS: bson.CodecOptions[dict[str, Any]] = bson.CodecOptions(tz_aware=True)


def bson_round_trip(row: Mapping[str, Any]) -> dict[str, Any]:
    """Encode a row as BSON and decode it, as storing and reading it would do."""
    return bson.decode(bson.encode(row), CODEC_OPTIONS)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    contact=contacts,
    note=st.text(),
    held=st.booleans(),
    moved=st.booleans(),
    removed_by=st.lists(st.sampled_from([ADA, BEA])),
    price=st.integers(min_value=0, max_value=10**9),
)
def test_stored_bookings_events_and_emails_are_read_back_unchanged(
    *,
    contact: Contact | None,
    note: str,
    held: bool,
    moved: bool,
    removed_by: list[Id],
    price: int,
) -> None:
    agenda = Agenda(Calendar(id=EXPERT, rules=rules()), (), NOW)
    fields = {"contact": contact, "note": note, "removed_by": removed_by, "price": price}
    first = booking(cell(10), held_until=at(0, 10) if held else None)
    made = agenda.book(first.model_copy(update=fields))
    if moved:
        to = made.model_copy(update={"starts_at": at(11), "cells": booking(cell(11)).cells})
        made = agenda.move(made, to, BEA)
    agenda.release(made, BookingStatus.CANCELLED, None)
    for document in (
        *agenda.writes,
        *agenda.changed_bookings.values(),
        *agenda.events,
        *agenda.mails,
    ):
        assert type(document).model_validate(bson_round_trip(stored(document))) == document


async def test_ledger_stores_documents_in_the_same_form_as_beanie() -> None:
    """The ledger stores what `stored` returns; other code stores documents with Beanie."""
    calendar = Calendar(id=new_id(), rules=rules(overrides=(override(date(2027, 3, 8)),)))
    agenda = Agenda(Calendar(id=EXPERT, rules=rules()), (), NOW)
    agenda.book(booking(cell(10), held_until=NOW + timedelta(minutes=5)))
    record = IdempotencyRecord(id="a:b:c", digest="d", booking_ids=[new_id(), new_id()], at=NOW)
    for document in (*agenda.writes, *agenda.events, calendar, record):
        await document.insert()
        try:
            collection = document.get_pymongo_collection()
            assert await collection.find_one({"_id": document.id}) == bson_round_trip(
                stored(document)
            )
        finally:
            shard = {"expert_id": document.expert_id} if hasattr(document, "expert_id") else {}
            await type(document).find({"_id": document.id, **shard}).delete()
