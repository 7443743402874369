"""A proxy between MongoDB's driver and the embedded database that injects faults.

The proxy speaks the wire protocol (tests/support/wire_messages.py). It forwards most commands
without decoding them, but replies to `hello` itself, so that drivers stay connected to the proxy:

    with WireProxy(database_url, seed=1) as proxy:
        client = AsyncMongoClient(proxy.url)
        with proxy.injected(Fault(CommandError(112), "insert", rate=0.1)):
            …

The proxy listens on TCP, so that several processes can use it, and runs in a thread of its own.
"""

from __future__ import annotations

import asyncio
import random
import socket
from collections import Counter
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from threading import Event, Thread
from typing import TYPE_CHECKING, Any, NamedTuple, Self

import uvloop
from pymongo import MongoClient
from pymongo.uri_parser import parse_uri

from tests.support.wire_faults import (
    NOT_PRIMARY,
    NOT_PRIMARY_NO_SECONDARY_OK,
    NOT_WRITABLE_PRIMARY,
    CommandError,
    Delay,
    Fault,
    LostReply,
    Request,
    WriteConcernError,
)
from tests.support.wire_hello import HELLO, Role, Topology
from tests.support.wire_messages import (
    EXHAUST_ALLOWED,
    Link,
    Message,
    op_msg,
    read_message,
    reply_to,
)
from tests.support.wire_rollbacks import UncommittedWrites

if TYPE_CHECKING:
    from asyncio import StreamReader, StreamWriter
    from collections.abc import Iterator

    from tests.support.wire_faults import Document

HOST = "127.0.0.1"
READS = frozenset({"find", "aggregate", "count", "distinct"})
SERVED_BY_ANY_MEMBER = frozenset({"ping", "buildInfo", "getMore", "killCursors", "endSessions"})
"""Commands that secondaries also execute. Source:
https://www.mongodb.com/docs/manual/core/read-preference/"""


class Injection(NamedTuple):
    """A command into which a fault was injected."""

    command: str
    collection: str | None
    fault: Fault


class HangUp(Exception):
    """Raised to close the connection to the client."""


@dataclass(eq=False)
class _Injected:
    """A fault, and how many more times to inject it."""

    fault: Fault
    left: int | None = field(init=False)

    def __post_init__(self) -> None:
        self.left = self.fault.times

    def concerns(self, request: Message) -> bool:
        """Return whether the fault may be injected into a command."""
        fault = self.fault
        names = fault.commands
        return (
            self.left != 0
            and (request.name in names if names else request.name not in HELLO)
            and (fault.collection is None or request.is_about(fault.collection))
            and (fault.matches is None or fault.matches(request.document))
        )


class WireProxy:
    """Passes commands on to a database and injects faults.

    Args:
        database_url: URL of the database, a replica set of one member.
        seed: seed for the random choice of the commands that fail.
        role: the role that the proxy reports for the database.
        max_wire_version: the newest version of the wire protocol that the proxy announces; None
            announces the database's own version.
    """

    def __init__(
        self,
        database_url: str,
        *,
        seed: int = 0,
        role: Role = Role.PRIMARY,
        max_wire_version: int | None = None,
    ) -> None:
        self.database_url = database_url
        [(host, port)] = parse_uri(database_url)["nodelist"]
        self._database = host, port or 27017
        self._rng = random.Random(seed)
        self._socket = socket.create_server((HOST, 0))
        self._host = f"{HOST}:{self._socket.getsockname()[1]}"
        self._topology = Topology(self._host, role, max_wire_version)
        self._faults: tuple[_Injected, ...] = ()
        self._tasks: set[asyncio.Task[None]] = set()
        self._errors: list[BaseException] = []
        self._is_ready = Event()
        self._thread = Thread(target=self._run, name="wire proxy")
        self.log: list[Injection] = []
        """The injected faults, in order."""
        self.commands: Counter[str] = Counter()
        """Number of received commands, keyed by name."""
        self.uncommitted = UncommittedWrites(database_url)
        """Writes that only this primary has; see tests/support/wire_rollbacks.py."""

    def __enter__(self) -> Self:
        self._thread.start()
        self._is_ready.wait()
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join()
        if self._errors:
            raise BaseExceptionGroup("The wire proxy failed.", self._errors)

    @property
    def url(self) -> str:
        """The URL for clients; for the role MONGOS, the URL names no replica set."""
        host, port = self._database
        url = self.database_url.replace(f"{host}:{port}", self._host)
        is_mongos = self._topology.role is Role.MONGOS
        return url.partition("?")[0] + "?retryWrites=true" if is_mongos else url

    def inject(self, fault: Fault) -> None:
        """Inject a fault from now on. If several faults match a command, the latest wins."""
        self._faults = (_Injected(fault), *self._faults)

    def remove(self, fault: Fault) -> None:
        """Stop injecting a fault."""
        self._faults = tuple(each for each in self._faults if each.fault is not fault)

    @contextmanager
    def injected(self, fault: Fault) -> Iterator[None]:
        """Inject a fault while the context lasts."""
        self.inject(fault)
        try:
            yield
        finally:
            self.remove(fault)

    def announce(self, *, role: Role | None = None, max_wire_version: int | None = None) -> None:
        """Change the reply to `hello`, and send it to the drivers that wait for a change.

        A primary that becomes a secondary aborts its open transactions. Source:
        https://www.mongodb.com/docs/manual/reference/command/replSetStepDown/
        """
        asyncio.run_coroutine_threadsafe(
            self._topology.change(role=role, max_wire_version=max_wire_version), self._loop
        ).result()
        if role is Role.SECONDARY:
            with MongoClient[dict[str, Any]](self.database_url) as client:
                client.admin.command("killAllSessions", [])

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(self._listen())

    async def _listen(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._end = asyncio.Event()
        async with await asyncio.start_server(self._accept, sock=self._socket):
            self._is_ready.set()
            await self._end.wait()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _accept(self, client: StreamReader, to_client: StreamWriter) -> None:
        task = asyncio.create_task(self._serve(client, to_client))
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            self._errors.append(error)

    async def _serve(self, client: StreamReader, to_client: StreamWriter) -> None:
        to_server: StreamWriter | None = None
        try:
            with suppress(HangUp, OSError, asyncio.IncompleteReadError):
                server, to_server = await asyncio.open_connection(*self._database)
                link = Link(client, to_client, server, to_server)
                while True:
                    await self._handle(link, await read_message(client))
        finally:
            for writer in (to_client, to_server):
                if writer:
                    writer.close()

    async def _handle(self, link: Link, request: Message) -> None:
        self.commands[request.name] += 1
        if fault := self._fault_of(request):
            self.log.append(Injection(request.name, request.collection, fault))
            await self._fail(link, request, fault)
        elif request.name in HELLO:
            await self._hello(link, request)
        elif code := self._refusal_of(request):
            await self._refuse(link, request, CommandError(code))
        else:
            await self._execute(link, request)

    async def _execute(self, link: Link, request: Message) -> None:
        """Execute a command in the database; hide uncommitted writes from majority reads."""
        if self.uncommitted.concern(request):
            reply = await link.ask(self.uncommitted.without(request))
            link.answer(self.uncommitted.hidden_in(reply, request))
        elif b"$changeStream" in request.data:
            reply = await link.ask(request)
            self.uncommitted.remember_change_stream(reply)
            link.answer(reply)
        else:
            await link.pass_on(request)

    def _fault_of(self, request: Message) -> Fault | None:
        for injected in self._faults:
            if injected.concerns(request) and self._rng.random() < injected.fault.rate:
                if injected.left is not None:
                    injected.left -= 1
                return injected.fault
        return None

    def _refusal_of(self, request: Message) -> int | None:
        """Return the error code with which a secondary refuses a command; None if it accepts it."""
        if self._topology.role is not Role.SECONDARY or request.name in SERVED_BY_ANY_MEMBER:
            return None
        if request.name not in READS:
            return NOT_WRITABLE_PRIMARY
        mode = request.document.get("$readPreference", {}).get("mode", "primary")
        return NOT_PRIMARY_NO_SECONDARY_OK if mode == "primary" else None

    async def _fail(self, link: Link, request: Message, fault: Fault) -> None:
        effect = fault.effect
        match effect:
            case Delay():
                if not fault.takes_effect:
                    await asyncio.sleep(effect.seconds)
                    await self._execute(link, request)
                    return
                reply = await link.ask(request)
                await asyncio.sleep(effect.seconds)
                link.answer(reply)
            case LostReply():
                if fault.takes_effect:
                    await link.ask(request)
                raise HangUp
            case WriteConcernError():
                reply = await link.ask(request)
                if reply.document["ok"]:
                    document = effect.added_to(reply.document, self._described(request))
                    reply = reply_to(request, self._versioned(document, effect.code))
                link.answer(reply)
            case CommandError():
                if fault.takes_effect:
                    await link.ask(request)
                await self._refuse(link, request, effect)

    async def _refuse(self, link: Link, request: Message, error: CommandError) -> None:
        described = self._described(request)
        if error.ends_transaction(described):
            await _abort(link, request.document)
        reply = self._versioned(error.reply(described), error.code)
        link.answer(reply_to(request, reply))

    def _versioned(self, reply: dict[str, Any], code: int) -> dict[str, Any]:
        """Return the reply; if its error code is in NOT_PRIMARY, add a new topology version.

        The new version makes the driver look for the primary again.
        """
        if code not in NOT_PRIMARY:
            return reply
        return {**reply, "topologyVersion": self._topology.next_version()}

    def _described(self, request: Message) -> Request:
        is_mongos = self._topology.role is Role.MONGOS
        is_of_stream = self.uncommitted.is_of_change_stream(request)
        return Request(request.document, is_mongos, is_of_stream)

    async def _hello(self, link: Link, request: Message) -> None:
        """Reply to `hello`: at once, after the next change if the driver awaits it, or repeatedly.

        Source: https://github.com/mongodb/specifications/blob/master/source/server-discovery-and-monitoring/server-monitoring.md,
        section "Streaming Protocol".
        """
        document = request.document
        known = document.pop("topologyVersion", None)
        seconds = document.pop("maxAwaitTimeMS", 0) / 1000
        plain = op_msg({**document, "$db": "admin"})
        is_streaming = bool(request.flags & EXHAUST_ALLOWED)
        answered = request
        while True:
            changed = self._topology.changed
            if known == self._topology.version and not await link.is_open_after(changed, seconds):
                raise HangUp
            reply = self._topology.rewritten((await link.ask(plain)).document)
            known = reply["topologyVersion"]
            message = reply_to(answered, reply, more=is_streaming)
            link.answer(message)
            if not is_streaming:
                return
            answered = message


async def _abort(link: Link, statement: Document) -> None:
    """Abort a statement's transaction, as the server does before it replies with an error."""
    command: dict[str, Any] = {
        "abortTransaction": 1,
        "$db": "admin",
        "lsid": statement["lsid"],
        "txnNumber": statement["txnNumber"],
        "autocommit": False,
    }
    await link.ask(op_msg(command))
