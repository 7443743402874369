"""Generated portraits of sample experts: SVG busts, combined from drawn parts."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Sequence

PartT = TypeVar("PartT")

# Gradients of the background, suitable for light and dark pages.
_BACKGROUNDS: Final = (
    ("#fde2c8", "#f2a97e"),
    ("#d6ecff", "#82b4e8"),
    ("#d9f2e3", "#7cc2a0"),
    ("#ece1ff", "#a991e0"),
    ("#ffe0e6", "#e88ea2"),
    ("#fff0c2", "#e9be5a"),
    ("#d5f1f2", "#69b7bd"),
    ("#e5e9f2", "#94a3bf"),
    ("#f6e3d3", "#c79b7a"),
    ("#e6efcf", "#a3bd68"),
)
# Colours of skin, shade and lips, and the number of hair colours with enough contrast.
_SKINS: Final = (
    ("#fbdcc6", "#eebd9f", "#a34a48", 10),
    ("#f5cba7", "#e0a982", "#9c4642", 10),
    ("#e9b48a", "#cf9468", "#8f3f3a", 10),
    ("#d69b6c", "#b97c4e", "#7d342e", 5),
    ("#b97a4d", "#99603a", "#6b2a26", 4),
    ("#935b38", "#754529", "#4f1d1b", 3),
    ("#6f432a", "#54301d", "#3b1413", 2),
)
_HAIR_COLOURS: Final = (
    *("#1f1a1d", "#2e2220", "#4a2f22", "#6b4128", "#8d5a34"),
    *("#c99552", "#e0b873", "#a6502d", "#8e8c90", "#c9c8cc"),
)
_CLOTHES: Final = (
    ("#2f4868", "#243852"),
    ("#3f6f73", "#305659"),
    ("#8a4a5c", "#6e3948"),
    ("#4d4a78", "#3c3a60"),
    ("#c2703d", "#a25a2e"),
    ("#45624a", "#354d3a"),
    ("#3a3d46", "#2a2d35"),
    ("#f1ede4", "#d5cfc2"),
    ("#b8454a", "#963539"),
    ("#d9a441", "#ba8830"),
)
_SCARVES: Final = ("#7a5c8e", "#2f6f7e", "#a8556a", "#48587a", "#c08a5a", "#5f7a55")


@dataclass(frozen=True, slots=True)
class _Hair:
    """A hair style, drawn behind and in front of the head; `H` stands for its colour."""

    behind: str
    front: str


_CAP: Final = "M65 88C62 54 78 40 100 40s38 14 35 48"
_LONG: Final = (
    _Hair(  # long, parted in the middle
        '<path fill="H" d="M100 34c-32 0-44 22-44 52 0 30-4 52-10 70q22 12 54 12t54-12'
        'c-6-18-10-40-10-70 0-30-12-52-44-52z"/>',
        f'<path fill="H" d="{_CAP}c-4-14-16-20-35-34-10 16-31 20-35 34z"/>',
    ),
    _Hair(  # bob
        '<path fill="H" d="M100 34c-34 0-46 24-45 56 0 18-2 30-4 40q12 10 30 8h38q18 2 30-8'
        'c-2-10-4-22-4-40 1-32-11-56-45-56z"/>',
        f'<path fill="H" d="{_CAP}c-2-12-6-20-12-26-14 10-40 10-58 26z"/>',
    ),
    _Hair(  # bob with a fringe
        '<path fill="H" d="M100 34c-34 0-46 24-45 56 0 20-1 34-3 44q12 6 28 4h40q16 2 28-4'
        'c-2-10-3-24-3-44 1-32-11-56-45-56z"/>',
        f'<path fill="H" d="{_CAP}q-4-10-7-13-14 4-28 4t-28-4q-3 3-7 13z"/>',
    ),
    _Hair(  # bun
        '<circle cx="100" cy="30" r="17" fill="H"/>',
        f'<path fill="H" d="{_CAP}c-3-16-14-26-35-26s-32 10-35 26z"/>',
    ),
    _Hair(  # pony tail over a shoulder
        '<path fill="H" d="M124 46c32 2 36 34 30 62-4 20-2 34-10 48-14-2-20-18-14-40 6-24'
        ' 4-44-6-70z"/>',
        f'<path fill="H" d="{_CAP}c-4-14-10-22-16-27-10 12-34 12-54 27z"/>',
    ),
    _Hair(  # curls to the shoulder
        '<path fill="H" d="M100 30c-14-6-28 2-33 12-14 2-18 18-14 28-10 8-8 24-2 30-8 10-2 26 6 30'
        " 0 14 14 20 24 16h38c10 4 24-2 24-16 8-4 14-20 6-30 6-6 8-22-2-30 4-10 0-26-14-28"
        '-5-10-19-18-33-12z"/>',
        f'<path fill="H" d="{_CAP}q-2-10-8-16-6 4-11-1-6 4-12-1-7 5-14 0-5 5-11 3-5 5-9 15z"/>',
    ),
    _Hair(  # afro
        '<circle cx="100" cy="74" r="54" fill="H"/>',
        '<path fill="H" d="M66 88c-2-30 12-44 34-44s36 14 34 44c-4-12-8-18-13-22-12 5-30 5-42 0'
        '-5 4-9 10-13 22z"/>',
    ),
)
_SHORT: Final = (
    _Hair(  # crop
        "",
        '<path fill="H" d="M65 90C60 54 76 40 100 40s40 14 35 50l-4-2c0-10-2-17-5-22-16-6-36-6-52 0'
        '-3 5-5 12-5 22z"/>',
    ),
    _Hair(  # side parting
        "",
        '<path fill="H" d="M65 90C58 58 70 42 92 40c26-4 48 10 43 50l-4-2c0-10-2-16-5-20-16'
        " 2-34-2-44-12"
        '-5 9-12 14-13 32z"/>',
    ),
    _Hair(  # quiff
        "",
        '<path fill="H" d="M65 90c-4-18-3-30 2-38-2-14 18-22 36-20 22-2 36 12 33 30 2 8 1 18-1'
        " 28l-4-2"
        'c0-10-2-17-5-21-18 3-36 1-48-5-6 6-9 14-9 26z"/>',
    ),
    _Hair(  # short curls
        "",
        '<path fill="H" d="M65 90c-8-6-9-16-4-22-3-10 4-18 11-20 3-10 16-13 24-9 8-5 21-2 25 6'
        " 10 1 16 10 14 20 6 8 4 20-4 25l-2-8c-1-8-3-12-6-15-7 3-13-1-16-3-6 4-13 2-16-1-7 5-14"
        " 2-18 4"
        '-3 4-6 12-8 23z"/>',
    ),
    _Hair(  # swept back
        "",
        '<path fill="H" d="M65 92C58 56 74 38 100 38s42 18 35 54l-4-4'
        "c0-14-6-28-14-32-10-4-24-4-34 0"
        '-8 4-14 18-14 32z"/>',
    ),
    _Hair(  # bald on top
        '<path fill="H" d="M62 94c-5-20 0-34 12-40h52c12 6 17 20 12 40z"/>',
        "",
    ),
)
_SCARF: Final = _Hair(
    "",
    '<path fill="H" fill-rule="evenodd" d="M100 34c-32 0-44 24-42 56 1 28 2 42-4 60q22 30 46'
    " 30t46-30"
    "c-6-18-5-32-4-60 2-32-10-56-42-56zm0 20c21 0 30 14 30 36 0 24-12 39-30 39s-30-15-30-39"
    'c0-22 9-36 30-36z"/><path fill="none" stroke="#000" stroke-opacity=".18" stroke-width="3" '
    'd="M66 128q18 24 52 22M60 150q28 22 66 12M72 60q10-18 34-18"/>',
)

_CLOTHING: Final = (
    # crew neck
    '<path fill="D" d="M78 152q22 24 44 0l6 3q-28 32-56 0z"/>',
    # shirt collar
    (
        '<path fill="#fff" d="M80 148l20 26-16 10-14-31zM120 148l-20 26 16 10 14-31z"/>'
        '<path stroke="D" stroke-width="2" d="M100 176v24"/>'
    ),
    # jacket over a shirt
    (
        '<path fill="#fff" d="M78 150l22 50 22-50q-22 22-44 0z"/>'
        '<path fill="D" d="M76 150l-12 6 8 20-5 6 27 18h6zM124 150l12 6-8 20 5 6-27 18h-6z"/>'
    ),
    # roll neck
    (
        '<path fill="C" d="M80 136q20 12 40 0l3 24q-23 12-46 0z"/>'
        '<path fill="none" stroke="D" stroke-width="3" d="M78 158q22 12 44 0"/>'
    ),
    # open neck
    (
        '<path fill="S" d="M82 150l18 32 18-32z"/>'
        '<path fill="none" stroke="D" stroke-width="4" d="M79 151l21 35 21-35"/>'
    ),
)
_EYES: Final = (
    (
        '<g fill="#1d1517"><circle cx="86" cy="92" r="3.6"/><circle cx="114" cy="92" r="3.6"/></g>'
        '<g fill="#fff"><circle cx="87.3" cy="90.7" r="1.2"/><circle cx="115.3" cy="90.7"'
        ' r="1.2"/></g>'
    ),
    (
        '<g fill="#1d1517"><ellipse cx="86" cy="92" rx="3.2" ry="4.2"/>'
        '<ellipse cx="114" cy="92" rx="3.2" ry="4.2"/></g>'
    ),
    '<path fill="none" stroke="#1d1517" stroke-width="3" d="M81 93q5-6 10 0M109 93q5-6 10 0"/>',
)
_BROWS: Final = (
    "M79 82q7-5 13-2M108 80q6-3 13 2",
    "M79 81q7-3 13-1M108 80q6-2 13 1",
    "M80 83q5-6 12-4M108 79q7-2 12 4",
)
_MOUTHS: Final = (
    '<path fill="none" stroke="M" stroke-width="3" d="M90 113q10 8 20 0"/>',
    '<path fill="#fff" stroke="M" stroke-width="2" d="M88 111q12 3 24 0-2 11-12 11t-12-11z"/>',
    '<path fill="none" stroke="M" stroke-width="3" d="M91 114q11 5 18-2"/>',
)
_GLASSES: Final = (
    (
        '<g fill="none" stroke="#2c2c34" stroke-width="2.4"><circle cx="86" cy="92" r="10"/>'
        '<circle cx="114" cy="92" r="10"/><path d="M96 91q4-3 8 0M76 90l-8-2M124 90l8-2"/></g>'
    ),
    (
        '<g fill="none" stroke="#6a3f2a" stroke-width="2.6"><rect x="75" y="84" width="21"'
        ' height="16" rx="5"/>'
        '<rect x="104" y="84" width="21" height="16" rx="5"/><path d="M96 90q4-3 8 0M75'
        ' 89l-7-2M125 89l7-2"/></g>'
    ),
)
_BEARDS: Final = (
    # full beard
    (
        '<path fill="H" d="M67 92c0 30 12 44 33 44s33-14 33-44c-3 8-6 13-11'
        " 14-8-4-14-4-22-1-8-3-14-3-22 1"
        '-5-1-8-6-11-14z"/>'
    ),
    # stubble
    (
        '<path fill="H" opacity=".28" d="M68 94c0 26 12 36 32 36s32-10 32-36c-3 8-6 12-11'
        " 12-8-4-14-4-21-1"
        '-7-3-13-3-21 1-5 0-8-4-11-12z"/>'
    ),
    # moustache
    '<path fill="H" d="M100 105c-6-4-14 0-17 7 6 0 12-1 17-3 5 2 11 3 17 3-3-7-11-11-17-7z"/>',
)
_EARRINGS: Final = (
    '<g fill="#e8c25a"><circle cx="66" cy="104" r="3"/><circle cx="134" cy="104" r="3"/></g>'
)


class _Choices:
    """Random choices that depend only on a slug."""

    def __init__(self, slug: str) -> None:
        self._entropy = int.from_bytes(sha256(slug.encode()).digest())

    def below(self, limit: int) -> int:
        self._entropy, number = divmod(self._entropy, limit)
        return number

    def one_of(self, parts: Sequence[PartT]) -> PartT:
        return parts[self.below(len(parts))]


def portrait(slug: str) -> str:
    """Return a square SVG document of at most 3 kB, which does not contain the slug itself."""
    choices = _Choices(slug)
    light, deep = choices.one_of(_BACKGROUNDS)
    skin, shade, lips, hair_colours = choices.one_of(_SKINS)
    hair_colour = choices.one_of(_HAIR_COLOURS[:hair_colours])
    cloth, cloth_shade = choices.one_of(_CLOTHES)
    # A slug begins with a given name. In most languages, these endings are rare among men's
    # names, so that hardly any woman gets a beard.
    soft = slug.partition("-")[0].endswith(("a", "e", "i", "ah", "ko"))
    usual, unusual = (_LONG, _SHORT[:2]) if soft else (_SHORT, _LONG)
    styles = usual if choices.below(8) else unusual
    hair = choices.one_of(styles)
    beard = choices.one_of((*_BEARDS, "", "", "", "")) if styles is _SHORT else ""
    earrings = _EARRINGS if styles is _LONG and not choices.below(3) else ""
    if soft and not choices.below(24):
        hair, hair_colour, earrings = _SCARF, choices.one_of(_SCARVES), ""
    parts = (
        (
            '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 200 200"><title>Portrait</title>'
            '<defs><linearGradient id="b" x2="0" y2="1">'
            f'<stop stop-color="{light}"/><stop offset="1" stop-color="{deep}"/>'
            "</linearGradient></defs>"
            '<path fill="url(#b)" d="M0 0h200v200H0z"/>'
            '<g transform="matrix(1.13 0 0 1.13 -13 -10)" stroke-linecap="round"'
            ' stroke-linejoin="round">'
        ),
        hair.behind,
        (
            '<path fill="C" d="M24 200c2-30 20-44 54-49h44c34 5 52 19 54 49z"/>'
            '<path fill="S" d="M84 118h32v30q4 4 8 5-24 26-48 0 4-1 8-5z"/>'
            '<path fill="T" d="M84 126q16 14 32 0v6q-16 16-32 2z"/>'
        ),
        choices.one_of(_CLOTHING),
        (
            '<g fill="S"><circle cx="67" cy="94" r="8"/><circle cx="133" cy="94" r="8"/>'
            '<path d="M67 82c0-24 14-36 33-36s33 12 33 36v12c0 24-15 38-33 38S67 118 67 94z"/></g>'
            '<g fill="#e8674f" opacity=".2"><circle cx="79" cy="105" r="7"/>'
            '<circle cx="121" cy="105" r="7"/></g>'
        ),
        beard,
        '<path fill="none" stroke="T" stroke-width="3" d="M100 93q5 8-1 10"/>',
        choices.one_of(_MOUTHS),
        choices.one_of(_EYES),
        f'<path fill="none" stroke="B" stroke-width="3" d="{choices.one_of(_BROWS)}"/>',
        hair.front,
        choices.one_of((*_GLASSES, "", "", "", "")),
        earrings,
        "</g></svg>",
    )
    svg = "".join(parts)
    brow = shade if hair is _SCARF else hair_colour
    # In the parts, letters stand for colours: hair, brows, clothes, darker clothes, skin, shade
    # and mouth.
    colours = {"H": hair_colour, "B": brow, "C": cloth, "D": cloth_shade}
    colours |= {"S": skin, "T": shade, "M": lips}
    for letter, colour in colours.items():
        svg = svg.replace(f'"{letter}"', f'"{colour}"')
    return svg
