"""Unicode text: folding for comparison, transliteration, slugs and visible characters."""

from __future__ import annotations

import unicodedata
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Final

import regex
from anyascii import anyascii
from opencc import OpenCC

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_SLUG_LENGTH: Final = 60

_FOREIGN_LATIN: Final = regex.compile(r"[^\P{Latin}\p{ASCII}]")
_HAN: Final = regex.compile(r"\p{Han}")
_LOGOGRAPHS: Final = regex.compile(r"[\p{Han}\p{Hangul}]")
_UNSPACED: Final = regex.compile(r"[\p{Han}\p{Hangul}\p{Hiragana}\p{Katakana}]")
# Alphabetic scripts without spaces between words.
_RUN: Final = regex.compile(r"[\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]+")
_LOGOGRAPHIC_NAME: Final = regex.compile(
    r"(?<![\p{Han}\p{Hangul}])[\p{Han}\p{Hangul}]{2,4}(?![\p{Han}\p{Hangul}])"
)
_IGNORABLE: Final = regex.compile(r"\p{Default_Ignorable_Code_Point}")
_UNSEEN: Final = r"\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}"
# Characters whose form changes if a joiner or variation selector stands beside them.
_SHAPED: Final = rf"[^{_UNSEEN}\s\p{{Latin}}\p{{Greek}}\p{{Cyrillic}}\u0300-\u036f]"
_STRAY: Final = regex.compile(
    rf"((?<={_SHAPED})\p{{Variation_Selector}}"
    rf"|(?<={_SHAPED}[{_UNSEEN}]{{0,2}})\p{{Join_Control}}(?={_SHAPED})"
    r"|(?<=\p{Canonical_Combining_Class=Virama})\p{Join_Control}"
    # Tag characters in the flag of a part of a country, such as Wales.
    rf"|(?<=\U0001f3f4)[\U000e0030-\U000e007a]{{3,6}}\U000e007f)|[{_UNSEEN}]"
)
# Blank signs of Braille, music and hieroglyphs, and the placeholder of embedded objects.
_BLANK: Final = r"\u2800\ufffc\U0001d159\U00013441\U00013442"
_VISIBLE: Final = regex.compile(
    r"[^\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}"
    rf"\p{{Z}}\p{{Cc}}\p{{Cf}}\p{{Cs}}\p{{Co}}\p{{M}}{_BLANK}]"
)
_WORD: Final = regex.compile(r"[\p{L}\p{N}][\p{L}\p{N}\p{M}]*")
_LETTER: Final = r"[\p{Lu}\p{Ll}\p{Lt}\p{Lo}\p{Nd}]\p{M}{0,4}"
_INITIAL: Final = regex.compile(_LETTER)
_INITIALS: Final = regex.compile(rf"(?:{_LETTER}){{1,2}}")
_CASED: Final = regex.compile(r"[\p{Lu}\p{Lt}]")
_APOSTROPHE: Final = regex.compile(
    r"['`\xb4\u02b9\u02bb\u02bc\u02bd\u02be\u02bf\u02c8\u2018\u2019\u201b\u2032\u05f3\ua78c\uff07]"
)
_JOINER: Final = regex.compile(r"(?<=[\p{L}\p{M}\p{N}])[\p{Pd}.](?=[\p{L}\p{N}])|(?<=\b\p{L})\.")
_PUNYCODE: Final = regex.compile(r"\bxn--([a-z0-9-]+)", regex.IGNORECASE)
_DIGRAPH: Final = regex.compile(r"a[ae]|oe|ue")
TITLES: Final = frozenset(
    {
        *("dr", "prof", "mr", "mrs", "ms", "mx", "st", "fr", "hr", "rev", "hon", "jr", "sr", "sc"),
        *("dipl", "ing", "mag", "lic", "med", "dent", "vet", "phil", "rer", "nat", "iur", "jur"),
    }
)
# Mapped as in Lucene's ArabicNormalizer and PersianNormalizer; the tatweel (U+0640) is removed.
_ARABIC: Final = str.maketrans("یىےکةەہھ", "يييكهههه", "\u0640")
_KANA: Final = {code: code - 0x60 for code in (*range(0x30A1, 0x30F7), 0x30FD, 0x30FE)}
_VARIANTS: Final = _ARABIC | _KANA
_DIGRAPHS: Final = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe"})


def has_visible_characters(text: str) -> bool:
    """Return whether a text contains any visible character.

    Blank, control, combining and private-use characters are not visible, nor are characters with
    Unicode's property Default_Ignorable_Code_Point, such as U+3164. Characters that are newer than
    the installed version of `regex` count as visible.
    """
    return _VISIBLE.search(text) is not None


def visible_part(text: str) -> str:
    """Return a text without invisible characters, and with each run of white space as one space."""
    return " ".join(_IGNORABLE.sub("", text).split())


def visible_line(text: str) -> str:
    """Return a text in composed form (NFC), on one line, and without invisible characters.

    Joiners and variation selectors are kept where they change the form of adjacent characters, as
    in Persian and Malayalam names and in emoji.
    """
    if not text.isascii():
        text = _STRAY.sub(r"\1", unicodedata.normalize("NFC", text))
    return " ".join(unicodedata.normalize("NFC", text).split())


def fold(text: str) -> str:
    """Return the text without case and accents, for comparison and search.

    Latin letters that do not decompose, such as "ł" and "ø", become ASCII letters. Other scripts
    are kept, but these variants are treated as equal: Persian and Arabic forms of a letter,
    hiragana and katakana, and simplified, traditional and Japanese forms of a Chinese character.
    Invisible characters, such as joiners and soft hyphens, are removed.
    """
    if text.isascii():
        return text.lower()
    # Some letters, such as mathematical ones, have a case only after decomposition.
    cased = unicodedata.normalize("NFKD", text).casefold()
    decomposed = _IGNORABLE.sub("", unicodedata.normalize("NFKD", cased))
    plain = "".join(char for char in decomposed if not unicodedata.combining(char))
    plain = _HAN.sub(lambda found: _simplified(found[0]), plain.translate(_VARIANTS))
    return plain if plain.isascii() else _FOREIGN_LATIN.sub(_to_ascii, plain)


@lru_cache(maxsize=10_000)
def _simplified(character: str) -> str:
    """Return the simplified form of a traditional, Japanese or simplified Chinese character.

    If a Japanese form is also the simplified form of another character, both give the same result.
    """
    for conversion in ("jp2t", "t2s") * 2:
        character = _opencc(conversion).convert(character)
    return character


@cache
def _opencc(conversion: str) -> OpenCC:
    return OpenCC(conversion)


def words(text: str) -> list[str]:
    """Return the words of a text, folded for comparison.

    Apostrophes do not separate words. Chinese, Japanese and Korean names have no spaces between
    their parts, so each character is a word. In Thai, Lao, Khmer and Burmese, where single letters
    say little, each pair of adjacent letters is a word.
    """
    joined = _APOSTROPHE.sub("", unicodedata.normalize("NFC", text))
    if joined.isascii():
        return _WORD.findall(joined.lower())
    spaced = _RUN.sub(r" \g<0> ", _UNSPACED.sub(r" \g<0> ", joined))
    return [part for word in _WORD.findall(fold(spaced)) for part in _parts(word)]


def _parts(word: str) -> list[str]:
    """Return the word alone, or its pairs of adjacent letters if its script has no spaces."""
    if not _RUN.match(word):
        return [word]
    return [word[first : first + 2] for first in range(max(1, len(word) - 1))]


def transliterated_words(text: str) -> list[str]:
    """Return the words of a text in lower-case ASCII; each Han or Hangul character is a word."""
    composed = unicodedata.normalize("NFC", text)
    return words(anyascii(_LOGOGRAPHS.sub(r" \g<0> ", composed)))


def spellings(text: str) -> set[str]:
    """Return the words by which a search finds a text.

    These are its words, once split and once joined at apostrophes, hyphens and dots; its words in
    ASCII; its words with digraphs such as "ue" for "ü", or with the first letter of digraphs; and
    its Chinese and Korean names, each as one word.
    """
    composed = unicodedata.normalize("NFC", text)
    variants = {composed, _APOSTROPHE.sub(" ", composed), _JOINER.sub("", composed)}
    found = {word for variant in variants for word in words(variant)}
    if not text.isascii():
        found.update(transliterated_words(composed))
        found.update(words(with_digraphs(composed)))
        found.update(_joined_names(composed))
    return found | {_DIGRAPH.sub(_first_letter, word) for word in found if word.isascii()}


def with_digraphs(text: str) -> str:
    """Return a text in lower case, with letters such as "ü" replaced by digraphs such as "ue"."""
    return unicodedata.normalize("NFC", text).lower().translate(_DIGRAPHS)


def unicode_domains(text: str) -> str:
    """Return a text with its domain names in Unicode: "xn--mnchen-3ya.de" becomes "münchen.de"."""
    return _PUNYCODE.sub(_decoded_label, text)


def _decoded_label(found: regex.Match[str]) -> str:
    try:
        return found[1].lower().encode().decode("punycode")
    except UnicodeError:
        return found[0]


def initials_of(name: str) -> str:
    """Return up to two initials of a name, but at most one in scripts without capital letters."""
    letters = [found[0] for word in _words_of_name(name) if (found := _INITIAL.search(word))]
    if not letters:
        return ""
    first, last = (_capital(letters[index]) for index in (0, -1))
    has_case = _CASED.match(first) and _CASED.match(last)
    return first + last if has_case and len(letters) > 1 else first


def public_name(name: str) -> str:
    """Return a name to show to the public: the first word, and the initial of the last word.

    A Chinese, Japanese or Korean name is customarily cut to its first character.
    """
    first, *others = _words_of_name(name) or [name]
    if _UNSPACED.match(first) and len(first) > 1:
        return f"{first[0]}**"
    initial = _INITIAL.search(others[-1]) if others else None
    return f"{first} {initial[0]}." if initial else first


def _words_of_name(name: str) -> list[str]:
    """Return the visible words of a name, without titles unless all of the words are titles."""
    shown = visible_line(name).split()
    return [word for word in shown if word.strip(".").casefold() not in TITLES] or shown


def are_initials(text: str) -> bool:
    """Return whether a text may be a result of `initials_of`."""
    return _INITIALS.fullmatch(text) is not None


def _capital(letter: str) -> str:
    capital = letter.upper()
    return capital if len(capital) == len(letter) else letter


def slug_of(name: str) -> str:
    """Return the URL slug of a name: transliterated words joined by hyphens."""
    return _slug(name) or "expert"


def slug_key(text: str) -> str:
    """Return a slug's letters and digits, the key that all spellings of the slug share."""
    return _slug(text[: 2 * MAX_SLUG_LENGTH]).replace("-", "")


def _slug(text: str) -> str:
    return "-".join(transliterated_words(_APOSTROPHE.sub("", text)))[:MAX_SLUG_LENGTH].strip("-")


def _joined_names(text: str) -> Iterator[str]:
    """Yield Chinese and Korean names as one word, with and without surname, such as "xiaoming"."""
    for found in _LOGOGRAPHIC_NAME.finditer(text):
        syllables = transliterated_words(found[0])
        for first in range(len(syllables) - 1):
            yield "".join(syllables[first:])


def _first_letter(found: regex.Match[str]) -> str:
    return found[0][0]


def _to_ascii(letter: regex.Match[str]) -> str:
    return anyascii(letter[0]).lower()
