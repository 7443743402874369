"""Attempts to enter an e-mailed sign-in code are counted before the code is compared."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from uuid import uuid4

import pytest

from models.accounts import codes
from models.accounts.codes import LIFETIME, MAX_ATTEMPTS, spend_attempt, store_code
from models.calendar.times import utc_now
from models.errors import WrongCode

pytestmark = pytest.mark.usefixtures("database")
OWNER, STRANGER, OTHER = "192.0.2.1", "198.51.100.1", "2001:db8::1"


@pytest.fixture
def email() -> str:
    """An e-mail address that no other test uses."""
    return f"{uuid4().hex}@example.com"


async def test_owners_attempts_are_not_reduced_by_other_network_addresses(email: str) -> None:
    now = utc_now()
    assert await store_code(email, "digest", now, now)
    for address in (STRANGER, OTHER, OWNER):
        spent = [await spend_attempt(email, address, now) for _ in range(MAX_ATTEMPTS + 1)]
        assert [attempt and attempt.left for attempt in spent] == [4, 3, 2, 1, 0, None]


async def test_new_code_has_its_full_number_of_attempts(email: str) -> None:
    now = utc_now()
    for number in range(2):
        at = now + timedelta(seconds=number)
        assert await store_code(email, "digest", at, at)
        attempt = await spend_attempt(email, OWNER, at)
        assert attempt
        assert attempt.left == MAX_ATTEMPTS - 1
        last = attempt
    await codes.use(last)
    with pytest.raises(WrongCode):
        await codes.use(last)
    assert await spend_attempt(email, OWNER, now) is None


async def test_concurrent_attempts_are_all_counted(email: str) -> None:
    now = utc_now()
    assert await store_code(email, "digest", now, now)
    spent = await asyncio.gather(*(spend_attempt(email, OWNER, now) for _ in range(20)))
    assert sorted(attempt.left for attempt in spent if attempt) == list(range(MAX_ATTEMPTS))
    assert await spend_attempt(email, OWNER, now) is None


async def test_expired_code_cannot_be_attempted(email: str) -> None:
    now = utc_now()
    assert await store_code(email, "digest", now, now)
    assert await spend_attempt(email, OWNER, now + LIFETIME) is None
    assert await spend_attempt(email, OWNER, now)
