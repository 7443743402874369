"""Names of the optimizations that can be switched off; none of them changes an answer."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

ALL: Final = "all"
NONE: Final = "none"


class FastPath(StrEnum):
    """An optimization that can be switched off."""

    DOCUMENTS = "documents"
    """Cache parsed and validated documents (schema/execution/documents.py)."""
    SELECTIONS = "selections"
    """Compile each document's selections once (schema/execution/selections.py)."""
    ANSWERS = "answers"
    """Cache encoded public responses (web/graphql/response_cache.py)."""
    LISTINGS = "listings"
    """Cache directory pages and totals until the directory changes (resolvers/listings.py)."""
    BATCHES = "batches"
    """Group commit: queued changes share one transaction (models/ledger/ledger.py)."""
    WRITES = "writes"
    """Write all documents of a commit in one command (models/store/bulk_writes.py)."""
    SPECULATION = "speculation"
    """Decide on changes of cached calendars immediately (models/ledger/ledger.py)."""
    AUDIENCES = "audiences"
    """Render identical subscriptions once (schema/execution/shared_subscriptions.py)."""
    FRAMES = "frames"
    """Write WebSocket frames directly to the transport (web/edge/websocket_protocol.py)."""


def parse_fast_paths(text: str) -> frozenset[FastPath]:
    """Parse a setting: `all`, `none`, or names separated by commas.

    Raises:
        ValueError: if a name is unknown.
    """
    if text in {ALL, NONE}:
        return frozenset(FastPath) if text == ALL else frozenset()
    return frozenset(FastPath(name.strip()) for name in text.split(","))
