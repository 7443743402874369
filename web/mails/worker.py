"""The worker that empties the outbox, one in each process.

A mail is claimed before it is sent, so that one process has it, and each recipient is crossed out
as soon as the mail server has answered. What is not taken now is tried again later. Nothing here
holds up a booking: mails go out at a steady pace, the longest due first, and few of them while
the process is busy, so that after a rush it takes some minutes until all are sent. Written as they
came, they took as much of the core as the bookings did.
"""

from __future__ import annotations

import asyncio
import logging
import random
from contextlib import asynccontextmanager
from time import process_time
from typing import TYPE_CHECKING

from models.bookings.outbox import MailState, due_mails
from models.calendar.times import utc_now
from models.errors import Unavailable
from web.edge.pacing import Pace
from web.mails.transport import DeliveryFailed, RecipientRefused, ServerUnavailable

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    from models.bookings.outbox import Mail, Party
    from web.mails.rendering import MailRenderer
    from web.mails.transport import MailConnection, MailTransport

log = logging.getLogger(__name__)

POLL_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 30.0
AT_ONCE = 100
LANES = 4
FAREWELL_SECONDS = 5.0
A_SECOND = 10
"""Mails, whose two letters take 5 ms: as many as come would take more than their bookings did."""

MOST_IN_HASTE = 10
"""Mails after a pause that do not wait for each other."""

IN_A_RUSH = 10
"""What a mail counts for while requests keep the process busy, which have precedence."""

GLANCE_SECONDS = 0.1
BUSY = 0.6
"""Of a core, which the process must have used since for that."""


class MailWorker:
    """Sends what is due, until it is closed.

    `is_answered` is whether the mail server was there when last something was handed in.

    Args:
        letters: gets who writes them, which takes a while.
        post: where they are handed in.
    """

    def __init__(self, letters: Callable[[], MailRenderer], post: MailTransport) -> None:
        self._get_letters = letters
        self._letters: MailRenderer | None = None
        self._post = post
        self._pace = Pace(MOST_IN_HASTE, A_SECOND)
        self._closing = asyncio.Event()
        self._is_away = False
        self.is_answered = True

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """Work for as long as the context lasts; at its end what is being handed in is finished."""
        async with asyncio.TaskGroup() as group:
            task = group.create_task(self._work(), name="mails")
            try:
                yield
            finally:
                self._closing.set()
                await asyncio.wait([task], timeout=FAREWELL_SECONDS)
                task.cancel()

    async def _work(self) -> None:
        pause = POLL_SECONDS
        while not self._closing.is_set():
            is_more = await self._round()
            pause = min(pause * 2, LONGEST_PAUSE_SECONDS) if self._is_away else POLL_SECONDS
            if not is_more:
                await self._rest(pause * random.uniform(0.75, 1.25))  # noqa: S311

    async def _rest(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._closing.wait()
        except TimeoutError:
            return

    async def _turn(self) -> None:
        """Wait until the next mail may be sent."""
        loop = asyncio.get_running_loop()
        began, spent = loop.time(), process_time()
        await asyncio.sleep(GLANCE_SECONDS)
        is_busy = process_time() - spent > BUSY * (loop.time() - began)
        await self._rest(self._pace.take(IN_A_RUSH if is_busy else 1))

    async def _round(self) -> bool:
        """Send what is due; whether there is more."""
        self._is_away = False
        try:
            mails = await due_mails(utc_now(), AT_ONCE)
        except Unavailable:
            log.warning("mails wait: the database is away")
            return False
        if mails:
            if self._letters is None:
                self._letters = await asyncio.to_thread(self._get_letters)
            waiting = iter(mails)
            async with asyncio.TaskGroup() as group:
                for _ in range(min(LANES, len(mails))):
                    group.create_task(self._lane(self._letters, waiting))
        return len(mails) == AT_ONCE and not self._is_away

    async def _lane(self, letters: MailRenderer, waiting: Iterator[Mail]) -> None:
        """Send some of the mails that wait over one connection."""
        async with self._post.line() as line:
            for mail in waiting:
                await self._turn()
                if self._closing.is_set() or self._is_away:
                    return
                try:
                    if await mail.claim(utc_now()):
                        await self._send(mail, letters, line)
                except Unavailable:
                    log.warning("mail %s waits: the database is away", mail.id)
                    return
                except Exception:
                    log.exception("mail %s cannot be written", mail.id)
                    await self._put_off(mail)

    async def _send(self, mail: Mail, letters: MailRenderer, line: MailConnection) -> None:
        """Hand in each recipient's copy."""
        is_put_off = False
        session = await letters.session(mail)
        for party in list(mail.to):
            try:
                letter = await letters.write(mail, party, session)
                if letter:
                    await line.deliver(letter)
            except RecipientRefused as error:
                self.is_answered = True
                log.warning("mail %s to the %s is refused: %s", mail.id, party.lower(), error)
                await self._cross_out(mail, party, refused=True)
            except DeliveryFailed as error:
                log.warning("mail %s to the %s is late: %s", mail.id, party.lower(), error)
                is_put_off = True
                self.is_answered = not isinstance(error, ServerUnavailable)
                if not self.is_answered:
                    self._is_away = True
                    break
            else:
                self.is_answered = True
                await self._cross_out(mail, party, refused=False)
        if is_put_off:
            await self._put_off(mail)

    async def _cross_out(self, mail: Mail, party: Party, *, refused: bool) -> None:
        """Note that a recipient is served; while the lease lasts, in spite of the database."""
        while True:
            try:
                is_mine = await mail.mark_delivered(party, utc_now(), refused=refused)
            except Unavailable:
                if utc_now() > mail.due_at:
                    raise
                await asyncio.sleep(POLL_SECONDS)
            else:
                if not is_mine:
                    log.warning("mail %s took too long and may be sent twice", mail.id)
                return

    async def _put_off(self, mail: Mail) -> None:
        try:
            await mail.postpone(utc_now())
        except Unavailable:
            log.warning("mail %s waits: the database is away", mail.id)
            return
        if mail.state is MailState.FAILED:
            log.error(
                "mail %s (%s) was given up after %s attempts", mail.id, mail.kind, mail.attempts
            )
