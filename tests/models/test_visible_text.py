"""Detection and removal of invisible characters in text."""

# ruff: noqa: RUF001 - the tests need characters that are easily confused

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.text import has_visible_characters, visible_line, visible_part


@pytest.mark.parametrize(
    "text", ["ㅤ", "⠀", "‍‌", "­", "͏", "́", "  ", "\ue000", "\uffff", "\ufffc", "\U0001d159"]
)
def test_text_without_a_glyph_is_invisible(text: str) -> None:
    assert not has_visible_characters(text)
    assert has_visible_characters(f"{text}a")


@pytest.mark.parametrize("text", ["👨‍👩‍👧", "می‌خواهم", "é", "🫨", "王"])
def test_letters_and_emoji_are_visible_with_or_without_joiners(text: str) -> None:
    assert has_visible_characters(text)


def test_visible_part_drops_invisible_characters_and_collapses_spaces() -> None:
    assert visible_part(" a\u200b \n\t b\u3164 ") == "a b"
    assert visible_part("\u200b" * 10) == ""


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (" Ada \t\n Lovelace\u00a0", "Ada Lovelace"),
        ("\u3164Ada", "Ada"),
        ("Ada\u200b King", "Ada King"),
        ("Ada \u2060 King\ufeff", "Ada King"),
        ("\U000e0061Ada", "Ada"),
        ("\ufdd0Ada\U0010ffff", "Ada"),
        ("Ada\u200d Twin", "Ada Twin"),
        ("A\u200dda\ufe0f", "Ada"),
        ("\u2067Ada\u2069 \u202eKing\u202c", "Ada King"),
        ("\u200fיעל", "יעל"),
        ("Jose\u0301", "José"),
        ("\u1112\u1161\u11ab", "한"),
        ("", ""),
        ("\u200b\u200d", ""),
    ],
)
def test_visible_line_drops_invisible_characters(text: str, line: str) -> None:
    assert visible_line(text) == line


@pytest.mark.parametrize(
    "text",
    [
        "علی\u200cرضا",
        "র\u200d্যাচেল",
        "മോഹന\u0d4d\u200d",
        "ක\u0dca\u200dරි",
        "葛\U000e0100城",
        "Ada ❤\ufe0f",
        "👩\u200d❤\ufe0f\u200d👨",
        "🏳\ufe0f\u200d🌈",
        "Coach 🏴\U000e0067\U000e0062\U000e0077\U000e006c\U000e0073\U000e007f",
    ],
)
def test_visible_line_keeps_joiners_that_letters_and_emoji_need(text: str) -> None:
    assert visible_line(text) == text


@given(st.text())
def test_visible_line_is_idempotent(text: str) -> None:
    assert visible_line(visible_line(text)) == visible_line(text)
