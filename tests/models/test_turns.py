"""Turns of accounts end even if the database fails, and do not change a request's result."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.errors import OperationFailure

from models.accounts.turns import turn_of
from models.accounts.users import User
from models.calendar.times import utc_now
from models.errors import Unavailable
from tests.support.samples import new_user

if TYPE_CHECKING:
    from models.store.connection import Client

REFUSED = OperationFailure("refused", 50)


@pytest.fixture
async def account(database: Client) -> User:
    """An account whose turn nobody holds."""
    assert database is not None
    return await new_user().insert()


def fail_after_update(monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    """Let an update raise an error although it took effect: the first has the number 1."""
    update, count = AsyncCollection.update_one, 0

    async def update_one(collection: AsyncCollection[Any], *args: Any, **options: Any) -> Any:
        nonlocal count
        count += 1
        result = await update(collection, *args, **options)
        if count == number:
            raise REFUSED
        return result

    monkeypatch.setattr(AsyncCollection, "update_one", update_one)


async def test_turn_that_was_taken_in_spite_of_an_error_ends(
    account: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    fail_after_update(monkeypatch, 1)
    with pytest.raises(Unavailable):
        async with turn_of(account.id):
            pass
    stored = await User.get(account.id)
    assert stored
    assert stored.busy_until
    assert stored.busy_until <= utc_now()
    await account.delete()


async def test_error_while_a_turn_ends_does_not_change_the_result(
    account: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    fail_after_update(monkeypatch, 2)
    async with turn_of(account.id):
        result = "held"
    assert result == "held"
    await account.delete()
