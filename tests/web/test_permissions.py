"""Every operation and every restricted field against everyone, over the real server.

What is asked follows from the schema, what is expected from the tables in `auth/policies.py`. A new
operation, or a new field of a restricted type, fails until it has a rule; an operation needs the
variables, in `tests/probes.py`, with which those who may would succeed, too.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from graphql import build_schema

from auth.policies import (
    FIELDS,
    INPUTS,
    OBJECTS,
    OPERATIONS,
    RULES,
    Decision,
    Relation,
    Relations,
    Rule,
)
from tests.probes import (
    SCHEMA,
    VARIABLES,
    World,
    asked,
    document,
    fields_of,
    selection,
    watching,
)

if TYPE_CHECKING:
    from tests.conftest import Time
    from tests.offices import Office

CONTRACT = build_schema(
    Path(__file__).parents[1].joinpath("schema", "api.graphql").read_text("utf-8")
)
ROOTS = ("Query", "Mutation", "Subscription")
RESTRICTED = sorted({field.split(".")[0] for field in FIELDS})
EVERYBODY = frozenset({Relation.ANYONE})
MEMBER = EVERYBODY | {Relation.SIGNED_IN}
PEOPLE: dict[str, Relations] = {
    "nobody": EVERYBODY,
    "stranger": MEMBER,
    "client": MEMBER | {Relation.CLIENT},
    "expert": MEMBER | {Relation.EXPERT},
    "another expert": MEMBER,
    "administrator": MEMBER | {Relation.ADMIN},
}
"""What each of the world's people is to its bookings, and to its expert."""

CANCEL = "mutation ($id: ID!) { cancelBooking(input: {bookingId: $id}) { __typename } }"


BUILT = [f"{type_}.{name}" for type_ in ROOTS for name in fields_of(type_)]


@pytest.fixture(scope="module")
async def world(office: Office, time: Time) -> World:
    people = {
        "stranger": await office.person("Stranger"),
        "client": await office.person("Client"),
        "expert": await office.expert("Expert"),
        "another expert": await office.expert("Another Expert"),
        "administrator": await office.administrator("Administrator"),
    }
    expert_id, disabled = people["expert"].expert_id, (await office.expert()).expert_id
    assert expert_id
    assert disabled
    await office.update(disabled, disabled=True)
    slots = [slot["id"] for slot in await office.nobody.slots(expert_id, *time.days(4, 40))]
    made = World(office, people, slots, "", "", disabled)
    made.booking, made.cancelled = await made.new_booking(), await made.new_booking()
    await people["expert"].api.ask(CANCEL, id=made.cancelled)
    return made


def expected(rules: list[Rule], ties: Relations) -> Decision:
    """The first refusal of some rules."""
    answers = [rule.decide(ties) for rule in rules]
    return next((found for found in answers if found is not Decision.ALLOWED), Decision.ALLOWED)


@pytest.mark.parametrize("operation", BUILT)
async def test_an_operation_is_done_for_those_who_may(world: World, operation: str) -> None:
    assert operation in OPERATIONS, f"{operation} has no rule in auth/policies.py"
    assert operation in VARIABLES, f"{operation} has no variables here"
    rule = OPERATIONS[operation]
    answers, expectation = {}, {}
    for name, ties in PEOPLE.items():
        variables = await VARIABLES[operation](world, name)
        query = document(operation, variables)
        api = world.api(name)
        if operation.startswith("Subscription."):
            answers[name] = await watching(api, query, variables)
        else:
            answers[name] = await asked(api, query, variables, operation.split(".")[1])
        expectation[name] = rule.decide(ties)
        if operation == "Mutation.logout" and name in world.people:
            await world.office.login(world.people[name])
    if operation == "Mutation.markNoShow":
        # No session of a test has begun; tests/auth/test_moves.py has the table.
        expectation |= dict.fromkeys(world.people, Decision.NOT_ALLOWED)
    if operation == "Query.viewer":
        expectation["nobody"] = Decision.NULL  # that is who nobody is
    assert answers == expectation


@pytest.mark.parametrize("what", sorted(OBJECTS))
async def test_an_object_is_found_by_those_who_may_see_it(world: World, what: str) -> None:
    ids = {
        "Expert": world.expert,
        "disabled Expert": world.disabled,
        "Slot": world.slots[0],
        "User": world.people["client"].id,
        "Booking": world.booking,
    }
    ties = PEOPLE
    if what == "User":
        ties = PEOPLE | {"client": MEMBER | {Relation.OWNER}}
    if what == "disabled Expert":
        ties = PEOPLE | {"expert": MEMBER}
    query = "query ($id: ID!) { node(id: $id) { id } }"
    answers = {
        name: await asked(world.api(name), query, {"id": ids[what]}, "node") for name in PEOPLE
    }
    assert answers == {name: OBJECTS[what].decide(ties[name]) for name in PEOPLE}


@pytest.mark.parametrize("field", sorted(INPUTS))
async def test_a_field_of_an_input_is_taken_from_those_who_may(world: World, field: str) -> None:
    assert field == "UpdateExpertInput.disabled", f"{field} has no test"
    variables = {"input": {"expertId": world.expert, "disabled": False}}
    query = document("Mutation.updateExpert", variables)
    rules = [OPERATIONS["Mutation.updateExpert"], INPUTS[field]]
    answers = {
        name: await asked(world.api(name), query, variables, "updateExpert") for name in PEOPLE
    }
    assert answers == {name: expected(rules, ties) for name, ties in PEOPLE.items()}


WAYS: dict[str, tuple[str, str, dict[str, Relations]]] = {
    "Booking": ("%s", "", {}),
    "Contact": ("contact { %s }", "contact", {}),
    "BookingChange": ("history { %s }", "history", {}),
    "User": (
        "client { %s }",
        "client",
        {
            "client": frozenset({Relation.OWNER, Relation.PARTY}),
            "expert": frozenset({Relation.PARTY}),
        },
    ),
    "User as another party": (
        "history { actor { %s } }",
        "history actor",
        {
            "client": frozenset({Relation.PARTY}),
            "expert": frozenset({Relation.OWNER, Relation.PARTY}),
        },
    ),
}
"""How each restricted type is reached in a cancelled booking, and what that adds to ties."""


@pytest.mark.parametrize("way", WAYS)
async def test_a_field_is_shown_to_those_who_may_see_it(world: World, way: str) -> None:
    inside, path, more = WAYS[way]
    type_name = way.split(maxsplit=1)[0]
    for name, field in fields_of(type_name).items():
        rule = f"{type_name}.{name}"
        assert rule in FIELDS, f"{rule} has no rule in auth/policies.py"
        wanted = inside % f"{name} {selection(field)}"
        query = f"query ($id: ID!) {{ booking(id: $id) {{ __typename {wanted} }} }}"
        answers, expectation = {}, {}
        for who, ties in PEOPLE.items():
            to = ("booking", *path.split())
            answers[who] = await asked(world.api(who), query, {"id": world.cancelled}, *to)
            as_party = ties | more.get(who, frozenset())
            expectation[who] = expected([OBJECTS["Booking"], FIELDS[rule]], as_party)
        assert answers == expectation, rule


@pytest.mark.parametrize("name", sorted(n for n in fields_of("User")))
async def test_a_field_of_an_account_by_its_id(world: World, name: str) -> None:
    wanted = f"{name} {selection(fields_of('User')[name])}"
    query = f"query ($id: ID!) {{ node(id: $id) {{ ... on User {{ {wanted} }} }} }}"
    rules = [OBJECTS["User"], FIELDS[f"User.{name}"]]
    for who, ties in (PEOPLE | {"client": MEMBER | {Relation.OWNER}}).items():
        variables = {"id": world.people["client"].id}
        answer = await asked(world.api(who), query, variables, "node")
        assert answer is expected(rules, ties), (who, name)


def test_every_rule_is_about_something() -> None:
    """What a rule names is in the schema, or promised by the contract."""

    def names(schema: Any) -> set[str]:
        return {
            f"{type_}.{field}"
            for type_, of in schema.type_map.items()
            for field in getattr(of, "fields", {})
        }

    known = names(SCHEMA) | names(CONTRACT)
    assert {name for name in RULES if name not in OBJECTS} - known == set()
    for type_name in RESTRICTED:
        assert {f"{type_name}.{name}" for name in fields_of(type_name)} <= FIELDS.keys()
