"""Viewers: found out once for all who ask at the same time, and for no longer than they count."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta, tzinfo
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import pytest

from auth.tokens import Tokens
from auth.viewers import Viewers
from models.accounts import sessions
from models.accounts.users import User
from models.calendar.times import utc_now
from models.errors import Unauthenticated
from models.ids import new_id

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from models.store.connection import Client

LIFETIME = timedelta(minutes=15)
TOKENS = Tokens(["x" * 40], LIFETIME)


class Later(datetime):
    """The clock, when the tokens of this moment have run out."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> Any:
        """The time."""
        return datetime.now(tz) + LIFETIME


@pytest.fixture
async def people(database: Client) -> AsyncIterator[list[User]]:
    """Three accounts, gone after the test."""
    assert database is not None
    users = [
        User(
            name="Ada",
            email=f"{new_id()}@example.com",
            email_key=str(new_id()),
            password_hash="",
            created_at=utc_now(),
        )
        for _ in range(3)
    ]
    for user in users:
        await user.insert()
    yield users
    for user in users:
        await sessions.end_all(user.id)
        await user.delete()


async def token_of(user: User) -> str:
    """An access token of a new session."""
    session, _ = await sessions.begin(user.id, utc_now(), LIFETIME)
    return TOKENS.issue(user.id, session.id, utc_now()).token


async def test_a_token_that_was_verified_counts_no_longer_than_it_says(people: list[User]) -> None:
    """Its signature need not be looked at again, its end is."""
    async with Viewers(TOKENS).open() as viewers:
        token = await token_of(people[0])
        assert (await viewers.of(token)).user == people[0]
        assert (await viewers.of(token)).user == people[0]
        with (
            patch("auth.viewers.datetime", Later),
            patch("jwt.api_jwt.datetime", Later),
            pytest.raises(Unauthenticated, match="expired"),
        ):
            await viewers.of(token)


async def test_a_session_that_has_ended_does_not_count(people: list[User]) -> None:
    """Nor does an account that cannot sign in; those who are looked up with them do."""
    ended, disabled, able = [await token_of(user) for user in people]
    await sessions.end_all(people[0].id)
    await people[1].set({"disabled": True})
    async with Viewers(TOKENS).open() as viewers:
        asked = (viewers.of(token) for token in (ended, disabled, able))
        first, second, third = await asyncio.gather(*asked, return_exceptions=True)
        assert "ended" in str(first)
        assert "cannot sign in" in str(second)
        assert not isinstance(third, BaseException)
        assert third.user == people[2]
