"""GraphQL documents of the booking API, and functions that read calendars or change bookings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.support.clients import Api
    from tests.support.spans import Time

Expert = dict[str, Any]

BOOKED = """subscription Booked($id: ID!, $after: String) {
  slotBooked(expertId: $id, after: $after) {
    cursor sequence kind expertId slot { id status mine } changed { id status minutes mine }
  }
}"""
AVAILABLE = """subscription Available($id: ID!, $after: String) {
  slotAvailable(expertId: $id, after: $after) {
    sequence kind slot { id status } changed { id status } }
}"""
BOOKING = """__typename
  ... on Booking { id status sequence startsAt minutes heldUntil contact { name } viewerActions
    slot { id status mine heldUntil } history { from to startsAt actor { name } } }
  ... on Refusal { code }"""
HOLD = f"mutation ($id: ID!) {{ answer: holdSlot(input: {{slotId: $id}}) {{ {BOOKING} }} }}"
MOVE = f"""mutation ($id: ID!, $slot: ID!) {{
  answer: rescheduleBooking(input: {{bookingId: $id, slotId: $slot}}) {{ {BOOKING} }} }}"""
BOOK_SLOTS = """mutation ($ids: [ID!]!, $contact: ContactInput!, $key: String) {
  answer: bookSlots(input: {slotIds: $ids, contact: $contact, idempotencyKey: $key}) {
    __typename ... on BookingList { bookings { id status slot { id } } }
    ... on SlotTaken { slot { id } } ... on InvalidInput { fields { field } }
    ... on SlotNotOffered { slotId } } }"""


async def first_expert(api: Api) -> Expert:
    """Return the first expert in a server's directory."""
    [expert] = (await api.ask("{ experts(first: 1) { nodes { id } } }"))["experts"]["nodes"]
    found: Expert = expert
    return found


async def open_slots(
    api: Api, expert: Expert, time: Time, minutes: int | None = None
) -> list[dict[str, Any]]:
    """Return the expert's open slots between the fourth and the fortieth day from now."""
    found = await api.slots(expert["id"], *time.days(4, 40), minutes)
    return [slot for slot in found if slot["status"] == "OPEN"]


async def state(api: Api, expert: Expert, time: Time) -> tuple[str, list[dict[str, Any]]]:
    """Return the cursor and the slots of a calendar, to show that a refusal changed neither.

    The slots begin in two days, after the minimum notice of all sample experts, because earlier
    slots could drop out of the list between two calls.
    """
    since, until = time.days(2, 60)
    query = """query ($id: ID!, $from: DateTime!, $to: DateTime!) { expert(id: $id) {
        cursor slots(from: $from, to: $to) { id status heldUntil } } }"""
    found = (await api.ask(query, id=expert["id"], **{"from": since, "to": until}))["expert"]
    return found["cursor"], found["slots"]


def booking_mutation(name: str) -> str:
    """Return the GraphQL document of a mutation that takes a booking id."""
    return f"mutation ($id: ID!) {{ answer: {name}(input: {{bookingId: $id}}) {{ {BOOKING} }} }}"


async def execute(api: Api, query: str, **variables: Any) -> dict[str, Any]:
    """Execute a mutation and return its result."""
    answer: dict[str, Any] = (await api.ask(query, **variables))["answer"]
    return answer
