"""E-mail headers whose values stay intact when long lines are folded.

Python's email package drops the quotes when it folds a quoted display name of more than 75
characters, so that a name with commas becomes several mailboxes. This module therefore writes names
that are not plain words, and subjects that are not short ASCII texts, as encoded words (RFC 2047),
which contain no special characters.
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
"""Maximum length of a name or subject that fits on the first line of its header."""

MAX_WORD_BYTES: Final = 39
"""Maximum number of bytes in an encoded word.

With this limit, the line of an encoded word has at most 76 characters, even after the longest
header name.
"""

_ATOM: Final = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_PLAIN_PHRASE: Final = re.compile(rf"{_ATOM}( {_ATOM})*")
_REMOVED_CATEGORIES: Final = frozenset({"Cc", "Cs", "Zl", "Zp"})
_BIDI_CONTROLS: Final = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


class MailboxHeader(UniqueAddressHeader):
    """An e-mail header with a single mailbox."""

    name: str  # set by the registry

    def fold(self, *, policy: Policy) -> str:
        """Return the header, folded into lines."""
        [address] = self.addresses
        if not address.display_name:
            return f"{self.name}: {address.addr_spec}{policy.linesep}"
        phrase = _phrase(address.display_name, policy.linesep)
        return f"{self.name}: {phrase}{policy.linesep} <{address.addr_spec}>{policy.linesep}"


class TextHeader(UniqueUnstructuredHeader):
    """An e-mail header with a text, such as the subject."""

    name: str

    def fold(self, *, policy: Policy) -> str:
        """Return the header, folded into lines."""
        text = str(self)
        if not _is_short_ascii(text):
            text = _encoded_words(text, policy.linesep)
        return f"{self.name}: {text}{policy.linesep}"


def policy_for(*, utf8: bool) -> EmailPolicy[EmailMessage]:
    """Return the policy for e-mails; `utf8` allows non-ASCII e-mail addresses (RFC 6532)."""
    return (SMTPUTF8 if utf8 else SMTP).clone(header_factory=_factory)


def single_line(text: str) -> str:
    """Return the text on a single line, without control characters or directional overrides.

    Joiners, directional marks and characters newer than Python's Unicode data are kept. A space is
    inserted into "=?", because it begins an encoded word (RFC 2047), which could contain encoded
    line breaks.
    """
    kept = "".join(
        char
        for char in " ".join(text.split())
        if unicodedata.category(char) not in _REMOVED_CATEGORIES and char not in _BIDI_CONTROLS
    )
    return kept.replace("=?", "= ?")


def mailbox(email: str, name: str = "") -> Address:
    """Return an e-mail address with its display name, for use in a header."""
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
    """Yield the text in UTF-8 as parts that fit into an encoded word, split between characters."""
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
    _factory.map_to_type(_name, MailboxHeader)  # type: ignore[arg-type] # is mixed with BaseHeader
_factory.map_to_type("subject", TextHeader)  # type: ignore[arg-type] # as above
