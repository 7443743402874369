"""Decodes uploaded pictures and encodes them again, as small squares without metadata."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, Final

from models.errors import (
    AnimatedImage,
    ImageTooLong,
    InvalidImage,
    TooFewPixels,
    TooManyPixels,
    UnreadableImage,
    UnsupportedImage,
)

if TYPE_CHECKING:
    from PIL.Image import Image

MAX_BYTES: Final = 5 * 1024 * 1024
MAX_PIXELS: Final = 12_000_000
"""Maximum number of pixels, which limits the memory for decoding. WebP, the costliest format, takes
up to 16 bytes per pixel."""

MAX_JPEG_PIXELS: Final = 25_000_000
"""Maximum number of pixels of a JPEG file. It is higher than for other formats, because large JPEG
files are decoded at a lower resolution."""

MIN_SIDE: Final = 64
SIDE: Final = 512
QUALITY: Final = 82
CENTRE: Final = (0.5, 0.4)
"""Centre of the crop, as fractions of width and height. It is above the middle, because faces
usually are."""

MAX_SCANS: Final = 50
"""Maximum number of scans in a progressive JPEG file. Cameras and editors write about ten scans.
Decoding a scan takes time for every pixel of the picture, even if the scan has few bytes."""

START_OF_SCAN: Final = b"\xff\xda"
JPEG, PNG = b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"
STILL: Final = frozenset({"PNG", "WEBP"})
"""Formats whose animations are refused. JPEG is not among them, because further pictures in a JPEG
file are previews that a camera added."""

ORIENTATION: Final = 0x0112
"""EXIF tag of the orientation (CIPA DC-008, 4.6.4)."""

WEBP_HEAD_BYTES: Final = 30
ANIMATION_FLAG: Final = 0x02


def square_webp(content: bytes) -> bytes:
    """Convert an uploaded JPEG, PNG or WebP picture to a square WebP of at most 512 by 512 pixels.

    The EXIF orientation is applied, metadata is dropped, and transparent parts become white. The
    number of pixels is checked before any memory for them is allocated.

    Raises:
        InvalidImage: if the picture has too many bytes, too many or too few pixels, or if it is
            animated, damaged or in another format.
    """
    if len(content) > MAX_BYTES:
        raise ImageTooLong
    if _is_webp(content):
        # Check the dimensions first: Pillow allocates the whole canvas when it opens a WebP file.
        _check_webp(content)
    elif content.startswith(JPEG):
        if content.count(START_OF_SCAN) > MAX_SCANS:
            raise UnreadableImage
    elif not content.startswith(PNG):
        raise UnsupportedImage
    try:
        return _encoded(_decoded(content))
    except InvalidImage:
        raise
    except Exception as error:  # Pillow's parsers raise errors of many types
        raise UnreadableImage from error


def _decoded(content: bytes) -> Image:
    """Decode a picture; return it in RGB, upright, and scaled down if it is large."""
    from PIL import Image  # noqa: PLC0415 - Pillow is large, and only uploads need it

    try:
        image: Image.Image = Image.open(BytesIO(content), formats=("JPEG", "PNG", "WEBP"))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise TooManyPixels from error
    with image:
        _check_pixels(*image.size, MAX_PIXELS if image.format in STILL else MAX_JPEG_PIXELS)
        # A camera's JPEG file may have further pictures, such as a preview; only the first one is
        # used.
        if image.format in STILL and getattr(image, "is_animated", False):
            raise AnimatedImage
        image.draft("RGB", (2 * SIDE, 2 * SIDE))  # decode a JPEG file at a lower resolution
        image.load()
        orientation = _orientation(image)
        if image.mode.startswith("I"):  # 16 bits per pixel
            image = image.convert("I").point(lambda value: value / 256).convert("L")
        elif image.mode not in {"L", "RGB", "RGBA"}:
            image = image.convert("RGBA")
        factor = min(image.size) // (2 * SIDE)
        if factor > 1:
            image = image.reduce(factor)
        layer = image.convert("RGBA")
        opaque = Image.new("RGB", layer.size, "white")
        opaque.paste(layer, mask=layer.getchannel("A"))
    turns = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_270,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_90,
    }
    return opaque.transpose(turns[orientation]) if orientation in turns else opaque


def _encoded(image: Image) -> bytes:
    """Crop a picture to a square, and return a WebP file with its pixels and nothing else."""
    from PIL import Image, ImageOps  # noqa: PLC0415 - Pillow is large

    side = min(SIDE, *image.size)
    square = ImageOps.fit(image, (side, side), Image.Resampling.LANCZOS, centering=CENTRE)
    found = BytesIO()
    square.save(found, "WEBP", quality=QUALITY, method=4)
    return found.getvalue()


def _orientation(image: Image) -> object:
    """Return the EXIF orientation, or None if it is missing or unreadable."""
    try:
        return image.getexif().get(ORIENTATION)
    except Exception:  # noqa: BLE001 - damaged metadata may raise any error
        return None


def _check_pixels(width: int, height: int, limit: int = MAX_PIXELS) -> None:
    if width * height > limit:
        raise TooManyPixels
    if min(width, height) < MIN_SIDE:
        raise TooFewPixels


def _is_webp(content: bytes) -> bool:
    return content.startswith(b"RIFF") and content[8:12] == b"WEBP"


def _check_webp(content: bytes) -> None:
    """Check a WebP file's dimensions and animation flag (RFC 9649, section 2: first chunk)."""
    kind, body = content[12:16], content[20:WEBP_HEAD_BYTES]
    if len(content) < WEBP_HEAD_BYTES:
        raise UnreadableImage
    if kind == b"VP8X":
        if body[0] & ANIMATION_FLAG:
            raise AnimatedImage
        width, height = (1 + int.from_bytes(body[at : at + 3], "little") for at in (4, 7))
    elif kind == b"VP8L":
        bits = int.from_bytes(body[1:5], "little")
        width, height = 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    elif kind == b"VP8 ":
        width, height = (int.from_bytes(body[at : at + 2], "little") & 0x3FFF for at in (6, 8))
    else:
        raise UnreadableImage
    _check_pixels(width, height)
