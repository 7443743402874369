"""Batch loader: combines concurrent lookups of different requests into one read."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Generic, NoReturn, TypeAlias, TypeVar

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Hashable, Mapping, Sequence

Key = TypeVar("Key", bound="Hashable")
Value = TypeVar("Value")

Answer: TypeAlias = "asyncio.Future[Value | None]"

MAX_KEYS_PER_READ = 500


class BatchLoader(Generic[Key, Value]):
    """Loads values by key in batches; keys requested during a read form the next batch.

    A read never starts before the requests that it serves, so results are never stale.

    Args:
        read: returns the values of distinct keys; its result leaves out keys without a value.
        max_keys: maximum number of keys per read.
    """

    def __init__(
        self,
        read: Callable[[Sequence[Key]], Awaitable[Mapping[Key, Value]]],
        max_keys: int = MAX_KEYS_PER_READ,
    ) -> None:
        self._read = read
        self._max_keys = max_keys
        self._pending: dict[Key, list[Answer[Value]]] = {}
        self._has_pending = asyncio.Event()

    @asynccontextmanager
    async def open(self, name: str) -> AsyncIterator[None]:
        """Run the loader's task, named `name`, for the duration of the context."""
        async with asyncio.TaskGroup() as group:
            task = group.create_task(self._run(), name=name)
            try:
                yield
            finally:
                task.cancel()

    async def load(self, key: Key) -> Value | None:
        """Return the value of a key, or None if the key has no value.

        Raises:
            Exception: any exception raised by `read`.
        """
        answer: Answer[Value] = asyncio.get_running_loop().create_future()
        self._pending.setdefault(key, []).append(answer)
        self._has_pending.set()
        return await answer

    async def _run(self) -> NoReturn:
        while True:
            await self._has_pending.wait()
            keys = list(self._pending)[: self._max_keys]
            waiting = {key: self._pending.pop(key) for key in keys}
            if not self._pending:
                self._has_pending.clear()
            try:
                found = await self._read(keys)
            except Exception as error:  # noqa: BLE001 - re-raised in the waiting callers
                for answer in _unanswered(waiting, keys):
                    answer.set_exception(error)
            else:
                for key in keys:
                    for answer in _unanswered(waiting, [key]):
                        answer.set_result(found.get(key))


def _unanswered(
    waiting: Mapping[Key, list[Answer[Value]]], keys: Sequence[Key]
) -> list[Answer[Value]]:
    """Return the futures that wait for the given keys and are neither set nor cancelled yet."""
    return [answer for key in keys for answer in waiting[key] if not answer.done()]
