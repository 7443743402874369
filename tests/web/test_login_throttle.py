"""Failed sign-ins are limited per account and per network address."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.support.clients import PASSWORD, Api
from tests.support.servers import run_server

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

LOGIN = """mutation ($email: String!, $password: String!) {
  login(input: {email: $email, password: $password}) {
    __typename ... on Refusal { code } ... on TooManyAttempts { retryAfterSeconds } } }"""
REGISTER = """mutation ($email: String!, $password: String!) {
  register(input: {name: "Ada", email: $email, password: $password}) { __typename } }"""
EMAIL = "ada@example.com"


@pytest.fixture
def api(tmp_path_factory: pytest.TempPathFactory, http: httpx.AsyncClient) -> Iterator[Api]:
    """API client of a new server with rate limits."""
    with run_server(tmp_path_factory.mktemp("throttled"), experts=1) as address:
        yield Api(http, address)


async def register(api: Api) -> None:
    """Register the account with the e-mail address `EMAIL`."""
    answer = await api.ask(REGISTER, email=EMAIL, password=PASSWORD)
    assert answer["register"]["__typename"] == "SignedIn"


async def login(api: Api, password: str, email: str = EMAIL) -> dict[str, Any]:
    """Try to sign in, and return the result of the mutation."""
    answer: dict[str, Any] = (await api.ask(LOGIN, email=email, password=password))["login"]
    return answer


async def test_password_guessing_is_limited_per_account_and_network_address(api: Api) -> None:
    await register(api)
    wrong = "wrong horse battery"
    answers = [await login(api, wrong) for _ in range(11)]
    assert {answer["code"] for answer in answers[:10]} == {"WRONG_CREDENTIALS"}
    assert answers[10]["__typename"] == "TooManyAttempts"
    assert 0 < answers[10]["retryAfterSeconds"] <= 900
    assert (await login(api, PASSWORD))["__typename"] == "TooManyAttempts"
    others = [(await login(api, wrong, f"{n}{EMAIL}"))["__typename"] for n in range(95)]
    assert others[:80] == ["WrongCredentials"] * 80
    assert others[-1] == "TooManyAttempts"


async def test_spellings_of_an_email_address_share_one_limit(api: Api) -> None:
    await register(api)
    spellings = [EMAIL, f" {EMAIL}", EMAIL.upper(), f"{EMAIL}\t", "ada@EXAMPLE.com"]
    answers = [await login(api, "wrong horse battery", spellings[n % 5]) for n in range(11)]
    assert {answer["code"] for answer in answers[:10]} == {"WRONG_CREDENTIALS"}
    assert answers[10]["__typename"] == "TooManyAttempts"


async def test_a_successful_sign_in_resets_the_failure_count(api: Api) -> None:
    await register(api)
    for _ in range(3):
        for _ in range(9):
            assert (await login(api, "wrong horse battery"))["code"] == "WRONG_CREDENTIALS"
        assert (await login(api, PASSWORD))["__typename"] == "SignedIn"
