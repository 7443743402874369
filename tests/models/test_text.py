"""Folding, transliteration, slugs and visible characters."""

# ruff: noqa: RUF001 - letters that look like others are the point

from __future__ import annotations

import sys

import pytest

from models.text import fold, has_visible_characters, slug_key, slug_of, spellings, words


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("José", "jose"),
        ("JOSE\u0301", "jose"),
        ("Straße", "strasse"),
        ("İstanbul", "istanbul"),
        ("Ａｄａ", "ada"),
        ("𝐀𝒹𝔸", "ada"),
        ("Ångström", "angstrom"),
        ("ΣΊΣΥΦΟΣ", "σισυφοσ"),
        ("σίσυφος", "σισυφοσ"),
        ("ﬁne", "fine"),
        ("李 明", "李 明"),
        ("", ""),
        ("Łukasz Wałęsa", "lukasz walesa"),
        ("SØREN Æbelø", "soren aebelo"),
        ("Đorđe", "dorde"),
        ("İstanbul Iğdır", "istanbul igdir"),
        ("Þórður", "thordur"),
        ("Лев Толстой", "лев толстои"),
        ("王小明", "王小明"),
    ],
)
def test_fold_ignores_case_and_accents_and_keeps_other_scripts(text: str, folded: str) -> None:
    assert fold(text) == folded


def test_folding_twice_changes_nothing_more() -> None:
    letters = (chr(code) for code in range(sys.maxunicode + 1) if not 0xD800 <= code <= 0xDFFF)
    assert [letter for letter in letters if fold(fold(letter)) != fold(letter)] == []


def test_marks_and_joiners_do_not_split_words() -> None:
    assert words("हिन्दी भाषा") == [fold("हिन्दी"), fold("भाषा")]
    assert len(words("می‌خواهم")) == 1


@pytest.mark.parametrize(
    ("name", "searched"),
    [
        ("Łukasz", "lukasz"),
        ("Müller", "mueller"),
        ("Müller", "muller"),
        ("Лев", "lev"),
        ("Лев", "лев"),
        ("王小明", "wang"),
        ("Σωκράτης", "sokratis"),
        ("Søren", "soeren"),
    ],
)
def test_names_are_found_in_each_spelling(name: str, searched: str) -> None:
    assert set(words(searched)) <= spellings(name)


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Łukasz Wałęsa", "lukasz-walesa"),
        ("Siobhán O’Brien", "siobhan-obrien"),
        ("Siobhán O'Brien", "siobhan-obrien"),
        ("Лев Толстой", "lev-tolstoy"),
        ("王小明", "wang-xiao-ming"),
        ("김민수", "gim-min-su"),
        ("Ngô Bảo Châu", "ngo-bao-chau"),
        ("👩‍🔬", "woman-microscope"),
        ("---", "expert"),
        ("x" * 200, "x" * 60),
    ],
)
def test_slugs_are_readable_in_every_script(name: str, slug: str) -> None:
    assert slug_of(name) == slug


def test_spellings_of_a_slug_share_a_key() -> None:
    spelled = ["siobhan-obrien", "Siobhan-O-Brien", "SIOBHAN_OBRIEN", "siobhán-o’brien"]
    assert {slug_key(text) for text in spelled} == {"siobhanobrien"}
    assert slug_key("anna-li-2") != slug_key("anna-li")


@pytest.mark.parametrize("text", ["ㅤ", "⠀", "‍‌", "­", "͏", "́", "  "])
def test_text_without_a_glyph_is_invisible(text: str) -> None:
    assert not has_visible_characters(text)
    assert has_visible_characters(f"{text}a")


@pytest.mark.parametrize("text", ["👨‍👩‍👧", "می‌خواهم", "é", "🫨", "王"])
def test_joined_text_and_emoji_are_visible(text: str) -> None:
    assert has_visible_characters(text)
