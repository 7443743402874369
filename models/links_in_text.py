"""Detection of links in text: web and e-mail addresses, domains and other URLs."""

from __future__ import annotations

import unicodedata
from functools import cache
from typing import TYPE_CHECKING, Final

import regex
from babel import Locale

from models.text import TITLES, visible_part

if TYPE_CHECKING:
    from collections.abc import Mapping

_LINK_START: Final = regex.compile(
    r"[^\s(]@(?:[\p{L}\p{M}\p{N}-]++[.\u3002])+\p{L}|:[/\u2044\u2215]|\bwww\W|\b(?:mailto|tel|sms):|\b\p{Nd}{1,3}(?:\.\p{Nd}{1,3}){3}\b",
    regex.IGNORECASE,
)
_LABEL: Final = r"[\p{L}\p{M}\p{N}-]"
# The lookbehind lets a match begin only where a label begins, which keeps the search linear.
_DOTTED: Final = regex.compile(
    rf"(?<!{_LABEL})({_LABEL}++)[.\u3002](?=(\p{{L}}{_LABEL}+)([/:\u2044\u2215])?)"
)
_COMMON_DOMAINS: Final = frozenset({"com", "net", "org", "info", "biz", "example"})
_PRODUCT_ENDINGS: Final = frozenset({"js", "ts"})
_COUNTRY_CODE: Final = regex.compile("[A-Z]{2}")
_OTHER_COUNTRY_DOMAINS: Final = frozenset({"su", "uk"})
# Words that begin sentences, and parts of academic degrees, that are also country domains.
_SHORT_WORDS: Final = frozenset(
    {
        *("am", "an", "as", "at", "be", "by", "do", "go", "in", "is", "it", "me", "my", "no", "so"),
        *("to", "us", "al", "er", "es", "im", "la", "le", "sc", "th"),
    }
)


def has_link(text: str) -> bool:
    """Return whether e-mail programs would turn a part of a text into a link.

    A domain has no space after its dots, as in "evil.example". Initials and titles, as in "J.R.R.
    Tolkien" and "Dr.Smith", are not domains. Invisible or full-width characters never hide a link.
    """
    plain = _plain(text)
    if _LINK_START.search(plain):
        return True
    return any(
        found[3] is not None or not _is_abbreviated(found[1], found[2])
        for found in _DOTTED.finditer(plain)
    )


def _is_abbreviated(before: str, after: str) -> bool:
    """Return whether a dot ends an initial or a title and so does not belong to a domain."""
    if len(before) > 1 and before.casefold() not in TITLES:
        return False
    name = after.casefold()
    if name in TITLES:
        return True
    is_initial = len(before) > 1 or not before.islower()
    is_name = is_initial or name not in _country_domains()
    return is_name and not after.islower() and name not in _COMMON_DOMAINS


def has_url(text: str) -> bool:
    """Return whether a text contains an e-mail address, a URL, "www" or an IP address.

    Unlike `has_link`, it ignores product names such as "Node.js" and "ASP.NET".
    """
    return _LINK_START.search(_plain(text)) is not None


def has_address(text: str) -> bool:
    """Return whether running text contains a link or an e-mail address.

    Unlike `has_link`, it ignores product names such as "Node.js", and it ignores a missing space
    between sentences, as in "Great.Thanks".
    """
    plain = _plain(text)
    if _LINK_START.search(plain):
        return True
    return any(
        found[3] is not None or _is_domain(found[1], found[2]) for found in _DOTTED.finditer(plain)
    )


def _is_domain(before: str, after: str) -> bool:
    """Return whether a dot between two words of a sentence belongs to a domain."""
    name = after.casefold()
    if name in _COMMON_DOMAINS:
        return True
    if before.isdecimal() or {before.casefold(), name} <= TITLES:  # "10.am", "Dr.med."
        return False
    is_capitalized = not (after.islower() or after.isupper())
    if len(before) > 1 and not is_capitalized:
        return name not in _PRODUCT_ENDINGS
    # A capitalized short word begins a sentence, and a capitalized title belongs to a name.
    is_word = is_capitalized and (name in _SHORT_WORDS or name in TITLES)
    return name in _country_domains() and not is_word


@cache
def _country_domains() -> frozenset[str]:
    """Return the top-level domains of countries: the country codes, and two further domains."""
    territories: Mapping[str, str] = Locale("en").territories
    codes = {code.casefold() for code in territories if _COUNTRY_CODE.fullmatch(code)}
    return _OTHER_COUNTRY_DOMAINS | codes


def _plain(text: str) -> str:
    """Return a text without invisible characters, and with full-width letters made normal width."""
    return visible_part(unicodedata.normalize("NFKC", text))
