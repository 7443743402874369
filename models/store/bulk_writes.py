"""Writes to several collections in one `bulkWrite` command (MongoDB 8.0 and later).

A single command saves a round trip for each further collection. Older MongoDB servers get one
command per collection.

Source: https://www.mongodb.com/docs/manual/reference/command/bulkWrite/
"""

from __future__ import annotations

import logging
from collections import defaultdict
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from weakref import WeakSet

from pymongo import DeleteOne, InsertOne, ReplaceOne, UpdateOne
from pymongo.errors import DuplicateKeyError, OperationFailure, PyMongoError

from models.store.refusals import NOT_SUPPORTED
from models.store.transactions import DUPLICATE_KEY, TRANSIENT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from beanie import Document
    from pymongo.asynchronous.client_session import AsyncClientSession

    _Row = Mapping[str, Any]
    _Model = InsertOne[_Row] | ReplaceOne[_Row] | UpdateOne | DeleteOne

log = logging.getLogger(__name__)

BULK_WRITE_WIRE_VERSION: Final = 25
"""First version of MongoDB's wire protocol that supports `bulkWrite`."""

MAX_OPERATIONS_PER_COMMAND: Final = 500
"""Maximum number of writes in a command, which keeps the command below MongoDB's limit of 16 MB."""


_refusing: WeakSet[Any] = WeakSet()
"""Clients whose server announces a sufficient wire version but refuses `bulkWrite`, as MongoDB 8.0
does while its feature compatibility version is 7.0."""


class BulkWriteRefused(PyMongoError):
    """The server refuses `bulkWrite`; the next attempt uses one command per collection."""

    def __init__(self) -> None:
        super().__init__("The database refuses bulkWrite.", [TRANSIENT])


class _Write(NamedTuple):
    """A write: an insert if it has no filter, a deletion if it has no content, else an update."""

    filter: Mapping[str, Any] | None
    content: Mapping[str, Any] | None
    upsert: bool = False

    @property
    def must_match(self) -> bool:
        """Whether the write must match a stored document."""
        return self.filter is not None

    def operation(self, namespace: int) -> dict[str, Any]:
        """Return the operation for `bulkWrite`; `namespace` is an index into its `nsInfo`."""
        if self.filter is None:
            return {"insert": namespace, "document": self.content}
        if self.content is None:
            return {"delete": namespace, "filter": self.filter}
        update = {"update": namespace, "filter": self.filter, "updateMods": self.content}
        return {**update, "upsert": True} if self.upsert else update

    def model(self) -> _Model:
        """Return the operation for the driver's `bulk_write`."""
        if self.filter is None:
            return InsertOne(self.content or {})
        if self.content is None:
            return DeleteOne(self.filter)
        if next(iter(self.content)).startswith("$"):
            return UpdateOne(self.filter, self.content, upsert=self.upsert)
        return ReplaceOne(self.filter, self.content)


class Writes:
    """Collects inserts, updates and deletions and sends them grouped by collection.

    Collections are written in the order in which each was first used.
    """

    def __init__(self) -> None:
        self._by_collection: defaultdict[type[Document], list[_Write]] = defaultdict(list)

    def insert(self, of: type[Document], document: Mapping[str, Any]) -> None:
        """Add an insert of a document."""
        self._by_collection[of].append(_Write(None, document))

    def update(
        self, of: type[Document], filter_: Mapping[str, Any], update: Mapping[str, Any]
    ) -> None:
        """Add an update of one document.

        Args:
            of: class of the document.
            filter_: query that matches the document.
            update: update operators, or a whole document that replaces the stored one.
        """
        self._by_collection[of].append(_Write(filter_, update))

    def upsert(
        self, of: type[Document], filter_: Mapping[str, Any], update: Mapping[str, Any]
    ) -> None:
        """Add an update of one document; if no document matches, the update inserts one."""
        self._by_collection[of].append(_Write(filter_, update, upsert=True))

    def delete(self, of: type[Document], filter_: Mapping[str, Any]) -> None:
        """Add a deletion of the document that the query matches."""
        self._by_collection[of].append(_Write(filter_, None))

    async def send(self, session: AsyncClientSession) -> bool:
        """Send the writes in the session's transaction.

        Returns:
            Whether every update and deletion matched a document; an upsert may insert one instead.

        Raises:
            DuplicateKeyError: if an insert or update violates a unique index.
            BulkWriteRefused: if the server refuses `bulkWrite`, so that the transaction must be
                repeated without it.
            PyMongoError: if the database rejects a write for another reason.
        """
        if not self._by_collection:
            return True
        version = session.client.topology_description.common_wire_version or 0
        is_bulk = version >= BULK_WRITE_WIRE_VERSION and session.client not in _refusing
        send = self._send_bulk if is_bulk else self._send_each
        expected = sum(
            write.must_match for writes in self._by_collection.values() for write in writes
        )
        return await send(session) == expected

    async def _send_bulk(self, session: AsyncClientSession) -> int:
        namespaces = [{"ns": of.get_pymongo_collection().full_name} for of in self._by_collection]
        writes = [
            write.operation(namespace)
            for namespace, writes in enumerate(self._by_collection.values())
            for write in writes
        ]
        matched = 0
        for first in range(0, len(writes), MAX_OPERATIONS_PER_COMMAND):
            command = {
                "bulkWrite": 1,
                "ops": writes[first : first + MAX_OPERATIONS_PER_COMMAND],
                "nsInfo": namespaces,
                "errorsOnly": True,
            }
            try:
                reply = await session.client.admin.command(command, session=session)
            except OperationFailure as refusal:
                if refusal.code not in NOT_SUPPORTED:
                    raise
                _refusing.add(session.client)
                log.warning("The database refuses bulkWrite; writing collection by collection")
                raise BulkWriteRefused from refusal
            for error in reply["cursor"]["firstBatch"]:
                kind = DuplicateKeyError if error["code"] == DUPLICATE_KEY else OperationFailure
                raise kind(error.get("errmsg", ""), error["code"], error)
            matched += reply["nMatched"] + reply["nUpserted"] + reply["nDeleted"]
        return matched

    async def _send_each(self, session: AsyncClientSession) -> int:
        matched = 0
        for of, writes in self._by_collection.items():
            collection = of.get_pymongo_collection()
            models = [write.model() for write in writes]
            done = await collection.bulk_write(models, session=session)
            matched += done.matched_count + done.upserted_count + done.deleted_count
        return matched
