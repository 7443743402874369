"""The documents of requests that name them instead of sending them.

Automatic persisted queries: a client sends a document once together with its hash, from then on
the hash alone, and both again when this process does not know it (any more).
https://www.apollographql.com/docs/apollo-server/performance/apq
Trusted documents: only those of a list run (`web.graphql.manifests`), however they are asked for.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Protocol

from graphql import GraphQLError

from models.caching.cache import Cache
from schema.execution.documents import prepare
from schema.execution.prepared import RequestFailed
from web.graphql.manifests import read_manifest
from web.graphql.requests import BadRequest

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from schema.execution.prepared import Prepared
    from web.graphql.requests import GraphQLRequest

MOST_KEPT = 1_000
MOST_BYTES_KEPT = 4 * 1024 * 1024
BY_HASH = "sha256:"


class NotPersisted(RequestFailed):
    """The document is not known here: its client is to send it once more, with its text.

    Args:
        is_automatic: whether it was asked for as Apollo's clients do, which take 200 alone for a
            server that will learn it.
    """

    def __init__(self, *, is_automatic: bool) -> None:
        self.is_automatic = is_automatic
        extensions = {"code": "PERSISTED_QUERY_NOT_FOUND"}
        super().__init__([GraphQLError("PersistedQueryNotFound", extensions=extensions)])


class Untrusted(RequestFailed):
    """The document is not on the list of those that run here."""

    def __init__(self) -> None:
        message = "Only registered documents run here, and this is none of them."
        super().__init__([GraphQLError(message, extensions={"code": "UNTRUSTED_DOCUMENT"})])


class PersistedDocuments(Protocol):
    """Knows the documents that requests name."""

    def prepare(self, asked: GraphQLRequest, *, introspection: bool) -> Prepared:
        """The operation that is asked for.

        Raises:
            RequestFailed: when there is none.
            BadRequest: when text and hash are of different documents.
        """


class AutomaticPersistedQueries:
    """Any document runs; those that come with their hash are remembered, the latest used ones.

    Only valid ones are, so that a cache full of nonsense costs its sender at least the sense.
    """

    def __init__(
        self, most: int = MOST_KEPT, most_bytes: int = MOST_BYTES_KEPT, *, remembers: bool = True
    ) -> None:
        self._remembers = remembers
        self._texts: Cache[str, str] = Cache("persisted", most, most_bytes)

    def prepare(self, asked: GraphQLRequest, *, introspection: bool) -> Prepared:
        """The operation that is asked for; its document is remembered under its hash."""
        digest = _digest(asked)
        text = asked.query
        if text is None:
            text = self._texts.get(digest or "")
            if text is None:
                raise NotPersisted(is_automatic=asked.hash is not None)
        elif digest is not None and digest != hash_of(text):
            raise BadRequest(400, "The hash is not that of the query.")
        prepared = prepare(
            text, asked.operation_name, introspection=introspection, use_cache=self._remembers
        )
        if digest is not None and asked.query is not None:
            self._texts.put(digest, text, len(text.encode()))
        return prepared


class TrustedDocuments:
    """Only these documents run: asked for by their id, by their hash or by their very text.

    Args:
        texts: the documents by their ids.
        remembers: whether what follows from them is found once.
    """

    def __init__(self, texts: Mapping[str, str], *, remembers: bool = True) -> None:
        self._remembers = remembers
        self._texts = {hash_of(text): text for text in texts.values()} | dict(texts)
        self._trusted = frozenset(texts.values())

    def prepare(self, asked: GraphQLRequest, *, introspection: bool) -> Prepared:
        """The operation that is asked for, of a document of the list."""
        name = asked.hash or (asked.document_id or "").removeprefix(BY_HASH)
        text = self._texts.get(name) if asked.query is None else asked.query
        if text is None or text not in self._trusted:
            raise Untrusted
        return prepare(
            text, asked.operation_name, introspection=introspection, use_cache=self._remembers
        )


def documents_of(
    manifest: Path | None, *, introspection: bool, remembers: bool
) -> PersistedDocuments:
    """Those of a list alone, if there is one.

    Args:
        manifest: the list.
        introspection: whether its documents can ask for the schema.
        remembers: whether what follows from a document is found once (`FastPath.DOCUMENTS`).

    Raises:
        ManifestBroken: when the list cannot be used.
    """
    if manifest is None:
        return AutomaticPersistedQueries(remembers=remembers)
    texts = read_manifest(manifest, introspection=introspection)
    return TrustedDocuments(texts, remembers=remembers)


def hash_of(text: str) -> str:
    """A document's name: SHA-256 of its text in UTF-8, in hex."""
    return sha256(text.encode()).hexdigest()


def _digest(asked: GraphQLRequest) -> str | None:
    """The hash by which a document is asked for, in either of the two ways to send it."""
    if asked.hash is None and asked.document_id and asked.document_id.startswith(BY_HASH):
        return asked.document_id.removeprefix(BY_HASH)
    return asked.hash
