"""Commits that fail with an error, whether they take effect or not."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from pymongo.asynchronous.client_session import AsyncClientSession

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class Commits:
    """The number of commits so far, which tests may reset."""

    count = 0


@contextmanager
def failing_commits(
    error: Exception, fails: Callable[[int], bool], *, takes_effect: bool
) -> Iterator[Commits]:
    """Let some commits of this process fail within the context.

    Args:
        error: the error that these commits raise.
        fails: returns whether a commit fails; the first commit has the number 1.
        takes_effect: whether the database executes these commits nevertheless; if not, their
            transactions are aborted.
    """
    commit, commits = AsyncClientSession.commit_transaction, Commits()

    async def commit_transaction(session: AsyncClientSession) -> None:
        commits.count += 1
        if not fails(commits.count):
            await commit(session)
            return
        await (commit(session) if takes_effect else session.abort_transaction())
        raise error

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(AsyncClientSession, "commit_transaction", commit_transaction)
        yield commits


def is_first(number: int) -> bool:
    """Return whether a commit is the first one."""
    return number == 1
