"""Draws the pictures of link previews, in the light colours of the "Daylight" design."""

from __future__ import annotations

import math
import unicodedata
from dataclasses import astuple, dataclass
from functools import lru_cache
from hashlib import sha256
from io import BytesIO
from itertools import groupby
from typing import TYPE_CHECKING, Final

from models.text import initials_of, transliterated_words

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from PIL.Image import Image
    from PIL.ImageDraw import ImageDraw
    from PIL.ImageFont import FreeTypeFont

VERSION: Final = 1
"""Version of the drawing, which is part of each picture's hash; increment it when the drawing
changes."""

HASH_CHARS: Final = 20
WIDTH, HEIGHT = 1200, 630
SCALE: Final = 4
"""Curved shapes are drawn this many times larger and then scaled down, for smooth edges."""

BACKGROUND, TEXT, MUTED = "#faf9f6", "#15211b", "#535f58"
PINE, SOFT, STAR, LIT, LINE = "#0e6049", "#ddf1e6", "#c77c0e", "#ffc163", "#e7e5de"
GLOWS: Final = (("#ffe3bd", (640, -420, 1500, 440)), ("#e2f3e8", (-320, -460, 680, 540)))
MARGIN, PORTRAIT, COLUMN = 84, 300, 448
RADIUS: Final = 0.26
"""Radius of a portrait's corners, as a fraction of its side."""

NAME_SIZES: Final = (76, 68, 60, 52, 44)
TITLE_SIZE, SMALL_SIZE, INITIALS_SIZE = 36, 34, 128
MAX_LINES: Final = 2
MAX_CHARS: Final = 200
DISPLAY_WEIGHT, TEXT_WEIGHT = 650, 500
MISSING: Final = "\uffff"
"""A character that no font contains, so each font shows its sign for missing characters."""


@dataclass(frozen=True, slots=True)
class PreviewCard:
    """An expert as shown in link previews; `photo_url` is the API's `Expert.photoUrl`."""

    name: str
    title: str
    rating: float | None
    review_count: int
    photo_url: str

    @property
    def hash(self) -> str:
        """Hash of all data from which the picture is drawn."""
        shown = repr((VERSION, self.rating_text, astuple(self)))
        return sha256(shown.encode()).hexdigest()[:HASH_CHARS]

    @property
    def rating_text(self) -> str:
        """The rating, rounded down to one decimal, and the review count; empty if unrated."""
        if self.rating is None:
            return ""
        return f"{math.floor(self.rating * 10 + 1e-9) / 10:.1f}  ({self.review_count})"


@dataclass(frozen=True)
class Typeface:
    """A typeface in several font files, each of which covers the letters of some languages.

    Args:
        files: font files; each character is drawn with the first font that contains it.
        weight: weight (boldness) to which the variable fonts are set.
    """

    files: tuple[Path, ...]
    weight: int

    def runs(self, text: str, size: int) -> list[tuple[str, FreeTypeFont]]:
        """Split a text by the fonts that it needs; return each part of the text with its font."""
        return [
            ("".join(part), _font(file, size, self.weight))
            for file, part in groupby(text, key=lambda char: self._file(char) or self.files[0])
        ]

    def _file(self, char: str) -> Path | None:
        """Return the first font file that has a character, or None."""
        return next((file for file in self.files if _has(file, char)), None)

    def width(self, text: str, size: int) -> float:
        """Return the width of a line of text in pixels."""
        return sum(font.getlength(part) for part, font in self.runs(text, size))

    def readable(self, text: str) -> str:
        """Return a text that the fonts can show: words with missing letters are transliterated."""
        composed = unicodedata.normalize("NFC", text[:MAX_CHARS])
        kept = "".join(
            char for char in composed if unicodedata.category(char)[0] in "LMNZ" or self._file(char)
        )
        shown = (
            word if all(map(self._file, word)) else " ".join(transliterated_words(word)).title()
            for word in kept.split()
        )
        return " ".join(filter(None, shown))

    def draw(self, draw: ImageDraw, place: tuple[int, int], text: str, size: int, fill: str) -> int:
        """Draw a line of text with its baseline at `place`; return the x coordinate of its end."""
        x = float(place[0])
        for part, font in self.runs(text, size):
            draw.text((x, place[1]), part, fill=fill, font=font, anchor="ls")
            x += font.getlength(part)
        return round(x)

    def lines(self, text: str, size: int, width: int) -> list[str]:
        """Break a text into lines of at most `width` pixels; longer words are not broken."""
        lines: list[str] = []
        for word in text.split():
            longer = f"{lines[-1]} {word}" if lines else word
            if lines and self.width(longer, size) <= width:
                lines[-1] = longer
            else:
                lines.append(word)
        return lines

    def cut(self, lines: list[str], size: int, width: int) -> list[str]:
        """Cut off the lines and letters that do not fit, and mark each cut with an ellipsis."""
        kept = lines[:MAX_LINES]
        if len(lines) > MAX_LINES:
            kept[-1] += "…"
        for number, line in enumerate(kept):
            fitting = line
            while self.width(fitting, size) > width:
                fitting = f"{fitting.rstrip('…')[:-1]}…"
            kept[number] = fitting
        return kept


@dataclass(frozen=True)
class PreviewFonts:
    """The typefaces of link previews: one for names, the other for all other text."""

    display: Typeface
    text: Typeface

    @classmethod
    def of(cls, display: Sequence[Path], text: Sequence[Path]) -> PreviewFonts:
        """Create the typefaces from their font files."""
        return cls(Typeface(tuple(display), DISPLAY_WEIGHT), Typeface(tuple(text), TEXT_WEIGHT))


def draw_preview(card: PreviewCard | None, photo: bytes | None, fonts: PreviewFonts) -> bytes:
    """Draw the picture for a link preview, and return it in PNG format.

    Args:
        card: the expert; None draws the picture for the whole site.
        photo: the bytes of the expert's photo, or None to draw the expert's initials.
        fonts: the typefaces.
    """
    from PIL import ImageDraw  # noqa: PLC0415 - Pillow is large, and only pictures need it

    image = _background().copy()
    draw = ImageDraw.Draw(image)
    if card is None:
        _draw_mark(image, MARGIN, 235, 160)
        fonts.display.draw(draw, (MARGIN + 200, 360), "ExpertBook", 140, TEXT)
    else:
        _draw_portrait(image, draw, card, photo, fonts)
        _draw_text(draw, card, fonts)
        _draw_mark(image, MARGIN, 502, 52)
        fonts.display.draw(draw, (MARGIN + 70, 541), "ExpertBook", 38, TEXT)
    found = BytesIO()
    image.save(found, "PNG")
    return found.getvalue()


def _draw_text(draw: ImageDraw, card: PreviewCard, fonts: PreviewFonts) -> None:
    width = WIDTH - COLUMN - MARGIN
    name = fonts.display.readable(card.name)
    for size in NAME_SIZES:
        lines = fonts.display.lines(name, size, width)
        fits = all(fonts.display.width(line, size) <= width for line in lines)
        if len(lines) <= MAX_LINES and fits:
            break
    y = 150
    for line in fonts.display.cut(lines, size, width):
        y += round(size * 1.08)
        fonts.display.draw(draw, (COLUMN, y), line, size, TEXT)
    y += 14
    title = fonts.text.lines(fonts.text.readable(card.title), TITLE_SIZE, width)
    for line in fonts.text.cut(title, TITLE_SIZE, width):
        y += round(TITLE_SIZE * 1.3)
        fonts.text.draw(draw, (COLUMN, y), line, TITLE_SIZE, MUTED)
    if card.rating_text:
        y += 64
        draw.polygon(_star(COLUMN + 16, y - 12, 18), fill=STAR)
        fonts.text.draw(draw, (COLUMN + 46, y), card.rating_text, SMALL_SIZE, TEXT)


def _draw_portrait(
    image: Image, draw: ImageDraw, card: PreviewCard, photo: bytes | None, fonts: PreviewFonts
) -> None:
    from PIL import Image as Images  # noqa: PLC0415 - Pillow is large

    place = MARGIN, 132
    mask = _rounded(PORTRAIT, PORTRAIT * RADIUS)
    if photo:
        with Images.open(BytesIO(photo), formats=("WEBP",)) as opened:
            square = opened.convert("RGB").resize((PORTRAIT, PORTRAIT), Images.Resampling.LANCZOS)
        image.paste(square, place, mask)
        return
    image.paste(SOFT, place, mask)
    initials = initials_of(fonts.display.readable(card.name))
    x = MARGIN + round((PORTRAIT - fonts.display.width(initials, INITIALS_SIZE)) / 2)
    fonts.display.draw(draw, (x, place[1] + 194), initials, INITIALS_SIZE, PINE)


@lru_cache(maxsize=1)
def _background() -> Image:
    from PIL import Image as Images  # noqa: PLC0415 - Pillow is large

    image = Images.new("RGB", (WIDTH, HEIGHT), BACKGROUND)
    for colour, (left, top, right, bottom) in GLOWS:
        glow = Images.radial_gradient("L").resize((right - left, bottom - top))
        image.paste(colour, (left, top), glow.point(lambda value: max(0, 255 - value * 2)))
    return image


@lru_cache(maxsize=2)
def _mark(side: int) -> Image:
    """Return the logo's mark (`web/client/src/app/mark.svg`), drawn on its grid of 32 units."""
    from PIL import Image as Images  # noqa: PLC0415 - Pillow is large
    from PIL import ImageDraw  # noqa: PLC0415 - Pillow is large

    unit = side * SCALE / 32
    mark = Images.new("RGB", (side * SCALE, side * SCALE), PINE)
    draw = ImageDraw.Draw(mark)
    for colour, corners, radius in (
        ("#fff", (8, 6, 29, 26), 5),
        (PINE, (12, 10, 32, 22), 1),
        (PINE, (22, 0, 32, 32), 0),
        ("#fff", (18, 6, 24, 10), 2),
        ("#fff", (18, 22, 24, 26), 2),
        (LIT, (14, 14, 24, 18), 2),
    ):
        box = tuple(round(corner * unit) - (at > 1) for at, corner in enumerate(corners))
        draw.rounded_rectangle(box, round(radius * unit), fill=colour)
    return mark.resize((side, side), Images.Resampling.LANCZOS)


def _draw_mark(image: Image, left: int, top: int, side: int) -> None:
    image.paste(_mark(side), (left, top), _rounded(side, side * 9 / 32))


@lru_cache(maxsize=4)
def _rounded(side: int, radius: float) -> Image:
    """Return a mask in the shape of a square with rounded corners."""
    from PIL import Image as Images  # noqa: PLC0415 - Pillow is large
    from PIL import ImageDraw  # noqa: PLC0415 - Pillow is large

    mask = Images.new("L", (side * SCALE, side * SCALE), 0)
    edge = side * SCALE - 1
    ImageDraw.Draw(mask).rounded_rectangle((0, 0, edge, edge), radius * SCALE, fill=255)
    return mask.resize((side, side), Images.Resampling.LANCZOS)


def _star(x: float, y: float, radius: float) -> list[tuple[float, float]]:
    """Return the corners of a star around a point."""
    return [
        (x + length * math.sin(turn * math.pi / 5), y - length * math.cos(turn * math.pi / 5))
        for turn in range(10)
        for length in [radius if turn % 2 == 0 else radius * 0.45]
    ]


@lru_cache(maxsize=64)
def _font(file: Path, size: int, weight: int) -> FreeTypeFont:
    from PIL import ImageFont  # noqa: PLC0415 - Pillow is large

    font = ImageFont.truetype(file, size)
    font.set_variation_by_axes([weight])
    return font


@lru_cache(maxsize=8)
def _plain_font(file: Path) -> FreeTypeFont:
    """Return a font for looking up single glyphs, without complex text layout."""
    from PIL import ImageFont  # noqa: PLC0415 - Pillow is large

    return ImageFont.truetype(file, 20, layout_engine=ImageFont.Layout.BASIC)


@lru_cache(maxsize=4_096)
def _has(file: Path, char: str) -> bool:
    """Return whether a font has a glyph for a character."""
    font = _plain_font(file)
    return bytes(font.getmask(char)) != bytes(font.getmask(MISSING))
