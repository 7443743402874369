"""Places of sessions: a video call, a phone call or a postal address."""

from __future__ import annotations

from enum import StrEnum
from secrets import token_hex

from models.store.documents import Part

ROOM: str = "{room}"
"""Placeholder for the room's name in the URL template of video rooms."""

ROOM_BYTES = 16


class PlaceKind(StrEnum):
    """How the parties of a session meet."""

    VIDEO = "VIDEO"
    PHONE = "PHONE"
    IN_PERSON = "IN_PERSON"


class Place(Part):
    """Place of a session: a video call, a phone call or a postal address.

    `details` is the URL of the video call, the phone number that the client calls, or the postal
    address; only the parties of a booking may see it. If the URL is missing, the expert sends one
    to the client; if the phone number is missing, the expert calls the client.
    """

    kind: PlaceKind = PlaceKind.VIDEO
    details: str | None = None

    def without_details(self) -> Place:
        """Return the place without its details."""
        return Place(kind=self.kind)

    def agreed(self, room: str | None) -> Place:
        """Return the place for a booking; the URL `room`, if given, replaces a video URL."""
        is_room = self.kind is PlaceKind.VIDEO and room is not None
        return Place(kind=self.kind, details=room) if is_room else self


def new_room(template: str | None) -> str | None:
    """Return the URL of a new, unguessable video room, or None if there is no URL template."""
    return template.replace(ROOM, token_hex(ROOM_BYTES)) if template else None
