"""Fixtures of the model tests: a calendar in the database."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from models.bookings.booking import Booking
from models.bookings.events import Event
from models.calendar.rules import Calendar
from models.ids import new_id
from tests.support.ledgers import EVERY_HOUR
from tests.support.samples import rules

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from models.store.connection import Client


@pytest.fixture
async def calendar(database: Client) -> AsyncIterator[Calendar]:
    """Insert a calendar without an expert that is always open; delete it after the test."""
    assert database is not None
    calendar = await Calendar(id=new_id(), rules=rules(weekly=EVERY_HOUR)).insert()
    yield calendar
    await Booking.find({"expert_id": calendar.id}).delete()
    await Event.find({"expert_id": calendar.id}).delete()
    await calendar.delete()
