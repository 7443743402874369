"""A transaction whose commit fails is repeated, unless the commit took effect."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from pymongo.errors import AutoReconnect, DuplicateKeyError, OperationFailure

from models.accounts.users import User
from models.errors import EmailTaken
from models.ids import Id, new_id
from models.store.shared_state import SharedState
from models.store.transactions import OUTCOME_UNKNOWN, TRANSIENT, run_in_transaction
from tests.support.failing_commits import failing_commits, is_first
from tests.support.samples import new_user

if TYPE_CHECKING:
    from pymongo.asynchronous.client_session import AsyncClientSession

    from models.store.connection import Client

FAILURES = [
    OperationFailure("unknown", 64, {"errorLabels": [OUTCOME_UNKNOWN]}),
    OperationFailure("aborted, says the server", 251, {"errorLabels": [TRANSIENT]}),
    OperationFailure("unlabelled", 133),
    AutoReconnect("connection closed"),
]


@pytest.fixture(params=FAILURES, ids=str)
def failure(request: pytest.FixtureRequest, database: Client) -> Exception:
    """The error with which a commit fails."""
    assert database is not None
    found: Exception = request.param
    return found


@pytest.mark.parametrize("is_stored", [True, False])
async def test_transaction_takes_effect_once_in_spite_of_a_failed_commit(
    failure: Exception, *, is_stored: bool
) -> None:
    key, calls = f"counter {new_id()}", 0
    collection = SharedState.get_pymongo_collection()

    async def write(session: AsyncClientSession) -> int:
        nonlocal calls
        calls += 1
        one_more: dict[str, Any] = {"$inc": {"changes": 1}}
        await collection.update_one({"_id": key}, one_more, upsert=True, session=session)
        return calls

    with failing_commits(failure, is_first, takes_effect=is_stored):
        result = await run_in_transaction(SharedState, write)
    assert result == calls == (1 if is_stored else 2)
    stored = await collection.find_one({"_id": key})
    assert stored
    assert stored["changes"] == 1
    await collection.delete_one({"_id": key})


async def test_account_is_registered_in_spite_of_a_failed_commit(failure: Exception) -> None:
    """Nobody is told that their own new account has already taken the e-mail address."""
    with failing_commits(failure, is_first, takes_effect=True):
        user = await new_user().register()
    with pytest.raises(EmailTaken):
        await user.model_copy(update={"id": Id()}).register()
    await user.delete()


async def test_duplicate_is_not_repeated(database: Client) -> None:
    assert database is not None
    user = await new_user().insert()
    calls = 0

    async def write(session: AsyncClientSession) -> None:
        nonlocal calls
        calls += 1
        await user.model_copy(update={"id": Id()}).insert(session=session)

    with pytest.raises(DuplicateKeyError):
        await run_in_transaction(User, write)
    assert calls == 1
    await user.delete()
