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
    IN_PERSON="A meeting in person, at a postal address.",
)


@strawberry.type(description="Where a session takes place.")
class Place:
    """Place of an offer or a booking."""

    kind: PlaceKind = strawberry.field(description="Video call, phone call or meeting in person.")
    details: str | None = strawberry.field(
        description="The URL of the video call, the phone number that the client calls, or the "
        "postal address of the meeting. In a booking, the details are visible only to the client "
        "and the expert, and not while the booking is only a hold; in an offer, they are visible "
        "only to the expert. Null if the expert calls the client, or sends the URL of the video "
        "call separately."
    )

    @classmethod
    def of(cls, place: model.Place, *, shows_details: bool) -> Place:
        """Convert a stored place to the GraphQL type."""
        return cls(kind=place.kind, details=place.details if shows_details else None)


@plain
@strawberry.input(description="Where sessions of one length take place.")
class PlaceInput:
    """Place of a session."""

    kind: PlaceKind = strawberry.field(description="Video call, phone call or meeting in person.")
    details: str | None = strawberry.field(
        default=None,
        description="Details that only the parties of a booking see. VIDEO: the https URL of the "
        "call, at most 500 characters; without a URL, the expert sends one to the client. The URL "
        "is ignored if the server creates a video room for each booking. PHONE: the phone number "
        "that the client calls; without a number, the expert calls the client. IN_PERSON: the "
        "postal address, which is required, at most 200 characters.",
    )

    def to_model(self) -> WantedPlace:
        """Convert the input to the resolver's type."""
        return WantedPlace(self.kind, self.details)
