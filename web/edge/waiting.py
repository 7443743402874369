"""What a socket needs of asyncio's queues and events, in little room.

A queue of asyncio's takes 3.1 KB and an event 0.8, nearly all of it for the deques in which others
would wait; these take 0.2 and 0.1. An idle socket has one of each.
"""

from __future__ import annotations

from asyncio import get_running_loop
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from asyncio import Future

Message = TypeVar("Message")


class Inbox(Generic[Message]):
    """The messages that have come, oldest first, for the one task that takes them."""

    __slots__ = ("_messages", "_waiting")

    def __init__(self) -> None:
        self._messages: list[Message] = []
        self._waiting: Future[None] | None = None

    def put_nowait(self, message: Message) -> None:
        """Add one."""
        self._messages.append(message)
        if self._waiting and not self._waiting.done():
            self._waiting.set_result(None)

    def empty(self) -> bool:
        """Whether all are taken."""
        return not self._messages

    async def get(self) -> Message:
        """Take the next; waits until there is one."""
        while not self._messages:
            self._waiting = get_running_loop().create_future()
            try:
                await self._waiting
            finally:
                self._waiting = None
        return self._messages.pop(0)


class Gate:
    """Open or shut; some may wait for it to open."""

    __slots__ = ("_is_open", "_waiting")

    def __init__(self) -> None:
        self._is_open = True
        self._waiting: list[Future[None]] | None = None

    def is_set(self) -> bool:
        """Whether it is open."""
        return self._is_open

    def clear(self) -> None:
        """Shut it."""
        self._is_open = False

    def set(self) -> None:
        """Open it."""
        self._is_open = True
        waiting, self._waiting = self._waiting or [], None
        for future in waiting:
            if not future.done():
                future.set_result(None)

    async def wait(self) -> None:
        """Wait until it has been opened."""
        if self._is_open:
            return
        future = get_running_loop().create_future()
        if self._waiting is None:
            self._waiting = []
        self._waiting.append(future)
        await future
