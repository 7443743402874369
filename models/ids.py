"""Global ids (Relay's `Node`): a type name and a key, encoded as opaque, URL-safe text."""

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
    "is_sample",
    "new_id",
    "object_id",
    "parse_id",
    "sample_id",
]

MAX_ID_LENGTH = 512
KEY = re.compile(r"[0-9a-f]{24}")
SAMPLE_PREFIX = bytes(2)
"""First bytes of sample documents' ids: a timestamp on 1 January 1970, which no other id has."""


class Id(PydanticObjectId):
    """Primary key of a stored document.

    Validating an `Id` returns the same object; validating Beanie's `PydanticObjectId` copies it.
    """

    __slots__ = ()

    @classmethod
    def _validate(cls, v: Any) -> Id:
        if type(v) is cls:
            return v
        try:
            return cls(v)
        except (InvalidId, TypeError):
            raise ValueError("not a document key") from None


def encode(text: str) -> str:
    """Return the text as base64url without padding (RFC 4648, section 5)."""
    return urlsafe_b64encode(text.encode()).rstrip(b"=").decode()


def decode(opaque: str) -> str:
    """Return the text that `encode` encoded; only the exact output of `encode` is accepted.

    Raises:
        ValueError: if `encode` cannot have produced the given text.
    """
    if len(opaque) > MAX_ID_LENGTH:
        raise ValueError("too long")
    try:
        text = urlsafe_b64decode(opaque + "=" * (-len(opaque) % 4)).decode()
    except ValueError as error:
        raise ValueError("not base64url-encoded text") from error
    if encode(text) != opaque:
        raise ValueError("not canonical")
    return text


def new_id() -> Id:
    """Return a new unique document key, without a database round trip."""
    return Id()


def sample_id(digest: bytes) -> Id:
    """Return a sample document's id, which is derived from a digest of 10 bytes."""
    return Id(SAMPLE_PREFIX + digest)


def is_sample(key: Id) -> bool:
    """Return whether a document key belongs to sample data."""
    return key.binary.startswith(SAMPLE_PREFIX)


def global_id(kind: str, key: Id) -> str:
    """Return the global id of a stored document."""
    return encode(f"{kind}:{key}")


def parse_id(opaque: str) -> tuple[str, str]:
    """Return the type name and the key that a global id encodes.

    Raises:
        ValueError: if the text is not a global id.
    """
    kind, colon, key = decode(opaque).partition(":")
    if not colon:
        raise ValueError("no type")
    return kind, key


def object_id(opaque: str, kind: str, argument: str) -> Id:
    """Return the document key that a global id encodes.

    Args:
        opaque: the global id.
        kind: the type name that the id must contain.
        argument: name of the argument that holds the id, for the error message.

    Raises:
        BadUserInput: if the text is not an id of that type.
    """
    try:
        found, key = parse_id(opaque)
    except ValueError:
        found, key = "", ""
    if found != kind or not KEY.fullmatch(key):
        article = "an" if kind[0] in "AEIOU" else "a"
        raise BadUserInput(f"{argument}: not the id of {article} {kind}")
    return Id(key)
