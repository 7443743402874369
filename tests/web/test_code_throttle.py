"""Rate limits for sign-in codes and guests, and the code that a development server prints."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.support.booking_operations import execute
from tests.support.clients import Api
from tests.support.guests import REQUEST, SIGN_IN, START
from tests.support.readiness import eventually
from tests.support.servers import Program, await_ready, start_program

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

PRINTED = re.compile(r"the mail to (\S+) is in \S+; its code is (\d{6})")


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """A server that enforces rate limits and has no mail server."""
    with start_program(tmp_path_factory.mktemp("codes"), experts=1) as program:
        await_ready(program.process, program.address)
        yield program


@pytest.fixture
def api(program: Program, http: httpx.AsyncClient) -> Api:
    """An anonymous client."""
    return Api(http, program.address)


async def test_development_server_prints_the_sign_in_code(program: Program, api: Api) -> None:
    email = "printed@example.com"
    assert await api.ask(REQUEST, email=email) == {"requestSignInCode": True}

    async def printed() -> dict[str, str]:
        return dict(PRINTED.findall(program.output()))

    codes = await eventually(printed, lambda found: email in found)
    assert (await execute(api, SIGN_IN, email=email, code=codes[email]))["__typename"] == "SignedIn"


async def test_sign_in_codes_are_limited_per_email_address(api: Api) -> None:
    for email, allowed in (
        ("asked@example.com", 3),
        ("Asked@example.com", 0),
        ("b@example.com", 1),
    ):
        for _ in range(allowed):
            assert await api.ask(REQUEST, email=email) == {"requestSignInCode": True}
        if email != "b@example.com":
            assert await api.error_code(REQUEST, email=email) == "TOO_MANY_ATTEMPTS"


async def test_guesses_of_sign_in_codes_are_limited(api: Api) -> None:
    wanted = {"email": "guessed@example.com", "code": "000000"}
    answers = [await execute(api, SIGN_IN, **wanted) for _ in range(11)]
    kinds = [answer["__typename"] for answer in answers]
    assert kinds == ["WrongCode"] * 10 + ["TooManyAttempts"]


async def test_guests_are_limited_by_network_address(api: Api) -> None:
    guest = api.signed_in((await execute(api, START))["accessToken"])
    for _ in range(29):
        await execute(api, START)
    assert await api.error_code(START) == "TOO_MANY_ATTEMPTS"
    # Another tab of the same guest does not count as a new guest.
    again = await execute(guest, START)
    assert again["user"]["guest"] is True
    assert again["accessToken"] != guest.token
    for _ in range(19):
        await execute(guest, START)
    assert await guest.error_code(START) == "TOO_MANY_ATTEMPTS"
