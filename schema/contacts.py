"""Contact details of clients."""

from __future__ import annotations

from typing import TYPE_CHECKING

import strawberry

from schema.scalars import TimeZone

if TYPE_CHECKING:
    from models.bookings import booking as model


@strawberry.type(description="Contact details of the client for one booking.")
class Contact:
    """Contact details of a booking's client."""

    name: str = strawberry.field(description="Full name.")
    email: str = strawberry.field(description="E-mail address.")
    phone: str = strawberry.field(description="Phone number in E.164 format.")
    time_zone: TimeZone | None = strawberry.field(description="The client's time zone.")

    @classmethod
    def of(cls, contact: model.Contact) -> Contact:
        """Convert the stored contact details to the schema's type."""
        return cls(
            name=contact.name,
            email=contact.email,
            phone=contact.phone,
            time_zone=TimeZone(contact.time_zone) if contact.time_zone else None,
        )
