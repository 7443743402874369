"""Global ids of slots; slots are not stored, so the id contains expert, start and length."""

from __future__ import annotations

import re
from functools import lru_cache

from models.calendar.slots import SlotKey
from models.ids import Id, decode, encode

SLOT = re.compile(r"Slot:([0-9a-f]{24}):([1-9]\d{0,7}):([1-9]\d{0,3})", re.ASCII)


@lru_cache(maxsize=4096)
def slot_id(key: SlotKey) -> str:
    """Return a slot's global id: expert, start in quarter hours since 1970, minutes."""
    return encode(f"Slot:{key.expert_id}:{key.cell}:{key.minutes}")


@lru_cache(maxsize=4096)
def slot_key(opaque: str) -> SlotKey:
    """Return the expert, start and length in a slot's global id.

    Raises:
        ValueError: if the text is not a slot id.
    """
    parts = SLOT.fullmatch(decode(opaque))
    if parts is None:
        raise ValueError("not a slot id")
    return SlotKey(Id(parts[1]), int(parts[2]), int(parts[3]))
