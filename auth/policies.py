"""Who may see and do what: the one place for it. Pure functions over the tables below.

| operation                                       | who may                          | others     |
|-------------------------------------------------|----------------------------------|------------|
| viewer, experts, expert, expertBySlug,          | anyone                           |            |
|   categories, node, slotBooked, slotAvailable,  |                                  |            |
|   slotChanged                                   |                                  |            |
| register, login, refreshSession, logout         | anyone                           |            |
| requestPasswordReset, resetPassword, verifyEmail| anyone; a link is its own proof  |            |
| changePassword, bookings, bookingChanged        | whoever is signed in             |            |
| holdSlot, bookSlot, bookSlots                   | whoever is signed in             |            |
| booking                                         | its client and expert, admins    | null       |
| cancelBooking, rescheduleBooking, removeBooking | its client and expert, admins    | NotAllowed |
| confirmBooking, completeBooking, markNoShow     | its expert, admins               | NotAllowed |
| setAvailability, updateExpert                   | the expert itself, admins        | NotAllowed |
|   `disabled` in updateExpert                    | admins                           | NotAllowed |
| createExpert, updateUser                        | admins                           | NotAllowed |
| users                                           | admins                           | FORBIDDEN  |

Whoever is not signed in hears UNAUTHENTICATED instead, but null where others get null.

| object or field                        | who sees it                                | others    |
|----------------------------------------|--------------------------------------------|-----------|
| an expert, its slots and events        | anyone; while disabled: itself and admins  | null      |
| a booking, its contact and its history | its client and expert, admins              | null      |
| an account, by its id                  | its owner, admins                          | null      |
|   name, timeZone, expert               | they, and whoever shares a booking with it | FORBIDDEN |
|   email                                | they, and the expert whom it has booked    | FORBIDDEN |
|   emailVerified, role, disabled        | its owner, admins                          | FORBIDDEN |

An account is an expert as long as it has an entry in the directory and the role EXPERT or ADMIN:
who is made a client again loses the calendar, which stands and is run by the administrators. Who
is disabled cannot sign in; the entry in the directory is listed until it is disabled, too.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from models.accounts.users import Role
from models.errors import Forbidden, NotAllowed, Unauthenticated

if TYPE_CHECKING:
    from collections.abc import Mapping

    from auth.viewers import Viewer
    from models.bookings.booking import Booking
    from models.directory.experts import Expert
    from models.ids import Id


class Relation(StrEnum):
    """What a viewer can be to what is asked for; mostly several of these."""

    ANYONE = "ANYONE"
    SIGNED_IN = "SIGNED_IN"
    OWNER = "OWNER"
    """The account is the viewer's."""
    CLIENT = "CLIENT"
    """The viewer made the booking."""
    EXPERT = "EXPERT"
    """The entry, the calendar or the booked time is the viewer's."""
    PARTY = "PARTY"
    """The viewer sees a booking in which the account plays a part."""
    ADMIN = "ADMIN"


Relations = frozenset[Relation]


class Decision(StrEnum):
    """What comes of asking: what was asked for, or how it is kept back."""

    ALLOWED = "ALLOWED"
    UNAUTHENTICATED = "UNAUTHENTICATED"
    FORBIDDEN = "FORBIDDEN"
    NOT_ALLOWED = "NOT_ALLOWED"
    NULL = "NULL"


@dataclass(frozen=True, slots=True)
class Rule:
    """Who may, and what the others hear."""

    who: Relations
    others: Decision = Decision.FORBIDDEN

    def answer(self, ties: Relations) -> Decision:
        """What comes of it for a viewer with these ties."""
        if self.who & ties:
            return Decision.ALLOWED
        if self.others is Decision.NULL or Relation.SIGNED_IN in ties:
            return self.others
        return Decision.UNAUTHENTICATED


ANYONE: Final = Rule(frozenset({Relation.ANYONE}))
SIGNED_IN: Final = Rule(frozenset({Relation.SIGNED_IN}))
_PARTIES = frozenset({Relation.CLIENT, Relation.EXPERT, Relation.ADMIN})
_KEEPERS = frozenset({Relation.EXPERT, Relation.ADMIN})
_ADMINS = frozenset({Relation.ADMIN})
_OWNERS = frozenset({Relation.OWNER, Relation.ADMIN})

OPERATIONS: Final[Mapping[str, Rule]] = {
    "Query.viewer": ANYONE,
    "Query.experts": ANYONE,
    "Query.expert": ANYONE,
    "Query.expertBySlug": ANYONE,
    "Query.categories": ANYONE,
    "Query.node": ANYONE,
    "Query.bookings": SIGNED_IN,
    "Query.booking": Rule(_PARTIES, Decision.NULL),
    "Query.users": Rule(_ADMINS),
    "Mutation.register": ANYONE,
    "Mutation.login": ANYONE,
    "Mutation.refreshSession": ANYONE,
    "Mutation.logout": ANYONE,
    "Mutation.requestPasswordReset": ANYONE,
    "Mutation.resetPassword": ANYONE,
    "Mutation.verifyEmail": ANYONE,
    "Mutation.changePassword": SIGNED_IN,
    "Mutation.holdSlot": SIGNED_IN,
    "Mutation.bookSlot": SIGNED_IN,
    "Mutation.bookSlots": SIGNED_IN,
    "Mutation.rescheduleBooking": Rule(_PARTIES, Decision.NOT_ALLOWED),
    "Mutation.cancelBooking": Rule(_PARTIES, Decision.NOT_ALLOWED),
    "Mutation.removeBooking": Rule(_PARTIES, Decision.NOT_ALLOWED),
    "Mutation.confirmBooking": Rule(_KEEPERS, Decision.NOT_ALLOWED),
    "Mutation.completeBooking": Rule(_KEEPERS, Decision.NOT_ALLOWED),
    "Mutation.markNoShow": Rule(_KEEPERS, Decision.NOT_ALLOWED),
    "Mutation.setAvailability": Rule(_KEEPERS, Decision.NOT_ALLOWED),
    "Mutation.updateExpert": Rule(_KEEPERS, Decision.NOT_ALLOWED),
    "Mutation.createExpert": Rule(_ADMINS, Decision.NOT_ALLOWED),
    "Mutation.updateUser": Rule(_ADMINS, Decision.NOT_ALLOWED),
    "Subscription.slotBooked": ANYONE,
    "Subscription.slotAvailable": ANYONE,
    "Subscription.slotChanged": ANYONE,
    "Subscription.bookingChanged": SIGNED_IN,
}
"""Every operation."""

INPUTS: Final[Mapping[str, Rule]] = {
    "UpdateExpertInput.disabled": Rule(_ADMINS, Decision.NOT_ALLOWED),
}
"""Fields of inputs that fewer may give than may do the operation."""

OBJECTS: Final[Mapping[str, Rule]] = {
    "Expert": ANYONE,
    "disabled Expert": Rule(_KEEPERS, Decision.NULL),
    "Slot": ANYONE,
    "User": Rule(_OWNERS, Decision.NULL),
    "Booking": Rule(_PARTIES, Decision.NULL),
}
"""What can be found by its id; a slot is found where its expert is."""

_KNOWN = Rule(frozenset({Relation.OWNER, Relation.PARTY, Relation.ADMIN}))
_OWN = Rule(_OWNERS)
_OF_BOOKING = Rule(_PARTIES, Decision.NULL)

FIELDS: Final[Mapping[str, Rule]] = {
    "User.id": _KNOWN,
    "User.name": _KNOWN,
    "User.timeZone": _KNOWN,
    "User.expert": _KNOWN,
    "User.email": Rule(frozenset({Relation.OWNER, Relation.EXPERT, Relation.ADMIN})),
    "User.emailVerified": _OWN,
    "User.role": _OWN,
    "User.disabled": _OWN,
    **dict.fromkeys(
        (
            *("Booking.id", "Booking.reference", "Booking.expert", "Booking.client"),
            *("Booking.status", "Booking.slot", "Booking.startsAt", "Booking.endsAt"),
            *("Booking.minutes", "Booking.price", "Booking.contact", "Booking.note"),
            *("Booking.createdAt", "Booking.updatedAt", "Booking.heldUntil"),
            *("Booking.cancellableUntil", "Booking.viewerActions", "Booking.sequence"),
            *("Booking.history", "BookingChange.at", "BookingChange.actor"),
            *("BookingChange.from", "BookingChange.to", "BookingChange.startsAt"),
            *("Contact.name", "Contact.email", "Contact.phone", "Contact.timeZone"),
        ),
        _OF_BOOKING,
    ),
}
"""Every field of the types that not everybody sees."""

RULES: Final[Mapping[str, Rule]] = {**OPERATIONS, **INPUTS, **OBJECTS, **FIELDS}


def allows(what: str, ties: Relations) -> bool:
    """Whether the rule of that name allows it."""
    return RULES[what].answer(ties) is Decision.ALLOWED


def require(what: str, ties: Relations) -> None:
    """Refuse what the rule of that name does not allow.

    Raises:
        Unauthenticated: when nobody is signed in.
        Forbidden: for a field or query of another role.
        NotAllowed: for a mutation that is not the viewer's, and where there is nothing to see.
    """
    match RULES[what].answer(ties):
        case Decision.UNAUTHENTICATED:
            raise Unauthenticated("Sign in first.")
        case Decision.FORBIDDEN:
            raise Forbidden("Your account may not see this.")
        case Decision.NOT_ALLOWED | Decision.NULL:
            raise NotAllowed


def relations_of(viewer: Viewer | None) -> Relations:
    """What a viewer is to everything."""
    if viewer is None:
        return frozenset({Relation.ANYONE})
    if viewer.role is Role.ADMIN:
        return frozenset({Relation.ANYONE, Relation.SIGNED_IN, Relation.ADMIN})
    return frozenset({Relation.ANYONE, Relation.SIGNED_IN})


def relations_to_user(viewer: Viewer | None, user_id: Id) -> Relations:
    """What a viewer is to an account."""
    return relations_of(viewer) | ({Relation.OWNER} if is_self(viewer, user_id) else frozenset())


def relations_to_expert(viewer: Viewer | None, expert_id: Id) -> Relations:
    """What a viewer is to an expert and its calendar."""
    is_expert = viewer is not None and own_calendar(viewer) == expert_id
    return relations_of(viewer) | ({Relation.EXPERT} if is_expert else frozenset())


def relations_to_booking(viewer: Viewer | None, booking: Booking) -> Relations:
    """What a viewer is to a booking."""
    ties = relations_to_expert(viewer, booking.expert_id)
    return ties | ({Relation.CLIENT} if is_self(viewer, booking.client_id) else frozenset())


def relations_to_party(viewer: Viewer | None, booking: Booking, user_id: Id) -> Relations:
    """What a viewer who sees a booking is to an account that plays a part in it."""
    ties = relations_to_user(viewer, user_id) | {Relation.PARTY}
    if user_id == booking.client_id:
        ties |= relations_to_booking(viewer, booking) & {Relation.EXPERT}
    return ties


def own_calendar(viewer: Viewer) -> Id | None:
    """The expert whose calendar is the viewer's own, unless it was made a client again."""
    return None if viewer.role is Role.CLIENT else viewer.expert_id


def is_admin(viewer: Viewer | None) -> bool:
    """Whether the viewer is an administrator."""
    return viewer is not None and viewer.role is Role.ADMIN


def is_self(viewer: Viewer | None, user_id: Id) -> bool:
    """Whether that account is the viewer's."""
    return viewer is not None and viewer.id == user_id


def may_see_user(viewer: Viewer | None, user_id: Id) -> bool:
    """Whether an account is found by its id."""
    return allows("User", relations_to_user(viewer, user_id))


def may_see_expert(viewer: Viewer | None, expert: Expert) -> bool:
    """Whether an expert is found by its id."""
    return allows(
        "disabled Expert" if expert.disabled else "Expert", relations_to_expert(viewer, expert.id)
    )


def keeps_calendar(viewer: Viewer | None, expert_id: Id) -> bool:
    """Whether the viewer runs that expert's calendar: the expert, or an administrator."""
    return bool(_KEEPERS & relations_to_expert(viewer, expert_id))


def may_see_booking(viewer: Viewer | None, booking: Booking) -> bool:
    """Whether a booking is found by its id."""
    return allows("Booking", relations_to_booking(viewer, booking))
