"""Relay's `Node`: everything that has a global id."""

from __future__ import annotations

import strawberry

from models.calendar.rules import Offer


@strawberry.interface(description="An object with a global id.")
class Node:
    """What `node(id:)` can find."""

    id: strawberry.ID = strawberry.field(description="Unique among all objects, and opaque.")


@strawberry.type(description="An amount of money. One currency a deployment.")
class Money:
    """Minor units of the deployment's currency."""

    amount: int = strawberry.field(description="In minor units, such as cents.")
    currency: str = strawberry.field(description="ISO 4217, such as EUR.")


@strawberry.type(description="A session's length and price.")
class SessionOffer:
    """An offer of an expert."""

    minutes: int = strawberry.field(description="A multiple of 15.")
    price: Money = strawberry.field(description="For the whole session.")

    @classmethod
    def of(cls, offer: Offer, currency: str) -> SessionOffer:
        """The offer for clients."""
        return cls(minutes=offer.minutes, price=Money(amount=offer.price, currency=currency))
