"""The broadcast backend that a URL names."""

from __future__ import annotations

from broadcaster import Broadcast


def broadcast(url: str) -> Broadcast:
    """A broadcaster over that backend: `memory://` reaches this process alone.

    Raises:
        ValueError: for a URL of no known backend.
    """
    if url != "memory://":
        raise ValueError(f"not a broadcast backend: {url}; use memory://")
    return Broadcast(url)
