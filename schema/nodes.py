"""Relay's `Node` interface, and types that several modules of the schema share."""

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
    currency: str = strawberry.field(description="ISO 4217 currency code, such as EUR.")
    decimals: int = strawberry.field(
        description="Number of decimal places that ISO 4217 defines for the currency: the price is "
        "`amount` divided by ten to the power of `decimals`. For some currencies, such as HUF, "
        "formatting libraries may use a different number of decimal places."
    )

    @classmethod
    def of(cls, amount: int, currency: str) -> Money:
        """Return an amount of money with the number of decimal places of its currency."""
        return cls(amount=amount, currency=currency, decimals=decimals_of(currency))


@strawberry.type(description="A session length that an expert offers, with its price and place.")
class SessionOffer:
    """Session length that an expert offers, with its price and place."""

    minutes: int = strawberry.field(description="Session length in minutes, a multiple of 15.")
    price: Money = strawberry.field(description="Price of the whole session.")
    place: Place = strawberry.field(description="Where the session takes place.")

    @classmethod
    def of(cls, offer: Offer, currency: str, *, shows_details: bool) -> SessionOffer:
        """Convert an offer from an expert's rules to the GraphQL type."""
        return cls(
            minutes=offer.minutes,
            price=Money.of(offer.price, currency),
            place=Place.of(offer.place, shows_details=shows_details),
        )
