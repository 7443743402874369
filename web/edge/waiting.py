"""Small replacements for asyncio's Queue and Event, without their deques of waiters.

Every idle WebSocket has one queue and one event, so their memory use matters.
"""

from __future__ import annotations

from asyncio import get_running_loop
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from asyncio import Future

Message = TypeVar("Message")


class Inbox(Generic[Message]):
    """Unbounded FIFO queue with a single consumer."""

    __slots__ = ("_messages", "_waiting")

    def __init__(self) -> None:
        self._messages: list[Message] = []
        self._waiting: Future[None] | None = None

    def put_nowait(self, message: Message) -> None:
        """Append a message and wake the consumer."""
        self._messages.append(message)
        if self._waiting and not self._waiting.done():
            self._waiting.set_result(None)

    def empty(self) -> bool:
        """Return whether the queue is empty."""
        return not self._messages

    async def get(self) -> Message:
        """Remove and return the oldest message, waiting for one if necessary."""
        while not self._messages:
            self._waiting = get_running_loop().create_future()
            try:
                await self._waiting
            finally:
                self._waiting = None
        return self._messages.pop(0)


class Gate:
    """Event that starts set and can have any number of waiters."""

    __slots__ = ("_is_open", "_waiting")

    def __init__(self) -> None:
        self._is_open = True
        self._waiting: list[Future[None]] | None = None

    def is_set(self) -> bool:
        """Return whether the gate is open."""
        return self._is_open

    def clear(self) -> None:
        """Close the gate."""
        self._is_open = False

    def set(self) -> None:
        """Open the gate and wake all waiters."""
        self._is_open = True
        waiting, self._waiting = self._waiting or [], None
        for future in waiting:
            if not future.done():
                future.set_result(None)

    async def wait(self) -> None:
        """Wait until the gate is open."""
        if self._is_open:
            return
        future = get_running_loop().create_future()
        if self._waiting is None:
            self._waiting = []
        self._waiting.append(future)
        await future
