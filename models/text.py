"""Unicode text: folding for comparison, transliteration, slugs and visible characters."""

from __future__ import annotations

import unicodedata
from typing import Final

import regex
from anyascii import anyascii

MAX_SLUG_LENGTH: Final = 60

_FOREIGN_LATIN: Final = regex.compile(r"[^\P{Latin}\p{ASCII}]")
_LOGOGRAPHS: Final = regex.compile(r"[\p{Han}\p{Hangul}]")
_VISIBLE: Final = regex.compile(
    r"[^\p{Default_Ignorable_Code_Point}\p{Z}\p{Cc}\p{Cf}\p{Cs}\p{M}\u2800]"
)
_WORD: Final = regex.compile(r"[\p{L}\p{N}][\p{L}\p{N}\p{M}\u200c\u200d]*")
_APOSTROPHE: Final = regex.compile(r"['\u02bc\u2019]")
_LINK_START: Final = regex.compile(r"://|\bwww\W", regex.IGNORECASE)
_DOTTED: Final = regex.compile(r"[\p{L}\p{N}-][.\u3002\uff0e\uff61]([\p{L}\p{M}]{2,})")
_COMMON_DOMAINS: Final = frozenset({"com", "net", "org", "info", "biz", "example"})
_DIGRAPHS: Final = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe", "Ä": "ae", "Ö": "oe", "Ü": "ue"}
)


def has_visible_characters(text: str) -> bool:
    """Return whether any character of a text has a glyph of its own.

    Blank, control and combining characters have none, nor those that Unicode lists as
    Default_Ignorable_Code_Point, such as U+3164, nor the empty braille pattern.
    """
    return _VISIBLE.search(text) is not None


def has_link(text: str) -> bool:
    """Return whether mail programs would show a part of a text as a link.

    A domain has no blank after its dots, as in "evil.example". Initials and abbreviations, as in
    "J.R.R. Tolkien" and "Dr.Smith", are no domains.
    """
    if _LINK_START.search(text):
        return True
    return any(
        not found[1].istitle() or found[1].casefold() in _COMMON_DOMAINS
        for found in _DOTTED.finditer(text)
    )


def fold(text: str) -> str:
    """Return the text without case and accents, for comparison and search.

    Latin letters that do not decompose, such as "ł" and "ø", become ASCII letters. Other scripts
    are kept.
    """
    # Some letters, such as mathematical ones, have a case only after decomposition.
    cased = unicodedata.normalize("NFKD", text).casefold()
    decomposed = unicodedata.normalize("NFKD", cased)
    plain = "".join(char for char in decomposed if not unicodedata.combining(char))
    return plain if plain.isascii() else _FOREIGN_LATIN.sub(_to_ascii, plain)


def words(text: str) -> list[str]:
    """Return the words of a text, folded for comparison."""
    found: list[str] = _WORD.findall(fold(text))
    return found


def transliterated_words(text: str) -> list[str]:
    """Return the words of a text in lower-case ASCII; each Han or Hangul character is a word."""
    composed = unicodedata.normalize("NFC", text)
    return words(anyascii(_LOGOGRAPHS.sub(r" \g<0> ", composed)))


def spellings(text: str) -> set[str]:
    """Return the words by which a text is found.

    These are its folded words, also without apostrophes, their transliterations, and those with
    "ue" for "ü" and the like.
    """
    found = {*words(text), *words(_APOSTROPHE.sub("", text))}
    if not text.isascii():
        composed = unicodedata.normalize("NFC", text)
        found |= {*transliterated_words(text), *words(composed.translate(_DIGRAPHS))}
    return found


def slug_of(name: str) -> str:
    """Return the URL slug of a name: transliterated words joined by hyphens."""
    slug = "-".join(transliterated_words(_APOSTROPHE.sub("", name)))
    return slug[:MAX_SLUG_LENGTH].strip("-") or "expert"


def slug_key(text: str) -> str:
    """Return the letters and digits of a slug, by which its other spellings are found."""
    return "".join(transliterated_words(text[: 2 * MAX_SLUG_LENGTH]))


def _to_ascii(letter: regex.Match[str]) -> str:
    return anyascii(letter[0]).lower()
