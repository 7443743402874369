"""Canonical forms of e-mail addresses, keys for comparing them, and hashes to use in ids."""

from __future__ import annotations

import hashlib
import unicodedata
from typing import Final

import regex
from email_validator import EmailNotValidError, validate_email

from models.caching.cache import Cache

MAX_EMAIL_CHARS: Final = 320
"""Maximum length of an address and the spaces around it; longer texts would be slow to validate."""

MAX_CACHED: Final = 1_024

MAX_LOCAL_OCTETS: Final = 64
"""Maximum length of the part before the @ in UTF-8 (RFC 5321, section 4.5.3.1.1)."""

_UNSEEN: Final = r"[\s\p{Default_Ignorable_Code_Point}]"
_SURROUNDINGS: Final = regex.compile(
    rf"^{_UNSEEN}+|[.\u3002\uff0e\uff61]{_UNSEEN}*$|(?<!{_UNSEEN}){_UNSEEN}+$"
)
"""Spaces and invisible characters around a copied e-mail address, and a dot after the domain. The
dot may be one of those that separate the labels of internationalized domains (RFC 3490)."""

_AT_SIGNS: Final = regex.compile(r"[\uff20\ufe6b]")
"""Full-width and small @, which East Asian keyboards type."""

_canonical: Final = Cache[str, str]("emails", MAX_CACHED)
"""Cache of canonical addresses, since clients often book with the same contact address."""


def canonical_email(text: str) -> str | None:
    """Return an e-mail address as it is stored and shown, or None if it is invalid (RFC 5322).

    The domain is converted to lower case and from punycode to Unicode (RFC 5891), and the whole
    address to Unicode's normalization form NFC. The part before the @ keeps its case. Invisible
    characters around the address and a dot after the domain are removed, and a full-width @ becomes
    "@" if there is no other. The function does not check whether e-mails to the address can be
    delivered.
    """
    if len(text) > MAX_EMAIL_CHARS:
        return None
    found = _canonical.get(text)
    if found is None:
        address = _SURROUNDINGS.sub("", text)
        if "@" not in address:
            address = _AT_SIGNS.sub("@", address)
        try:
            valid = validate_email(address, check_deliverability=False)
        except EmailNotValidError:
            return None
        if len(valid.local_part.encode()) > MAX_LOCAL_OCTETS:
            return None
        found = valid.normalized
        _canonical.put(text, found)
    return found


def email_key(text: str) -> str:
    """Return the key by which accounts, contacts and rate limits compare e-mail addresses.

    The key ignores case, but different letters stay different: "straße" and "strasse" are two
    mailboxes. The two lower-case forms of the Greek letter sigma count as the same letter, except
    in a domain. For a text that is not an e-mail address, the function returns a key, too, but no
    account has that key.
    """
    address = canonical_email(text) or text.strip()[:MAX_EMAIL_CHARS]
    local, at, domain = unicodedata.normalize("NFC", address.lower()).rpartition("@")
    return f"{local.replace('ς', 'σ')}{at}{domain}"  # noqa: RUF001 - these two letters are meant


def email_pseudonym(text: str) -> str:
    """Return a hash of an e-mail address's key, for stored ids that must not reveal the address."""
    return hashlib.sha256(email_key(text).encode()).hexdigest()[:32]
