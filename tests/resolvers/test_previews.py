"""Tests of link preview pictures, drawn with the fonts of the built web client."""

from __future__ import annotations

import pytest

from resolvers.previews import HEIGHT, MARGIN, WIDTH, PreviewCard, draw_preview
from tests.support.pictures import decoded
from web.pages.previews import preview_fonts

FONTS = preview_fonts()


def card(
    name: str = "Ada Lovelace", title: str = "Lawyer", rating: float | None = 4.95
) -> PreviewCard:
    return PreviewCard(name, title, rating, 128, "/photos/initials/AL-1.svg")


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("山田 太郎", "Shan Tian Tai Lang"),
        ("Анна Ковалёва", "Anna Kovaleva"),
        ("Nguyễn Thị Hường", "Nguyễn Thị Hường"),
        ("Łukasz O'Brien", "Łukasz O'Brien"),
        ("A\u0301da 😀 Lovelace", "Áda Lovelace"),
        ("😀", ""),
    ],
)
def test_names_are_drawn_in_letters_that_the_fonts_have(name: str, shown: str) -> None:
    """Words in other scripts are transliterated rather than shown as empty boxes."""
    assert FONTS.display.readable(name) == shown
    assert draw_preview(card(name), None, FONTS) == draw_preview(card(shown), None, FONTS)


def test_long_names_and_titles_stay_within_the_picture() -> None:
    picture = draw_preview(card("Wolfeschlegelsteinhausen" * 8, "W " * 200), None, FONTS)
    image, empty = decoded(picture), decoded(draw_preview(card("", ""), None, FONTS))
    assert image.size == (WIDTH, HEIGHT)
    edge = (WIDTH - MARGIN + 1, 0, WIDTH, HEIGHT)
    assert image.crop(edge).tobytes() == empty.crop(edge).tobytes()
    below = (WIDTH // 2, 500, WIDTH, HEIGHT)
    assert image.crop(below).tobytes() == empty.crop(below).tobytes()


@pytest.mark.parametrize(
    ("rating", "shown"), [(4.95, "4.9  (128)"), (4.6, "4.6  (128)"), (5, "5.0  (128)"), (None, "")]
)
def test_ratings_are_never_rounded_up(rating: float | None, shown: str) -> None:
    assert card(rating=rating).rating_text == shown


def test_the_hash_of_a_preview_depends_on_everything_that_it_shows() -> None:
    cards = [card(), card("Bea"), card(title="Judge"), card(rating=4.1), card(rating=None)]
    assert len({each.hash for each in cards}) == len(cards)
    assert card().hash == card().hash
