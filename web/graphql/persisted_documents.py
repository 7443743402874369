"""Persisted GraphQL documents: clients send a document's ID or hash instead of its text.

Automatic persisted queries: a client registers a document by sending it together with its hash, and
then sends the hash alone. If this process does not know the hash, the client sends the document and
the hash again.
https://www.apollographql.com/docs/apollo-server/performance/apq

Trusted documents: only the documents listed in a manifest may run (`web.graphql.manifests`).
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

MAX_DOCUMENTS = 1_000
MAX_TOTAL_BYTES = 4 * 1024 * 1024
HASH_PREFIX = "sha256:"


class NotPersisted(RequestFailed):
    """Raised for an unknown document ID or hash; the client has to send the document's text.

    Args:
        is_automatic: whether the hash was sent in the form that Apollo's clients use. Some of these
            clients send the text only after a response with status 200.
    """

    def __init__(self, *, is_automatic: bool) -> None:
        self.is_automatic = is_automatic
        extensions = {"code": "PERSISTED_QUERY_NOT_FOUND"}
        super().__init__([GraphQLError("PersistedQueryNotFound", extensions=extensions)])


class Untrusted(RequestFailed):
    """Raised for a GraphQL document that is not in the manifest of trusted documents."""

    def __init__(self) -> None:
        message = "Only registered documents run on this server, and this one is not registered."
        super().__init__([GraphQLError(message, extensions={"code": "UNTRUSTED_DOCUMENT"})])


class PersistedDocuments(Protocol):
    """Finds the GraphQL documents of requests, and validates them."""

    def prepare(self, request: GraphQLRequest, *, introspection: bool) -> Prepared:
        """Return the requested operation, parsed and validated.

        Raises:
            RequestFailed: if the document is unknown, not allowed or invalid.
            BadRequest: if the document's text does not match the hash.
        """


class AutomaticPersistedQueries:
    """Allows any GraphQL document, and remembers valid documents that are sent with their hash.

    Args:
        max_documents: maximum number of remembered documents; the least recently used are evicted.
        max_bytes: maximum total size of the remembered documents, in bytes.
        use_cache: whether to cache parsed documents.
    """

    def __init__(
        self,
        max_documents: int = MAX_DOCUMENTS,
        max_bytes: int = MAX_TOTAL_BYTES,
        *,
        use_cache: bool = True,
    ) -> None:
        self._use_cache = use_cache
        self._texts: Cache[str, str] = Cache("persisted", max_documents, max_bytes)

    def prepare(self, request: GraphQLRequest, *, introspection: bool) -> Prepared:
        """Return the requested operation, and remember its document if it is sent with a hash."""
        digest = _digest(request)
        text = request.query
        if text is None:
            text = self._texts.get(digest or "")
            if text is None:
                raise NotPersisted(is_automatic=request.hash is not None)
        elif digest is not None and digest != document_hash(text):
            raise BadRequest(400, "The hash does not match the query.")
        prepared = prepare(
            text, request.operation_name, introspection=introspection, use_cache=self._use_cache
        )
        if digest is not None and request.query is not None:
            self._texts.put(digest, text)
        return prepared


class TrustedDocuments:
    """Allows only the given GraphQL documents, requested by ID, hash or exact text.

    Args:
        texts: the texts of the trusted documents, keyed by document ID.
        use_cache: whether to cache parsed documents.
    """

    def __init__(self, texts: Mapping[str, str], *, use_cache: bool = True) -> None:
        self._use_cache = use_cache
        self._texts = {document_hash(text): text for text in texts.values()} | dict(texts)
        self._trusted = frozenset(texts.values())

    def prepare(self, request: GraphQLRequest, *, introspection: bool) -> Prepared:
        """Return the requested operation if its document is trusted."""
        id_ = _digest(request) or request.document_id
        text = self._texts.get(id_ or "") if request.query is None else request.query
        if text is None or text not in self._trusted:
            raise Untrusted
        return prepare(
            text, request.operation_name, introspection=introspection, use_cache=self._use_cache
        )


def load_documents(
    manifest: Path | None, *, introspection: bool, use_cache: bool
) -> PersistedDocuments:
    """Return the manifest's trusted documents, or automatic persisted queries without a manifest.

    Args:
        manifest: path of the manifest of trusted documents, if any.
        introspection: whether the manifest's documents may use introspection.
        use_cache: whether to cache parsed documents.

    Raises:
        InvalidManifest: if the manifest is unreadable or one of its documents is invalid.
    """
    if manifest is None:
        return AutomaticPersistedQueries(use_cache=use_cache)
    texts = read_manifest(manifest, introspection=introspection)
    return TrustedDocuments(texts, use_cache=use_cache)


def document_hash(text: str) -> str:
    """Return the SHA-256 hash of a document's UTF-8 text, in hex."""
    return sha256(text.encode()).hexdigest()


def _digest(request: GraphQLRequest) -> str | None:
    """Return the hash from `extensions.persistedQuery` or from a document ID like `sha256:…`.

    The hash is in lower case.
    """
    if request.hash is None and request.document_id and request.document_id.startswith(HASH_PREFIX):
        return request.document_id.removeprefix(HASH_PREFIX).lower()
    return request.hash
