"""Background worker that sends the e-mails in the outbox; each process runs one worker.

A worker leases an e-mail before sending it, and records the delivery to each recipient once the
mail server has accepted that recipient's copy. After a temporary failure, an e-mail is sent again
with a delay. The lanes of the outbox are sent independently, so that e-mails with links do not wait
for e-mails about bookings. Sending is rate limited, and more strictly so while the process is busy,
so that it never slows down requests. After a burst of bookings, the last e-mail can therefore be a
few minutes late.
"""

from __future__ import annotations

import asyncio
import logging
import random
from contextlib import asynccontextmanager
from time import process_time
from typing import TYPE_CHECKING

from models.bookings.account_mails import is_superseded
from models.bookings.outbox import Lane, MailState, due_mails
from models.calendar.times import utc_now
from models.errors import Unavailable
from web.edge.pacing import TokenBucket
from web.mails.transport import DeliveryFailed, RecipientRefused, ServerUnavailable

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator
    from datetime import datetime

    from auth.code_keys import CodeKeys
    from models.bookings.outbox import Mail, Party
    from web.mails.limits import RecipientLimit
    from web.mails.rendering import MailRenderer
    from web.mails.transport import MailConnection, MailTransport

log = logging.getLogger(__name__)

POLL_SECONDS = {
    Lane.ACCOUNT: 1.0,
    Lane.OFFER: 2.0,
    Lane.BOOKING: 2.0,
    Lane.REMINDER: 5.0,
    Lane.REVIEW: 5.0,
}
RETRY_SECONDS = 1.0
MAX_POLL_SECONDS = 30.0
MAX_MAILS_PER_ROUND = 100
MAX_CONNECTIONS = 4
"""Maximum number of connections to the mail server per lane of the outbox."""

SHUTDOWN_SECONDS = 5.0
MAILS_PER_SECOND = 10
MAX_BURST = 10
"""Number of e-mails that may be sent without a delay after an idle period."""

BUSY_COST = 10
"""Tokens that an e-mail takes from the rate limit while the process is busy, instead of one."""

CPU_SAMPLE_SECONDS = 0.1
BUSY_CPU_SHARE = 0.6
"""If a process uses more than this share of a CPU core during a sample, it is considered busy."""


class MailWorker:
    """Sends due e-mails until it is closed.

    Args:
        load_renderer: creates the renderer from the keys that hash sign-in codes. It is called in a
            thread when the first e-mail is due, because loading takes a while.
        transport: delivers the e-mails.
        limit: the limit on e-mails per recipient and hour.

    Attributes:
        is_reachable: whether the mail server responded to the last delivery.
    """

    _code_keys: CodeKeys

    def __init__(
        self,
        load_renderer: Callable[[CodeKeys], MailRenderer],
        transport: MailTransport,
        limit: RecipientLimit,
    ) -> None:
        self._load_renderer = load_renderer
        self._renderer: MailRenderer | None = None
        self._loading = asyncio.Lock()
        self._transport = transport
        self._limit = limit
        self._rate_limits = {lane: TokenBucket(MAX_BURST, MAILS_PER_SECOND) for lane in Lane}
        self._closing = asyncio.Event()
        self._is_down = dict.fromkeys(Lane, False)
        self.is_reachable = True

    @asynccontextmanager
    async def open(self, code_keys: CodeKeys) -> AsyncIterator[None]:
        """Send e-mails while the context lasts; at its end, finish the deliveries under way."""
        self._code_keys = code_keys
        async with asyncio.TaskGroup() as group:
            tasks = [
                group.create_task(self._run(lane), name=f"mails of the lane {lane}")
                for lane in Lane
            ]
            try:
                yield
            finally:
                self._closing.set()
                await asyncio.wait(tasks, timeout=SHUTDOWN_SECONDS)
                for task in tasks:
                    task.cancel()

    def accepts(self, email: str) -> bool:
        """Return whether the mail server can deliver to an e-mail address, as far as is known.

        Domains are sent in their ASCII form, but non-ASCII letters before the @ need SMTPUTF8.
        """
        return self._transport.accepts_utf8 is not False or email.rpartition("@")[0].isascii()

    async def _run(self, lane: Lane) -> None:
        pause = POLL_SECONDS[lane]
        while not self._closing.is_set():
            if lane is Lane.ACCOUNT and self._transport.accepts_utf8 is None:
                await self._transport.probe()
            has_more = await self._send_due(lane)
            pause = min(pause * 2, MAX_POLL_SECONDS) if self._is_down[lane] else POLL_SECONDS[lane]
            if not has_more:
                await self._sleep(pause * random.uniform(0.75, 1.25))  # noqa: S311

    async def _sleep(self, seconds: float) -> None:
        """Sleep, or return early when the worker is closed."""
        try:
            async with asyncio.timeout(seconds):
                await self._closing.wait()
        except TimeoutError:
            return

    async def _throttle(self, lane: Lane) -> None:
        """Wait until the lane's rate limit allows the next e-mail."""
        loop = asyncio.get_running_loop()
        wall_start, cpu_start = loop.time(), process_time()
        await asyncio.sleep(CPU_SAMPLE_SECONDS)
        is_busy = process_time() - cpu_start > BUSY_CPU_SHARE * (loop.time() - wall_start)
        await self._sleep(self._rate_limits[lane].take(BUSY_COST if is_busy else 1))

    async def _send_due(self, lane: Lane) -> bool:
        """Send one batch of a lane's due e-mails, and return whether more e-mails are due."""
        self._is_down[lane] = False
        try:
            mails = await due_mails(utc_now(), MAX_MAILS_PER_ROUND, lane)
        except Unavailable:
            log.warning("mails wait: the database is unavailable")
            return False
        if mails:
            async with self._loading:
                if self._renderer is None:
                    self._renderer = await asyncio.to_thread(self._load_renderer, self._code_keys)
            queue = iter(mails)
            async with asyncio.TaskGroup() as group:
                for _ in range(min(MAX_CONNECTIONS, len(mails))):
                    group.create_task(self._send_queued(self._renderer, queue, lane))
        return len(mails) == MAX_MAILS_PER_ROUND and not self._is_down[lane]

    async def _send_queued(self, renderer: MailRenderer, queue: Iterator[Mail], lane: Lane) -> None:
        """Send e-mails from the shared queue over one connection."""
        async with self._transport.connect() as connection:
            for mail in queue:
                await self._throttle(lane)
                if self._closing.is_set() or self._is_down[lane]:
                    return
                try:
                    if await mail.claim(utc_now()):
                        await self._send(mail, renderer, connection, lane)
                    else:
                        _log_failure(mail)
                except Unavailable:
                    log.warning("mail %s waits: the database is unavailable", mail.id)
                    return
                except Exception:
                    log.exception("mail %s could not be sent", mail.id)
                    await self._postpone(mail)

    async def _send(
        self, mail: Mail, renderer: MailRenderer, connection: MailConnection, lane: Lane
    ) -> None:
        """Deliver each recipient's copy of an e-mail."""
        is_postponed, until = False, None
        is_needed = not await is_superseded(mail)
        session = await renderer.load_session(mail)
        for party in list(mail.to):
            try:
                to = renderer.address_of(mail, party, session) if is_needed else None
                free_at = to and await self._limit.free_at(lane, to, utc_now())
                if free_at:
                    is_postponed, until = True, free_at
                    continue
                rendered = await renderer.render(mail, party, session) if to else None
                if rendered:
                    await connection.deliver(rendered)
                else:
                    mail.repeats = []  # later reminders are not needed, either
            except RecipientRefused as error:
                self.is_reachable = True
                log.error(  # noqa: TRY400 - the server's response says why
                    "mail %s to the %s was refused: %s", mail.id, party.lower(), error
                )
                await self._mark_delivered(mail, party, refused=True)
            except DeliveryFailed as error:
                log.warning("mail %s to the %s is delayed: %s", mail.id, party.lower(), error)
                is_postponed = True
                self.is_reachable = not isinstance(error, ServerUnavailable)
                if not self.is_reachable:
                    self._is_down[lane] = True
                    break
            else:
                self.is_reachable = True
                await self._mark_delivered(mail, party, refused=False)
                if rendered:
                    await self._limit.count(lane, rendered.to, utc_now())
        if is_postponed:
            await self._postpone(mail, until)

    async def _mark_delivered(self, mail: Mail, party: Party, *, refused: bool) -> None:
        """Record the outcome for a recipient; if the database fails, retry until the lease ends."""
        while True:
            try:
                has_lease = await mail.mark_delivered(party, utc_now(), refused=refused)
            except Unavailable:
                if utc_now() > mail.due_at:
                    raise
                await asyncio.sleep(RETRY_SECONDS)
            else:
                if not has_lease:
                    log.warning("mail %s outlasted its lease and may be sent twice", mail.id)
                return

    async def _postpone(self, mail: Mail, until: datetime | None = None) -> None:
        try:
            await mail.postpone(utc_now(), until)
        except Unavailable:
            log.warning("mail %s waits: the database is unavailable", mail.id)
            return
        _log_failure(mail)


def _log_failure(mail: Mail) -> None:
    if mail.state is MailState.FAILED:
        log.error("mail %s (%s) was given up after %s attempts", mail.id, mail.kind, mail.attempts)
