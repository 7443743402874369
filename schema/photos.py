"""URLs of experts' photos and, for experts without a photo, of pictures of their initials."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import quote

from models.ids import is_sample
from models.text import initials_of

if TYPE_CHECKING:
    from models.directory.experts import DirectoryEntry, Expert

PLACEHOLDER = "placeholder"
"""Name of the picture for experts whose names have no initials. No sample expert has this name as a
slug, because such slugs have at least two words."""

COLOURS = 8
"""Number of background colours for pictures of initials."""

MAX_CACHED_INITIALS = 1_024


def photo_url(expert: Expert | DirectoryEntry) -> str:
    """Return the URL of an expert's photo, or of a picture in its place, relative to this server.

    The URL of a photo contains a hash of the photo's content. The URL of a picture of initials
    contains the letters and the colour, so that any process can draw the picture.
    """
    if expert.photo:
        return f"/photos/{expert.photo}.webp"
    if is_sample(expert.id):
        return f"/photos/{expert.slug}.svg"
    initials = _quoted_initials(expert.name)
    if not initials:
        return f"/photos/{PLACEHOLDER}.svg"
    # The last byte of a MongoDB id is part of a counter, so the colours are distributed evenly over
    # the experts.
    return f"/photos/initials/{initials}-{expert.id.binary[-1] % COLOURS}.svg"


@lru_cache(maxsize=MAX_CACHED_INITIALS)
def _quoted_initials(name: str) -> str:
    return quote(initials_of(name))
