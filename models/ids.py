"""Global ids (Relay's `Node`): a type and a key, opaque and safe in a URL."""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any

from beanie import PydanticObjectId
from bson.errors import InvalidId

from models.errors import BadUserInput

__all__ = [
    "Id",
    "decode",
    "encode",
    "global_id",
    "new_id",
    "object_id",
    "parse_id",
]

MAX_ID_LENGTH = 512
KEY = re.compile(r"[0-9a-f]{24}")


class Id(PydanticObjectId):
    """The key of a stored object.

    Beanie's makes a copy wherever it is validated; of 20 in a booking that took 25 µs.
    """

    __slots__ = ()

    @classmethod
    def _validate(cls, v: Any) -> Id:
        if type(v) is cls:
            return v
        try:
            return cls(v)
        except (InvalidId, TypeError):
            raise ValueError("not the key of a stored object") from None


def encode(text: str) -> str:
    """Write a text as base64url without padding (RFC 4648, section 5)."""
    return urlsafe_b64encode(text.encode()).rstrip(b"=").decode()


def decode(opaque: str) -> str:
    """Read what `encode` wrote, and nothing else.

    Raises:
        ValueError: for anything that `encode` would not have written.
    """
    if len(opaque) > MAX_ID_LENGTH:
        raise ValueError("too long")
    try:
        text = urlsafe_b64decode(opaque + "=" * (-len(opaque) % 4)).decode()
    except ValueError as error:
        raise ValueError("not base64url of a text") from error
    if encode(text) != opaque:
        raise ValueError("not canonical")
    return text


def new_id() -> Id:
    """A new key, unique without asking the database."""
    return Id()


def global_id(kind: str, key: Id) -> str:
    """The global id of a stored object."""
    return encode(f"{kind}:{key}")


def parse_id(opaque: str) -> tuple[str, str]:
    """The type and the key in a global id.

    Raises:
        ValueError: when it is no global id.
    """
    kind, colon, key = decode(opaque).partition(":")
    if not colon:
        raise ValueError("no type")
    return kind, key


def object_id(opaque: str, kind: str, argument: str) -> Id:
    """The key in the global id of a stored object of that type.

    Raises:
        BadUserInput: when it is no id of that type; names the argument.
    """
    try:
        found, key = parse_id(opaque)
    except ValueError:
        found, key = "", ""
    if found != kind or not KEY.fullmatch(key):
        raise BadUserInput(f"{argument}: not the id of a {kind}")
    return Id(key)
