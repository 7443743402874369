"""GraphQL documents that sign in and out, and access tokens that expire soon."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from auth.tokens import Tokens
from tests.support.clients import PASSWORD

if TYPE_CHECKING:
    from auth.tokens import AccessToken
    from tests.support.clients import Api

SIGNED_IN = "... on SignedIn { accessToken refreshToken expiresAt user { email role } }"
REGISTER = f"""mutation ($email: String!, $password: String! = "{PASSWORD}") {{
  register(input: {{name: "Ada", email: $email, password: $password}}) {{
    __typename {SIGNED_IN} ... on InvalidInput {{ fields {{ field message }} }} }} }}"""
LOGIN = f"""mutation ($email: String!, $password: String! = "{PASSWORD}") {{
  login(input: {{email: $email, password: $password}}) {{
    __typename {SIGNED_IN}
    ... on Refusal {{ code message }} ... on TooManyAttempts {{ retryAfterSeconds }} }} }}"""
REFRESH = f"""mutation ($token: String) {{
  refreshSession(input: {{refreshToken: $token}}) {{ __typename {SIGNED_IN} }} }}"""
LOGOUT = "mutation ($everywhere: Boolean! = false) { logout(everywhere: $everywhere) }"
COOKIE = {"x-session": "cookie"}
SECRET = "a secret of these tests, longer than thirty-two bytes"
ACCESS, REFRESHING = "expertbook-access", "expertbook-refresh"
LIFETIMES = (3, 15, 75)
"""Lifetimes, in seconds, of access tokens that expire soon.

If a token expires before its first use, a test tries the next lifetime. All lifetimes are shorter
than the timeouts of the test clients, which wait until the token expires.
"""


def short_token(session: dict[str, Any], seconds: int) -> AccessToken:
    """Return an access token for the session that expires after `seconds` seconds."""
    claims = Tokens([SECRET], timedelta(minutes=1)).read(session["accessToken"])
    tokens = Tokens([SECRET], timedelta(seconds=seconds))
    return tokens.issue(claims.user_id, claims.session_id, datetime.now(UTC))


async def sign_in(api: Api, email: str) -> dict[str, Any]:
    """Register an account, and return its first session."""
    answer: dict[str, Any] = (await api.ask(REGISTER, email=email))["register"]
    assert answer["__typename"] == "SignedIn", answer
    return answer
