"""Places of sessions: by video, by phone or in person."""

from __future__ import annotations

from enum import StrEnum
from secrets import token_hex

from models.store.documents import Part

ROOM: str = "{room}"
"""Placeholder of a room's name in the template of video rooms."""

ROOM_BYTES = 16


class PlaceKind(StrEnum):
    """How the parties of a session meet."""

    VIDEO = "VIDEO"
    PHONE = "PHONE"
    IN_PERSON = "IN_PERSON"


class Place(Part):
    """Place of a session.

    `details` are the URL of a video call, the number that the client calls, or an address; only the
    parties of a booking may see them. Without a URL, the expert sends one; without a number, the
    expert calls the client.
    """

    kind: PlaceKind = PlaceKind.VIDEO
    details: str | None = None

    def without_details(self) -> Place:
        """Return the place without its details."""
        return Place(kind=self.kind)

    def agreed(self, room: str | None) -> Place:
        """Return the place of a booking; for a video call, `room` replaces the details."""
        is_room = self.kind is PlaceKind.VIDEO and room is not None
        return Place(kind=self.kind, details=room) if is_room else self


def new_room(template: str | None) -> str | None:
    """Return the URL of a new, unguessable video room; None without a template."""
    return template.replace(ROOM, token_hex(ROOM_BYTES)) if template else None
