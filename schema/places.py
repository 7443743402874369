"""Where sessions take place."""

from __future__ import annotations

import strawberry

from models.calendar import places as model
from models.calendar.places import PlaceKind
from resolvers.places import WantedPlace
from schema.enums import describe_enum
from schema.inputs import plain

describe_enum(
    PlaceKind,
    "How the parties of a session meet.",
    VIDEO="A video call.",
    PHONE="A phone call.",
    IN_PERSON="A meeting at an address.",
)


@strawberry.type(description="Where a session takes place.")
class Place:
    """Place of an offer or a booking."""

    kind: PlaceKind = strawberry.field(description="Video call, phone call or meeting.")
    details: str | None = strawberry.field(
        description="The video call's URL, the number that the client calls, or the address. "
        "Visible only to the parties of a booking, once it is booked; on an offer, to its expert. "
        "Null if the expert calls the client, or sends the URL of the video call."
    )

    @classmethod
    def of(cls, place: model.Place, *, shows_details: bool) -> Place:
        """Convert a stored place."""
        return cls(kind=place.kind, details=place.details if shows_details else None)


@plain
@strawberry.input(description="Where sessions of one length take place.")
class PlaceInput:
    """Place of a session."""

    kind: PlaceKind = strawberry.field(description="Video call, phone call or meeting.")
    details: str | None = strawberry.field(
        default=None,
        description="For the parties of a booking. VIDEO: the https address of the call, at most "
        "500 characters; without one, the expert sends an address to the client. The address is "
        "ignored if the server creates a video room for each booking. PHONE: the number that the "
        "client calls; without one, the expert calls the client. IN_PERSON: the address, required, "
        "at most 200 characters.",
    )

    def to_model(self) -> WantedPlace:
        """Convert to the resolver's type."""
        return WantedPlace(self.kind, self.details)
