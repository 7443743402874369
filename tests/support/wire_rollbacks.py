"""Simulation of writes that are rolled back because only a primary that is then replaced has them.

A primary that is cut off from the majority accepts writes for a few more seconds. During that time,
reads with read concern "local" return these writes, but change streams and reads with read concern
"majority" or "snapshot" do not. When another primary has been elected, the writes are rolled back.

Sources: https://www.mongodb.com/docs/manual/core/replica-set-rollbacks/,
https://www.mongodb.com/docs/manual/reference/read-concern-local/,
https://www.mongodb.com/docs/manual/reference/read-concern-majority/ and, for change streams,
https://www.mongodb.com/docs/manual/changeStreams/, section "Watch a Collection, Database, or
Deployment".
"""

from __future__ import annotations

from collections import defaultdict
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from pymongo import MongoClient

from tests.support.wire_messages import Message, op_msg

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.wire_faults import Document

FILTERS = {"find": "filter", "count": "query", "distinct": "query"}
READS = frozenset({*FILTERS, "aggregate"})
MAJORITY = frozenset({"majority", "snapshot", "linearizable"})
"""Read concerns that return only data that the majority of the members has."""


class UncommittedWrites:
    """Writes that only the primary has, so they are hidden from majority reads and change streams.

    The simulation has two limits: a majority read can find an updated document by its new values,
    and only the first batch of a read's cursor contains the old values.

    Args:
        database_url: URL of the database.
    """

    def __init__(self, database_url: str) -> None:
        self._url = database_url
        self._inserted: defaultdict[str, list[Any]] = defaultdict(list)
        self._replaced: defaultdict[str, dict[Any, Document]] = defaultdict(dict)
        self._streams: set[int] = set()
        self._never_streamed: list[Any] = []

    @contextmanager
    def until_rollback(self) -> Iterator[UncommittedWrites]:
        """When the context ends, roll the writes back, as if a new primary had been elected."""
        try:
            yield self
        finally:
            self._undo()

    def insert(self, collection: str, document: Document) -> None:
        """Insert a document, and pretend that the majority of the members does not have it."""
        self._inserted[collection].append(document["_id"])
        self._never_streamed.append(document["_id"])
        with self._connected() as database:
            database[collection].insert_one(dict(document))

    def update(self, collection: str, id_: Any, values: Document) -> None:
        """Set fields of a document, and pretend that most members still have the old values."""
        with self._connected() as database:
            before = database[collection].find_one({"_id": id_}, dict.fromkeys(values, 1))
            assert before
            self._replaced[collection][id_] = before
            database[collection].update_one({"_id": id_}, {"$set": dict(values)})

    def _undo(self) -> None:
        with self._connected() as database:
            for collection, ids in list(self._inserted.items()):
                database[collection].delete_many({"_id": {"$in": ids}})
            for collection, rows in list(self._replaced.items()):
                for id_, before in rows.items():
                    database[collection].update_one({"_id": id_}, {"$set": dict(before)})
        self._inserted.clear()
        self._replaced.clear()

    @contextmanager
    def _connected(self) -> Iterator[Any]:
        with MongoClient[dict[str, Any]](self._url) as client:
            yield client.get_default_database()

    def concern(self, request: Message) -> bool:
        """Return whether uncommitted writes must be hidden from a command."""
        if not self._never_streamed and not self._replaced:
            return False
        if request.name == "getMore":
            return self.is_of_change_stream(request)
        if request.name not in READS or request.collection is None:
            return False
        hidden = self._inserted, self._replaced
        if not any(request.collection in writes for writes in hidden):
            return False
        document = request.document
        level = document.get("readConcern", {}).get("level")
        return level in MAJORITY or "autocommit" in document

    def without(self, request: Message) -> Message:
        """Return the read command, changed so that it finds no uncommitted documents."""
        if request.name == "getMore":
            return request
        document = dict(request.document)
        visible = {"_id": {"$nin": self._inserted.get(request.collection or "", [])}}
        if request.name == "aggregate":
            document["pipeline"] = [{"$match": visible}, *document["pipeline"]]
        else:
            name = FILTERS[request.name]
            document[name] = {"$and": [document.get(name) or {}, visible]}
        return op_msg(document)

    def hidden_in(self, reply: Message, request: Message) -> Message:
        """Return the reply with documents' old values, and without uncommitted change events."""
        document = reply.document
        cursor = document.get("cursor", {})
        if "nextBatch" in cursor:
            cursor["nextBatch"] = [
                change
                for change in cursor["nextBatch"]
                if change.get("documentKey", {}).get("_id") not in self._never_streamed
            ]
        replaced = self._replaced.get(request.collection or "", {})
        for row in cursor.get("firstBatch", ()):
            before = replaced.get(row.get("_id"), {})
            row.update({name: value for name, value in before.items() if name in row})
        return op_msg(document, response_to=request.id)

    def remember_change_stream(self, reply: Message) -> None:
        """If a reply opens a change stream, remember the cursor of the stream."""
        if cursor := reply.document.get("cursor"):
            self._streams.add(cursor["id"])

    def is_of_change_stream(self, request: Message) -> bool:
        """Return whether a command opens a change stream or reads from one."""
        if request.name == "getMore":
            return request.document["getMore"] in self._streams
        return b"$changeStream" in request.data
