"""Global ids of slots: a slot is not stored, so its id holds expert, start and length."""

from __future__ import annotations

import re
from functools import lru_cache

from models.calendar.slots import SlotKey
from models.ids import Id, decode, encode

SLOT = re.compile(r"Slot:([0-9a-f]{24}):([1-9]\d{0,7}):([1-9]\d{0,3})", re.ASCII)


@lru_cache(maxsize=4096)  # four times as many took 5 MB
def slot_id(key: SlotKey) -> str:
    """The global id of a slot: expert, start in quarter hours since 1970, minutes."""
    return encode(f"Slot:{key.expert_id}:{key.cell}:{key.minutes}")


@lru_cache(maxsize=4096)
def slot_key(opaque: str) -> SlotKey:
    """The expert, start and length in a slot's id.

    Raises:
        ValueError: when it is not the id of a slot.
    """
    parts = SLOT.fullmatch(decode(opaque))
    if parts is None:
        raise ValueError("not a slot")
    return SlotKey(Id(parts[1]), int(parts[2]), int(parts[3]))
