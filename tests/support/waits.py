"""GraphQL documents for waiting lists, and functions that join, list and leave them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.support.clients import Api

WAIT = """id from to minutes joinedAt ahead expert { id }
  offer { id status heldUntil startsAt slot { id mine status } viewerActions history {
    from to actor { id } } }"""
JOIN = f"""mutation ($input: JoinWaitlistInput!) {{ answer: joinWaitlist(input: $input) {{
  __typename ... on Wait {{ {WAIT} }} ... on Refusal {{ code message }}
  ... on TooMany {{ limit }} ... on TimeOpen {{ slots {{ id status }} }}
  ... on SlotNotOffered {{ slotId }} ... on InvalidInput {{ fields {{ field message }} }} }} }}"""
LEAVE = "mutation ($id: ID!) { answer: leaveWaitlist(input: {waitId: $id}) }"
WAITS = f"{{ viewer {{ waits {{ {WAIT} }} }} }}"

Json = dict[str, Any]


async def join(api: Api, expert_id: str, since: str, until: str, minutes: int = 60) -> Json:
    """Join a waiting list, and return the result of `joinWaitlist`."""
    wanted = {"expertId": expert_id, "from": since, "to": until, "minutes": minutes}
    answer: Json = (await api.ask(JOIN, input=wanted))["answer"]
    return answer


async def wait_for(api: Api, expert_id: str, slot: Json, minutes: int = 60) -> Json:
    """Join the waiting list for exactly one slot, and return the result of `joinWaitlist`."""
    since = datetime.fromisoformat(slot["startsAt"])
    until = since + timedelta(minutes=15)
    return await join(api, expert_id, since.isoformat(), until.isoformat(), minutes)


async def waits(api: Api) -> list[Json]:
    """Return the viewer's entries in waiting lists."""
    found: list[Json] = (await api.ask(WAITS))["viewer"]["waits"]
    return found


async def leave(api: Api, wait_id: str) -> bool:
    """Leave a waiting list, and return the result of `leaveWaitlist`."""
    left: bool = (await api.ask(LEAVE, id=wait_id))["answer"]
    return left
