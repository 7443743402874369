"""Places of sessions: visibility, storage and validation."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, Any

import pytest
from pymongo import AsyncMongoClient

from tests.support.clients import PASSWORD, Api, open_socket
from tests.support.deployments import Deployment, first_slot, invalid_fields, offer
from tests.support.servers import Program, await_ready, start_program

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

    from tests.support.deployments import Person
    from tests.support.mailboxes import Mailbox
    from tests.support.spans import Time

ROOM = re.compile(r"https://meet\.example\.com/[0-9a-f]{32}")
ADDRESS = {"kind": "IN_PERSON", "details": "1 Mill Lane, Bath"}
NUMBER = {"kind": "PHONE", "details": "+442079460018"}
VIDEO = {"kind": "VIDEO", "details": "https://video.example.com/ada"}
SET = """mutation ($offers: [SessionOfferInput!]!) {
  setAvailability(input: {offers: $offers}) {
    __typename ... on AvailabilitySet { expert { offers { minutes place { kind details } } } }
    ... on InvalidInput { fields { field message } } } }"""
OFFERS = "query ($id: ID!) { expert(id: $id) { offers { minutes place { kind details } } } }"
KINDS = '{ expert(id: "%s") { offers { place { kind } } } }'
DETAILS = '{ expert(id: "%s") { offers { place { details } } } }'
PLACE = """query ($id: ID!) { booking(id: $id) {
  icsUrl place { kind details } contact { name } } }"""
HOLD = """mutation ($id: ID!) { holdSlot(input: {slotId: $id}) {
  ... on Booking { id place { kind details } } } }"""
MOVE = """mutation ($id: ID!, $slot: ID!) {
  rescheduleBooking(input: {bookingId: $id, slotId: $slot}) {
    __typename ... on Booking { place { kind details } } } }"""
CURSOR = "query ($id: ID!) { expert(id: $id) { cursor } }"
EVENTS = """subscription ($id: ID!, $after: String!) {
  slotChanged(expertId: $id, after: $after) { __typename
  ... on SlotEvent { cursor kind slot { id status price { amount } } changed { id } } } }"""
OWN = "subscription { bookingChanged { id status place { kind details } } }"


@pytest.fixture(scope="module")
def program(
    tmp_path_factory: pytest.TempPathFactory, mongodb_url: str, mailbox: Mailbox
) -> Iterator[Program]:
    """A server with log level debug that gives each video call a room of its own."""
    settings = {"experts": 1, "throttle": "off", "smtp_url": mailbox.url, "log_level": "debug"}
    rooms = "https://meet.example.com/{room}"
    folder = tmp_path_factory.mktemp("rooms")
    with start_program(folder, mongodb_url=mongodb_url, video_url=rooms, **settings) as program:
        yield program


@pytest.fixture(scope="module")
async def deployment(program: Program, http: httpx.AsyncClient) -> Deployment:
    """The server, with its administrator signed in."""
    # Wait in a thread, because the mail server runs on this event loop.
    await asyncio.to_thread(await_ready, program.process, program.address)
    return await Deployment.sign_in(Api(http, program.address))


@pytest.fixture(scope="module")
async def offering(deployment: Deployment) -> Person:
    """An expert whose offers any test may change."""
    return await expert_at(deployment, ADDRESS, NUMBER)


async def expert_at(deployment: Deployment, *places: dict[str, Any]) -> Person:
    """Return a new expert who offers 60-minute sessions at the first place.

    If there is a second place, the expert also offers 30-minute sessions there.
    """
    expert = await deployment.expert()
    offers = [{**offer(60 // number), "place": at} for number, at in enumerate(places, 1)]
    answer = (await expert.api.ask(SET, offers=offers))["setAvailability"]
    assert answer["__typename"] == "AvailabilitySet", answer
    return expert


async def place_of(who: Api, booking_id: str) -> dict[str, Any] | None:
    """Return a booking's place as the viewer sees it, or None if the booking is not visible."""
    found = (await who.ask(PLACE, id=booking_id))["booking"]
    return found and dict(found["place"])


async def stored(mongodb_url: str, *collections: str) -> str:
    """Return all documents of the given MongoDB collections as text."""
    async with AsyncMongoClient[dict[str, Any]](mongodb_url) as client:
        rows = [await client.get_default_database()[name].find().to_list() for name in collections]
    return str(rows)


async def test_only_the_parties_of_a_booking_see_its_room(
    deployment: Deployment, program: Program, mailbox: Mailbox, mongodb_url: str, time: Time
) -> None:
    """The API, e-mails and calendar entries contain the room's URL; events and logs do not."""
    expert = await expert_at(deployment, VIDEO)
    client, other = [await deployment.person() for _ in range(2)]
    slots = [
        slot["id"]
        for slot in await deployment.anonymous.slots(str(expert.expert_id), *time.days(4, 10))
    ]
    cursor = (await client.api.ask(CURSOR, id=expert.expert_id))["expert"]["cursor"]
    async with open_socket(program.address) as public, open_socket(program.address) as own:
        await public.initialise()
        # Because of the cursor, the events arrive even if the slot is held before the subscription
        # starts.
        await public.subscribe("1", EVENTS, id=expert.expert_id, after=cursor)
        await own.initialise(client.api.token)
        await own.subscribe("1", OWN)
        held = (await client.api.ask(HOLD, id=slots[0]))["holdSlot"]
        seen = [str(await public.event("slotChanged"))]
        booked = await client.api.book(slots[0])
        seen.append(str(await public.event("slotChanged")))
        while (event := await own.event("bookingChanged"))["status"] == "HELD":
            assert event["place"] == {"kind": "VIDEO", "details": None}
    second = await other.api.book(slots[4])
    place = await place_of(client.api, booked["id"])
    assert place == await place_of(expert.api, booked["id"]) == event["place"]
    assert place
    room = place["details"]
    assert ROOM.fullmatch(room)
    assert held == {"id": booked["id"], "place": {"kind": "VIDEO", "details": None}}
    assert (await place_of(other.api, second["id"]) or {})["details"] != room
    assert await place_of(deployment.admin, booked["id"]) == {"kind": "VIDEO", "details": None}
    url = (await deployment.admin.ask(PLACE, id=booked["id"]))["booking"]["icsUrl"]
    entry = await deployment.admin.http.get(program.address + url)
    assert (entry.status_code, "Video call" in entry.text, room in entry.text) == (200, True, False)
    another = await deployment.expert()
    for who in (other.api, another.api, deployment.anonymous):
        assert await place_of(who, booked["id"]) is None

    # E-mails are sent concurrently, so the e-mail about the second booking may arrive first.
    for who, address, count in ((client.api, client.email, 1), (expert.api, expert.email, 2)):
        [mail] = [
            mail for mail in await mailbox.wait_for_invitations(count, address) if room in mail.text
        ]
        assert room in mail.html
        assert mail.event["LOCATION"] == str(mail.event.conferences[0].uri) == room
        url = (await who.ask(PLACE, id=booked["id"]))["booking"]["icsUrl"]
        assert room in (await who.http.get(who.url + url)).text.replace("\r\n ", "")
    assert room.rpartition("/")[2] in await stored(mongodb_url, "bookings")
    hidden = await stored(mongodb_url, "events", "outbox", "requests", "nudges", "calendars")
    assert room.rpartition("/")[2] not in hidden + program.output() + "".join(seen)


@pytest.mark.parametrize("place", [ADDRESS, NUMBER])
async def test_only_the_kind_of_place_is_shown_before_booking(
    deployment: Deployment, time: Time, place: dict[str, str]
) -> None:
    """Because anyone can hold a slot, a hold and its export also reveal only the kind of place."""
    expert = await expert_at(deployment, place)
    client = await deployment.person()
    kind = {"kind": place["kind"], "details": None}
    for who in (
        client.api,
        deployment.anonymous,
        deployment.admin,
        (await deployment.expert()).api,
    ):
        found = (await who.ask(OFFERS, id=expert.expert_id))["expert"]["offers"]
        assert found == [{"minutes": 60, "place": kind}]
    slot = await first_slot(deployment, str(expert.expert_id), time)
    held = (await client.api.ask(HOLD, id=slot))["holdSlot"]
    assert held["place"] == kind == await place_of(expert.api, held["id"])
    url = (await client.api.ask("mutation { exportMyData }"))["exportMyData"]
    assert place["details"] not in (await client.api.http.get(client.api.url + url)).text
    await client.api.book(slot)
    assert await place_of(client.api, held["id"]) == place == await place_of(expert.api, held["id"])


async def test_responses_with_details_of_places_are_not_shared(deployment: Deployment) -> None:
    """Responses with details are private; the kind of place may be cached for everybody."""
    expert = await expert_at(deployment, ADDRESS)
    for query, shown in ((KINDS, "public"), (DETAILS, "private, no-store")):
        text = query % expert.expert_id
        for who in (expert.api, deployment.anonymous, expert.api, deployment.anonymous):
            headers = {"authorization": f"Bearer {who.token}"} if who.token else {}
            response = await who.http.get(
                f"{who.url}/graphql", params={"query": text}, headers=headers
            )
            kept = "private, no-store" if who.token else shown
            assert response.headers["cache-control"].startswith(kept)
            is_shown = query is DETAILS and who is expert.api
            assert (ADDRESS["details"] in response.text) is is_shown


async def test_an_offer_keeps_its_place_until_the_expert_replaces_the_place(
    deployment: Deployment, time: Time
) -> None:
    """A booking keeps its place, unless it is moved to a slot of another length."""
    expert = await expert_at(deployment, ADDRESS, NUMBER)
    client = await deployment.person()
    slot = await first_slot(deployment, str(expert.expert_id), time)
    booked = await client.api.book(slot)
    # API clients that do not support places send offers without them.
    answer = (await expert.api.ask(SET, offers=[offer(60), offer(30), offer(45)]))[
        "setAvailability"
    ]
    assert [each["place"] for each in answer["expert"]["offers"]] == [
        ADDRESS,
        NUMBER,
        {"kind": "VIDEO", "details": None},
    ]
    moved_out = {**ADDRESS, "details": "2 Mill Lane, Bath"}
    offers = [{**offer(60), "place": moved_out}, offer(30)]
    await expert.api.ask(SET, offers=offers)
    assert await place_of(client.api, booked["id"]) == ADDRESS
    days = time.days(4, 10)
    for minutes, place in ((60, ADDRESS), (30, NUMBER), (60, moved_out)):
        slots = await deployment.anonymous.slots(str(expert.expert_id), *days, minutes=minutes)
        target = [slot["id"] for slot in slots if slot["status"] == "OPEN"][3]
        moved = (await client.api.ask(MOVE, id=booked["id"], slot=target))["rescheduleBooking"]
        assert moved == {"__typename": "Booking", "place": place}


async def test_a_deleted_expert_leaves_no_postal_address_behind(
    deployment: Deployment, mailbox: Mailbox, mongodb_url: str, time: Time
) -> None:
    """Offers, bookings and the e-mail about the cancellation do not contain the postal address."""
    address = "77 Station Road, Leeds"
    expert = await expert_at(deployment, {**ADDRESS, "details": address})
    client = await deployment.person()
    await client.api.book(await first_slot(deployment, str(expert.expert_id), time))
    [booked] = await mailbox.wait_for_invitations(1, client.email)
    assert address in booked.text
    delete = "mutation ($code: String!) { deleteMyAccount(input: {code: $code}) { __typename } }"
    answer = await expert.api.ask(delete, code=PASSWORD)
    assert answer["deleteMyAccount"]["__typename"] == "AccountDeleted"
    _, cancelled = await mailbox.wait_for_invitations(2, client.email)
    assert address not in cancelled.text + cancelled.html
    async with asyncio.timeout(60):
        while address in await stored(mongodb_url, "bookings", "calendars"):  # noqa: ASYNC110
            await asyncio.sleep(0.1)


@pytest.mark.parametrize(
    ("place", "normalized"),
    [
        ({"kind": "IN_PERSON", "details": "  1 Mill\n Lane "}, "1 Mill Lane"),
        ({"kind": "IN_PERSON"}, None),
        ({"kind": "IN_PERSON", "details": "x" * 201}, None),
        ({"kind": "IN_PERSON", "details": "1 Mill Lane, see https://evil.example"}, None),
        ({"kind": "IN_PERSON", "details": "1 \u202eMill Lane"}, "1 Mill Lane"),
        ({"kind": "IN_PERSON", "details": "1 Mill\x1bLane"}, None),
        ({"kind": "PHONE", "details": "+44 20 7946 0018 ext. 5"}, "+442079460018 ext. 5"),
        ({"kind": "PHONE", "details": ""}, ""),
        ({"kind": "PHONE", "details": "020 7946 0018"}, None),
        ({"kind": "PHONE", "details": "call me"}, None),
        ({"kind": "VIDEO"}, ""),
        (
            {"kind": "VIDEO", "details": "https://MÜNCHEN.example/a b"},
            "https://xn--mnchen-3ya.example/a%20b",
        ),
        ({"kind": "VIDEO", "details": "http://meet.example.com/ada"}, None),
        ({"kind": "VIDEO", "details": "javascript:alert(1)"}, None),
        ({"kind": "VIDEO", "details": "meet.example.com/ada"}, None),
        ({"kind": "VIDEO", "details": "https://paypal.com@evil.example/"}, None),
        ({"kind": "VIDEO", "details": "https://"}, None),
        ({"kind": "VIDEO", "details": f"https://meet.example.com/{'x' * 500}"}, None),
    ],
)
async def test_a_place_is_checked_when_it_is_entered(
    offering: Person, place: dict[str, str], normalized: str | None
) -> None:
    """`normalized` is the text that is stored, or None if the place must be refused."""
    api, expert_id = offering.api, offering.expert_id
    before = (await api.ask(OFFERS, id=expert_id))["expert"]["offers"]
    offers = [offer(60), {**offer(30), "place": place}]
    answer = (await api.ask(SET, offers=offers))["setAvailability"]
    after = (await api.ask(OFFERS, id=expert_id))["expert"]["offers"]
    if normalized is None:
        assert invalid_fields(answer) == ["offers.1.place.details"]
        assert after == before
    else:
        assert after[1]["place"] == {"kind": place["kind"], "details": normalized or None}
        assert answer["expert"]["offers"] == after


async def test_administrator_sets_the_places_of_a_new_expert(deployment: Deployment) -> None:
    """An administrator enters the details, but cannot read them."""
    person = await deployment.person()
    refused = await deployment.create(
        person.id, offers=[{**offer(60), "place": {"kind": "IN_PERSON"}}]
    )
    assert invalid_fields(refused) == ["offers.0.place.details"]
    made = await deployment.create(person.id, offers=[{**offer(60), "place": ADDRESS}])
    await deployment.login(person)
    for who, details in ((deployment.admin, None), (person.api, ADDRESS["details"])):
        [found] = (await who.ask(OFFERS, id=made["id"]))["expert"]["offers"]
        assert found["place"] == {"kind": "IN_PERSON", "details": details}
