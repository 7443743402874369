"""The rules as tables: who may see and do what."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from auth import policies
from auth.policies import Decision, Relation, Rule
from auth.viewers import Viewer
from models.accounts.users import Role, User
from models.bookings.booking import Booking
from models.directory.experts import Expert
from models.errors import Forbidden, NotAllowed, Unauthenticated
from models.ids import new_id

if TYPE_CHECKING:
    from collections.abc import Callable

PEOPLE = ("nobody", "stranger", "client", "expert", "demoted", "other", "admin")
"""`demoted` was the expert and is a client again; `other` is another expert."""

EXPERT, OTHER = new_id(), new_id()


def viewer(role: Role, expert_id: Any = None) -> Viewer:
    """Somebody signed in."""
    user = User.model_construct(id=new_id(), role=role, expert_id=expert_id)
    return Viewer(user, new_id(), datetime.max.replace(tzinfo=UTC))


VIEWERS: dict[str, Viewer | None] = {
    "nobody": None,
    "stranger": viewer(Role.CLIENT),
    "client": viewer(Role.CLIENT),
    "expert": viewer(Role.EXPERT, EXPERT),
    "demoted": viewer(Role.CLIENT, EXPERT),
    "other": viewer(Role.EXPERT, OTHER),
    "admin": viewer(Role.ADMIN),
}


def id_of(name: str) -> Any:
    """The account of somebody who is signed in."""
    found = VIEWERS[name]
    assert found
    return found.id


LISTED = Expert.model_construct(id=EXPERT, user_id=id_of("expert"), disabled=False)
DISABLED = Expert.model_construct(id=EXPERT, user_id=id_of("expert"), disabled=True)
BOOKING = Booking.model_construct(id=new_id(), expert_id=EXPERT, client_id=id_of("client"))

JUDGED: dict[str, Callable[[Viewer | None], bool]] = {
    "the client's account": lambda who: policies.may_see_user(who, id_of("client")),
    "the expert's account": lambda who: policies.may_see_user(who, id_of("expert")),
    "the expert": lambda who: policies.may_see_expert(who, LISTED),
    "the expert, disabled": lambda who: policies.may_see_expert(who, DISABLED),
    "the calendar, to run": lambda who: policies.keeps_calendar(who, EXPERT),
    "the booking": lambda who: policies.may_see_booking(who, BOOKING),
}
SEEN = """
                          nobody  stranger  client  expert  demoted  other  admin
the client's account        -        -        x       -        -       -      x
the expert's account        -        -        -       x        -       -      x
the expert                  x        x        x       x        x       x      x
the expert, disabled        -        -        -       x        -       -      x
the calendar, to run        -        -        -       x        -       -      x
the booking                 -        -        x       x        -       -      x
"""

# x: allowed, U: UNAUTHENTICATED, F: FORBIDDEN, N: NotAllowed, 0: null.
DONE = """
                               nobody  stranger  client  expert  demoted  other  admin
Query.viewer                      x       x        x       x        x       x      x
Query.experts                     x       x        x       x        x       x      x
Query.expert                      x       x        x       x        x       x      x
Query.expertBySlug                x       x        x       x        x       x      x
Query.categories                  x       x        x       x        x       x      x
Query.node                        x       x        x       x        x       x      x
Query.bookings                    U       x        x       x        x       x      x
Query.booking                     0       0        x       x        0       0      x
Query.users                       U       F        F       F        F       F      x
Mutation.register                 x       x        x       x        x       x      x
Mutation.login                    x       x        x       x        x       x      x
Mutation.refreshSession           x       x        x       x        x       x      x
Mutation.logout                   x       x        x       x        x       x      x
Mutation.requestPasswordReset     x       x        x       x        x       x      x
Mutation.resetPassword            x       x        x       x        x       x      x
Mutation.verifyEmail              x       x        x       x        x       x      x
Mutation.changePassword           U       x        x       x        x       x      x
Mutation.holdSlot                 U       x        x       x        x       x      x
Mutation.bookSlot                 U       x        x       x        x       x      x
Mutation.bookSlots                U       x        x       x        x       x      x
Mutation.rescheduleBooking        U       N        x       x        N       N      x
Mutation.cancelBooking            U       N        x       x        N       N      x
Mutation.removeBooking            U       N        x       x        N       N      x
Mutation.confirmBooking           U       N        N       x        N       N      x
Mutation.completeBooking          U       N        N       x        N       N      x
Mutation.markNoShow               U       N        N       x        N       N      x
Mutation.setAvailability          U       N        N       x        N       N      x
Mutation.updateExpert             U       N        N       x        N       N      x
UpdateExpertInput.disabled        U       N        N       N        N       N      x
Mutation.createExpert             U       N        N       N        N       N      x
Mutation.updateUser               U       N        N       N        N       N      x
Subscription.slotBooked           x       x        x       x        x       x      x
Subscription.slotAvailable        x       x        x       x        x       x      x
Subscription.slotChanged          x       x        x       x        x       x      x
Subscription.bookingChanged       U       x        x       x        x       x      x
"""
MARKS = {
    "x": Decision.ALLOWED,
    "U": Decision.UNAUTHENTICATED,
    "F": Decision.FORBIDDEN,
    "N": Decision.NOT_ALLOWED,
    "0": Decision.NULL,
}

# Of the client's account: as its owner, through a booking as its expert and as another party, as
# an administrator, and as somebody else.
TIES = (Relation.OWNER, Relation.EXPERT, Relation.PARTY, Relation.ADMIN, Relation.SIGNED_IN)
SHOWN = """
                    owner  expert  party  admin  other
User.id               x      x       x      x      F
User.name             x      x       x      x      F
User.timeZone         x      x       x      x      F
User.expert           x      x       x      x      F
User.email            x      x       F      x      F
User.emailVerified    x      F       F      x      F
User.role             x      F       F      x      F
User.disabled         x      F       F      x      F
"""


def rows(table: str) -> dict[str, list[str]]:
    """The marks of each line by its name."""
    _, *lines = table.strip().splitlines()
    columns = len(table.strip().splitlines()[0].split())
    split = [line.rsplit(maxsplit=columns) for line in lines]
    return {name.strip(): marks for name, *marks in split}


@pytest.mark.parametrize(("what", "marks"), rows(SEEN).items())
def test_who_sees_what(what: str, marks: list[str]) -> None:
    judged = {name: JUDGED[what](VIEWERS[name]) for name in PEOPLE}
    assert judged == {name: mark == "x" for name, mark in zip(PEOPLE, marks, strict=True)}


@pytest.mark.parametrize(("what", "marks"), rows(DONE).items())
def test_who_does_what(what: str, marks: list[str]) -> None:
    """Operations on the booking, the expert or the calendar of the table's expert."""
    rule = policies.RULES[what]
    answers = {
        name: rule.answer(policies.relations_to_booking(VIEWERS[name], BOOKING)) for name in PEOPLE
    }
    assert answers == {name: MARKS[mark] for name, mark in zip(PEOPLE, marks, strict=True)}


def test_every_operation_is_in_the_tables() -> None:
    """Here, and in the one for people."""
    assert rows(DONE).keys() == {*policies.OPERATIONS, *policies.INPUTS}
    told = policies.__doc__ or ""
    assert [name for name in policies.OPERATIONS if name.split(".")[1] not in told] == []


@pytest.mark.parametrize(("field", "marks"), rows(SHOWN).items())
def test_who_sees_which_field_of_an_account(field: str, marks: list[str]) -> None:
    ties = {
        Relation.EXPERT: frozenset(
            {Relation.ANYONE, Relation.SIGNED_IN, Relation.EXPERT, Relation.PARTY}
        ),
    }
    answers = [
        policies.FIELDS[field].answer(ties.get(tie, frozenset({Relation.SIGNED_IN, tie})))
        for tie in TIES
    ]
    assert answers == [MARKS[mark] for mark in marks]


def test_every_field_of_an_account_is_in_the_table() -> None:
    of_accounts = {field for field in policies.FIELDS if field.startswith("User.")}
    assert rows(SHOWN).keys() == of_accounts


def test_an_expert_knows_more_of_its_client_than_of_others_in_the_booking() -> None:
    """The expert has the client's address; of whoever else had a part in it, the name."""
    of_client = policies.relations_to_party(VIEWERS["expert"], BOOKING, id_of("client"))
    assert {Relation.EXPERT, Relation.PARTY} <= of_client
    of_admin = policies.relations_to_party(VIEWERS["expert"], BOOKING, id_of("admin"))
    assert Relation.PARTY in of_admin
    assert Relation.EXPERT not in of_admin
    of_expert = policies.relations_to_party(VIEWERS["client"], BOOKING, id_of("expert"))
    assert of_expert == {Relation.ANYONE, Relation.SIGNED_IN, Relation.PARTY}
    own = policies.relations_to_party(VIEWERS["client"], BOOKING, id_of("client"))
    assert Relation.OWNER in own


@pytest.mark.parametrize(
    ("others", "name", "raised"),
    [
        (Decision.FORBIDDEN, "nobody", Unauthenticated),
        (Decision.NOT_ALLOWED, "nobody", Unauthenticated),
        (Decision.FORBIDDEN, "stranger", Forbidden),
        (Decision.NOT_ALLOWED, "stranger", NotAllowed),
        (Decision.NULL, "stranger", NotAllowed),
        (Decision.NULL, "nobody", NotAllowed),
    ],
)
def test_what_is_not_allowed_is_refused_by_its_kind(
    monkeypatch: pytest.MonkeyPatch, others: Decision, name: str, raised: type[Exception]
) -> None:
    rules = {"it": Rule(frozenset({Relation.ADMIN}), others)}
    monkeypatch.setattr(policies, "RULES", rules)
    with pytest.raises(raised):
        policies.require("it", policies.relations_of(VIEWERS[name]))
    policies.require("it", policies.relations_of(VIEWERS["admin"]))
