"""Errors and lost replies that the wire proxy injects look to the driver like MongoDB's own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from bson import ObjectId
from pymongo.errors import (
    AutoReconnect,
    ExecutionTimeout,
    NotPrimaryError,
    OperationFailure,
    PyMongoError,
    WTimeoutError,
)
from pymongo.topology_description import TOPOLOGY_TYPE

from tests.support.databases import renamed
from tests.support.wire_clients import (
    RETRYABLE,
    TRANSIENT,
    UNKNOWN,
    connect,
    ids,
    insert_in_transaction,
    labels,
)
from tests.support.wire_faults import (
    CODE_NAMES,
    NOT_PRIMARY,
    RETRIABLE,
    CommandError,
    Fault,
    LostReply,
    WriteConcernError,
)
from tests.support.wire_hello import Role
from tests.support.wire_proxy import WireProxy

if TYPE_CHECKING:
    from pymongo.asynchronous.collection import AsyncCollection


TRANSIENT_CODES = RETRIABLE | {24, 112, 246, 251}
UNKNOWN_CODES = RETRIABLE | {50}


def error_class(code: int) -> type[PyMongoError]:
    """Return the exception class that the driver raises for an error code."""
    if code in NOT_PRIMARY:
        return NotPrimaryError
    return ExecutionTimeout if code == 50 else OperationFailure


def check(error: PyMongoError, code: int) -> None:
    """Assert that an error has the exception class and name that belong to an error code."""
    assert type(error) is error_class(code)
    assert isinstance(error, (OperationFailure, NotPrimaryError))
    details = error.details
    assert isinstance(details, dict)
    assert (details["code"], details["codeName"]) == (code, CODE_NAMES[code])


@pytest.mark.parametrize("code", CODE_NAMES)
async def test_command_error_reaches_the_driver(
    proxy: WireProxy, things: AsyncCollection[dict[str, Any]], code: int
) -> None:
    """The driver repeats an insert after a retryable error, so two inserts must fail."""
    proxy.inject(Fault(CommandError(code), "insert", "things", times=2))
    with pytest.raises(PyMongoError) as raised:
        await things.insert_one({"_id": 1})
    check(raised.value, code)
    assert labels(raised.value) == ({RETRYABLE} if code in RETRIABLE else set())
    assert proxy.commands["insert"] == (2 if code in RETRIABLE else 1)
    assert await ids(things) == []


@pytest.mark.parametrize("code", CODE_NAMES)
async def test_command_error_in_a_transaction_aborts_it(
    proxy: WireProxy, things: AsyncCollection[dict[str, Any]], code: int
) -> None:
    """The aborted transaction leaves no writes or locks, so its document can be updated at once."""
    await things.insert_one({"_id": 0, "hits": 0})
    async with things.database.client.start_session() as session:
        await session.start_transaction()
        await things.update_one({"_id": 0}, {"$inc": {"hits": 1}}, session=session)
        with (
            proxy.injected(Fault(CommandError(code), "insert")),
            pytest.raises(PyMongoError) as raised,
        ):
            await things.insert_one({"_id": 1}, session=session)
        check(raised.value, code)
        assert labels(raised.value) == ({TRANSIENT} if code in TRANSIENT_CODES else set())
        if code == 59:  # An unknown command does not abort its transaction.
            await session.abort_transaction()
        await things.update_one({"_id": 0}, {"$inc": {"hits": 1}})
    assert await things.find().to_list() == [{"_id": 0, "hits": 1}]


@pytest.mark.parametrize("takes_effect", [True, False])
@pytest.mark.parametrize("code", sorted(UNKNOWN_CODES))
async def test_commit_with_an_unknown_outcome_is_labelled_as_such(
    proxy: WireProxy, things: AsyncCollection[dict[str, Any]], code: int, *, takes_effect: bool
) -> None:
    fault = Fault(CommandError(code), "commitTransaction", takes_effect=takes_effect, times=2)
    proxy.inject(fault)
    with pytest.raises(PyMongoError) as raised:
        await insert_in_transaction(things, 1)
    check(raised.value, code)
    assert labels(raised.value) == {UNKNOWN} | ({RETRYABLE} if code in RETRIABLE else set())
    assert proxy.commands["commitTransaction"] == (2 if code in RETRIABLE else 1)
    assert [each.fault for each in proxy.log] == [fault] * proxy.commands["commitTransaction"]
    assert await ids(things) == ([1] if takes_effect else [])


@pytest.mark.parametrize("code", [24, 112, 246, 251])
async def test_error_of_an_aborted_commit_is_labelled_transient(
    proxy: WireProxy, things: AsyncCollection[dict[str, Any]], code: int
) -> None:
    proxy.inject(Fault(CommandError(code), "commitTransaction", times=1))
    with pytest.raises(OperationFailure) as raised:
        await insert_in_transaction(things, 1)
    assert labels(raised.value) == {TRANSIENT}
    await things.insert_one({"_id": 1})


async def test_commit_retried_by_the_driver_succeeds(
    proxy: WireProxy, things: AsyncCollection[dict[str, Any]]
) -> None:
    for id_, takes_effect in enumerate([True, False]):
        fault = Fault(CommandError(6), "commitTransaction", takes_effect=takes_effect, times=1)
        with proxy.injected(fault):
            await insert_in_transaction(things, id_)
    assert await ids(things) == [0, 1]


async def test_commit_through_a_mongos_is_not_retried_by_the_driver(database_url: str) -> None:
    """A mongos does not label shard errors retryable, so the driver adds only the UNKNOWN label."""
    url = renamed(database_url, f"wire-{ObjectId()}")
    with WireProxy(url, role=Role.MONGOS) as proxy:
        async with connect(proxy) as client:
            things = client.get_database(url.rpartition("/")[2].partition("?")[0])["things"]
            await things.database.create_collection("things")
            proxy.inject(Fault(CommandError(6), "commitTransaction", takes_effect=True))
            with pytest.raises(OperationFailure) as raised:
                await insert_in_transaction(things, 1)
            assert labels(raised.value) == {UNKNOWN}
            assert proxy.commands["commitTransaction"] == 1
            assert await ids(things) == [1]
            assert client.topology_description.topology_type == TOPOLOGY_TYPE.Sharded


@pytest.mark.parametrize("code", [64, 91])
async def test_write_concern_error_is_reported_after_the_write_took_effect(
    proxy: WireProxy, things: AsyncCollection[dict[str, Any]], code: int
) -> None:
    with (
        proxy.injected(Fault(WriteConcernError(code), "insert")),
        pytest.raises(OperationFailure) as raised,
    ):
        await things.insert_one({"_id": 1})
    assert raised.value.code == code
    assert isinstance(raised.value, WTimeoutError) == (code == 64)
    assert labels(raised.value) == ({RETRYABLE} if code == 91 else set())
    proxy.inject(Fault(WriteConcernError(code), "commitTransaction", times=2))
    with pytest.raises(OperationFailure) as raised:
        await insert_in_transaction(things, 2)
    assert raised.value.code == code
    assert labels(raised.value) == {UNKNOWN} | ({RETRYABLE} if code == 91 else set())
    assert await ids(things) == [1, 2]


@pytest.mark.parametrize("given", [TRANSIENT, UNKNOWN, RETRYABLE])
async def test_labels_of_an_injected_error_can_be_chosen(
    proxy: WireProxy, things: AsyncCollection[dict[str, Any]], given: str
) -> None:
    proxy.inject(Fault(CommandError(50, (given,)), "insert"))
    with pytest.raises(OperationFailure) as raised:
        await things.insert_one({})
    assert labels(raised.value) == {given}


@pytest.mark.parametrize("takes_effect", [True, False])
async def test_lost_reply_closes_the_connection(
    proxy: WireProxy, things: AsyncCollection[dict[str, Any]], *, takes_effect: bool
) -> None:
    """The driver repeats an insert once, so the call fails only if both replies are lost."""
    fault = Fault(LostReply(), "insert", takes_effect=takes_effect, times=2)
    with proxy.injected(fault), pytest.raises(AutoReconnect):
        await things.insert_one({"_id": 1})
    assert await ids(things) == ([1] if takes_effect else [])
    with proxy.injected(Fault(LostReply(), "insert", takes_effect=takes_effect, times=1)):
        await things.insert_one({"_id": 2})
    assert (await ids(things))[-1] == 2


@pytest.mark.parametrize("takes_effect", [True, False])
async def test_lost_replies_to_a_commit_leave_its_outcome_unknown(
    proxy: WireProxy, things: AsyncCollection[dict[str, Any]], *, takes_effect: bool
) -> None:
    proxy.inject(Fault(LostReply(), "commitTransaction", takes_effect=takes_effect, times=2))
    with pytest.raises(AutoReconnect) as raised:
        await insert_in_transaction(things, 1)
    assert UNKNOWN in labels(raised.value)
    assert await ids(things) == ([1] if takes_effect else [])


@pytest.mark.parametrize("code", [59, 115])
async def test_bulk_write_can_be_refused_as_unknown_or_unsupported(
    proxy: WireProxy, things: AsyncCollection[dict[str, Any]], code: int
) -> None:
    """A fault for one collection does not affect bulk writes to other collections."""
    client = things.database.client
    command = {
        "bulkWrite": 1,
        "ops": [{"insert": 0, "document": {"_id": 1}}],
        "nsInfo": [{"ns": things.full_name}],
    }
    with proxy.injected(Fault(CommandError(code), "bulkWrite", "others")):
        await client.admin.command(command)
    with (
        proxy.injected(Fault(CommandError(code), "bulkWrite", "things")),
        pytest.raises(OperationFailure) as raised,
    ):
        await client.admin.command(command)
    assert (raised.value.code, labels(raised.value)) == (code, set())
    await things.insert_one({"_id": 2})
    assert await ids(things) == [1, 2]
