"""Signing in and out, with bearer tokens and with a browser's cookies."""

from __future__ import annotations

import asyncio

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import Response

from schema.context import BrowserSession
from tests.support.clients import PASSWORD, PATIENCE_SECONDS, Api, open_socket
from tests.support.sessions import (
    ACCESS,
    COOKIE,
    LOGIN,
    LOGOUT,
    REFRESH,
    REFRESHING,
    REGISTER,
    SIGNED_IN,
    sign_in,
)
from web.edge.cookies import Cookies

CHANGE = f"""mutation ($current: String!, $password: String!) {{
  changePassword(input: {{current: $current, password: $password}}) {{
    __typename {SIGNED_IN} ... on InvalidInput {{ fields {{ field }} }} }} }}"""
VIEWER = "{ viewer { email } }"
NEVER = 'subscription { slotBooked(expertId: "%s") { sequence } }'


async def test_sign_in_ignores_the_case_of_the_email_address(api: Api, email: str) -> None:
    await sign_in(api, email.capitalize())
    answer = (await api.ask(LOGIN, email=email.upper()))["login"]
    assert answer["user"] == {"email": email.capitalize(), "role": "CLIENT"}
    assert (await api.ask(REGISTER, email=email))["register"] == {"__typename": "EmailTaken"}


async def test_weak_password_is_reported_at_the_password_field(api: Api, email: str) -> None:
    answer = (await api.ask(REGISTER, email=email, password="password123"))["register"]
    assert [problem["field"] for problem in answer["fields"]] == ["password"]
    assert (await api.ask(LOGIN, email=email))["login"]["code"] == "WRONG_CREDENTIALS"


async def test_unknown_account_and_wrong_password_get_the_same_error(api: Api, email: str) -> None:
    await sign_in(api, email)
    wrong = (await api.ask(LOGIN, email=email, password="wrong horse battery"))["login"]
    unknown = (await api.ask(LOGIN, email=f"x{email}"))["login"]
    sample = (await api.ask(LOGIN, email="client@example.com", password="!"))["login"]
    assert wrong == unknown == sample
    assert wrong["message"] == "Invalid e-mail or password."


async def test_refresh_returns_a_new_access_token_and_refresh_token(api: Api, email: str) -> None:
    first = await sign_in(api, email)
    second = (await api.ask(REFRESH, token=first["refreshToken"]))["refreshSession"]
    assert second["__typename"] == "SignedIn"
    assert second["accessToken"] != first["accessToken"]
    assert second["refreshToken"] != first["refreshToken"]
    signed_in = api.signed_in(second["accessToken"])
    assert (await signed_in.ask(VIEWER))["viewer"] == {"email": email}


async def test_concurrent_refreshes_get_the_same_refresh_token(api: Api, email: str) -> None:
    """Two tabs may refresh concurrently, and a client may retry after a lost response."""
    token = (await sign_in(api, email))["refreshToken"]
    answers = await asyncio.gather(*(api.ask(REFRESH, token=token) for _ in range(8)))
    sessions = [answer["refreshSession"] for answer in answers]
    assert {session["__typename"] for session in sessions} == {"SignedIn"}
    [following] = {session["refreshToken"] for session in sessions}
    for session in sessions:
        signed_in = api.signed_in(session["accessToken"])
        assert (await signed_in.ask(VIEWER))["viewer"] == {"email": email}
    again = (await api.ask(REFRESH, token=following))["refreshSession"]
    assert again["__typename"] == "SignedIn"


async def test_logout_everywhere_needs_only_the_refresh_cookie(api: Api, email: str) -> None:
    sessions = [await sign_in(api, email)]
    sessions += [(await api.ask(LOGIN, email=email))["login"] for _ in range(2)]
    cookies = {REFRESHING: sessions[0]["refreshToken"]}
    async with httpx.AsyncClient(cookies=cookies, timeout=PATIENCE_SECONDS) as browser:
        response = await browser.post(
            f"{api.url}/graphql",
            json={"query": LOGOUT, "variables": {"everywhere": True}},
            headers=COOKIE,
        )
    assert response.json()["data"] == {"logout": True}
    for session in sessions:
        assert await api.signed_in(session["accessToken"]).error_code(VIEWER) == "UNAUTHENTICATED"


async def test_cookie_is_used_if_the_authorization_header_has_no_token(
    api: Api, email: str
) -> None:
    cookies = {ACCESS: (await sign_in(api, email))["accessToken"]}
    async with httpx.AsyncClient(cookies=cookies, timeout=PATIENCE_SECONDS) as browser:
        response = await browser.post(
            f"{api.url}/graphql",
            json={"query": VIEWER},
            headers=COOKIE | {"authorization": "Bearer"},
        )
    assert response.json()["data"] == {"viewer": {"email": email}}


@pytest.mark.parametrize("token", [None, "", "nonsense", "é", "x" * 10_000])
async def test_invalid_refresh_token_returns_session_ended(api: Api, token: str | None) -> None:
    answer = await api.ask(REFRESH, token=token)
    assert answer == {"refreshSession": {"__typename": "SessionEnded"}}


async def test_access_and_refresh_tokens_are_not_interchangeable(api: Api, email: str) -> None:
    session = await sign_in(api, email)
    assert await api.signed_in(session["refreshToken"]).error_code(VIEWER) == "UNAUTHENTICATED"
    answer = await api.ask(REFRESH, token=session["accessToken"])
    assert answer == {"refreshSession": {"__typename": "SessionEnded"}}


async def test_logout_takes_effect_at_once_on_requests_and_open_sockets(
    prompt: str, http: httpx.AsyncClient, email: str
) -> None:
    api = Api(http, prompt)
    [expert] = (await api.ask("{ experts(first: 1) { nodes { id } } }"))["experts"]["nodes"]
    session = await sign_in(api, email)
    other = (await api.ask(LOGIN, email=email))["login"]
    signed_in = api.signed_in(session["accessToken"])
    async with open_socket(api.url) as mine, open_socket(api.url) as others:
        await mine.initialise(session["accessToken"])
        await others.initialise(other["accessToken"])
        await mine.subscribe("1", NEVER % expert["id"])
        assert await signed_in.ask(VIEWER) == {"viewer": {"email": email}}
        assert await signed_in.ask(LOGOUT) == {"logout": True}
        assert await signed_in.error_code(VIEWER) == "UNAUTHENTICATED"
        assert await mine.close_code() == 4401
        await others.send(type="ping")
        assert await others.receive() == {"type": "pong"}
        answer = await api.ask(REFRESH, token=session["refreshToken"])
        assert answer == {"refreshSession": {"__typename": "SessionEnded"}}
        everywhere = api.signed_in(other["accessToken"])
        assert await everywhere.ask(LOGOUT, everywhere=True) == {"logout": True}
        assert await others.close_code() == 4401
    assert await api.ask(LOGOUT) == {"logout": False}


async def test_password_change_ends_all_other_sessions(api: Api, email: str) -> None:
    old, other = await sign_in(api, email), (await api.ask(LOGIN, email=email))["login"]
    signed_in = api.signed_in(old["accessToken"])
    change = {"current": PASSWORD, "password": "another horse battery"}
    wrong = await signed_in.ask(CHANGE, **change | {"current": "wrong horse battery"})
    assert wrong["changePassword"]["__typename"] == "WrongCredentials"
    weak = await signed_in.ask(CHANGE, **change | {"password": "1234567890"})
    assert weak["changePassword"]["fields"] == [{"field": "password"}]
    new = (await signed_in.ask(CHANGE, **change))["changePassword"]
    assert (await api.signed_in(new["accessToken"]).ask(VIEWER))["viewer"] == {"email": email}
    for ended in (old, other):
        assert await api.signed_in(ended["accessToken"]).error_code(VIEWER) == "UNAUTHENTICATED"
    assert (await api.ask(LOGIN, email=email))["login"]["code"] == "WRONG_CREDENTIALS"
    assert await api.error_code(CHANGE, **change) == "UNAUTHENTICATED"


async def test_browser_gets_http_only_cookies(
    api: Api, http: httpx.AsyncClient, email: str
) -> None:
    await sign_in(api, email)
    variables = {"email": email}
    url = f"{api.url}/graphql"
    own = COOKIE | {"origin": api.url}
    response = await http.post(url, json={"query": LOGIN, "variables": variables}, headers=own)
    login = response.json()["data"]["login"]
    assert (login["accessToken"], login["refreshToken"]) == ("", None)  # nothing for scripts
    cookies = {c.split("=")[0]: c.lower() for c in response.headers.get_list("set-cookie")}
    assert set(cookies) == {ACCESS, REFRESHING}
    for cookie in cookies.values():
        assert {"httponly", "samesite=lax", "path=/"} <= set(cookie.replace(" ", "").split(";"))
    sent = {name: response.cookies[name] for name in cookies}
    http.cookies.clear()

    async def ask(query: str, **headers: str) -> httpx.Response:
        line = "; ".join(f"{name}={value}" for name, value in sent.items())
        answer = await http.post(url, json={"query": query}, headers=headers | {"cookie": line})
        http.cookies.clear()
        return answer

    assert (await ask(VIEWER, **own)).json()["data"]["viewer"] == {"email": email}
    # Without the `X-Session` header, cookies are ignored; requests from other origins are refused.
    assert (await ask(VIEWER)).json()["data"]["viewer"] is None
    foreign = await ask(VIEWER, **COOKIE, origin="https://evil.example")
    assert (foreign.status_code, "data" in foreign.json()) == (403, False)
    cross = await ask(VIEWER, **COOKIE, **{"sec-fetch-site": "cross-site"})
    assert cross.status_code == 403

    refreshed = await ask("mutation { refreshSession { __typename } }", **own)
    assert refreshed.json()["data"]["refreshSession"] == {"__typename": "SignedIn"}
    sent.update({name: refreshed.cookies[name] for name in cookies})
    out = await ask(LOGOUT, **own)
    assert out.json()["data"] == {"logout": True}
    assert all("max-age=0" in c.lower() for c in out.headers.get_list("set-cookie"))
    assert (await ask(VIEWER, **own)).json()["data"]["viewer"] is None


async def test_https_cookies_are_secure_and_bound_to_the_host() -> None:
    headers = [(b"host", b"book.example"), (b"origin", b"https://book.example")]
    scope = {"type": "http", "scheme": "https", "path": "/", "headers": headers}
    cookies = Cookies(Request(scope | {"server": ("book.example", 443)}), frozenset())
    assert not cookies.is_foreign
    response = Response()
    cookies.apply(BrowserSession("token", is_ended=True), response)
    for cookie in response.headers.getlist("set-cookie"):
        assert cookie.startswith("__Host-expertbook-")
        assert "Secure" in cookie


async def test_login_never_continues_a_planted_session(
    api: Api, http: httpx.AsyncClient, email: str
) -> None:
    planted = await sign_in(api, f"x{email}")
    await sign_in(api, email)
    line = f"{ACCESS}={planted['accessToken']}; {REFRESHING}={planted['refreshToken']}"
    response = await http.post(
        f"{api.url}/graphql",
        json={"query": LOGIN, "variables": {"email": email}},
        headers=COOKIE | {"origin": api.url, "cookie": line},
    )
    http.cookies.clear()
    assert response.cookies[ACCESS] != planted["accessToken"]
    viewer = await api.signed_in(response.cookies[ACCESS]).ask(VIEWER)
    assert viewer == {"viewer": {"email": email}}
