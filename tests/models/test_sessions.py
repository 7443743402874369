"""Tests of sessions: a refresh token works once, and its later reuse ends the session."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from models.accounts import sessions
from models.accounts.sessions import MAX_SESSIONS, REPEATABLE_FOR, RefreshToken, Session
from models.errors import SessionEnded
from models.ids import new_id

LIFETIME = timedelta(days=30)
NOW = datetime(2030, 1, 1, tzinfo=UTC)

pytestmark = pytest.mark.usefixtures("database")


async def test_used_refresh_token_returns_the_same_successor_for_a_few_seconds() -> None:
    _, token = await sessions.begin(new_id(), NOW, LIFETIME)
    renewals = await asyncio.gather(*(sessions.renew(token, NOW, LIFETIME) for _ in range(5)))
    [successor] = {following for _, following in renewals}
    _, again = await sessions.renew(token, NOW + REPEATABLE_FOR, LIFETIME)
    assert again == successor
    assert successor != token
    session, third = await sessions.renew(successor, NOW + REPEATABLE_FOR, LIFETIME)
    assert third not in {token, successor}
    assert session.expires_at == NOW + REPEATABLE_FOR + LIFETIME


async def test_repeated_use_returns_the_unused_token_although_its_predecessors_were_used() -> None:
    """Otherwise, a late response would overwrite the newest token in a browser's cookie."""
    _, first = await sessions.begin(new_id(), NOW, LIFETIME)
    tokens = [first]
    for number in range(3):
        _, following = await sessions.renew(tokens[-1], NOW + timedelta(seconds=number), LIFETIME)
        tokens.append(following)
    assert len(set(tokens)) == 4
    for used in tokens[:3]:
        _, again = await sessions.renew(used, NOW + timedelta(seconds=9), LIFETIME)
        assert again == tokens[-1]
    later = NOW + 10 * REPEATABLE_FOR
    _, last = await sessions.renew(tokens[-1], later, LIFETIME)
    assert last not in tokens


async def test_later_reuse_after_a_repeated_use_ends_the_session() -> None:
    for stolen in (0, 1):
        session, first = await sessions.begin(new_id(), NOW, LIFETIME)
        second_use = NOW + timedelta(seconds=1)
        _, second = await sessions.renew(first, NOW, LIFETIME)
        _, third = await sessions.renew(second, second_use, LIFETIME)
        await sessions.renew(first, NOW + timedelta(seconds=9), LIFETIME)
        too_late = (NOW, second_use)[stolen] + REPEATABLE_FOR + timedelta(milliseconds=1)
        with pytest.raises(SessionEnded):
            await sessions.renew((first, second)[stolen], too_late, LIFETIME)
        with pytest.raises(SessionEnded):
            await sessions.renew(third, too_late, LIFETIME)
        assert await sessions.active_sessions([session.id]) == set()


async def test_later_reuse_of_a_refresh_token_ends_the_session() -> None:
    session, token = await sessions.begin(new_id(), NOW, LIFETIME)
    _, successor = await sessions.renew(token, NOW, LIFETIME)
    later = NOW + REPEATABLE_FOR + timedelta(milliseconds=1)
    with pytest.raises(SessionEnded):
        await sessions.renew(token, later, LIFETIME)
    with pytest.raises(SessionEnded):
        await sessions.renew(successor, later, LIFETIME)
    assert await sessions.active_sessions([session.id]) == set()


async def test_successor_token_is_issued_although_the_first_use_was_interrupted() -> None:
    _, token = await sessions.begin(new_id(), NOW, LIFETIME)
    _, successor = await sessions.renew(token, NOW, LIFETIME)
    await RefreshToken.find({"_id": sessions._hash(successor)}).delete()
    _, again = await sessions.renew(token, NOW, LIFETIME)
    assert again == successor
    await sessions.renew(again, NOW, LIFETIME)


async def test_reuse_of_a_token_that_version_0_1_marked_as_used_ends_the_session() -> None:
    """Version 0.1 stored that a token was used, but not when."""
    session, token = await sessions.begin(new_id(), NOW, LIFETIME)
    await RefreshToken.find({"session_id": session.id}).update({"$set": {"is_used": True}})
    with pytest.raises(SessionEnded):
        await sessions.renew(token, NOW, LIFETIME)
    assert await Session.get(session.id) is None


async def test_account_of_a_session_is_known_until_the_session_ends() -> None:
    user_id = new_id()
    session, _ = await sessions.begin(user_id, NOW, LIFETIME)
    assert await sessions.account_of(session.id) == user_id
    await sessions.end(session.id)
    assert await sessions.account_of(session.id) is None


async def test_oldest_sessions_end_if_an_account_has_too_many() -> None:
    user_id, other_id = new_id(), new_id()
    oldest, _ = await sessions.begin(user_id, NOW, LIFETIME)
    others, _ = await sessions.begin(other_id, NOW, LIFETIME)
    later = NOW + timedelta(seconds=1)
    newer = [Session(user_id=user_id, created_at=later, expires_at=later + LIFETIME)]
    newer += [newer[0].model_copy(update={"id": new_id()}) for _ in range(MAX_SESSIONS - 1)]
    await Session.insert_many(newer[1:])
    assert await sessions.end_oldest(user_id, later) == frozenset()
    await newer[0].insert()
    assert await sessions.end_oldest(user_id, later) == {oldest.id}
    assert await sessions.active_sessions([oldest.id, others.id]) == {others.id}
    assert len(await sessions.sessions_of(user_id, later)) == MAX_SESSIONS
