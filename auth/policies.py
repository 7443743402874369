"""Authorization: tables of who may see and do what, and pure functions that apply the tables.

| operation                                       | allowed                          | denied     |
|-------------------------------------------------|----------------------------------|------------|
| viewer, experts, expert, expertBySlug,          | anyone                           |            |
|   categories, node, rateLimit, slotBooked,      |                                  |            |
|   slotAvailable, slotChanged                    |                                  |            |
| register, login, refreshSession, logout,        | anyone                           |            |
|   startGuestSession, requestSignInCode          |                                  |            |
| signInWithCode                                  | anyone; the code is the proof    |            |
| requestPasswordReset, resetPassword, verifyEmail| anyone; the link is the proof    |            |
| bookings, bookingChanged, endSession            | signed-in users, guests          |            |
|   `search` in the filter of bookings            | experts, admins                  | FORBIDDEN  |
| changePassword, exportMyData,                   | signed-in users                  | FORBIDDEN  |
|   resendVerification                            |                                  |            |
| deleteMyAccount, updateProfile, changeEmail     | signed-in users                  | NotAllowed |
| holdSlot, leaveWaitlist                         | signed-in users, guests          |            |
| bookSlot, bookSlots, joinWaitlist               | signed-in users                  | Verifica-  |
|                                                 |                                  | tionNeeded |
| booking                                         | its client and expert, admins    | null       |
| cancelBooking, rescheduleBooking, removeBooking | its client and expert, admins    | NotAllowed |
| confirmBooking, completeBooking, markNoShow     | its expert, admins               | NotAllowed |
| setExpertNote                                   | its expert                       | NotAllowed |
| writeReview, removeReview                       | the booking's client             | NotAllowed |
| answerReview                                    | the reviewed expert              | NotAllowed |
| hideReview                                      | admins                           | NotAllowed |
| setAvailability, updateExpert,                  | the expert itself, admins        | NotAllowed |
|   POST and DELETE /photos                       |                                  |            |
|   `disabled` in updateExpert                    | admins                           | NotAllowed |
| updateMyExpert                                  | any expert, for its own entry    | NotAllowed |
| createExpert, updateUser                        | admins                           | NotAllowed |
| users, figures                                  | admins                           | FORBIDDEN  |

Anonymous viewers get UNAUTHENTICATED where the table says NotAllowed, FORBIDDEN or
VerificationNeeded.

| object or field                        | visible to                                 | others    |
|----------------------------------------|--------------------------------------------|-----------|
| an expert, its slots and events        | anyone; while disabled: itself and admins  | null      |
|   contactEmail                         | the expert itself, admins                  | null      |
|   figures                              | the expert itself, admins                  | FORBIDDEN |
|   hidden reviews in its list           | the expert itself, admins                  | FORBIDDEN |
| a review                               | anyone; while it or its expert is hidden:  | null      |
|                                        | its author and expert, admins              |           |
|   hiddenReason                         | its author and expert, admins              | null      |
| a booking, its contact and its history | its client and expert, admins              | null      |
|   details of its place                 | its client and expert, once it is booked   | null      |
|   expertNote                           | its expert                                 | null      |
| details of the place of an offer       | the expert                                 | null      |
| a session, a place in a waiting list   | the owner of its account                   | null      |
| an account, by its id                  | its owner, admins                          | null      |
|   name, timeZone, expert               | also the other parties of its bookings     | FORBIDDEN |
|   email                                | also the experts of its bookings; empty    | FORBIDDEN |
|                                        | while it only holds the time               |           |
|   emailVerified, role, disabled,       | its owner, admins                          | FORBIDDEN |
|   language, phone, guest, hasPassword  |                                            |           |
|   sessions, waits                      | its owner                                  | FORBIDDEN |

An account acts as an expert while it has an entry in the directory and the role EXPERT or ADMIN. An
account whose role is changed to CLIENT loses access to its calendar, which administrators then
manage. A guest is a client without an e-mail address. A disabled account cannot sign in, and loses
its holds and its places in waiting lists; its bookings stay. The directory entry of a disabled
account stays listed until the entry is disabled, too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from auth.rules import Decision, Relation, Rule
from models.accounts.users import Role
from models.errors import Forbidden, NotAllowed, Unauthenticated, VerificationNeeded

if TYPE_CHECKING:
    from collections.abc import Mapping

    from auth.rules import Relations
    from auth.viewers import Viewer
    from models.bookings.booking import Booking
    from models.directory.reviews import Review
    from models.ids import Id


ANYONE: Final = Rule(frozenset({Relation.ANYONE}))
SIGNED_IN: Final = Rule(frozenset({Relation.SIGNED_IN}))
_ACCOUNTS = frozenset({Relation.ACCOUNT})
_PARTIES = frozenset({Relation.CLIENT, Relation.EXPERT, Relation.ADMIN})
MANAGERS = frozenset({Relation.EXPERT, Relation.ADMIN})
_CLIENTS = frozenset({Relation.CLIENT})
_EXPERTS = frozenset({Relation.EXPERT})
_ADMINS = frozenset({Relation.ADMIN})
_OWNERS = frozenset({Relation.OWNER, Relation.ADMIN})

OPERATIONS: Final[Mapping[str, Rule]] = {
    "Query.viewer": ANYONE,
    "Query.experts": ANYONE,
    "Query.expert": ANYONE,
    "Query.expertBySlug": ANYONE,
    "Query.categories": ANYONE,
    "Query.node": ANYONE,
    "Query.rateLimit": ANYONE,
    "Query.bookings": SIGNED_IN,
    "Query.booking": Rule(_PARTIES, Decision.NULL),
    "Query.users": Rule(_ADMINS),
    "Query.figures": Rule(_ADMINS),
    "Mutation.register": ANYONE,
    "Mutation.login": ANYONE,
    "Mutation.refreshSession": ANYONE,
    "Mutation.logout": ANYONE,
    "Mutation.requestPasswordReset": ANYONE,
    "Mutation.resetPassword": ANYONE,
    "Mutation.verifyEmail": ANYONE,
    "Mutation.startGuestSession": ANYONE,
    "Mutation.requestSignInCode": ANYONE,
    "Mutation.signInWithCode": ANYONE,
    "Mutation.resendVerification": Rule(_ACCOUNTS),
    "Mutation.updateProfile": Rule(_ACCOUNTS, Decision.NOT_ALLOWED),
    "Mutation.changeEmail": Rule(_ACCOUNTS, Decision.NOT_ALLOWED),
    "Mutation.endSession": SIGNED_IN,
    "Mutation.changePassword": Rule(_ACCOUNTS),
    "Mutation.exportMyData": Rule(_ACCOUNTS),
    "Mutation.deleteMyAccount": Rule(_ACCOUNTS, Decision.NOT_ALLOWED),
    "Mutation.holdSlot": SIGNED_IN,
    "Mutation.bookSlot": Rule(_ACCOUNTS, Decision.VERIFICATION_NEEDED),
    "Mutation.bookSlots": Rule(_ACCOUNTS, Decision.VERIFICATION_NEEDED),
    "Mutation.joinWaitlist": Rule(_ACCOUNTS, Decision.VERIFICATION_NEEDED),
    "Mutation.leaveWaitlist": SIGNED_IN,
    "Mutation.rescheduleBooking": Rule(_PARTIES, Decision.NOT_ALLOWED),
    "Mutation.cancelBooking": Rule(_PARTIES, Decision.NOT_ALLOWED),
    "Mutation.removeBooking": Rule(_PARTIES, Decision.NOT_ALLOWED),
    "Mutation.confirmBooking": Rule(MANAGERS, Decision.NOT_ALLOWED),
    "Mutation.completeBooking": Rule(MANAGERS, Decision.NOT_ALLOWED),
    "Mutation.markNoShow": Rule(MANAGERS, Decision.NOT_ALLOWED),
    "Mutation.setExpertNote": Rule(_EXPERTS, Decision.NOT_ALLOWED),
    "Mutation.writeReview": Rule(_CLIENTS, Decision.NOT_ALLOWED),
    "Mutation.removeReview": Rule(_CLIENTS, Decision.NOT_ALLOWED),
    "Mutation.answerReview": Rule(_EXPERTS, Decision.NOT_ALLOWED),
    "Mutation.hideReview": Rule(_ADMINS, Decision.NOT_ALLOWED),
    "Mutation.setAvailability": Rule(MANAGERS, Decision.NOT_ALLOWED),
    "Mutation.updateExpert": Rule(MANAGERS, Decision.NOT_ALLOWED),
    "Mutation.updateMyExpert": Rule(_EXPERTS, Decision.NOT_ALLOWED),
    "Mutation.createExpert": Rule(_ADMINS, Decision.NOT_ALLOWED),
    "Mutation.updateUser": Rule(_ADMINS, Decision.NOT_ALLOWED),
    "Subscription.slotBooked": ANYONE,
    "Subscription.slotAvailable": ANYONE,
    "Subscription.slotChanged": ANYONE,
    "Subscription.bookingChanged": SIGNED_IN,
}
"""The access rule of every operation."""

ROUTES: Final[Mapping[str, Rule]] = {
    "POST /photos": Rule(MANAGERS, Decision.NOT_ALLOWED),
    "DELETE /photos": Rule(MANAGERS, Decision.NOT_ALLOWED),
}
"""The access rules of the HTTP routes outside GraphQL that change data."""

INPUTS: Final[Mapping[str, Rule]] = {
    "BookingFilter.search": Rule(MANAGERS),
    "UpdateExpertInput.disabled": Rule(_ADMINS, Decision.NOT_ALLOWED),
}
"""The rules of input fields that are more restricted than their operation."""

ARGUMENTS: Final[Mapping[str, Rule]] = {
    "Expert.reviews(hidden:)": Rule(MANAGERS),
}
"""The rules of arguments that are more restricted than their field."""

OBJECTS: Final[Mapping[str, Rule]] = {
    "Expert": ANYONE,
    "disabled Expert": Rule(MANAGERS, Decision.NULL),
    "Review": ANYONE,
    "hidden Review": Rule(_PARTIES, Decision.NULL),
    "Slot": ANYONE,
    "User": Rule(_OWNERS, Decision.NULL),
    "Booking": Rule(_PARTIES, Decision.NULL),
    "Session": Rule(frozenset({Relation.OWNER}), Decision.NULL),
    "Wait": Rule(frozenset({Relation.OWNER}), Decision.NULL),
}
"""The rules for looking up objects by id; a slot is visible to everybody who may see its expert."""

_PARTY_FIELD = Rule(frozenset({Relation.OWNER, Relation.PARTY, Relation.ADMIN}))
_OWNER_FIELD = Rule(_OWNERS)
_BOOKING_FIELD = Rule(_PARTIES, Decision.NULL)

FIELDS: Final[Mapping[str, Rule]] = {
    "User.id": _PARTY_FIELD,
    "User.name": _PARTY_FIELD,
    "User.timeZone": _PARTY_FIELD,
    "User.expert": _PARTY_FIELD,
    "User.email": Rule(frozenset({Relation.OWNER, Relation.EXPERT, Relation.ADMIN})),
    "User.emailVerified": _OWNER_FIELD,
    "User.role": _OWNER_FIELD,
    "User.disabled": _OWNER_FIELD,
    "User.language": _OWNER_FIELD,
    "User.phone": _OWNER_FIELD,
    "User.guest": _OWNER_FIELD,
    "User.hasPassword": _OWNER_FIELD,
    "User.sessions": Rule(frozenset({Relation.OWNER})),
    "User.waits": Rule(frozenset({Relation.OWNER})),
    **dict.fromkeys(
        (
            *("Booking.id", "Booking.reference", "Booking.expert", "Booking.client"),
            *("Booking.status", "Booking.slot", "Booking.startsAt", "Booking.endsAt"),
            *("Booking.minutes", "Booking.price", "Booking.contact", "Booking.note"),
            *("Booking.createdAt", "Booking.updatedAt", "Booking.heldUntil"),
            *("Booking.review", "Booking.reviewableUntil"),
            *("Booking.cancellableUntil", "Booking.viewerActions", "Booking.sequence"),
            *("Booking.icsUrl", "Booking.place", "Booking.history"),
            *("BookingChange.at", "BookingChange.actor", "BookingChange.from", "BookingChange.to"),
            *("BookingChange.startsAt", "BookingChange.reason"),
            *("Contact.name", "Contact.email", "Contact.phone", "Contact.timeZone"),
        ),
        _BOOKING_FIELD,
    ),
    "Booking.expertNote": Rule(_EXPERTS, Decision.NULL),
    "Place.kind": ANYONE,
    "Place.details": Rule(frozenset({Relation.CLIENT, Relation.EXPERT}), Decision.NULL),
}
"""The rules of the fields of restricted types; every field of such a type needs a rule."""

SINGLE_FIELDS: Final[Mapping[str, Rule]] = {
    "Expert.contactEmail": Rule(MANAGERS, Decision.NULL),
    "Expert.figures": Rule(MANAGERS),
    "Review.hiddenReason": Rule(_PARTIES, Decision.NULL),
}
"""The rules of single restricted fields; all other fields of their types are public."""

RULES: Final[Mapping[str, Rule]] = {
    **OPERATIONS,
    **ROUTES,
    **INPUTS,
    **ARGUMENTS,
    **OBJECTS,
    **FIELDS,
    **SINGLE_FIELDS,
}


def allows(rule_name: str, relations: Relations) -> bool:
    """Return whether a rule allows access to a viewer with the given relations."""
    return RULES[rule_name].decide(relations) is Decision.ALLOWED


def require(rule_name: str, relations: Relations) -> None:
    """Raise an error unless a rule allows access to a viewer with the given relations.

    Raises:
        Unauthenticated: if nobody is signed in and the rule's denial is not NULL.
        Forbidden: if the rule's denial is FORBIDDEN.
        VerificationNeeded: if the rule's denial is VERIFICATION_NEEDED.
        NotAllowed: if the rule's denial is NOT_ALLOWED or NULL.
    """
    match RULES[rule_name].decide(relations):
        case Decision.UNAUTHENTICATED:
            raise Unauthenticated("Sign in first.")
        case Decision.FORBIDDEN:
            raise Forbidden("Your account may not see this.")
        case Decision.VERIFICATION_NEEDED:
            raise VerificationNeeded
        case Decision.NOT_ALLOWED | Decision.NULL:
            raise NotAllowed


def relations_of(viewer: Viewer | None) -> Relations:
    """Return the relations that a viewer has to all objects alike, such as SIGNED_IN and ADMIN."""
    if viewer is None:
        return frozenset({Relation.ANYONE})
    relations = {Relation.ANYONE, Relation.SIGNED_IN}
    if not viewer.is_guest:
        relations.add(Relation.ACCOUNT)
    if viewer.role is Role.ADMIN:
        relations.add(Relation.ADMIN)
    return frozenset(relations)


def relations_to_user(viewer: Viewer | None, user_id: Id) -> Relations:
    """Return a viewer's relations to an account."""
    return relations_of(viewer) | ({Relation.OWNER} if is_self(viewer, user_id) else frozenset())


def relations_to_expert(viewer: Viewer | None, expert_id: Id) -> Relations:
    """Return a viewer's relations to an expert and the expert's calendar."""
    is_expert = viewer is not None and own_expert_id(viewer) == expert_id
    return relations_of(viewer) | ({Relation.EXPERT} if is_expert else frozenset())


def relations_to_own_expert(viewer: Viewer | None) -> Relations:
    """Return a viewer's relations to the viewer's own directory entry, if there is one."""
    is_expert = viewer is not None and own_expert_id(viewer) is not None
    return relations_of(viewer) | ({Relation.EXPERT} if is_expert else frozenset())


def relations_to_booking(viewer: Viewer | None, booking: Booking) -> Relations:
    """Return a viewer's relations to a booking."""
    relations = relations_to_expert(viewer, booking.expert_id)
    return relations | ({Relation.CLIENT} if is_self(viewer, booking.client_id) else frozenset())


def relations_to_party(viewer: Viewer | None, booking: Booking, user_id: Id) -> Relations:
    """Return a viewer's relations to an account through a booking that refers to the account.

    The viewer must be allowed to see the booking.
    """
    relations = relations_to_user(viewer, user_id) | {Relation.PARTY}
    if user_id == booking.client_id:
        relations |= relations_to_booking(viewer, booking) & {Relation.EXPERT}
    return relations


def relations_to_review(viewer: Viewer | None, review: Review) -> Relations:
    """Return a viewer's relations to a review."""
    relations = relations_to_expert(viewer, review.expert_id)
    return relations | (_CLIENTS if is_self(viewer, review.client_id) else frozenset())


def own_expert_id(viewer: Viewer) -> Id | None:
    """Return the id of the expert whose calendar the viewer owns; None for the role CLIENT."""
    return None if viewer.role is Role.CLIENT else viewer.expert_id


def is_admin(viewer: Viewer | None) -> bool:
    """Return whether the viewer is an administrator."""
    return viewer is not None and viewer.role is Role.ADMIN


def is_self(viewer: Viewer | None, user_id: Id) -> bool:
    """Return whether an account is the viewer's own."""
    return viewer is not None and viewer.id == user_id
