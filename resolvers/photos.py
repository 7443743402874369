"""Photos of experts: permissions, upload and removal."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from auth.policies import (
    own_expert_id,
    relations_to_expert,
    relations_to_own_expert,
    require,
)
from auth.viewers import require_viewer
from models.directory.photos import set_photo
from models.errors import NotAllowed
from resolvers.checks import decode_id
from resolvers.images import square_webp

if TYPE_CHECKING:
    from auth.viewers import Viewer
    from models.directory.experts import Expert
    from models.ids import Id

DECODED_AT_ONCE: Final = 1
"""Number of pictures that a process decodes concurrently; each takes up to 200 MB of memory."""


def expert_of_photo(viewer: Viewer | None, expert_id: str | None, action: str) -> Id:
    """Return the id of the expert whose photo the viewer may change.

    Args:
        viewer: the viewer.
        expert_id: global id of the expert; None for the viewer's own entry.
        action: name of the permission rule, such as "POST /photos".

    Raises:
        Unauthenticated: if nobody is signed in.
        NotAllowed: if there is no such expert, or the viewer is neither the expert nor an
            administrator.
    """
    if expert_id is None:
        require(action, relations_to_own_expert(viewer))
        key = own_expert_id(require_viewer(viewer))
        if key is None:
            raise NotAllowed
        return key
    key = decode_id(expert_id, "Expert")
    require(action, relations_to_expert(viewer, key))
    return key


class PhotoWorkshop:
    """Stores uploaded photos; decodes `DECODED_AT_ONCE` at a time, outside the event loop."""

    def __init__(self) -> None:
        self._turn = asyncio.Semaphore(DECODED_AT_ONCE)

    async def upload(self, expert_id: Id, content: bytes) -> Expert:
        """Store an uploaded picture as the photo of an expert.

        Raises:
            InvalidImage: if the picture cannot be used.
            NotAllowed: if there is no such expert any more.
            Unavailable: if the database does not respond.
        """
        async with self._turn:
            photo = await asyncio.to_thread(square_webp, content)
        return await set_photo(expert_id, photo)
