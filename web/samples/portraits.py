"""Generated portraits of sample experts: SVG busts, combined from the parts in portraits.toml."""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from pathlib import Path
from tomllib import loads
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Sequence

PartT = TypeVar("PartT")

PARTS = Path(__file__).with_name("data") / "portraits.toml"


class _Choices:
    """Pseudorandom choices that depend only on a slug."""

    def __init__(self, slug: str) -> None:
        self._entropy = int.from_bytes(sha256(slug.encode()).digest())

    def below(self, limit: int) -> int:
        self._entropy, number = divmod(self._entropy, limit)
        return number

    def one_of(self, parts: Sequence[PartT]) -> PartT:
        return parts[self.below(len(parts))]


@cache
def _parts() -> dict[str, Any]:
    return loads(PARTS.read_text("utf-8"))


def portrait(slug: str) -> str:
    """Return a square SVG document of at most 3 kB, which does not contain the slug itself."""
    parts, choices = _parts(), _Choices(slug)
    light, deep = choices.one_of(parts["backgrounds"])
    skin, shade, lips, hair_colours = choices.one_of(parts["skins"])
    hair_colour = choices.one_of(parts["hair_colours"][:hair_colours])
    cloth, cloth_shade = choices.one_of(parts["clothes"])
    # A slug begins with the expert's given name. In most languages, few men's names have these
    # endings. Experts whose names have them get no beard, so hardly any woman gets one.
    soft = slug.partition("-")[0].endswith(("a", "e", "i", "ah", "ko"))
    long, short = parts["long_hair"], parts["short_hair"]
    usual, unusual = (long, short[:2]) if soft else (short, long)
    styles = usual if choices.below(8) else unusual
    hair = choices.one_of(styles)
    beard = choices.one_of([*parts["beards"], *[""] * 4]) if styles is short else ""
    earrings = parts["earrings"] if styles is long and not choices.below(3) else ""
    brow_colour = hair_colour
    if soft and not choices.below(24):
        hair, hair_colour, earrings = parts["scarf"], choices.one_of(parts["scarves"]), ""
        brow_colour = shade
    svg: str = parts["drawing"].format(
        light=light,
        deep=deep,
        hair_behind=hair["behind"],
        clothing=choices.one_of(parts["clothing"]),
        beard=beard,
        mouth=choices.one_of(parts["mouths"]),
        eyes=choices.one_of(parts["eyes"]),
        brows=choices.one_of(parts["brows"]),
        hair_front=hair["front"],
        glasses=choices.one_of([*parts["glasses"], *[""] * 4]),
        earrings=earrings,
    )
    colours = {"H": hair_colour, "B": brow_colour, "C": cloth, "D": cloth_shade}
    colours |= {"S": skin, "T": shade, "M": lips}
    for letter, colour in colours.items():
        svg = svg.replace(f'"{letter}"', f'"{colour}"')
    return svg.replace("\n", "")
