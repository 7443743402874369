"""Primitives that sockets wait on: an inbox for one task, and a gate for several tasks."""

from __future__ import annotations

import asyncio

import pytest

from web.edge.waiting import Gate, Inbox


async def test_inbox_returns_messages_in_order_and_waits_for_the_next() -> None:
    inbox = Inbox[int]()
    assert inbox.empty()
    taking = asyncio.create_task(inbox.get())
    await asyncio.sleep(0)
    for number in (1, 2, 3):
        inbox.put_nowait(number)
    assert await taking == 1
    assert not inbox.empty()
    assert [await inbox.get(), await inbox.get()] == [2, 3]
    assert inbox.empty()


async def test_cancelled_wait_loses_no_message() -> None:
    """If a message arrives just when a wait is cancelled, the next wait returns the message."""
    inbox = Inbox[int]()
    taking = asyncio.create_task(inbox.get())
    await asyncio.sleep(0)
    taking.cancel()
    inbox.put_nowait(1)
    with pytest.raises(asyncio.CancelledError):
        await taking
    inbox.put_nowait(2)
    assert [await inbox.get(), await inbox.get()] == [1, 2]


async def test_open_gate_releases_all_waiters() -> None:
    """A cancelled waiter does not block the others."""
    gate = Gate()
    await gate.wait()
    gate.clear()
    waiting = [asyncio.create_task(gate.wait()) for _ in range(3)]
    await asyncio.sleep(0)
    assert not gate.is_set()
    waiting[1].cancel()
    gate.set()
    done = await asyncio.gather(*waiting, return_exceptions=True)
    assert [type(result) for result in done] == [type(None), asyncio.CancelledError, type(None)]
    assert gate.is_set()
