"""Pictures for tests of uploads, created with Pillow or byte by byte."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO
from typing import TYPE_CHECKING, Any

from PIL import Image

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PIL.Image import Image as Picture

SECRET = b"GPS and a secret"


def picture(size: tuple[int, int] = (800, 600), mode: str = "RGB", colour: Any = 0) -> Picture:
    """Return a picture of one colour; black by default."""
    return Image.new(mode, size, colour)


def encoded(image: Picture, format_: str = "JPEG", **options: Any) -> bytes:
    """Return the content of an image file with the given picture."""
    found = BytesIO()
    image.save(found, format_, **options)
    return found.getvalue()


def decoded(content: bytes) -> Picture:
    """Return the picture that an image file contains."""
    image = Image.open(BytesIO(content))
    image.load()
    return image


def red_corner(size: tuple[int, int] = (400, 300)) -> Picture:
    """Return a blue picture whose upper left quarter is red."""
    image = picture(size, colour=(0, 0, 255))
    image.paste((255, 0, 0), (0, 0, size[0] // 2, size[1] // 2))
    return image


def with_metadata(orientation: int = 1) -> bytes:
    """Return a JPEG file with an orientation tag, and with secrets in its other metadata."""
    exif = Image.Exif()
    exif[0x0112], exif[0x010E] = orientation, SECRET.decode()
    return encoded(red_corner(), exif=exif, comment=SECRET, quality=95)


def png(width: int, height: int, *chunks: tuple[bytes, bytes]) -> bytes:
    """Return a PNG file of the given chunks whose header declares the given width and height."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = [(b"IHDR", header), *chunks, (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in parts
    )


def webp(kind: bytes, body: bytes) -> bytes:
    """Return a WebP file that consists of one chunk, with the given kind and body."""
    chunk = kind + struct.pack("<I", len(body)) + body
    return b"RIFF" + struct.pack("<I", 4 + len(chunk)) + b"WEBP" + chunk


def animation(format_: str) -> bytes:
    """Return an animated image file with three frames."""
    frames: Sequence[Picture] = [picture((80, 80), colour=(n, 0, 0)) for n in (0, 99, 200)]
    options: dict[str, Any] = {"save_all": True, "append_images": frames[1:], "duration": 50}
    return encoded(frames[0], format_, **options)


def many_scans(number: int = 20_000) -> bytes:
    """Return a progressive JPEG file of 16 megapixels that repeats its last scan many times."""
    plain = encoded(picture((4_000, 4_000)), progressive=True, quality=30)
    last = plain.rindex(b"\xff\xda")
    return plain[:-2] + plain[last:-2] * number + b"\xff\xd9"
