"""Background worker that sends the mails of the outbox; each process runs one.

A worker leases a mail before sending it and marks each recipient as delivered once the mail
server has accepted their copy. Temporary failures are retried with a delay. Sending is rate
limited, more strictly while the process is busy, so that it never slows down requests; after a
burst of bookings the last mail can be some minutes late.
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
from web.edge.pacing import TokenBucket
from web.mails.transport import DeliveryFailed, RecipientRefused, ServerUnavailable

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    from models.bookings.outbox import Mail, Party
    from web.mails.rendering import MailRenderer
    from web.mails.transport import MailConnection, MailTransport

log = logging.getLogger(__name__)

POLL_SECONDS = 1.0
MAX_POLL_SECONDS = 30.0
MAX_MAILS_PER_ROUND = 100
MAX_CONNECTIONS = 4
SHUTDOWN_SECONDS = 5.0
MAILS_PER_SECOND = 10
MAX_BURST = 10
"""Mails that may be sent without a delay after an idle period."""

BUSY_COST = 10
"""Number of mails that one mail counts for, in the rate limit, while the process is busy."""

CPU_SAMPLE_SECONDS = 0.1
BUSY_CPU_SHARE = 0.6
"""Share of a CPU core, during the sample, above which the process counts as busy."""


class MailWorker:
    """Sends due mails until it is closed.

    Args:
        load_renderer: returns the renderer; called in a thread for the first mail, since it takes
            a while.
        transport: where mails are delivered.

    Attributes:
        is_reachable: whether the mail server responded to the last delivery.
    """

    def __init__(self, load_renderer: Callable[[], MailRenderer], transport: MailTransport) -> None:
        self._load_renderer = load_renderer
        self._renderer: MailRenderer | None = None
        self._transport = transport
        self._rate_limit = TokenBucket(MAX_BURST, MAILS_PER_SECOND)
        self._closing = asyncio.Event()
        self._is_server_down = False
        self.is_reachable = True

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """Send mails while the context lasts; deliveries under way at its end are finished."""
        async with asyncio.TaskGroup() as group:
            task = group.create_task(self._run(), name="mails")
            try:
                yield
            finally:
                self._closing.set()
                await asyncio.wait([task], timeout=SHUTDOWN_SECONDS)
                task.cancel()

    async def _run(self) -> None:
        pause = POLL_SECONDS
        while not self._closing.is_set():
            has_more = await self._send_due()
            pause = min(pause * 2, MAX_POLL_SECONDS) if self._is_server_down else POLL_SECONDS
            if not has_more:
                await self._sleep(pause * random.uniform(0.75, 1.25))  # noqa: S311

    async def _sleep(self, seconds: float) -> None:
        """Sleep, or return early when the worker is closed."""
        try:
            async with asyncio.timeout(seconds):
                await self._closing.wait()
        except TimeoutError:
            return

    async def _throttle(self) -> None:
        """Wait until the rate limit allows the next mail."""
        loop = asyncio.get_running_loop()
        wall_start, cpu_start = loop.time(), process_time()
        await asyncio.sleep(CPU_SAMPLE_SECONDS)
        is_busy = process_time() - cpu_start > BUSY_CPU_SHARE * (loop.time() - wall_start)
        await self._sleep(self._rate_limit.take(BUSY_COST if is_busy else 1))

    async def _send_due(self) -> bool:
        """Send a round of due mails, and return whether more are due."""
        self._is_server_down = False
        try:
            mails = await due_mails(utc_now(), MAX_MAILS_PER_ROUND)
        except Unavailable:
            log.warning("mails wait: the database is unavailable")
            return False
        if mails:
            if self._renderer is None:
                self._renderer = await asyncio.to_thread(self._load_renderer)
            queue = iter(mails)
            async with asyncio.TaskGroup() as group:
                for _ in range(min(MAX_CONNECTIONS, len(mails))):
                    group.create_task(self._send_queued(self._renderer, queue))
        return len(mails) == MAX_MAILS_PER_ROUND and not self._is_server_down

    async def _send_queued(self, renderer: MailRenderer, queue: Iterator[Mail]) -> None:
        """Send mails from the shared queue over one connection."""
        async with self._transport.connect() as connection:
            for mail in queue:
                await self._throttle()
                if self._closing.is_set() or self._is_server_down:
                    return
                try:
                    if await mail.claim(utc_now()):
                        await self._send(mail, renderer, connection)
                except Unavailable:
                    log.warning("mail %s waits: the database is unavailable", mail.id)
                    return
                except Exception:
                    log.exception("mail %s could not be sent", mail.id)
                    await self._postpone(mail)

    async def _send(self, mail: Mail, renderer: MailRenderer, connection: MailConnection) -> None:
        """Deliver each recipient's copy."""
        is_postponed = False
        session = await renderer.load_session(mail)
        for party in list(mail.to):
            try:
                rendered = await renderer.render(mail, party, session)
                if rendered:
                    await connection.deliver(rendered)
            except RecipientRefused as error:
                self.is_reachable = True
                log.warning("mail %s to the %s was refused: %s", mail.id, party.lower(), error)
                await self._mark_delivered(mail, party, refused=True)
            except DeliveryFailed as error:
                log.warning("mail %s to the %s is delayed: %s", mail.id, party.lower(), error)
                is_postponed = True
                self.is_reachable = not isinstance(error, ServerUnavailable)
                if not self.is_reachable:
                    self._is_server_down = True
                    break
            else:
                self.is_reachable = True
                await self._mark_delivered(mail, party, refused=False)
        if is_postponed:
            await self._postpone(mail)

    async def _mark_delivered(self, mail: Mail, party: Party, *, refused: bool) -> None:
        """Record that a recipient is done; retry until the lease ends if the database fails."""
        while True:
            try:
                has_lease = await mail.mark_delivered(party, utc_now(), refused=refused)
            except Unavailable:
                if utc_now() > mail.due_at:
                    raise
                await asyncio.sleep(POLL_SECONDS)
            else:
                if not has_lease:
                    log.warning("mail %s outlasted its lease and may be sent twice", mail.id)
                return

    async def _postpone(self, mail: Mail) -> None:
        try:
            await mail.postpone(utc_now())
        except Unavailable:
            log.warning("mail %s waits: the database is unavailable", mail.id)
            return
        if mail.state is MailState.FAILED:
            log.error(
                "mail %s (%s) was given up after %s attempts", mail.id, mail.kind, mail.attempts
            )
