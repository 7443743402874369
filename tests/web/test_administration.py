"""Administration of accounts, over HTTP."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, Any

from tests.clients import open_socket
from tests.offices import CHANGE, LISTED, PROFILE, UNKNOWN, Office, first_slot, paths

if TYPE_CHECKING:
    from tests.conftest import Time

USERS = """query ($search: String, $role: Role, $first: Int, $after: String, $last: Int) {
  users(search: $search, role: $role, first: $first, after: $after, last: $last) {
    totalCount nodes { id name email role } pageInfo { hasNextPage endCursor } } }"""


async def test_account_made_an_expert_is_listed_and_can_be_booked(
    office: Office, time: Time
) -> None:
    person = await office.person("Émilie du Châtelet")
    made = await office.create(person.id)
    assert made | {"id": ""} == {
        "__typename": "Expert",
        "id": "",
        "slug": "emilie-du-chatelet",
        "name": person.name,
        **{name: PROFILE[name] for name in ("title", "category", "bio", "experienceYears")},
        **{name: PROFILE[name] for name in ("languages", "hourlyRate", "timeZone", "offers")},
        "sequence": 0,
        "availability": {"weekly": PROFILE["weekly"]},
    }
    assert await office.login(person) == "SignedIn"
    viewer = "{ viewer { role expert { id } } }"
    assert await person.api.ask(viewer) == {
        "viewer": {"role": "EXPERT", "expert": {"id": made["id"]}}
    }
    listed = (await office.nobody.ask(LISTED, search="emilie french"))["experts"]["nodes"]
    assert listed == [{"id": made["id"]}]
    client = await office.person()
    booking = await client.api.book(await first_slot(office, made["id"], time))
    assert booking["__typename"] == "Booking"
    theirs = "{ bookings { nodes { id } } }"
    assert (await person.api.ask(theirs))["bookings"]["nodes"] == [{"id": booking["id"]}]


async def test_becoming_an_expert_ends_all_sessions(office: Office) -> None:
    person = await office.person()
    async with open_socket(office.nobody.url) as socket:
        await socket.initialise(person.api.token)
        await office.create(person.id)
        assert await socket.closed() is not None
    assert await person.api.code("{ viewer { id } }") == "UNAUTHENTICATED"


async def test_administrator_who_becomes_an_expert_keeps_the_role(office: Office) -> None:
    boss = await office.administrator()
    made = await office.create(boss.id, boss.api)
    viewer = (await boss.api.ask("{ viewer { role expert { id } } }"))["viewer"]
    assert viewer == {"role": "ADMIN", "expert": {"id": made["id"]}}


async def test_equal_names_get_numbered_slugs(office: Office) -> None:
    names = ["Grace Hopper", "grace HOPPER", "Grace  Hopper!", "Grace Hopper 3", "Грейс", "格"]
    made = [await office.expert(name) for name in names]
    query = "query ($id: ID!) { expert(id: $id) { slug } }"
    slugs = [
        (await office.nobody.ask(query, id=person.expert_id))["expert"]["slug"] for person in made
    ]
    assert slugs[:4] == ["grace-hopper", "grace-hopper-2", "grace-hopper-3", "grace-hopper-3-2"]
    assert all(re.fullmatch(r"expert(-\d+)?", slug) for slug in slugs[4:])
    assert len(set(slugs)) == len(names)


async def test_concurrent_creations_under_one_name_get_distinct_slugs(office: Office) -> None:
    people = [await office.person("Mary Somerville") for _ in range(6)]
    made = await asyncio.gather(*(office.create(person.id) for person in people))
    assert {expert["__typename"] for expert in made} == {"Expert"}
    assert {expert["slug"] for expert in made} == {
        "mary-somerville",
        *(f"mary-somerville-{number}" for number in range(2, 7)),
    }


async def test_concurrent_creations_for_one_account_make_one_expert(office: Office) -> None:
    person = await office.person("Hypatia")
    made = await asyncio.gather(*(office.create(person.id) for _ in range(6)))
    won = [answer for answer in made if answer["__typename"] == "Expert"]
    lost = [answer for answer in made if answer["__typename"] != "Expert"]
    assert len(won) == 1
    assert [paths(answer) for answer in lost] == [["userId"]] * 5
    listed = (await office.nobody.ask(LISTED, search="hypatia"))["experts"]["nodes"]
    assert listed == [{"id": won[0]["id"]}]
    assert paths(await office.create(person.id)) == ["userId"]


async def test_administrator_changes_name_and_time_zone_of_an_account(office: Office) -> None:
    person = await office.person("Before Marriage")
    changed = await office.change(person.id, name=" After  Marriage ", timeZone="Asia/Tokyo")
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
    assert await office.change(person.id) == changed
    viewer = (await person.api.ask("{ viewer { name timeZone } }"))["viewer"]
    assert viewer == {"name": "After Marriage", "timeZone": "Asia/Tokyo"}
    for search, count in (("after marr", 1), ("before", 0)):
        assert (await office.admin.ask(USERS, search=search))["users"]["totalCount"] == count


async def test_invalid_account_change_is_refused_and_changes_nothing(office: Office) -> None:
    person = await office.person()
    before = await office.change(person.id)
    assert paths(await office.change(person.id, name="\t", disabled=True)) == ["name"]
    assert paths(await office.change(person.id, name="x" * 101)) == ["name"]
    assert paths(await office.change(person.id, role="EXPERT", disabled=True)) == ["role"]
    for id_ in (UNKNOWN["User"], UNKNOWN["Expert"], "nonsense"):
        assert (await office.change(id_, name="Nobody"))["code"] == "NOT_ALLOWED"
    for by in (person.api, (await office.expert()).api):
        assert (await office.change(person.id, by, role="ADMIN"))["code"] == "NOT_ALLOWED"
    assert await office.change(person.id) == before


async def test_disabled_account_is_signed_out_and_cannot_sign_in(office: Office) -> None:
    person = await office.person()
    async with open_socket(office.nobody.url) as socket:
        await socket.initialise(person.api.token)
        assert (await office.change(person.id, disabled=True))["disabled"] is True
        assert await socket.closed() is not None
    assert await person.api.code("{ viewer { id } }") == "UNAUTHENTICATED"
    assert await office.login(person) == "WrongCredentials"
    assert (await office.change(person.id, disabled=False))["disabled"] is False
    assert await office.login(person) == "SignedIn"


async def test_expert_made_a_client_loses_the_calendar_until_made_an_expert_again(
    office: Office, time: Time
) -> None:
    expert, client = await office.expert(), await office.person()
    assert expert.expert_id
    booking = await client.api.book(await first_slot(office, expert.expert_id, time))
    read = "query ($id: ID!) { booking(id: $id) { id } }"
    for role, seen in (("CLIENT", None), ("EXPERT", {"id": booking["id"]})):
        changed = await office.change(expert.id, role=role)
        assert (changed["role"], changed["expert"]) == (role, {"id": expert.expert_id})
        assert await expert.api.code("{ viewer { id } }") == "UNAUTHENTICATED"
        await office.login(expert)
        assert (await expert.api.ask(read, id=booking["id"]))["booking"] == seen
        listed = (await expert.api.ask("{ bookings { totalCount } }"))["bookings"]
        assert listed == {"totalCount": 1 if seen else 0}
        answer = await office.update(expert.expert_id, expert.api, title="Mine")
        assert answer["__typename"] == ("Expert" if seen else "NotAllowed")


async def test_last_active_administrator_cannot_be_demoted_or_disabled(office: Office) -> None:
    everyone = (await office.admin.ask(USERS, role="ADMIN", first=100))["users"]["nodes"]
    own = (await office.admin.ask("{ viewer { id } }"))["viewer"]["id"]
    for other in everyone:
        if other["id"] != own:
            assert (await office.change(other["id"], role="CLIENT"))["__typename"] == "User"
    for wanted in ({"disabled": True}, {"role": "CLIENT"}):
        assert await office.change(own, **wanted) == {
            "__typename": "NotAllowed",
            "code": "NOT_ALLOWED",
            "message": "This is the only administrator who can sign in. Make another one first.",
        }
    assert (await office.admin.ask("{ viewer { role } }"))["viewer"] == {"role": "ADMIN"}

    for _ in range(5):
        second = await office.administrator()
        # The second to commit is refused or has been signed out.
        answers = await asyncio.gather(
            second.api.post(CHANGE, input={"userId": own, "role": "CLIENT"}),
            office.admin.post(CHANGE, input={"userId": second.id, "disabled": True}),
        )
        done = [
            not answer.get("errors") and answer["data"]["updateUser"]["__typename"] == "User"
            for answer in answers
        ]
        assert sum(done) == 1, answers
        if done[0]:
            assert (await office.change(own, second.api, role="ADMIN"))["role"] == "ADMIN"
            await office.open()
            assert (await office.change(second.id, role="CLIENT"))["role"] == "CLIENT"


async def test_accounts_are_found_by_words_of_name_and_email(office: Office) -> None:
    person = await office.person("Ålesund Ørsted-Zimmer")

    async def found(**wanted: Any) -> list[str]:
        nodes = (await office.admin.ask(USERS, **wanted))["users"]["nodes"]
        return [node["id"] for node in nodes]

    for search in ("alesund", "ALES zimm", person.email, "Zimmer example.com"):
        assert person.id in await found(search=search), search
    assert await found(search="alesund nothing") == []
    assert await found(search="***") == []
    assert await found(search="alesund", role="ADMIN") == []
    assert await found(search="alesund", role="CLIENT") == [person.id]
    assert await office.admin.code(USERS, search="x" * 201) == "BAD_USER_INPUT"


async def test_accounts_are_paged_in_order_of_name(office: Office) -> None:
    whole = await office.admin.ask(USERS, role="CLIENT", first=100)
    seen, after = [], None
    while True:
        page = (await office.admin.ask(USERS, role="CLIENT", first=90, after=after))["users"]
        seen += [node["id"] for node in page["nodes"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert len(seen) == len(set(seen)) == page["totalCount"]
    assert seen[:100] == [node["id"] for node in whole["users"]["nodes"]]
    names = [node["name"].casefold() for node in whole["users"]["nodes"] if node["name"].isascii()]
    assert names == sorted(names)
    assert {node["role"] for node in whole["users"]["nodes"]} == {"CLIENT"}
    last = (await office.admin.ask(USERS, role="CLIENT", last=5))["users"]["nodes"]
    assert [node["id"] for node in last] == seen[-5:]
    assert await office.admin.code(USERS, first=101) == "BAD_USER_INPUT"
    assert await office.admin.code(USERS, after="nonsense") == "BAD_USER_INPUT"


async def test_only_administrators_can_list_accounts(office: Office) -> None:
    assert await office.nobody.code(USERS) == "UNAUTHENTICATED"
    for person in (await office.person(), await office.expert()):
        assert await person.api.code(USERS) == "FORBIDDEN"
