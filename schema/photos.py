"""URLs of experts' photos, and of initials for experts without a photo."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import quote

from models.ids import is_sample
from models.text import initials_of

if TYPE_CHECKING:
    from models.directory.experts import DirectoryEntry, Expert

PLACEHOLDER = "placeholder"
"""Picture name for experts without initials. It differs from the slugs of all sample experts, since
those have at least two words."""

COLOURS = 8
"""Number of background colours of initials."""

MAX_CACHED_INITIALS = 1_024


def photo_url(expert: Expert | DirectoryEntry) -> str:
    """Return the URL of an expert's photo or of its replacement, relative to this server.

    The URL of a photo has the hash of its content; the URL of initials has the letters and the
    colour, so any process can draw them.
    """
    if expert.photo:
        return f"/photos/{expert.photo}.webp"
    if is_sample(expert.id):
        return f"/photos/{expert.slug}.svg"
    initials = _quoted_initials(expert.name)
    if not initials:
        return f"/photos/{PLACEHOLDER}.svg"
    # The last byte of an id is part of a counter, so colours are spread evenly.
    return f"/photos/initials/{initials}-{expert.id.binary[-1] % COLOURS}.svg"


@lru_cache(maxsize=MAX_CACHED_INITIALS)
def _quoted_initials(name: str) -> str:
    return quote(initials_of(name))
