"""GraphQL documents for guests and sign-in codes, and functions that use them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from auth.code_keys import CodeKeys
from models.accounts.codes import store_code
from models.calendar.times import utc_now
from tests.support.booking_operations import HOLD, execute
from tests.support.sessions import SECRET

if TYPE_CHECKING:
    from datetime import datetime

    from tests.support.clients import Api

CODE = "271828"
SESSION = """accessToken user { id name email guest emailVerified hasPassword timeZone language }"""
START = f"mutation {{ answer: startGuestSession {{ {SESSION} }} }}"
REQUEST = "mutation ($email: String!) { requestSignInCode(input: {email: $email}) }"
SIGN_IN = f"""mutation ($email: String!, $code: String!, $name: String, $zone: TimeZone) {{
  answer: signInWithCode(input: {{email: $email, code: $code, name: $name, timeZone: $zone}}) {{
    __typename ... on SignedIn {{ {SESSION} }} ... on Refusal {{ code message }}
    ... on WrongCode {{ attemptsLeft }} ... on InvalidInput {{ fields {{ field }} }} }} }}"""
BOOK = """mutation ($slot: ID!, $contact: ContactInput!) {
  answer: bookSlot(input: {slotId: $slot, contact: $contact}) {
    __typename ... on Booking { id status } ... on Refusal { code } } }"""
HELD = """{ bookings(filter: {statuses: [HELD]}) { nodes {
  id heldUntil slot { id mine } history { from to actor { name } } } } }"""


async def new_guest(api: Api) -> Api:
    """Start a guest session, and return an API client that is signed in as the guest."""
    return api.signed_in((await execute(api, START))["accessToken"])


async def new_hold(api: Api, slot: str) -> dict[str, Any]:
    """Hold a slot, which must be free."""
    held = await execute(api, HOLD, id=slot)
    assert held["__typename"] == "Booking", held
    return held


async def known_code(email: str, code: str = CODE, now: datetime | None = None) -> str:
    """Store a sign-in code as if a server that uses `SECRET` had sent it by e-mail."""
    now = now or utc_now()
    assert await store_code(email, CodeKeys([SECRET]).digest(email, code), now, now)
    return code


async def sign_in(api: Api, email: str, code: str = CODE, **more: str) -> dict[str, Any]:
    """Sign in with a code sent by e-mail, and return the result."""
    return await execute(api, SIGN_IN, email=email, code=code, **more)


async def holds(api: Api) -> list[dict[str, Any]]:
    """Return the viewer's current holds."""
    found: list[dict[str, Any]] = (await api.ask(HELD))["bookings"]["nodes"]
    return found
