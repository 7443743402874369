"""Detection of links in text: web and e-mail addresses, domains and other URLs."""

from __future__ import annotations

import unicodedata
from functools import cache
from typing import TYPE_CHECKING, Final

import regex
from babel import Locale

from models.text import TITLES, visible_part

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_LABEL: Final = r"[\p{L}\p{M}\p{N}-]"
_LINK_START: Final = regex.compile(
    rf"[^\s(]@(?:{_LABEL}++[.\u3002])+\p{{L}}"
    r"|:[/\u2044\u2215]|\bwww\W"
    r"|\b(?:callto|facetime|geo|mailto|sips?|skype|sms|tel|whatsapp|xmpp):\S"
    r"|\b\p{Nd}{1,3}(?:\.\p{Nd}{1,3}){3}\b",
    regex.IGNORECASE,
)
# Any URL scheme; but "Berater:innen" and the like are German words for people of any gender.
_SCHEME: Final = regex.compile(r"[a-z\d]{2}:(?!innen|in\b|\w\b)[a-z?]", regex.IGNORECASE)
# The lookbehind lets a match begin only where a label begins, which keeps the search linear.
_DOTTED: Final = regex.compile(
    rf"(?<!{_LABEL})({_LABEL}++)[.\u3002](?=(\p{{L}}{_LABEL}+)([/\u2044\u2215]|:\p{{Nd}})?)"
)
_COMMON_DOMAINS: Final = frozenset({"com", "net", "org", "info", "biz", "example"})
_PRODUCT_ENDINGS: Final = frozenset({"js", "ts"})
_PRODUCTS: Final = frozenset({"ado.net", "asp.net", "vb.net"})
_ORDINAL: Final = regex.compile(r"\p{Nd}{1,2}")
_COUNTRY_CODE: Final = regex.compile("[A-Z]{2}")
_OTHER_COUNTRY_DOMAINS: Final = frozenset({"su", "uk"})
# Words that begin sentences, and parts of academic degrees, that are also country domains.
_SHORT_WORDS: Final = frozenset(
    {
        *("am", "an", "as", "at", "be", "by", "do", "go", "in", "is", "it", "me", "my", "no", "so"),
        *("to", "us", "al", "er", "es", "im", "la", "le", "th"),
    }
)
_STREETS: Final = frozenset(
    {"str", "rd", "av", "ave", "bd", "blvd", "sta", "ul", "al", "pl", "ул", "пр", "пл"}
)


def has_link(text: str) -> bool:
    """Return whether e-mail programs would turn a part of a line of text into a link.

    A domain has no space after its dots, as in "evil.example". Initials and titles, as in "J.R.R.
    Tolkien" and "Dr.Smith", are not domains, and neither are product names such as "Node.js" and
    "ASP.NET". Invisible or full-width characters never hide a link.
    """
    plain = _plain(text)
    return _SCHEME.search(plain) is not None or _has_link(plain, _is_linked)


def has_address(text: str) -> bool:
    """Return whether running text contains a link or an e-mail address.

    Unlike `has_link`, it ignores a missing space between sentences, as in "Great.Thanks", and after
    a colon, as in "Pros:none".
    """
    return _has_link(_plain(text), _is_domain)


def _plain(text: str) -> str:
    """Return a text without invisible characters, and with full-width letters made normal width."""
    return visible_part(unicodedata.normalize("NFKC", text))


def _has_link(plain: str, is_domain: Callable[[str, str], bool]) -> bool:
    """Return whether a text has a link, where `is_domain` judges the words around a dot."""
    return _LINK_START.search(plain) is not None or any(
        not _is_product(before, after) and (path is not None or is_domain(before, after))
        for before, after, path in map(regex.Match.groups, _DOTTED.finditer(plain))
    )


def _is_product(before: str, after: str) -> bool:
    name = after.casefold()
    return name in _PRODUCT_ENDINGS or f"{before.casefold()}.{name}" in _PRODUCTS


def _is_linked(before: str, after: str) -> bool:
    """Return whether e-mail programs take a dot between two words to belong to a domain."""
    name = after.casefold()
    if name in _COMMON_DOMAINS:
        return True
    if _ORDINAL.fullmatch(before):  # as in "3.Stock"
        return False
    is_initial = len(before) == 1
    if not is_initial and before.casefold() not in TITLES | _STREETS:
        return True
    if name in TITLES:
        return is_initial and after.islower()
    # "T.Li" is a name, but "t.Co" and "T.CO" are domains.
    is_name = not after.isupper() and not (is_initial and before.islower())
    return after.islower() or (name in _country_domains() and not is_name)


def _is_domain(before: str, after: str) -> bool:
    """Return whether a dot between two words of a sentence belongs to a domain."""
    name = after.casefold()
    if name in _COMMON_DOMAINS:
        return True
    if before.isdecimal() or {before.casefold(), name} <= TITLES:  # "10.am", "Dr.med."
        return False
    is_capitalized = not (after.islower() or after.isupper())
    if len(before) > 1 and not is_capitalized:
        return True
    # A capitalized short word begins a sentence, and a capitalized title belongs to a name.
    is_word = is_capitalized and (name in _SHORT_WORDS or name in TITLES)
    return name in _country_domains() and not is_word


@cache
def _country_domains() -> frozenset[str]:
    """Return the top-level domains of countries: the country codes, and two further domains."""
    territories: Mapping[str, str] = Locale("en").territories
    codes = {code.casefold() for code in territories if _COUNTRY_CODE.fullmatch(code)}
    return _OTHER_COUNTRY_DOMAINS | codes
