"""Uploaded pictures are decoded with limited time and memory; only their pixels are kept."""

from __future__ import annotations

import time
import tracemalloc
import zlib
from io import BytesIO
from typing import TYPE_CHECKING, Any
from zipfile import ZipFile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.errors import (
    AnimatedImage,
    ImageTooLong,
    InvalidImage,
    TooFewPixels,
    TooManyPixels,
    UnreadableImage,
    UnsupportedImage,
)
from resolvers.images import MAX_BYTES, square_webp
from tests.support.pictures import (
    SECRET,
    animation,
    decoded,
    encoded,
    many_scans,
    picture,
    png,
    red_corner,
    webp,
    with_metadata,
)

if TYPE_CHECKING:
    from collections.abc import Callable

RED, BLUE, WHITE = (255, 0, 0), (0, 0, 255), (255, 255, 255)


def is_near(found: Any, wanted: tuple[int, int, int]) -> bool:
    return all(abs(a - b) < 40 for a, b in zip(found, wanted, strict=True))


@pytest.mark.parametrize(
    ("size", "side"),
    [((4_000, 2_900), 512), ((600, 900), 512), ((100, 80), 80), ((64, 20_000), 64)],
)
@pytest.mark.parametrize("format_", ["JPEG", "PNG", "WEBP"])
def test_pictures_become_squares(size: tuple[int, int], side: int, format_: str) -> None:
    if format_ == "WEBP" and max(size) > 16_383:
        size = (64, 16_383)
    found = decoded(square_webp(encoded(picture(size, colour=RED), format_)))
    assert (found.format, found.size, found.mode) == ("WEBP", (side, side), "RGB")
    assert is_near(found.getpixel((side // 2, side // 2)), RED)


CORNERS = {1: (0, 0), 2: (1, 0), 3: (1, 1), 4: (0, 1), 5: (0, 0), 6: (1, 0), 7: (1, 1), 8: (0, 1)}
"""Corner at which each Exif orientation displays the upper left corner of the stored picture."""


@pytest.mark.parametrize("orientation", CORNERS)
def test_orientation_is_applied_and_metadata_is_dropped(orientation: int) -> None:
    content = square_webp(with_metadata(orientation))
    found = decoded(content)
    assert SECRET not in content
    assert {"exif", "icc_profile", "xmp", "comment"}.isdisjoint(found.info)
    assert not found.getexif()
    x, y = (20 + 260 * side for side in CORNERS[orientation])
    assert is_near(found.getpixel((x, y)), RED)
    assert is_near(found.getpixel((280 - x + 20, 280 - y + 20)), BLUE)


@pytest.mark.parametrize(
    ("mode", "colour", "wanted"),
    [
        ("L", 255, WHITE),
        ("1", 1, WHITE),
        ("P", 0, (0, 0, 0)),
        ("LA", (0, 0), WHITE),
        ("RGBA", (255, 0, 0, 0), WHITE),
        ("RGBA", (255, 0, 0, 255), RED),
        ("I;16", 65_535, WHITE),
    ],
)
def test_every_kind_of_png_is_read(mode: str, colour: Any, wanted: tuple[int, int, int]) -> None:
    found = decoded(square_webp(encoded(picture((1_200, 1_200), mode, colour), "PNG")))
    assert is_near(found.getpixel((256, 256)), wanted)


def test_cmyk_pictures_are_read() -> None:
    assert decoded(square_webp(encoded(picture(mode="CMYK", colour=(0, 0, 0, 0))))).mode == "RGB"


def zipped() -> bytes:
    found = BytesIO()
    with ZipFile(found, "w") as archive:
        archive.writestr("evil.html", "<script>alert(1)</script>")
    return found.getvalue()


@pytest.mark.parametrize(
    "payload", [b"<script>alert(1)</script>", b"<?php system('id'); ?>", b"\nalert(1)//", zipped()]
)
@pytest.mark.parametrize("format_", ["JPEG", "PNG", "WEBP"])
def test_content_appended_to_a_picture_is_dropped(payload: bytes, format_: str) -> None:
    """Each file is a valid picture, and at the same time a web page, script or archive."""
    found = square_webp(encoded(red_corner(), format_) + payload)
    assert payload not in found
    assert b"script" not in found
    assert found[8:12] == b"WEBP"
    assert int.from_bytes(found[4:8], "little") + 8 == len(found)


BOMB = 60_000
REFUSED: dict[str, tuple[Callable[[], bytes], type[InvalidImage]]] = {
    "nothing": (lambda: b"", UnsupportedImage),
    "text": (lambda: b"<svg xmlns='http://www.w3.org/2000/svg'/>", UnsupportedImage),
    "gif": (lambda: encoded(picture(), "GIF"), UnsupportedImage),
    "bmp": (lambda: encoded(picture(), "BMP"), UnsupportedImage),
    "tiff": (lambda: encoded(picture(), "TIFF"), UnsupportedImage),
    "pdf before a picture": (lambda: b"%PDF-1.7\n" + encoded(picture()), UnsupportedImage),
    "webp inside riff audio": (lambda: b"RIFF\0\0\0\0WAVE" + b"\0" * 40, UnsupportedImage),
    "too long": (lambda: encoded(picture()) + b"\0" * MAX_BYTES, ImageTooLong),
    "png bomb": (lambda: png(BOMB, BOMB, (b"IDAT", b"x")), TooManyPixels),
    "large png": (lambda: png(3_500, 3_500, (b"IDAT", b"x")), TooManyPixels),
    "jpeg bomb": (
        lambda: encoded(picture()).replace(b"\x08\x02\x58\x03\x20", b"\x08\xff\xff\xff\xff"),
        TooManyPixels,
    ),
    "webp bomb": (lambda: webp(b"VP8X", b"\0" * 4 + b"\xff\xff\xff" * 2), TooManyPixels),
    "lossless webp bomb": (
        lambda: webp(b"VP8L", b"\x2f\xff\xff\xff\x0f" + b"\0" * 9),
        TooManyPixels,
    ),
    "lossy webp bomb": (
        lambda: webp(b"VP8 ", b"\0\0\0\x9d\x01\x2a\xff\x3f\xff\x3f" + b"\0" * 9),
        TooManyPixels,
    ),
    "small": (lambda: encoded(picture((63, 2_000)), "PNG"), TooFewPixels),
    "empty png": (lambda: png(0, 0), InvalidImage),
    "animated png": (lambda: animation("PNG"), AnimatedImage),
    "animated webp": (lambda: animation("WEBP"), AnimatedImage),
    "png without data": (lambda: png(100, 100), UnreadableImage),
    "png with text bomb": (
        lambda: png(100, 100, (b"zTXt", b"a\0\0" + zlib.compress(bytes(90_000_000)))),
        UnreadableImage,
    ),
    "webp head": (lambda: encoded(picture(), "WEBP")[:25], UnreadableImage),
    "webp of odd chunks": (lambda: webp(b"ABCD", b"\0" * 40), UnreadableImage),
    "many scans": (many_scans, UnreadableImage),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refusing_an_unusable_file_takes_little_time_and_memory(name: str) -> None:
    make, error = REFUSED[name]
    content = make()
    tracemalloc.start()
    started = time.thread_time()
    with pytest.raises(error):
        square_webp(content)
    seconds, (_, peak) = time.thread_time() - started, tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert seconds < 2
    assert peak < 100_000_000


@pytest.mark.parametrize("format_", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("part", [0.02, 0.3, 0.9])
def test_incomplete_files_are_refused(format_: str, part: float) -> None:
    image = picture((600, 600))
    image.putdata([(n % 256, n // 7 % 256, n // 600 % 256) for n in range(360_000)])
    content = encoded(image, format_)
    with pytest.raises(UnreadableImage):
        square_webp(content[: int(len(content) * part)])


WHOLE = {kind: encoded(red_corner((120, 90)), kind) for kind in ("JPEG", "PNG", "WEBP")}


@settings(max_examples=60)
@given(
    st.sampled_from(sorted(WHOLE)),
    st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), min_size=1, max_size=8),
)
def test_damaged_files_are_read_or_refused(kind: str, damages: list[tuple[int, int]]) -> None:
    content = bytearray(WHOLE[kind])
    for at, byte in damages:
        content[at % len(content)] = byte
    try:
        found = square_webp(bytes(content))
    except InvalidImage:
        return
    assert max(decoded(found).size) <= 512
