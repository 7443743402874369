"""Only sign-ins to accounts with a verified e-mail address make a network address known."""

from __future__ import annotations

from datetime import timedelta
from secrets import token_hex
from typing import TYPE_CHECKING

import pytest

from auth.code_keys import CodeKeys
from auth.passwords import Passwords
from auth.throttle import LIMITS, LIMITS_BY_PURPOSE, Throttle
from auth.tokens import Tokens
from models.accounts import attempts
from models.accounts.emails import email_pseudonym
from models.accounts.users import VERIFIED, User
from models.errors import TooManyAttempts, WrongCode
from models.ledger.ledger import Ledger
from resolvers.callers import Caller
from resolvers.codes import check_proof, prove_address
from resolvers.sessions import SessionServices, login
from resolvers.users import register
from subscriptions.backends import MEMORY, broadcast
from subscriptions.sessions import SessionEnds
from tests.support.clients import PASSWORD
from tests.support.ledgers import ignore_events
from tests.support.sessions import SECRET

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from models.store.connection import Client

DAY = timedelta(days=1)
SHARE = LIMITS_BY_PURPOSE["code"].account_share or 0


@pytest.fixture
async def services(database: Client) -> AsyncIterator[SessionServices]:
    """Services for signing in, with rate limits."""
    async with (
        Ledger(database, ignore_events).open() as ledger,
        broadcast(MEMORY) as bus,
    ):
        yield SessionServices(
            passwords=Passwords(),
            tokens=Tokens([SECRET], DAY),
            throttle=Throttle(),
            ends=SessionEnds(bus),
            lifetime=DAY,
            accepts_address=lambda _: True,
            unverified_lifetime=DAY,
            code_keys=CodeKeys([SECRET]),
            ledger=ledger,
            hold_lifetime=DAY,
            phone_region=None,
        )


@pytest.fixture
def caller() -> Caller:
    """Caller from a network address that no other test uses."""
    return Caller(f"2001:db8::{token_hex(2)}:{token_hex(2)}")


async def sign_up(services: SessionServices, caller: Caller) -> User:
    """Register an account, and return it."""
    email = f"{token_hex(8)}@example.com"
    signed_in = await register(
        services, name="Ada", email=email, password=PASSWORD, time_zone=None, caller=caller
    )
    return signed_in.user


async def guess_codes(services: SessionServices, user: User, caller: Caller, times: int) -> None:
    """Enter wrong codes within a day, with a pause after every ten of them."""
    pair = f"pair/code/{email_pseudonym(user.email)}/{caller.address}"
    for number in range(times):
        if number % LIMITS.account_at_address == 0:
            await attempts.reset(pair)
        with pytest.raises(WrongCode):
            await prove_address(services, user.email, "000000", caller.address)


async def test_stranger_who_registered_an_address_gets_no_more_guesses_at_its_codes(
    services: SessionServices, caller: Caller
) -> None:
    user = await sign_up(services, caller)
    await login(services, user.email, PASSWORD, caller)
    await check_proof(services, user, PASSWORD, "password", caller.address)
    await guess_codes(services, user, caller, SHARE)
    with pytest.raises(TooManyAttempts) as refused:
        await guess_codes(services, user, caller, 1)
    assert refused.value.retry_after_seconds > LIMITS.account_seconds


async def test_owner_of_a_verified_address_may_enter_more_codes_after_signing_in(
    services: SessionServices, caller: Caller
) -> None:
    user = await sign_up(services, caller)
    await User.get_pymongo_collection().update_one({"_id": user.id}, {"$set": dict(VERIFIED)})
    await login(services, user.email, PASSWORD, caller)
    await guess_codes(services, user, caller, SHARE + 1)
