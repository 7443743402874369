"""The ways by which answers cost less, none of which changes an answer: each can be left out."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

ALL: Final = "all"
NONE: Final = "none"


class FastPath(StrEnum):
    """A way that saves work."""

    DOCUMENTS = "documents"
    """Documents are parsed and validated once (schema/execution/documents.py)."""
    SELECTIONS = "selections"
    """What is selected is compiled once a document (schema/execution/selections.py)."""
    ANSWERS = "answers"
    """Public answers are kept as bytes (web/graphql/response_cache.py)."""
    LISTINGS = "listings"
    """Pages and totals are read once a state of the directory (resolvers/listings.py)."""
    BATCHES = "batches"
    """Changes that wait together are committed together (models/ledger/ledger.py)."""
    WRITES = "writes"
    """What is committed is written in one command (models/store/bulk_writes.py)."""
    SPECULATION = "speculation"
    """Changes of known calendars are decided on as they come (models/ledger/decision_cache.py)."""
    AUDIENCES = "audiences"
    """Identical subscriptions are executed and encoded once (schema/live.py)."""
    FRAMES = "frames"
    """Frames are written straight to the transport (web/edge/websocket_protocol.py)."""


def parse_fast_paths(text: str) -> frozenset[FastPath]:
    """The ways that a setting names: all, none, or names separated by commas.

    Raises:
        ValueError: for a name that there is not.
    """
    if text in {ALL, NONE}:
        return frozenset(FastPath) if text == ALL else frozenset()
    return frozenset(FastPath(name.strip()) for name in text.split(","))
