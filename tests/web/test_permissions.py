"""Permissions of every kind of viewer for every operation and restricted field, on a real server.

The operations and fields come from the schema, and the expected results from the tables in
`auth/policies.py`. The tests fail if a new operation, or a new field of a restricted type, has no
rule in these tables. An operation also needs variables in `tests/support/permission_scenarios.py`
with which it succeeds for permitted viewers.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from graphql import build_schema
from pymongo import MongoClient

from auth.policies import (
    ARGUMENTS,
    FIELDS,
    INPUTS,
    OBJECTS,
    OPERATIONS,
    ROUTES,
    RULES,
    SINGLE_FIELDS,
)
from auth.rules import Decision, Relation, Relations, Rule
from tests.support.deployments import offer
from tests.support.permission_probes import (
    SCHEMA,
    document,
    fields_of,
    query_decision,
    selection,
    subscription_decision,
)
from tests.support.permission_scenarios import VARIABLES, Scenario
from tests.support.reviewing import hide

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pymongo.database import Database

    from tests.support.deployments import Deployment
    from tests.support.spans import Time

CONTRACT = build_schema(
    Path(__file__).parents[1].joinpath("schema", "api.graphql").read_text("utf-8")
)
ROOTS = ("Query", "Mutation", "Subscription")
RESTRICTED = sorted({field.split(".")[0] for field in FIELDS})
EVERYBODY = frozenset({Relation.ANYONE})
GUEST = EVERYBODY | {Relation.SIGNED_IN}
MEMBER = GUEST | {Relation.ACCOUNT}
PEOPLE: dict[str, Relations] = {
    "nobody": EVERYBODY,
    "guest": GUEST,
    "stranger": MEMBER,
    "client": MEMBER | {Relation.CLIENT},
    "expert": MEMBER | {Relation.EXPERT},
    "another expert": MEMBER,
    "administrator": MEMBER | {Relation.ADMIN},
}
"""Relations of each kind of viewer to the test's bookings and to the test's expert."""

OFFER = """mutation ($offers: [SessionOfferInput!]!) {
  setAvailability(input: {offers: $offers}) { __typename } }"""
ADDRESS = {"kind": "IN_PERSON", "details": "1 Mill Lane"}
CANCEL = "mutation ($id: ID!) { cancelBooking(input: {bookingId: $id}) { __typename } }"


ENDING_GUESTS = {"Mutation.register", "Mutation.login", "Mutation.logout"}
"""Operations that end the session of a guest."""
OPERATION_NAMES = [f"{type_}.{name}" for type_ in ROOTS for name in fields_of(type_)]


@pytest.fixture(scope="module")
def database(deployment_url: str) -> Iterator[Database[Any]]:
    """The database that the deployment uses."""
    with MongoClient[Any](deployment_url, tz_aware=True) as client:
        yield client.get_default_database()


@pytest.fixture(scope="module")
async def world(deployment: Deployment, database: Database[Any], time: Time) -> Scenario:
    people = {
        "guest": await deployment.guest(),
        "stranger": await deployment.person("Stranger"),
        "client": await deployment.person("Client"),
        "expert": await deployment.expert("Expert"),
        "another expert": await deployment.expert("Another Expert"),
        "administrator": await deployment.administrator("Administrator"),
    }
    expert_id, disabled = people["expert"].expert_id, (await deployment.expert()).expert_id
    assert expert_id
    assert disabled
    await deployment.update(disabled, disabled=True)
    await people["expert"].api.ask(OFFER, offers=[{**offer(60), "place": ADDRESS}])
    slots = [slot["id"] for slot in await deployment.anonymous.slots(expert_id, *time.days(4, 40))]
    world = Scenario(deployment, people, slots, "", "", disabled, database)
    world.booking, world.cancelled = await world.new_booking(), await world.new_booking()
    await people["expert"].api.ask(CANCEL, id=world.cancelled)
    return world


def expected(rules: list[Rule], relations: Relations) -> Decision:
    """Return the first refusal among the decisions of the rules, or ALLOWED if no rule refuses."""
    decisions = [rule.decide(relations) for rule in rules]
    return next(
        (decision for decision in decisions if decision is not Decision.ALLOWED), Decision.ALLOWED
    )


@pytest.mark.parametrize("operation", OPERATION_NAMES)
async def test_operations_are_executed_for_permitted_viewers_only(
    world: Scenario, operation: str
) -> None:
    assert operation in OPERATIONS, f"{operation} has no rule in auth/policies.py"
    assert operation in VARIABLES, f"{operation} has no variables in permission_scenarios.py"
    rule = OPERATIONS[operation]
    answers, decisions = {}, {}
    for name, relations in PEOPLE.items():
        variables = await VARIABLES[operation](world, name)
        query = document(operation, variables)
        api = world.api(name)
        if operation.startswith("Subscription."):
            answers[name] = await subscription_decision(api, query, variables)
        else:
            answers[name] = await query_decision(api, query, variables, operation.split(".")[1])
        decisions[name] = rule.decide(relations)
        if name == "guest" and operation in ENDING_GUESTS:
            world.people[name] = await world.deployment.guest()
        elif operation == "Mutation.logout" and name in world.people:
            await world.deployment.login(world.people[name])
    if operation in {"Mutation.completeBooking", "Mutation.markNoShow"}:
        # These operations are refused because no session has begun yet;
        # tests/resolvers/test_moves.py covers the state machine.
        decisions |= dict.fromkeys(world.people, Decision.NOT_ALLOWED)
    if operation == "Mutation.updateMyExpert":
        decisions["another expert"] = Decision.ALLOWED  # this expert has an entry, too
    if operation == "Query.viewer":
        decisions["nobody"] = Decision.NULL  # an anonymous viewer is null
    assert answers == decisions


@pytest.mark.parametrize("object_type", sorted(OBJECTS))
async def test_objects_are_found_by_permitted_viewers_only(
    world: Scenario, object_type: str
) -> None:
    ids = {
        "Expert": world.expert,
        "disabled Expert": world.disabled,
        "Slot": world.slots[0],
        "User": world.people["client"].id,
        "Booking": world.booking,
        "Session": await world.session(),
        "Review": await world.review(),
        "hidden Review": await world.review(),
        "Wait": await world.wait(),
    }
    await hide(world.people["administrator"].api, ids["hidden Review"])
    relations = PEOPLE
    if object_type in {"User", "Session", "Wait"}:
        relations = PEOPLE | {"client": MEMBER | {Relation.OWNER}}
    if object_type == "disabled Expert":
        relations = PEOPLE | {"expert": MEMBER}
    query = "query ($id: ID!) { node(id: $id) { id } }"
    answers = {
        name: await query_decision(world.api(name), query, {"id": ids[object_type]}, "node")
        for name in PEOPLE
    }
    assert answers == {name: OBJECTS[object_type].decide(relations[name]) for name in PEOPLE}


@pytest.mark.parametrize("field", sorted(INPUTS))
async def test_input_fields_are_accepted_from_permitted_viewers_only(
    world: Scenario, field: str
) -> None:
    inputs: dict[str, tuple[str, dict[str, Any]]] = {
        "BookingFilter.search": ("Query.bookings", {"filter": {"search": "ada"}}),
        "UpdateExpertInput.disabled": (
            "Mutation.updateExpert",
            {"input": {"expertId": world.expert, "disabled": False}},
        ),
    }
    operation, variables = inputs[field]
    query = document(operation, variables)
    rules = [OPERATIONS[operation], INPUTS[field]]
    answers = {
        name: await query_decision(world.api(name), query, variables, operation.split(".")[1])
        for name in PEOPLE
    }
    decisions = {name: expected(rules, relations) for name, relations in PEOPLE.items()}
    if field == "BookingFilter.search":
        decisions["another expert"] = Decision.ALLOWED  # this expert has a calendar, too
    assert answers == decisions


PATHS: dict[str, tuple[str, str, dict[str, Relations]]] = {
    "Booking": ("%s", "", {}),
    "Contact": ("contact { %s }", "contact", {}),
    "Place": ("place { %s }", "place {name}", {}),
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
"""Selection and response path of each restricted type in a cancelled booking.

The third item of a tuple has the additional relations that viewers have to the selected object. A
path that contains `{name}` leads to a field itself, so that the test sees whether the field is
null.
"""


@pytest.mark.parametrize("path_name", PATHS)
async def test_fields_are_shown_to_permitted_viewers_only(world: Scenario, path_name: str) -> None:
    template, path, added = PATHS[path_name]
    type_name = path_name.split(maxsplit=1)[0]
    for name, field in fields_of(type_name).items():
        rule = f"{type_name}.{name}"
        assert rule in FIELDS, f"{rule} has no rule in auth/policies.py"
        selected = template % f"{name} {selection(field)}"
        query = f"query ($id: ID!) {{ booking(id: $id) {{ __typename {selected} }} }}"
        answers, decisions = {}, {}
        for who, relations in PEOPLE.items():
            is_stricter = FIELDS[rule] != OBJECTS["Booking"]
            named = path or ("{name}" if type_name == "Booking" and is_stricter else "")
            to = ("booking", *named.format(name=name).split())
            answers[who] = await query_decision(world.api(who), query, {"id": world.cancelled}, *to)
            as_party = relations | added.get(who, frozenset())
            decisions[who] = expected([OBJECTS["Booking"], FIELDS[rule]], as_party)
        assert answers == decisions, rule


async def test_only_the_expert_sees_the_details_of_offered_places(world: Scenario) -> None:
    """The kind of place is public; the tests above cover the places of bookings."""
    query = "query ($id: ID!) { expert(id: $id) { offers { place { kind details } } } }"
    answers = {
        name: (await world.api(name).ask(query, id=world.expert))["expert"]["offers"]
        for name in PEOPLE
    }
    kind = [{"place": {**ADDRESS, "details": None}}]
    assert answers == {**dict.fromkeys(PEOPLE, kind), "expert": [{"place": ADDRESS}]}


Probe = tuple[str, dict[str, Any], tuple[str, ...]]


async def contact_email(world: Scenario) -> Probe:
    await world.deployment.update(world.expert, contactEmail="office@example.com")
    query = "query ($id: ID!) { expert(id: $id) { contactEmail } }"
    return query, {"id": world.expert}, ("expert", "contactEmail")


async def hidden_reason(world: Scenario) -> Probe:
    review = await world.review()
    await hide(world.people["administrator"].api, review)
    query = "query ($id: ID!) { node(id: $id) { ... on Review { hiddenReason } } }"
    return query, {"id": review}, ("node", "hiddenReason")


async def figures(world: Scenario) -> Probe:
    query = """query ($id: ID!) {
      expert(id: $id) { figures(from: "2027-03-28", to: "2027-03-28") { booked } } }"""
    return query, {"id": world.expert}, ("expert", "figures")


RESTRICTED_FIELDS = {
    "Expert.contactEmail": contact_email,
    "Expert.figures": figures,
    "Review.hiddenReason": hidden_reason,
}


@pytest.mark.parametrize("argument", sorted(ARGUMENTS))
async def test_arguments_are_accepted_from_permitted_viewers_only(
    world: Scenario, argument: str
) -> None:
    assert argument == "Expert.reviews(hidden:)", f"{argument} has no test"
    query = "query ($id: ID!) { expert(id: $id) { reviews(hidden: true) { totalCount } } }"
    path = ("expert", "reviews")
    answers = {
        name: await query_decision(world.api(name), query, {"id": world.expert}, *path)
        for name in PEOPLE
    }
    assert answers == {name: ARGUMENTS[argument].decide(PEOPLE[name]) for name in PEOPLE}


@pytest.mark.parametrize("field", sorted(SINGLE_FIELDS))
async def test_single_restricted_fields_follow_their_rules(world: Scenario, field: str) -> None:
    query, variables, path = await RESTRICTED_FIELDS[field](world)
    answers = {
        name: await query_decision(world.api(name), query, variables, *path) for name in PEOPLE
    }
    assert answers == {name: RULES[field].decide(PEOPLE[name]) for name in PEOPLE}


@pytest.mark.parametrize("name", sorted(n for n in fields_of("User")))
async def test_account_fields_by_node_id_follow_their_rules(world: Scenario, name: str) -> None:
    selected = f"{name} {selection(fields_of('User')[name])}"
    query = f"query ($id: ID!) {{ node(id: $id) {{ ... on User {{ {selected} }} }} }}"
    rules = [OBJECTS["User"], FIELDS[f"User.{name}"]]
    for who, relations in (PEOPLE | {"client": MEMBER | {Relation.OWNER}}).items():
        variables = {"id": world.people["client"].id}
        answer = await query_decision(world.api(who), query, variables, "node")
        assert answer is expected(rules, relations), (who, name)


def test_every_rule_has_a_target() -> None:
    """Each rule refers to a field of the schema or of the planned API contract."""

    def names(schema: Any) -> set[str]:
        return {
            name
            for type_, definition in schema.type_map.items()
            for field, typed in getattr(definition, "fields", {}).items()
            for name in (
                f"{type_}.{field}",
                *(f"{type_}.{field}({key}:)" for key in getattr(typed, "args", {})),
            )
        }

    known = names(SCHEMA) | names(CONTRACT)
    assert {name for name in RULES if name not in {*OBJECTS, *ROUTES}} - known == set()
    for type_name in RESTRICTED:
        assert {f"{type_name}.{name}" for name in fields_of(type_name)} <= FIELDS.keys()
