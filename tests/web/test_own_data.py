"""Export and deletion of accounts, with two server processes on one database."""

from __future__ import annotations

import asyncio
import tracemalloc
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from models.accounts.users import ERASED_DOMAIN, ERASED_NAME, User
from models.bookings.findings import Finding
from models.bookings.verification import verify
from models.calendar.times import utc_now
from models.ids import Id, new_id, object_id
from resolvers.own_data import collect, exportable_account
from tests.support.booking_operations import HOLD, execute
from tests.support.clients import CONTACT, PASSWORD, Api, open_socket
from tests.support.deployments import Deployment, Person
from tests.support.readiness import eventually
from tests.support.servers import run_server
from web.exports import encoded

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from models.bookings.findings import Finding
    from models.store.connection import Client, Database
    from tests.support.spans import Time

EXPORT = "mutation { exportMyData }"
DELETE = """mutation ($code: String!) { deleteMyAccount(input: {code: $code}) {
  __typename ... on AccountDeleted { cancelled } ... on Refusal { code message }
  ... on WrongCode { attemptsLeft } } }"""
SHOWN = """query ($id: ID!) { booking(id: $id) {
  status startsAt note expertNote reference contact { name } client { name email } expert { name }
  history { to reason actor { name } } } }"""
SET_NOTE = """mutation ($id: ID!, $note: String!) {
  setExpertNote(input: {bookingId: $id, note: $note}) { ... on Booking { expertNote } } }"""
CANCEL = """mutation ($id: ID!, $reason: String!) {
  cancelBooking(input: {bookingId: $id, reason: $reason}) { ... on Booking { status } } }"""
SEARCH = "query ($text: String!) { bookings(filter: {search: $text}) { nodes { id } } }"
SERVED = "query ($id: ID!) { expert(id: $id) { sequence } }"
WATCH = "subscription ($id: ID!) { slotChanged(expertId: $id) { __typename } }"
BOOK = "mutation ($input: BookSlotInput!) { bookSlot(input: $input) { __typename } }"


@dataclass
class TwoServers(Deployment):
    """A deployment of two servers; requests go to the first by default.

    Other tests use the same database, so violations found before these tests are ignored.
    """

    elsewhere: str = ""
    found_before: frozenset[Finding] = frozenset()


@pytest.fixture(scope="module")
async def here(
    database: Client, database_url: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[TwoServers]:
    """The two servers, with the administrator signed in."""
    one_folder, two_folder = (tmp_path_factory.mktemp("own-data") for _ in range(2))
    settings = {"mongodb_url": database_url, "throttle": "off", "access_token_minutes": 1440}
    assert database is not None
    with run_server(one_folder, **settings) as one, run_server(two_folder, **settings) as two:
        async with httpx.AsyncClient(timeout=120) as http:
            anonymous = Api(http, one)
            servers = TwoServers(anonymous, anonymous, elsewhere=two)
            await servers.open()
            servers.found_before = await findings()
            yield servers


async def findings() -> frozenset[Finding]:
    """Return the violations of invariants in the database."""
    return frozenset(await verify(utc_now(), lambda *_: None))


@pytest.fixture
def stored(database: Client) -> Database:
    """The servers' database, to read and change stored documents directly."""
    return database.get_default_database()


def there(here: TwoServers, api: Api) -> Api:
    """Return an API client for the other server, with the same access token."""
    return Api(api.http, here.elsewhere, api.token)


async def slots_of(here: TwoServers, expert: Person, time: Time) -> list[str]:
    assert expert.expert_id
    return [slot["id"] for slot in await here.anonymous.slots(expert.expert_id, *time.days(4, 12))]


async def book(api: Api, slot: str) -> str:
    answer = await api.book(slot, note="A secret wish", contact=CONTACT)
    assert answer["__typename"] == "Booking", answer
    return str(answer["id"])


async def delete(api: Api, code: str = PASSWORD) -> dict[str, Any]:
    return dict((await api.ask(DELETE, code=code))["deleteMyAccount"])


async def search(api: Api, text: str) -> list[str]:
    found = (await api.ask(SEARCH, text=text))["bookings"]["nodes"]
    return [booking["id"] for booking in found]


async def test_account_deletion_needs_the_password(here: TwoServers) -> None:
    person = await here.person()
    for code in ("wrong", "", "x" * 200):
        refused = await delete(person.api, code)
        assert (refused["__typename"], refused["code"]) == ("WrongCode", "WRONG_CODE")
        assert refused["attemptsLeft"] > 0
    assert await here.login(person) == "SignedIn"


async def test_last_administrator_cannot_be_deleted(here: TwoServers) -> None:
    second = await here.administrator()
    assert (await delete(second.api))["__typename"] == "AccountDeleted"
    refused = await delete(here.admin, "expertbook-demo")
    assert refused["__typename"] == "NotAllowed"
    assert "administrator" in refused["message"]


async def test_bookings_of_a_deleted_client_stay_without_personal_data(
    here: TwoServers, stored: Database, time: Time
) -> None:
    expert, client = await here.expert("Grace Hopper"), await here.person("Ada Secret")
    slots = await slots_of(here, expert, time)
    past, coming = await book(client.api, slots[0]), await book(client.api, slots[4])
    await expert.api.ask(SET_NOTE, id=past, note="Ada is shy")
    await expert.api.ask(CANCEL, id=past, reason="Ill today")
    by_ada = await book(client.api, slots[12])
    await client.api.ask(CANCEL, id=by_ada, reason="Ada is ill")
    held = await execute(client.api, HOLD, id=slots[8])
    before = (await here.admin.ask(SHOWN, id=past))["booking"]
    async with open_socket(there(here, client.api).url) as socket:
        await socket.initialise(client.api.token)
        deleted = await delete(client.api)
        assert await socket.close_code() == 4401
    assert set(deleted["cancelled"]) == {coming, held["id"]}
    assert await here.login(client) == "WrongCredentials"
    namesake = await here.anonymous.new_client("Ada Again", client.email)
    other = there(here, expert.api)

    async def read() -> Any:
        return [(await other.ask(SHOWN, id=id_))["booking"] for id_ in (past, coming, by_ada)]

    shown, cancelled, earlier = await eventually(
        read, lambda found: all(each["client"]["name"] == ERASED_NAME for each in found)
    )
    assert shown["client"]["email"].endswith(ERASED_DOMAIN)
    assert before["note"] == "A secret wish"
    changed = {"note": "", "contact": None, "client": shown["client"]}
    assert shown == before | changed | {"history": shown["history"], "expertNote": ""}
    assert [change["reason"] for change in shown["history"]] == [None, "Ill today"]
    assert [change["reason"] for change in earlier["history"]] == [None, None]
    assert [await search(other, text) for text in (shown["reference"], "ada")] == [[past], []]
    actors = [change["actor"]["name"] for change in shown["history"]]
    assert actors == [ERASED_NAME, "Grace Hopper"]
    assert (cancelled["status"], cancelled["contact"], cancelled["note"]) == ("CANCELLED", None, "")
    assert cancelled["history"][-1]["actor"] == {"name": ERASED_NAME}
    for collection, field in (("users", "email"), ("outbox", "address")):  # the namesake's rows
        assert await stored[collection].count_documents({field: client.email}) == 1
    assert (await namesake.ask("{ viewer { name } }"))["viewer"] == {"name": "Ada Again"}
    assert await findings() <= here.found_before


async def test_deleted_expert_leaves_the_directory_and_coming_bookings_are_cancelled(
    here: TwoServers, stored: Database, time: Time
) -> None:
    expert, client = await here.expert("Grace Hopper"), await here.person()
    coming = await book(client.api, (await slots_of(here, expert, time))[0])
    async with open_socket(here.anonymous.url) as socket:
        await socket.initialise()
        await socket.subscribe("1", WATCH, id=expert.expert_id)
        deleted = await delete(there(here, expert.api))
        message = await socket.receive()
        while message["type"] == "next":
            message = await socket.receive()
        assert message["payload"][0]["extensions"]["code"] == "BAD_USER_INPUT"
    assert deleted == {"__typename": "AccountDeleted", "cancelled": [coming]}
    assert (await here.anonymous.ask(SERVED, id=expert.expert_id))["expert"] is None
    shown = (await client.api.ask(SHOWN, id=coming))["booking"]
    assert (shown["status"], shown["expert"]["name"]) == ("CANCELLED", "Grace Hopper")
    about = {"kind": "CANCELLED", "occasion.booking_id": object_id(coming, "Booking", "id")}
    [mail] = await stored["outbox"].find(about).to_list()
    assert mail["occasion"]["starts_at"].isoformat()[:16] == shown["startsAt"][:16]
    assert await findings() <= here.found_before


async def test_disabled_and_demoted_accounts_lose_their_subscriptions_on_every_server(
    here: TwoServers,
) -> None:
    disabled, demoted = await here.person(), await here.expert()
    watch = "subscription { bookingChanged { id } }"
    async with open_socket(here.elsewhere) as one, open_socket(here.elsewhere) as two:
        for socket, person in ((one, disabled), (two, demoted)):
            await socket.initialise(person.api.token)
            await socket.subscribe("1", watch)
        await here.change(disabled.id, disabled=True)
        await here.change(demoted.id, role="CLIENT")
        assert [await one.close_code(), await two.close_code()] == [4401, 4401]
    async with open_socket(here.elsewhere) as again:
        payload = {"authorization": f"Bearer {disabled.api.token}"}
        await again.send(type="connection_init", payload=payload)
        assert await again.close_code() == 4403


@pytest.mark.parametrize("_", range(3))
async def test_booking_during_account_deletion_leaves_no_orphaned_bookings(
    here: TwoServers, time: Time, _: int
) -> None:
    expert, client = await here.expert(), await here.person()
    slots = await slots_of(here, expert, time)
    elsewhere = there(here, client.api)

    async def book_all() -> None:
        for slot in slots[:12]:
            wanted = {"slotId": slot, "contact": CONTACT}
            await elsewhere.post(BOOK, input=wanted)

    deleted, *_others = await asyncio.gather(delete(client.api), book_all())
    assert deleted["__typename"] == "AccountDeleted"
    query = "query ($id: ID!) { bookings(filter: {expertId: $id}) { nodes { id status } } }"

    async def read() -> Any:
        return (await here.admin.ask(query, id=expert.expert_id))["bookings"]["nodes"]

    # On a busy machine, a booking may be made after the deletion; the sweeper then cancels it.
    left = await eventually(
        read, lambda found: {booking["status"] for booking in found} <= {"CANCELLED"}
    )
    assert set(deleted["cancelled"]) <= {booking["id"] for booking in left}
    assert await findings() <= here.found_before


async def test_account_that_was_not_verified_in_time_is_removed(
    here: TwoServers, stored: Database
) -> None:
    person, verified = await here.person(), await here.person()
    users = stored["users"]
    user = await users.find_one({"email": person.email})
    assert user
    assert (user["unverified_until"] - user["created_at"]).days == 30
    await users.update_one({"email": verified.email}, {"$set": {"unverified_until": None}})
    await users.update_one({"email": person.email}, {"$set": {"unverified_until": utc_now()}})

    async def read() -> Any:
        return await users.find_one({"_id": user["_id"]})

    await eventually(read, lambda found: found["closed_at"] is not None)
    assert await here.login(person) == "WrongCredentials"
    long_ago = {"$set": {"closed_at": user["created_at"] - timedelta(hours=1)}}
    await users.update_one({"_id": user["_id"]}, long_ago)
    await eventually(read, lambda found: found is None)
    assert await here.login(verified) == "SignedIn"


async def test_export_contains_the_persons_stored_data_and_nobody_elses_data(
    here: TwoServers, time: Time
) -> None:
    expert, client = await here.expert("Grace Hopper"), await here.person("Ada Lovelace")
    booked = await book(client.api, (await slots_of(here, expert, time))[0])
    await expert.api.ask(SET_NOTE, id=booked, note="A private remark")
    await client.api.ask(CANCEL, id=booked, reason="A secret reason")
    path = (await client.api.ask(EXPORT))["exportMyData"]
    http, url = client.api.http, f"{here.elsewhere}{path}"
    answer = await http.get(url)
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "private, no-store")
    found = answer.json()
    assert (found["account"]["name"], found["account"]["email"]) == (client.name, client.email)
    assert "password_hash" not in found["account"]
    [booking] = found["bookings"]
    charged = await exportable_account(Id(path.removeprefix("/exports/").partition(".")[0]))
    assert charged
    assert charged[1] == len(found["bookings"])
    assert (booking["contact"]["email"], booking["note"]) == (CONTACT["email"], "A secret wish")
    assert [mail["kind"] for mail in found["mails"]] == ["VERIFICATION"]
    assert len(found["sessions"]) == 1
    assert found["expert"] is None
    theirs = (await expert.api.ask(EXPORT))["exportMyData"]
    own = (await http.get(f"{here.anonymous.url}{theirs}")).json()
    assert own["expert"]["title"] == "Analyst"
    assert own["availability"]["time_zone"] == "Europe/London"
    assert "A secret wish" not in str(own)
    assert "A secret reason" not in str(own)
    assert [each["expert_note"] for each in own["bookings"]] == ["A private remark"]
    assert "expert_note" not in booking
    assert [step["reason"] for step in booking["history"]] == [None, "A secret reason"]
    assert CONTACT["email"] not in str(own)
    for forged in (path[:-1], path.replace("until=", "until=1"), path.split("?")[0]):
        assert (await http.get(here.anonymous.url + forged)).status_code == 404
    await delete(client.api)
    assert (await http.get(url)).status_code == 404


async def test_long_export_is_encoded_in_chunks(
    here: TwoServers, stored: Database, time: Time
) -> None:
    expert, client = await here.expert(), await here.person()
    await book(client.api, (await slots_of(here, expert, time))[0])
    user = await User.by_email(client.email)
    assert user
    [row] = await stored["bookings"].find({"client_id": user.id}).to_list()
    copies = [
        {**row, "_id": new_id(), "active": False, "status": "CANCELLED", "note": "x" * 8_000}
        for _ in range(1_200)
    ]
    await stored["bookings"].insert_many(copies)
    try:
        tracemalloc.start()
        size = sum([len(chunk) async for chunk in encoded(await collect(user))])
        _, peak = tracemalloc.get_traced_memory()
        assert peak < size / 2, (peak, size)
        path = (await client.api.ask(EXPORT))["exportMyData"]
        found = (await client.api.http.get(here.elsewhere + path)).json()
        assert len(found["bookings"]) == len(copies) + 1
    finally:
        tracemalloc.stop()
        await stored["bookings"].delete_many(
            {"expert_id": row["expert_id"], "note": {"$ne": row["note"]}}
        )
