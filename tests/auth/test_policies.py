"""Tests of the authorization rules, as tables of viewers and expected decisions."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from auth import policies, visibility
from auth.rules import Decision, Relation, Rule
from auth.viewers import Viewer
from models.accounts.users import Role, User
from models.bookings.booking import Booking, BookingChange, BookingStatus, Contact
from models.directory.experts import Expert
from models.directory.reviews import Review
from models.errors import Forbidden, NotAllowed, Unauthenticated
from models.ids import new_id

if TYPE_CHECKING:
    from collections.abc import Callable

PEOPLE = ("nobody", "guest", "stranger", "client", "expert", "demoted", "other", "admin")
"""`demoted` is the expert's account after its role was changed to CLIENT; `other` is another
expert."""

EXPERT, OTHER = new_id(), new_id()
NOW = datetime(2027, 3, 1, tzinfo=UTC)


def viewer(role: Role, expert_id: Any = None, *, guest: bool = False) -> Viewer:
    """Return a signed-in viewer with the given role."""
    user = User.model_construct(id=new_id(), role=role, expert_id=expert_id, guest=guest)
    return Viewer(user, new_id(), datetime.max.replace(tzinfo=UTC))


VIEWERS: dict[str, Viewer | None] = {
    "nobody": None,
    "guest": viewer(Role.CLIENT, guest=True),
    "stranger": viewer(Role.CLIENT),
    "client": viewer(Role.CLIENT),
    "expert": viewer(Role.EXPERT, EXPERT),
    "demoted": viewer(Role.CLIENT, EXPERT),
    "other": viewer(Role.EXPERT, OTHER),
    "admin": viewer(Role.ADMIN),
}


def id_of(name: str) -> Any:
    """Return the account id of a signed-in viewer, given by name."""
    found = VIEWERS[name]
    assert found
    return found.id


CONTACT = Contact(name="Ada", email="ada@example.com", phone="+442079460018")
LISTED = Expert.model_construct(id=EXPERT, user_id=id_of("expert"), disabled=False)
DISABLED = Expert.model_construct(id=EXPERT, user_id=id_of("expert"), disabled=True)
BOOKING = Booking.model_construct(
    id=new_id(), expert_id=EXPERT, client_id=id_of("client"), contact=CONTACT
)
REVIEW = Review.model_construct(id=new_id(), expert_id=EXPERT, client_id=id_of("client"))
HOLD = BOOKING.model_copy(update={"contact": None})

VISIBILITY_CHECKS: dict[str, Callable[[Viewer | None], bool]] = {
    "the client's account": lambda who: visibility.may_see_user(who, id_of("client")),
    "the expert's account": lambda who: visibility.may_see_user(who, id_of("expert")),
    "the expert": lambda who: visibility.may_see_expert(who, LISTED),
    "the expert, disabled": lambda who: visibility.may_see_expert(who, DISABLED),
    "the calendar, to run": lambda who: visibility.manages_calendar(who, EXPERT),
    "the booking": lambda who: visibility.may_see_booking(who, BOOKING),
    "the booking's place": lambda who: visibility.shows_place_of_booking(who, BOOKING),
    "the expert's note": lambda who: visibility.may_see_expert_note(who, BOOKING),
    "the place of a hold": lambda who: visibility.shows_place_of_booking(who, HOLD),
    "the contact address": lambda who: visibility.may_see_contact_email(who, EXPERT),
    "a review": lambda who: visibility.may_see_review(who, REVIEW, is_public=True),
    "a hidden review": lambda who: visibility.may_see_review(who, REVIEW, is_public=False),
    "the reason of hiding": lambda who: visibility.may_see_hidden_reason(who, REVIEW),
    "the place of an offer": lambda who: visibility.shows_place_of_offers(who, EXPERT),
}
VISIBLE_OBJECTS = """
                      nobody  guest  stranger  client  expert  demoted  other  admin
the client's account    -       -       -        x       -        -       -      x
the expert's account    -       -       -        -       x        -       -      x
the expert              x       x       x        x       x        x       x      x
the expert, disabled    -       -       -        -       x        -       -      x
the calendar, to run    -       -       -        -       x        -       -      x
the booking             -       -       -        x       x        -       -      x
the booking's place     -       -       -        x       x        -       -      -
the expert's note       -       -       -        -       x        -       -      -
the place of a hold     -       -       -        -       -        -       -      -
the contact address     -       -       -        -       x        -       -      x
a review                x       x       x        x       x        x       x      x
a hidden review         -       -       -        x       x        -       -      x
the reason of hiding    -       -       -        x       x        -       -      x
the place of an offer   -       -       -        -       x        -       -      -
"""

# x: allowed, U: UNAUTHENTICATED, F: FORBIDDEN, N: NotAllowed, V: VerificationNeeded, 0: null.
OPERATIONS = """
                               nobody  guest  stranger  client  expert  demoted  other  admin
Query.viewer                     x       x       x        x       x        x       x      x
Query.experts                    x       x       x        x       x        x       x      x
Query.expert                     x       x       x        x       x        x       x      x
Query.expertBySlug               x       x       x        x       x        x       x      x
Query.categories                 x       x       x        x       x        x       x      x
Query.node                       x       x       x        x       x        x       x      x
Query.rateLimit                  x       x       x        x       x        x       x      x
Query.bookings                   U       x       x        x       x        x       x      x
Query.booking                    0       0       0        x       x        0       0      x
Query.users                      U       F       F        F       F        F       F      x
Query.figures                    U       F       F        F       F        F       F      x
Mutation.register                x       x       x        x       x        x       x      x
Mutation.login                   x       x       x        x       x        x       x      x
Mutation.refreshSession          x       x       x        x       x        x       x      x
Mutation.logout                  x       x       x        x       x        x       x      x
Mutation.requestPasswordReset    x       x       x        x       x        x       x      x
Mutation.resetPassword           x       x       x        x       x        x       x      x
Mutation.verifyEmail             x       x       x        x       x        x       x      x
Mutation.startGuestSession       x       x       x        x       x        x       x      x
Mutation.requestSignInCode       x       x       x        x       x        x       x      x
Mutation.signInWithCode          x       x       x        x       x        x       x      x
Mutation.resendVerification      U       F       x        x       x        x       x      x
Mutation.updateProfile           U       N       x        x       x        x       x      x
Mutation.changeEmail             U       N       x        x       x        x       x      x
Mutation.endSession              U       x       x        x       x        x       x      x
Mutation.changePassword          U       F       x        x       x        x       x      x
Mutation.exportMyData            U       F       x        x       x        x       x      x
Mutation.deleteMyAccount         U       N       x        x       x        x       x      x
Mutation.holdSlot                U       x       x        x       x        x       x      x
Mutation.bookSlot                U       V       x        x       x        x       x      x
Mutation.bookSlots               U       V       x        x       x        x       x      x
Mutation.joinWaitlist            U       V       x        x       x        x       x      x
Mutation.leaveWaitlist           U       x       x        x       x        x       x      x
Mutation.rescheduleBooking       U       N       N        x       x        N       N      x
Mutation.cancelBooking           U       N       N        x       x        N       N      x
Mutation.removeBooking           U       N       N        x       x        N       N      x
Mutation.confirmBooking          U       N       N        N       x        N       N      x
Mutation.completeBooking         U       N       N        N       x        N       N      x
Mutation.markNoShow              U       N       N        N       x        N       N      x
Mutation.setExpertNote           U       N       N        N       x        N       N      N
Mutation.writeReview             U       N       N        x       N        N       N      N
Mutation.removeReview            U       N       N        x       N        N       N      N
Mutation.answerReview            U       N       N        N       x        N       N      N
Mutation.hideReview              U       N       N        N       N        N       N      x
Mutation.setAvailability         U       N       N        N       x        N       N      x
Mutation.updateExpert            U       N       N        N       x        N       N      x
Mutation.updateMyExpert          U       N       N        N       x        N       N      N
POST /photos                     U       N       N        N       x        N       N      x
DELETE /photos                   U       N       N        N       x        N       N      x
BookingFilter.search             U       F       F        F       x        F       F      x
UpdateExpertInput.disabled       U       N       N        N       N        N       N      x
Expert.reviews(hidden:)          U       F       F        F       x        F       F      x
Mutation.createExpert            U       N       N        N       N        N       N      x
Mutation.updateUser              U       N       N        N       N        N       N      x
Subscription.slotBooked          x       x       x        x       x        x       x      x
Subscription.slotAvailable       x       x       x        x       x        x       x      x
Subscription.slotChanged         x       x       x        x       x        x       x      x
Subscription.bookingChanged      U       x       x        x       x        x       x      x
"""
MARKS = {
    "x": Decision.ALLOWED,
    "U": Decision.UNAUTHENTICATED,
    "F": Decision.FORBIDDEN,
    "N": Decision.NOT_ALLOWED,
    "V": Decision.VERIFICATION_NEEDED,
    "0": Decision.NULL,
}

# Relations to the client's account, in the order of the table's columns: owner, expert of a
# booking, another party to a booking, administrator, none of these.
ACCOUNT_RELATIONS = (
    Relation.OWNER,
    Relation.EXPERT,
    Relation.PARTY,
    Relation.ADMIN,
    Relation.SIGNED_IN,
)
ACCOUNT_FIELDS = """
                    owner  expert  party  admin  other
User.id               x      x       x      x      F
User.name             x      x       x      x      F
User.timeZone         x      x       x      x      F
User.expert           x      x       x      x      F
User.email            x      x       F      x      F
User.emailVerified    x      F       F      x      F
User.role             x      F       F      x      F
User.disabled         x      F       F      x      F
User.language         x      F       F      x      F
User.phone            x      F       F      x      F
User.guest            x      F       F      x      F
User.hasPassword      x      F       F      x      F
User.sessions         x      F       F      F      F
User.waits            x      F       F      F      F
"""


def rows(table: str) -> dict[str, list[str]]:
    """Return the marks of each row of a table, keyed by the row's name."""
    _, *lines = table.strip().splitlines()
    columns = len(table.strip().splitlines()[0].split())
    split = [line.rsplit(maxsplit=columns) for line in lines]
    return {name.strip(): marks for name, *marks in split}


@pytest.mark.parametrize(("what", "marks"), rows(VISIBLE_OBJECTS).items())
def test_objects_are_visible_as_the_table_says(what: str, marks: list[str]) -> None:
    visible = {name: VISIBILITY_CHECKS[what](VIEWERS[name]) for name in PEOPLE}
    assert visible == {name: mark == "x" for name, mark in zip(PEOPLE, marks, strict=True)}


@pytest.mark.parametrize(("what", "marks"), rows(OPERATIONS).items())
def test_operations_are_allowed_as_the_table_says(what: str, marks: list[str]) -> None:
    """Check each operation on `BOOKING`, its expert or the expert's calendar."""
    rule = policies.RULES[what]
    answers = {
        name: rule.decide(policies.relations_to_booking(VIEWERS[name], BOOKING)) for name in PEOPLE
    }
    assert answers == {name: MARKS[mark] for name, mark in zip(PEOPLE, marks, strict=True)}


def test_every_operation_is_in_the_tables() -> None:
    """Check that both this module's table and the docstring of `auth.policies` are complete."""
    tables = (policies.OPERATIONS, policies.ROUTES, policies.INPUTS, policies.ARGUMENTS)
    assert rows(OPERATIONS).keys() == {name for table in tables for name in table}
    documented = policies.__doc__ or ""
    assert [name for name in policies.OPERATIONS if name.split(".")[1] not in documented] == []


@pytest.mark.parametrize(("field", "marks"), rows(ACCOUNT_FIELDS).items())
def test_account_fields_are_visible_as_the_table_says(field: str, marks: list[str]) -> None:
    relations = {
        Relation.EXPERT: frozenset(
            {Relation.ANYONE, Relation.SIGNED_IN, Relation.EXPERT, Relation.PARTY}
        ),
    }
    answers = [
        policies.FIELDS[field].decide(
            relations.get(relation, frozenset({Relation.SIGNED_IN, relation}))
        )
        for relation in ACCOUNT_RELATIONS
    ]
    assert answers == [MARKS[mark] for mark in marks]


def test_every_account_field_is_in_the_table() -> None:
    of_accounts = {field for field in policies.FIELDS if field.startswith("User.")}
    assert rows(ACCOUNT_FIELDS).keys() == of_accounts


def test_expert_sees_more_of_the_client_than_of_other_parties() -> None:
    """The expert sees the client's e-mail address, but only the names of other parties."""
    of_client = policies.relations_to_party(VIEWERS["expert"], BOOKING, id_of("client"))
    assert {Relation.EXPERT, Relation.PARTY} <= of_client
    of_admin = policies.relations_to_party(VIEWERS["expert"], BOOKING, id_of("admin"))
    assert Relation.PARTY in of_admin
    assert Relation.EXPERT not in of_admin
    of_expert = policies.relations_to_party(VIEWERS["client"], BOOKING, id_of("expert"))
    assert of_expert == {*policies.relations_of(VIEWERS["client"]), Relation.PARTY}
    own = policies.relations_to_party(VIEWERS["client"], BOOKING, id_of("client"))
    assert Relation.OWNER in own


def test_expert_sees_the_email_address_of_a_client_once_the_time_is_booked() -> None:
    """A cancelled booking still shows the e-mail address; an expired hold never shows it."""

    def hides(viewer: str, *statuses: BookingStatus) -> bool:
        step = {"at": NOW, "actor_id": None, "before": None, "starts_at": NOW}
        history = [BookingChange(after=status, **step) for status in statuses]
        found = HOLD.model_copy(update={"history": history})
        return visibility.hides_address_of_party(VIEWERS[viewer], found, id_of("client"))

    hold, booked = BookingStatus.HELD, BookingStatus.PENDING
    assert hides("expert", hold)
    assert hides("expert", hold, BookingStatus.EXPIRED)
    assert not hides("expert", hold, booked)
    assert not hides("expert", hold, booked, BookingStatus.CANCELLED)
    assert not hides("client", hold)
    assert not hides("admin", hold)


@pytest.mark.parametrize(
    ("others", "name", "error"),
    [
        (Decision.FORBIDDEN, "nobody", Unauthenticated),
        (Decision.NOT_ALLOWED, "nobody", Unauthenticated),
        (Decision.FORBIDDEN, "stranger", Forbidden),
        (Decision.NOT_ALLOWED, "stranger", NotAllowed),
        (Decision.NULL, "stranger", NotAllowed),
        (Decision.NULL, "nobody", NotAllowed),
    ],
)
def test_each_denial_raises_its_error(
    monkeypatch: pytest.MonkeyPatch, others: Decision, name: str, error: type[Exception]
) -> None:
    rules = {"it": Rule(frozenset({Relation.ADMIN}), others)}
    monkeypatch.setattr(policies, "RULES", rules)
    with pytest.raises(error):
        policies.require("it", policies.relations_of(VIEWERS[name]))
    policies.require("it", policies.relations_of(VIEWERS["admin"]))
