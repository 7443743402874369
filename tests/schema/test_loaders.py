"""Batching: the number of database commands does not grow with the rows in a response."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest

from auth.viewers import Viewer
from models.accounts.users import User
from models.calendar.times import utc_now
from models.ids import new_id
from resolvers.listings import Listings
from resolvers.lookups import Lookups
from schema.context import Context, Services
from schema.execution.documents import prepare
from schema.execution.operations import run
from tests.support.command_counts import COMMANDS

if TYPE_CHECKING:
    from models.store.connection import Client

OPERATION_SECONDS = 120
EXPERTS = """query ($n: Int!, $from: DateTime!, $to: DateTime!, $day: Date!) {
  experts(first: $n) { totalCount nodes {
  id name timeZone cursor offers { minutes price { amount } }
  nextSlot { id status }
  slots(from: $from, to: $to) { id status }
  days(from: $day, count: 3) { date slots { id } } } } }"""
BOOKINGS = """query ($n: Int!) { bookings(first: $n) { totalCount nodes {
  id expert { name cursor } client { name } slot { id status } history { actor { name } } } } }"""


@pytest.mark.parametrize("use_caches", [True, False])
@pytest.mark.parametrize(("query", "rows"), [(EXPERTS, 30), (BOOKINGS, 100)])
async def test_many_rows_are_read_with_a_few_commands(
    database: Client, query: str, rows: int, *, use_caches: bool
) -> None:
    assert database is not None
    parts = {"currency": "EUR", "operation_seconds": OPERATION_SECONDS, "use_caches": use_caches}
    listings = Listings(use_cache=False)
    since = utc_now() + timedelta(days=1)
    until = since + timedelta(days=2)
    variables = {"n": rows, "from": since.isoformat(), "to": until.isoformat()}
    variables["day"] = since.date().isoformat()
    admin = await User.by_email("admin@example.com")
    assert admin is not None
    async with Lookups().open() as lookups:
        parts |= {"lookups": lookups, "listings": listings}
        services = cast("Services", SimpleNamespace(**parts))
        with COMMANDS.counted() as commands:
            context = Context(services, Viewer(admin, new_id(), utc_now()))
            answer = await run(prepare(query, None), variables, context)
    assert answer.errors is None
    data = cast("dict[str, Any]", answer.data)
    assert len(next(iter(data.values()))["nodes"]) == rows
    assert commands.count is not None
    assert commands.count <= 8
