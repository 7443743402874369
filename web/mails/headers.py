"""Mail headers whose values stay intact when they are folded.

The email package folds a quoted display name of more than 75 characters without its quotes, so a
name with commas becomes several mailboxes. Here, names that are not plain words, and subjects that
are not short ASCII, become encoded words (RFC 2047), which contain no special characters.
"""

from __future__ import annotations

import re
import unicodedata
from base64 import b64encode
from email.headerregistry import (
    Address,
    HeaderRegistry,
    UniqueAddressHeader,
    UniqueUnstructuredHeader,
)
from email.policy import SMTP, SMTPUTF8
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator
    from email.message import EmailMessage
    from email.policy import EmailPolicy, Policy

MAX_PLAIN_CHARS: Final = 60
"""Length of a name or subject that fits on the first line of its header."""

MAX_WORD_BYTES: Final = 39
"""Bytes in an encoded word: its line, with the longest header name, fits 76 characters."""

_ATOM: Final = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_PLAIN_PHRASE: Final = re.compile(rf"{_ATOM}( {_ATOM})*")
_REMOVED_CATEGORIES: Final = frozenset({"Cc", "Cs", "Zl", "Zp"})
_BIDI_CONTROLS: Final = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


class MailboxHeader(UniqueAddressHeader):
    """A header with one mailbox."""

    name: str  # set by the registry

    def fold(self, *, policy: Policy) -> str:
        """Return the header's lines."""
        [address] = self.addresses
        if not address.display_name:
            return f"{self.name}: {address.addr_spec}{policy.linesep}"
        phrase = _phrase(address.display_name, policy.linesep)
        return f"{self.name}: {phrase}{policy.linesep} <{address.addr_spec}>{policy.linesep}"


class TextHeader(UniqueUnstructuredHeader):
    """A header with a text."""

    name: str

    def fold(self, *, policy: Policy) -> str:
        """Return the header's lines."""
        text = str(self)
        if not _is_short_ascii(text):
            text = _encoded_words(text, policy.linesep)
        return f"{self.name}: {text}{policy.linesep}"


def policy_for(*, utf8: bool) -> EmailPolicy[EmailMessage]:
    """Return the policy of messages; `utf8` allows addresses beyond ASCII (RFC 6532)."""
    return (SMTPUTF8 if utf8 else SMTP).clone(header_factory=_factory)


def single_line(text: str) -> str:
    """Return a text on one line, without control characters and directional overrides.

    Joiners, directional marks and characters newer than Python's Unicode data are kept. "=?" is
    split by a space, because decoding an encoded word could bring back line breaks.
    """
    kept = "".join(
        char
        for char in " ".join(text.split())
        if unicodedata.category(char) not in _REMOVED_CATEGORIES and char not in _BIDI_CONTROLS
    )
    return kept.replace("=?", "= ?")


def mailbox(email: str, name: str = "") -> Address:
    """Return an address for a header."""
    local, _, host = email.rpartition("@")
    return Address(name, local, host)


def _phrase(name: str, linesep: str) -> str:
    is_plain = _PLAIN_PHRASE.fullmatch(name) and _is_short_ascii(name)
    return name if is_plain else _encoded_words(name, linesep)


def _is_short_ascii(text: str) -> bool:
    return text.isascii() and len(text) <= MAX_PLAIN_CHARS


def _encoded_words(text: str, linesep: str) -> str:
    words = (f"=?utf-8?B?{b64encode(part).decode()}?=" for part in _parts(text))
    return f"{linesep} ".join(words)


def _parts(text: str) -> Iterator[bytes]:
    """Yield the text in UTF-8, split between characters."""
    part = b""
    for char in text:
        encoded = char.encode()
        if len(part) + len(encoded) > MAX_WORD_BYTES:
            yield part
            part = b""
        part += encoded
    yield part


_factory: Final = HeaderRegistry()
for _name in ("from", "to", "reply-to"):
    _factory.map_to_type(_name, MailboxHeader)  # type: ignore[arg-type] # mixed with BaseHeader
_factory.map_to_type("subject", TextHeader)  # type: ignore[arg-type] # likewise
