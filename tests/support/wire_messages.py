"""Messages of MongoDB's wire protocol.

Sources: https://github.com/mongodb/specifications/blob/master/source/message/OP_MSG.md and, for the
legacy `hello`, https://www.mongodb.com/docs/manual/legacy-opcodes/ (OP_QUERY and OP_REPLY).
"""

from __future__ import annotations

import asyncio
import itertools
import struct
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import bson
from bson.codec_options import CodecOptions, DatetimeConversion

if TYPE_CHECKING:
    from asyncio import StreamReader, StreamWriter

    from tests.support.wire_faults import Document

HEADER = struct.Struct("<iiii")
"""The header fields messageLength, requestID, responseTo and opCode."""
INT32 = struct.Struct("<i")
OP_REPLY, OP_QUERY, OP_MSG = 1, 2004, 2013
CHECKSUM_PRESENT, MORE_TO_COME, EXHAUST_ALLOWED = 1 << 0, 1 << 1, 1 << 16
CHECKSUM_BYTES = 4
FLAGS_AT, SECTIONS_AT = 16, 20
STRING_TYPE = 2
CODEC = CodecOptions[dict[str, Any]](datetime_conversion=DatetimeConversion.DATETIME_AUTO)

_ids = itertools.count(1)


@dataclass(frozen=True)
class Message:
    """A message as it was received, which is decoded only on demand."""

    data: bytes

    @property
    def id(self) -> int:
        """The message's `requestID`."""
        return int(INT32.unpack_from(self.data, 4)[0])

    @property
    def opcode(self) -> int:
        """The message's opcode: OP_MSG, OP_QUERY or OP_REPLY."""
        return int(INT32.unpack_from(self.data, 12)[0])

    @property
    def flags(self) -> int:
        """The flags of an OP_MSG; 0 for other messages."""
        return int(INT32.unpack_from(self.data, FLAGS_AT)[0]) if self.opcode == OP_MSG else 0

    @property
    def has_more_to_come(self) -> bool:
        """Whether the sender sends another message without waiting for a reply."""
        return bool(self.flags & MORE_TO_COME)

    @cached_property
    def document(self) -> dict[str, Any]:
        """The decoded command or reply, which contains its document sequences as arrays."""
        document = bson.decode(self.data[self._body_at : self._end_at(self._body_at)], CODEC)
        for at in self._sections:
            if self.data[at] == 1:
                size = INT32.unpack_from(self.data, at + 1)[0]
                name_end = self.data.index(0, at + 5)
                name = self.data[at + 5 : name_end].decode()
                content = self.data[name_end + 1 : at + 1 + size]
                document[name] = bson.decode_all(content, CODEC)
        return document

    @cached_property
    def name(self) -> str:
        """The command's name, which is the first key of its document."""
        start = self._body_at + 5
        return self.data[start : self.data.index(0, start)].decode()

    @cached_property
    def collection(self) -> str | None:
        """The collection that a command is about; None if it is about no or several collections."""
        if self.name == "getMore":
            collection: str = self.document["collection"]
            return collection
        start = self._body_at + 5 + len(self.name) + 1
        if self.data[self._body_at + 4] != STRING_TYPE:
            return None
        length = INT32.unpack_from(self.data, start)[0]
        return self.data[start + 4 : start + 4 + length - 1].decode()

    def is_about(self, collection: str) -> bool:
        """Return whether a collection is one of those that the command is about."""
        if self.name == "bulkWrite":
            names = (info["ns"].partition(".")[2] for info in self.document["nsInfo"])
            return collection in names
        return self.collection == collection

    @cached_property
    def _body_at(self) -> int:
        """The offset of the document that contains the command or reply."""
        if self.opcode == OP_MSG:
            if self.data[SECTIONS_AT] == 0:  # Drivers send the body first.
                return SECTIONS_AT + 1
            return next(at for at in self._sections if self.data[at] == 0) + 1
        if self.opcode == OP_QUERY:  # flags, fullCollectionName, numberToSkip, numberToReturn
            return self.data.index(0, SECTIONS_AT) + 1 + 8
        raise ValueError(f"The opcode {self.opcode} is not supported.")

    @property
    def _sections(self) -> list[int]:
        """The offsets of the sections of an OP_MSG; empty for other messages."""
        if self.opcode != OP_MSG:
            return []
        end = len(self.data) - (CHECKSUM_BYTES if self.flags & CHECKSUM_PRESENT else 0)
        found, at = [], SECTIONS_AT
        while at < end:
            found.append(at)
            at = self._end_at(at + 1)
        return found

    def _end_at(self, start: int) -> int:
        """Return the end of a document or document sequence; both begin with their size."""
        return start + int(INT32.unpack_from(self.data, start)[0])


def op_msg(document: Document, *, response_to: int = 0, flags: int = 0) -> Message:
    """Return an OP_MSG whose only section is the given document."""
    content = INT32.pack(flags) + b"\0" + bson.encode(document)
    header = HEADER.pack(HEADER.size + len(content), next(_ids), response_to, OP_MSG)
    return Message(header + content)


def op_reply(document: Document, *, response_to: int) -> Message:
    """Return an OP_REPLY with the given document, in reply to an OP_QUERY."""
    # responseFlags (8: AwaitCapable), cursorID, startingFrom, numberReturned
    content = struct.pack("<iqii", 8, 0, 0, 1) + bson.encode(document)
    header = HEADER.pack(HEADER.size + len(content), next(_ids), response_to, OP_REPLY)
    return Message(header + content)


def reply_to(request: Message, document: Document, *, more: bool = False) -> Message:
    """Return the reply to a request, in the same message format as the request."""
    if request.opcode == OP_QUERY:
        return op_reply(document, response_to=request.id)
    return op_msg(document, response_to=request.id, flags=MORE_TO_COME if more else 0)


async def read_message(reader: StreamReader) -> Message:
    """Read and return the next message.

    Raises:
        asyncio.IncompleteReadError: if the connection ends before a complete message is read.
    """
    size = await reader.readexactly(INT32.size)
    return Message(size + await reader.readexactly(INT32.unpack(size)[0] - INT32.size))


@dataclass
class Link:
    """A client's connection to the proxy, and the matching connection to the database."""

    client: StreamReader
    to_client: StreamWriter
    server: StreamReader
    to_server: StreamWriter

    async def ask(self, request: Message) -> Message:
        """Send a request to the database, and return the reply."""
        self.to_server.write(request.data)
        return await read_message(self.server)

    def answer(self, reply: Message) -> None:
        """Send a reply to the client."""
        self.to_client.write(reply.data)

    async def pass_on(self, request: Message) -> None:
        """Forward a request to the database, and the database's replies to the client."""
        self.to_server.write(request.data)
        if request.has_more_to_come:
            return
        more = True
        while more:
            reply = await read_message(self.server)
            self.answer(reply)
            more = reply.has_more_to_come

    async def is_open_after(self, change: asyncio.Event, seconds: float) -> bool:
        """Wait up to `seconds` for `change` to be set; return whether both sides are connected."""
        changed = asyncio.create_task(change.wait())
        ended = [asyncio.create_task(side.read(1)) for side in (self.client, self.server)]
        tasks = [changed, *ended]
        try:
            done, _ = await asyncio.wait(
                tasks, timeout=seconds, return_when=asyncio.FIRST_COMPLETED
            )
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        return done.isdisjoint(ended)
