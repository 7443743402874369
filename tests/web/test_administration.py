"""Administration of accounts, over HTTP."""

from __future__ import annotations

import asyncio
from secrets import token_hex
from typing import TYPE_CHECKING, Any

from tests.support.booking_operations import HOLD, booking_mutation, execute
from tests.support.clients import PASSWORD, open_socket
from tests.support.deployments import (
    CHANGE,
    PROFILE,
    REGISTER,
    SEARCH,
    UNKNOWN_IDS,
    Deployment,
    first_slot,
    invalid_fields,
)
from tests.support.waits import wait_for, waits

if TYPE_CHECKING:
    from tests.support.spans import Time

USERS = """query ($search: String, $role: Role, $first: Int, $after: String, $last: Int) {
  users(search: $search, role: $role, first: $first, after: $after, last: $last) {
    totalCount nodes { id name email role } pageInfo { hasNextPage endCursor } } }"""


async def test_account_made_an_expert_is_listed_and_can_be_booked(
    deployment: Deployment, time: Time
) -> None:
    person = await deployment.person("Émilie du Châtelet")
    created = await deployment.create(person.id)
    assert created | {"id": ""} == {
        "__typename": "Expert",
        "id": "",
        "slug": "emilie-du-chatelet",
        "name": person.name,
        **{name: PROFILE[name] for name in ("title", "category", "bio", "experienceYears")},
        **{name: PROFILE[name] for name in ("languages", "hourlyRate", "timeZone", "offers")},
        "sequence": 0,
        "availability": {"weekly": PROFILE["weekly"]},
    }
    assert await deployment.login(person) == "SignedIn"
    viewer = "{ viewer { role expert { id } } }"
    assert await person.api.ask(viewer) == {
        "viewer": {"role": "EXPERT", "expert": {"id": created["id"]}}
    }
    listed = (await deployment.anonymous.ask(SEARCH, search="emilie french"))["experts"]["nodes"]
    assert listed == [{"id": created["id"]}]
    client = await deployment.person()
    booking = await client.api.book(await first_slot(deployment, created["id"], time))
    assert booking["__typename"] == "Booking"
    theirs = "{ bookings { nodes { id } } }"
    assert (await person.api.ask(theirs))["bookings"]["nodes"] == [{"id": booking["id"]}]


async def test_becoming_an_expert_ends_all_sessions(deployment: Deployment) -> None:
    person = await deployment.person()
    async with open_socket(deployment.anonymous.url) as socket:
        await socket.initialise(person.api.token)
        await deployment.create(person.id)
        assert await socket.close_code() is not None
    assert await person.api.error_code("{ viewer { id } }") == "UNAUTHENTICATED"


async def test_administrator_who_becomes_an_expert_keeps_the_role(deployment: Deployment) -> None:
    boss = await deployment.administrator()
    created = await deployment.create(boss.id, boss.api)
    viewer = (await boss.api.ask("{ viewer { role expert { id } } }"))["viewer"]
    assert viewer == {"role": "ADMIN", "expert": {"id": created["id"]}}


async def test_equal_names_get_numbered_slugs(deployment: Deployment) -> None:
    names = ["Grace Hopper", "grace HOPPER", "Grace  Hopper!", "Grace Hopper 3", "Грейс", "格"]
    created = [await deployment.expert(name) for name in names]
    query = "query ($id: ID!) { expert(id: $id) { slug } }"
    slugs = [
        (await deployment.anonymous.ask(query, id=person.expert_id))["expert"]["slug"]
        for person in created
    ]
    assert slugs[:4] == ["grace-hopper", "grace-hopper-2", "grace-hopper-3", "grace-hopper-3-2"]
    assert slugs[4:] == ["greys", "ge"]
    assert len(set(slugs)) == len(names)


async def test_expert_whose_name_has_no_letters_gets_a_generated_slug(
    deployment: Deployment,
) -> None:
    person = await deployment.expert("--")
    assert person.expert_id
    query = "query ($slug: String!) { expertBySlug(slug: $slug) { id } }"
    for slug in ("", "  ", "…", "-", "--"):
        assert await deployment.anonymous.ask(query, slug=slug) == {"expertBySlug": None}
    shown = "query ($id: ID!) { expert(id: $id) { slug } }"
    slug = (await deployment.anonymous.ask(shown, id=person.expert_id))["expert"]["slug"]
    assert slug.startswith("expert")
    assert await deployment.anonymous.ask(query, slug=slug) == {
        "expertBySlug": {"id": person.expert_id}
    }
    # Hide the expert, because other tests expect that all listed experts have initials.
    await deployment.update(person.expert_id, disabled=True)


async def test_former_slugs_lead_to_the_expert_until_another_expert_takes_them(
    deployment: Deployment,
) -> None:
    person = await deployment.expert("Nellie Melba")
    assert person.expert_id
    for name in ("Helen Mitchell", "Nellie Armstrong", "Nellie Melba"):
        await deployment.update(person.expert_id, name=name)
    query = "query ($slug: String!) { expertBySlug(slug: $slug) { id slug } }"
    for slug in ("helen-mitchell", "Nellie-Armstrong", "nellie-melba"):
        found = (await deployment.anonymous.ask(query, slug=slug))["expertBySlug"]
        assert found == {"id": person.expert_id, "slug": "nellie-melba"}
    other = await deployment.expert("Helen Mitchell")
    for slug in ("helen-mitchell", "Helen Mitchell"):
        found = (await deployment.anonymous.ask(query, slug=slug))["expertBySlug"]
        assert found == {"id": other.expert_id, "slug": "helen-mitchell"}


async def test_concurrent_creations_under_one_name_get_distinct_slugs(
    deployment: Deployment,
) -> None:
    people = [await deployment.person("Mary Somerville") for _ in range(6)]
    created = await asyncio.gather(*(deployment.create(person.id) for person in people))
    assert {expert["__typename"] for expert in created} == {"Expert"}
    assert {expert["slug"] for expert in created} == {
        "mary-somerville",
        *(f"mary-somerville-{number}" for number in range(2, 7)),
    }


async def test_concurrent_creations_for_one_account_make_one_expert(deployment: Deployment) -> None:
    person = await deployment.person("Hypatia")
    created = await asyncio.gather(*(deployment.create(person.id) for _ in range(6)))
    won = [answer for answer in created if answer["__typename"] == "Expert"]
    lost = [answer for answer in created if answer["__typename"] != "Expert"]
    assert len(won) == 1
    assert [invalid_fields(answer) for answer in lost] == [["userId"]] * 5
    listed = (await deployment.anonymous.ask(SEARCH, search="hypatia"))["experts"]["nodes"]
    assert listed == [{"id": won[0]["id"]}]
    assert invalid_fields(await deployment.create(person.id)) == ["userId"]


async def test_administrator_changes_name_and_time_zone_of_an_account(
    deployment: Deployment,
) -> None:
    person = await deployment.person("Before Marriage")
    changed = await deployment.change(person.id, name=" After  Marriage ", timeZone="Asia/Tokyo")
    assert changed == {
        "__typename": "User",
        "id": person.id,
        "name": "After Marriage",
        "email": person.email,
        "role": "CLIENT",
        "timeZone": "Asia/Tokyo",
        "disabled": False,
        "emailVerified": False,
        "expert": None,
    }
    assert await deployment.change(person.id) == changed
    viewer = (await person.api.ask("{ viewer { name timeZone } }"))["viewer"]
    assert viewer == {"name": "After Marriage", "timeZone": "Asia/Tokyo"}
    for search, count in (("after marr", 1), ("before", 0)):
        assert (await deployment.admin.ask(USERS, search=search))["users"]["totalCount"] == count


async def test_invalid_account_change_is_refused_and_changes_nothing(
    deployment: Deployment,
) -> None:
    person = await deployment.person()
    before = await deployment.change(person.id)
    assert invalid_fields(await deployment.change(person.id, name="\t", disabled=True)) == ["name"]
    assert invalid_fields(await deployment.change(person.id, name="x" * 101)) == ["name"]
    assert invalid_fields(await deployment.change(person.id, role="EXPERT", disabled=True)) == [
        "role"
    ]
    for id_ in (UNKNOWN_IDS["User"], UNKNOWN_IDS["Expert"], "nonsense"):
        assert (await deployment.change(id_, name="Nobody"))["code"] == "NOT_ALLOWED"
    for caller in (person.api, (await deployment.expert()).api):
        assert (await deployment.change(person.id, caller, role="ADMIN"))["code"] == "NOT_ALLOWED"
    assert await deployment.change(person.id) == before


async def test_disabled_account_is_signed_out_and_cannot_sign_in(deployment: Deployment) -> None:
    person = await deployment.person()
    async with open_socket(deployment.anonymous.url) as socket:
        await socket.initialise(person.api.token)
        assert (await deployment.change(person.id, disabled=True))["disabled"] is True
        assert await socket.close_code() is not None
    assert await person.api.error_code("{ viewer { id } }") == "UNAUTHENTICATED"
    assert await deployment.login(person) == "WrongCredentials"
    assert (await deployment.change(person.id, disabled=False))["disabled"] is False
    assert await deployment.login(person) == "SignedIn"


async def test_disabled_account_loses_places_in_line_and_holds_but_no_bookings(
    deployment: Deployment, time: Time
) -> None:
    """The next in line gets the offer. A re-enabled account regains neither places nor holds."""
    expert, booker = await deployment.expert(), await deployment.person()
    leaver, next_ = await deployment.person(), await deployment.person()
    assert expert.expert_id
    span = time.days(4, 10)
    wanted, held, own, *_ = await deployment.anonymous.slots(expert.expert_id, *span)
    taken, kept = await booker.api.book(wanted["id"]), await leaver.api.book(own["id"])
    for person in (leaver, next_):
        entry = await wait_for(person.api, expert.expert_id, wanted)
        assert entry["__typename"] == "Wait", entry
    await execute(booker.api, booking_mutation("cancelBooking"), id=taken["id"])
    [entry] = await waits(leaver.api)
    assert entry["offer"]["status"] == "HELD"
    assert (await execute(leaver.api, HOLD, id=held["id"]))["__typename"] == "Booking"
    assert (await deployment.change(leaver.id, disabled=True))["disabled"] is True
    [entry] = await waits(next_.api)
    assert entry["offer"]["startsAt"] == wanted["startsAt"]
    left = await deployment.anonymous.slots(expert.expert_id, *span)
    assert [slot["status"] for slot in left[:3]] == ["HELD", "OPEN", "BOOKED"]
    await deployment.change(leaver.id, disabled=False)
    await deployment.login(leaver)
    assert await waits(leaver.api) == []
    mine = (await leaver.api.ask("{ bookings { nodes { id status } } }"))["bookings"]["nodes"]
    states = {each["id"]: each["status"] for each in mine}
    assert states.pop(kept["id"]) == "CONFIRMED"
    assert set(states.values()) <= {"CANCELLED"}


async def test_expert_made_a_client_loses_the_calendar_until_made_an_expert_again(
    deployment: Deployment, time: Time
) -> None:
    expert, client = await deployment.expert(), await deployment.person()
    assert expert.expert_id
    booking = await client.api.book(await first_slot(deployment, expert.expert_id, time))
    read = "query ($id: ID!) { booking(id: $id) { id } }"
    for role, seen in (("CLIENT", None), ("EXPERT", {"id": booking["id"]})):
        changed = await deployment.change(expert.id, role=role)
        assert (changed["role"], changed["expert"]) == (role, {"id": expert.expert_id})
        assert await expert.api.error_code("{ viewer { id } }") == "UNAUTHENTICATED"
        await deployment.login(expert)
        assert (await expert.api.ask(read, id=booking["id"]))["booking"] == seen
        listed = (await expert.api.ask("{ bookings { totalCount } }"))["bookings"]
        assert listed == {"totalCount": 1 if seen else 0}
        answer = await deployment.update(expert.expert_id, expert.api, title="Mine")
        assert answer["__typename"] == ("Expert" if seen else "NotAllowed")


async def test_last_active_administrator_cannot_be_demoted_or_disabled(
    deployment: Deployment,
) -> None:
    everyone = (await deployment.admin.ask(USERS, role="ADMIN", first=100))["users"]["nodes"]
    own_id = (await deployment.admin.ask("{ viewer { id } }"))["viewer"]["id"]
    for other in everyone:
        if other["id"] != own_id:
            assert (await deployment.change(other["id"], role="CLIENT"))["__typename"] == "User"
    for wanted in ({"disabled": True}, {"role": "CLIENT"}):
        assert await deployment.change(own_id, **wanted) == {
            "__typename": "NotAllowed",
            "code": "NOT_ALLOWED",
            "message": "This is the only administrator who can sign in. Make another one first.",
        }
    assert (await deployment.admin.ask("{ viewer { role } }"))["viewer"] == {"role": "ADMIN"}

    for _ in range(5):
        second = await deployment.administrator()
        # The request that commits second fails: it is refused, or its sender is signed out by then.
        answers = await asyncio.gather(
            second.api.post(CHANGE, input={"userId": own_id, "role": "CLIENT"}),
            deployment.admin.post(CHANGE, input={"userId": second.id, "disabled": True}),
        )
        done = [
            not answer.get("errors") and answer["data"]["updateUser"]["__typename"] == "User"
            for answer in answers
        ]
        assert sum(done) == 1, answers
        if done[0]:
            assert (await deployment.change(own_id, second.api, role="ADMIN"))["role"] == "ADMIN"
            await deployment.open()
            assert (await deployment.change(second.id, role="CLIENT"))["role"] == "CLIENT"


async def test_accounts_are_found_by_words_of_name_and_email(deployment: Deployment) -> None:
    person = await deployment.person("Ålesund Ørsted-Zimmer")

    async def found(**wanted: Any) -> list[str]:
        nodes = (await deployment.admin.ask(USERS, **wanted))["users"]["nodes"]
        return [node["id"] for node in nodes]

    for search in ("alesund", "ALES zimm", person.email, "Zimmer example.com"):
        assert person.id in await found(search=search), search
    assert await found(search="alesund nothing") == []
    assert await found(search="***") == []
    assert await found(search="alesund", role="ADMIN") == []
    assert await found(search="alesund", role="CLIENT") == [person.id]
    assert await deployment.admin.error_code(USERS, search="x" * 201) == "BAD_USER_INPUT"


async def test_accounts_are_paged_in_order_of_name(deployment: Deployment) -> None:
    whole = await deployment.admin.ask(USERS, role="CLIENT", first=100)
    seen, after = [], None
    while True:
        page = (await deployment.admin.ask(USERS, role="CLIENT", first=90, after=after))["users"]
        seen += [node["id"] for node in page["nodes"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert len(seen) == len(set(seen)) == page["totalCount"]
    assert seen[:100] == [node["id"] for node in whole["users"]["nodes"]]
    names = [node["name"].casefold() for node in whole["users"]["nodes"] if node["name"].isascii()]
    assert names == sorted(names)
    assert {node["role"] for node in whole["users"]["nodes"]} == {"CLIENT"}
    last = (await deployment.admin.ask(USERS, role="CLIENT", last=5))["users"]["nodes"]
    assert [node["id"] for node in last] == seen[-5:]
    assert await deployment.admin.error_code(USERS, first=101) == "BAD_USER_INPUT"
    assert await deployment.admin.error_code(USERS, after="nonsense") == "BAD_USER_INPUT"


async def test_only_administrators_can_list_accounts(deployment: Deployment) -> None:
    assert await deployment.anonymous.error_code(USERS) == "UNAUTHENTICATED"
    for person in (await deployment.person(), await deployment.expert()):
        assert await person.api.error_code(USERS) == "FORBIDDEN"


async def test_accounts_are_found_by_each_spelling_of_an_email_address(
    deployment: Deployment,
) -> None:
    email = f"ada{token_hex(8)}@münchen.example"
    wanted = {"name": "Ada", "email": email, "password": PASSWORD}
    answer = (await deployment.anonymous.ask(REGISTER, **wanted))["register"]
    for search in (email, email.replace("münchen", "xn--mnchen-3ya"), email.upper()):
        [found] = (await deployment.admin.ask(USERS, search=search))["users"]["nodes"]
        assert found["id"] == answer["user"]["id"]
