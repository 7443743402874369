"""The canonical form of an e-mail address."""

from __future__ import annotations

import hashlib
import unicodedata
from typing import Final

import regex
from email_validator import EmailNotValidError, validate_email

from models.caching.cache import Cache

MAX_EMAIL_CHARS: Final = 320
"""Limit for an address with surrounding spaces; longer texts would be slow to validate."""

MAX_CACHED: Final = 1_024

_SURROUNDINGS: Final = regex.compile(
    r"^[\s\p{Default_Ignorable_Code_Point}]+"
    r"|\.?[\s\p{Default_Ignorable_Code_Point}]*$"
)
"""Spaces and invisible characters around a copied address, and a dot after the domain."""

_canonical: Final = Cache[str, str]("emails", MAX_CACHED)
"""Cache of canonical addresses, since clients book repeatedly with the same contact."""


def canonical_email(text: str) -> str | None:
    """Return an e-mail address as it is stored and shown, or None if it is invalid (RFC 5322).

    The domain is in lower case and in Unicode rather than punycode (RFC 5891), and the address in
    Unicode's form NFC. The case of the local part is kept. Deliverability is not checked.
    Invisible characters around the address and a dot after the domain are ignored.
    """
    if len(text) > MAX_EMAIL_CHARS:
        return None
    found = _canonical.get(text)
    if found is None:
        try:
            found = validate_email(
                _SURROUNDINGS.sub("", text), check_deliverability=False
            ).normalized
        except EmailNotValidError:
            return None
        _canonical.put(text, found)
    return found


def email_key(text: str) -> str:
    """Return the key that accounts, contacts and limits use to compare e-mail addresses.

    The key ignores case, but different letters stay different: "straße" and "strasse" are two
    mailboxes. The two lower-case forms of the Greek sigma are one letter, except in a domain. Text
    that is not an address has a key, too, but no account has that key.
    """
    address = canonical_email(text) or text.strip()[:MAX_EMAIL_CHARS]
    local, at, domain = unicodedata.normalize("NFC", address.lower()).rpartition("@")
    return f"{local.replace('ς', 'σ')}{at}{domain}"  # noqa: RUF001 - the intended letters


def email_pseudonym(text: str) -> str:
    """Return a hash of an address's key, for ids of counters, which must not contain addresses."""
    return hashlib.sha256(email_key(text).encode()).hexdigest()[:32]
