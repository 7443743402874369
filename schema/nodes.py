"""Relay's `Node` interface, and types that several domains share."""

from __future__ import annotations

import strawberry

from models.calendar.rules import Offer
from models.money import decimals_of
from schema.places import Place


@strawberry.interface(description="An object with a global id.")
class Node:
    """Object that `Query.node` can return."""

    id: strawberry.ID = strawberry.field(description="Opaque id, unique among all objects.")


@strawberry.type(description="An amount of money. All amounts use the same currency.")
class Money:
    """Amount in minor units, with its currency."""

    amount: int = strawberry.field(description="Amount in minor units, such as cents.")
    currency: str = strawberry.field(description="ISO 4217 code, such as EUR.")
    decimals: int = strawberry.field(
        description="Number of decimals of the currency by ISO 4217: the price is `amount` divided "
        "by ten to the power of `decimals`. Formatting libraries may use another number, for "
        "example for HUF."
    )

    @classmethod
    def of(cls, amount: int, currency: str) -> Money:
        """Return an amount with the decimals of its currency."""
        return cls(amount=amount, currency=currency, decimals=decimals_of(currency))


@strawberry.type(description="A session length, its price and its place.")
class SessionOffer:
    """Session length that an expert offers, with its price and place."""

    minutes: int = strawberry.field(description="Length in minutes, a multiple of 15.")
    price: Money = strawberry.field(description="Price of the whole session.")
    place: Place = strawberry.field(description="Where the session takes place.")

    @classmethod
    def of(cls, offer: Offer, currency: str, *, shows_details: bool) -> SessionOffer:
        """Convert an offer of the rules."""
        return cls(
            minutes=offer.minutes,
            price=Money.of(offer.price, currency),
            place=Place.of(offer.place, shows_details=shows_details),
        )
