"""The wire proxy forwards commands, makes chosen ones fail, and answers `hello` itself."""

from __future__ import annotations

import asyncio
import socket
import struct
import time
from typing import TYPE_CHECKING, Any

import bson
import pytest
from pymongo.errors import (
    ExecutionTimeout,
    NotPrimaryError,
    OperationFailure,
    ServerSelectionTimeoutError,
)
from pymongo.read_concern import ReadConcern
from pymongo.topology_description import TOPOLOGY_TYPE

from models.bookings.verification import open_for_reading
from tests.support.clients import Api
from tests.support.servers import run_server
from tests.support.wire_clients import PATIENCE_SECONDS, TRANSIENT, Client, connect, ids, labels
from tests.support.wire_faults import (
    CommandError,
    Delay,
    Fault,
    LostReply,
)
from tests.support.wire_hello import Role
from tests.support.wire_messages import (
    CHECKSUM_PRESENT,
    HEADER,
    OP_MSG,
    OP_QUERY,
    OP_REPLY,
    Message,
)
from tests.support.wire_proxy import WireProxy

if TYPE_CHECKING:
    from pathlib import Path

    import httpx
    from pymongo.asynchronous.collection import AsyncCollection

    from tests.support.spans import Time


@pytest.mark.parametrize("takes_effect", [True, False])
async def test_injected_delay_slows_a_command_down(
    proxy: WireProxy, things: AsyncCollection[dict[str, Any]], *, takes_effect: bool
) -> None:
    proxy.inject(Fault(Delay(0.1), "insert", takes_effect=takes_effect, times=1))
    since = time.monotonic()
    await things.insert_one({"_id": 1})
    assert time.monotonic() - since >= 0.1
    assert await ids(things) == [1]


async def test_fault_applies_only_to_matching_commands(
    proxy: WireProxy, things: AsyncCollection[dict[str, Any]]
) -> None:
    """A fault can be limited to a collection and to commands that satisfy a condition."""
    fault = Fault(
        CommandError(50),
        "insert",
        "things",
        matches=lambda command: command["documents"][0]["_id"] == 2,
    )
    with proxy.injected(fault):
        await things.insert_one({"_id": 1})
        await things.database["others"].insert_one({"_id": 2})
        with pytest.raises(ExecutionTimeout):
            await things.insert_one({"_id": 2})
    await things.insert_one({"_id": 2})
    assert [(each.command, each.collection) for each in proxy.log] == [("insert", "things")]


async def test_same_seed_injects_the_same_faults(database_url: str) -> None:
    outcomes = []
    for _ in range(2):
        with WireProxy(database_url, seed=5) as proxy:
            proxy.inject(Fault(CommandError(50), "ping", rate=0.3))
            async with connect(proxy) as client:
                outcomes.append([await is_refused(client) for _ in range(100)])
    assert outcomes[0] == outcomes[1]
    assert 20 < sum(outcomes[0]) < 40


async def is_refused(client: Client) -> bool:
    """Return whether a ping fails."""
    try:
        await client.admin.command("ping")
    except ExecutionTimeout:
        return True
    return False


async def test_uncommitted_write_is_visible_to_local_reads_until_it_is_rolled_back(
    proxy: WireProxy, things: AsyncCollection[dict[str, Any]]
) -> None:
    majority = things.with_options(read_concern=ReadConcern("majority"))
    await things.insert_one({"_id": 1, "sequence": 1})
    async with await things.watch() as stream:
        with proxy.uncommitted.until_rollback() as minority:
            minority.insert("things", {"_id": 2})
            minority.update("things", 1, {"sequence": 2})
            assert await things.find().sort("_id").to_list() == [
                {"_id": 1, "sequence": 2},
                {"_id": 2},
            ]
            assert await majority.find().to_list() == [{"_id": 1, "sequence": 1}]
            assert await majority.count_documents({}) == 1
            assert await majority.distinct("_id") == [1]
            async with (
                things.database.client.start_session() as session,
                await session.start_transaction(ReadConcern("snapshot")),
            ):
                assert await things.find_one({"_id": 2}, session=session) is None
        assert await things.find().to_list() == [{"_id": 1, "sequence": 1}]
        await things.insert_one({"_id": 3})
        async with asyncio.timeout(PATIENCE_SECONDS):
            async for change in stream:
                assert change["documentKey"]["_id"] != 2
                if change["documentKey"]["_id"] == 3:
                    break


async def test_change_stream_resumes_after_a_resumable_error(
    proxy: WireProxy, things: AsyncCollection[dict[str, Any]]
) -> None:
    """The driver resumes after resumable errors and lost replies; another error ends the stream."""
    async with await things.watch() as stream, asyncio.timeout(PATIENCE_SECONDS):
        await things.insert_one({"_id": 1})
        assert (await stream.next())["documentKey"] == {"_id": 1}
        for fault in (
            Fault(CommandError(133), "getMore", times=1),
            Fault(CommandError(11602), "getMore", times=1),
            Fault(LostReply(), "getMore", times=1),
        ):
            with proxy.injected(fault):
                await things.insert_one({"_id": repr(fault.effect)})
                change = await stream.next()
            assert change["documentKey"] == {"_id": repr(fault.effect)}
            assert proxy.log[-1].fault is fault
        proxy.inject(Fault(CommandError(59), "getMore"))
        with pytest.raises(OperationFailure):
            await stream.next()


@pytest.mark.parametrize("version", [21, 25, 27])
async def test_hello_announces_the_configured_wire_version(database_url: str, version: int) -> None:
    with WireProxy(database_url, max_wire_version=version) as proxy:
        async with connect(proxy) as client:
            await client.admin.command("ping")
            assert client.topology_description.common_wire_version == version


async def until(client: Client, wire_version: int) -> None:
    """Wait until the driver has learnt that the server has the given wire version."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while client.topology_description.common_wire_version != wire_version:  # noqa: ASYNC110 - the driver offers no event to wait for
            await asyncio.sleep(0.01)


async def test_streamed_hello_announces_changes_at_once(proxy: WireProxy, driver: Client) -> None:
    """The driver learns of each change from a streamed reply, without sending `hello` again."""
    await driver.admin.command("ping")
    for version in (21, 27, 25):
        proxy.announce(max_wire_version=version)
        await until(driver, version)
    assert proxy.commands["hello"] < 10


async def test_replica_set_is_discovered_through_the_proxy(
    proxy: WireProxy, driver: Client
) -> None:
    await driver.admin.command("ping")
    [address] = driver.nodes
    assert f"{address[0]}:{address[1]}" in proxy.url
    assert driver.topology_description.topology_type == TOPOLOGY_TYPE.ReplicaSetWithPrimary


async def test_secondary_refuses_writes_until_it_becomes_primary(database_url: str) -> None:
    """Direct connections to a secondary can only read; other clients wait for a primary."""
    with WireProxy(database_url, role=Role.SECONDARY) as proxy:
        async with connect(proxy) as client, connect(proxy, directConnection=True) as direct:
            with pytest.raises(ServerSelectionTimeoutError):
                async with connect(proxy, serverSelectionTimeoutMS=100) as hasty:
                    await hasty.admin.command("ping")
            reader = direct.get_database("wire")["things"]
            await reader.find_one()
            with pytest.raises(NotPrimaryError) as raised:
                await reader.insert_one({})
            assert "NotWritablePrimary" in str(raised.value)
            waiting = asyncio.create_task(client.admin.command("ping"))
            proxy.announce(role=Role.PRIMARY)
            await waiting


async def test_step_down_aborts_transactions(
    proxy: WireProxy, things: AsyncCollection[dict[str, Any]]
) -> None:
    async with things.database.client.start_session() as session:
        await session.start_transaction()
        await things.insert_one({"_id": 1}, session=session)
        proxy.announce(role=Role.SECONDARY)
        proxy.announce(role=Role.PRIMARY)
        with pytest.raises(OperationFailure) as raised:
            await session.commit_transaction()
    assert (raised.value.code, labels(raised.value)) == (251, {TRANSIENT})
    assert await ids(things) == []


def test_message_may_have_its_sections_in_any_order_and_a_checksum() -> None:
    documents = b"".join(bson.encode({"_id": id_}) for id_ in (1, 2))
    sequence = b"documents\0" + documents
    content = struct.pack("<i", CHECKSUM_PRESENT) + b"\1" + struct.pack("<i", len(sequence) + 4)
    content += sequence + b"\0" + bson.encode({"insert": "things", "$db": "test"}) + b"crc."
    message = Message(HEADER.pack(HEADER.size + len(content), 7, 0, OP_MSG) + content)
    assert (message.id, message.name, message.collection) == (7, "insert", "things")
    assert message.document == {
        "insert": "things",
        "$db": "test",
        "documents": [{"_id": 1}, {"_id": 2}],
    }
    assert message.is_about("things")


def test_legacy_hello_is_answered(proxy: WireProxy) -> None:
    """On a new connection, drivers first send `ismaster` as an OP_QUERY message."""
    query = struct.pack("<i", 0) + b"admin.$cmd\0" + struct.pack("<ii", 0, -1)
    content = query + bson.encode({"ismaster": 1, "helloOk": True})
    host, port = proxy.url.removeprefix("mongodb://").partition("/")[0].split(":")
    with socket.create_connection((host, int(port))) as connection:
        connection.sendall(HEADER.pack(HEADER.size + len(content), 7, 0, OP_QUERY) + content)
        reply = connection.makefile("rb")
        size, _, response_to, opcode = HEADER.unpack(reply.read(HEADER.size))
        document = bson.decode(reply.read(size - HEADER.size)[20:])
    assert (response_to, opcode) == (7, OP_REPLY)
    assert (document["ismaster"], document["helloOk"]) == (True, True)
    assert document["me"] == f"{host}:{port}"


async def test_server_can_book_and_cancel_through_the_proxy(
    proxy: WireProxy, tmp_path: Path, http: httpx.AsyncClient, time: Time
) -> None:
    """A server process connects to the proxy as if it were the database."""
    with run_server(tmp_path, mongodb_url=proxy.url, experts=2, throttle="off") as address:
        api = Api(http, address)
        experts = await api.ask("{ experts(first: 2) { nodes { id } } }")
        client = await api.new_client()
        expert = experts["experts"]["nodes"][0]["id"]
        slots = await api.slots(expert, *time.days(3, 20))
        slot = next(slot for slot in slots if slot["status"] == "OPEN")
        booking = await client.book(slot["id"])
        assert booking["__typename"] == "Booking"
        assert (await client.cancel(booking["id"]))["status"] == "CANCELLED"
    assert proxy.log == []
    async with open_for_reading(proxy.url) as database:
        assert await database["bookings"].count_documents({"status": "CANCELLED"}) > 0
