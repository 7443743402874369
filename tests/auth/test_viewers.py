"""Tests of authentication with access tokens, and of its caches."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta, tzinfo
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import pytest

from auth.tokens import Tokens
from auth.viewers import Viewers
from models.accounts import sessions
from models.calendar.times import utc_now
from models.errors import Unauthenticated
from tests.support.samples import new_user

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from models.accounts.users import User
    from models.store.connection import Client

LIFETIME = timedelta(minutes=15)
TOKENS = Tokens(["x" * 40], LIFETIME)


class Later(datetime):
    """A clock that is one token lifetime ahead."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> Any:
        """Return the current time plus one token lifetime."""
        return datetime.now(tz) + LIFETIME


@pytest.fixture
async def people(database: Client) -> AsyncIterator[list[User]]:
    """Three accounts, deleted after the test."""
    assert database is not None
    users = [new_user() for _ in range(3)]
    for user in users:
        await user.insert()
    yield users
    for user in users:
        await sessions.end_all(user.id)
        await user.delete()


async def token_of(user: User) -> str:
    """Return an access token of a new session."""
    session, _ = await sessions.begin(user.id, utc_now(), LIFETIME)
    return TOKENS.issue(user.id, session.id, utc_now()).token


async def test_verified_token_is_refused_after_its_expiry(people: list[User]) -> None:
    """The cache skips the signature check, but not the expiry check."""
    async with Viewers(TOKENS).open() as viewers:
        token = await token_of(people[0])
        assert (await viewers.authenticate(token)).user == people[0]
        assert (await viewers.authenticate(token)).user == people[0]
        with (
            patch("auth.viewers.datetime", Later),
            patch("jwt.api_jwt.datetime", Later),
            pytest.raises(Unauthenticated, match="expired"),
        ):
            await viewers.authenticate(token)


async def test_ended_session_is_refused(people: list[User]) -> None:
    """A disabled account is refused, too; the rest of the batch is not affected."""
    ended, disabled, able = [await token_of(user) for user in people]
    await sessions.end_all(people[0].id)
    await people[1].set({"disabled": True})
    async with Viewers(TOKENS).open() as viewers:
        asked = (viewers.authenticate(token) for token in (ended, disabled, able))
        first, second, third = await asyncio.gather(*asked, return_exceptions=True)
        assert "ended" in str(first)
        assert "cannot sign in" in str(second)
        assert not isinstance(third, BaseException)
        assert third.user == people[2]
