"""Transactions that the server aborts are no refusals of the command that ends them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from pymongo import AsyncMongoClient

from models.store.refusals import MAX_LOST_RACES, RefusalLog
from models.store.transactions import NO_SUCH_TRANSACTION
from tests.support.wire_faults import CommandError, Fault

if TYPE_CHECKING:
    from models.store.connection import Client
    from tests.support.wire_proxy import WireProxy


@pytest.mark.usefixtures("things")
async def test_abort_of_a_transaction_that_the_server_has_aborted_is_no_refusal(
    proxy: WireProxy,
) -> None:
    log = RefusalLog()
    proxy.inject(Fault(CommandError(NO_SUCH_TRANSACTION), "abortTransaction"))
    client: Client = AsyncMongoClient(proxy.url, event_listeners=[log])
    async with client:
        things = client.get_default_database()["things"]
        for _ in range(MAX_LOST_RACES + 2):
            async with client.start_session() as session:
                await session.start_transaction()
                await things.insert_one({}, session=session)
                await session.abort_transaction()
    assert log.current() == []
