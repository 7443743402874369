"""A mail server that keeps what it takes, and refuses what it is told to."""

from __future__ import annotations

import asyncio
import re
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from time import monotonic
from typing import TYPE_CHECKING

from aiosmtpd.smtp import SMTP
from icalendar import Calendar

from tests.servers import free_port

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from aiosmtpd.smtp import Envelope, Session
    from icalendar import Event

TOKEN = re.compile(r"#token=(\S+)")


@dataclass
class Received:
    """A mail as it came."""

    to: str
    message: EmailMessage

    @property
    def id(self) -> str:
        """Its Message-ID."""
        return str(self.message["Message-ID"])

    @property
    def text(self) -> str:
        """Its plain text."""
        body = self.message.get_body(("plain",))
        assert isinstance(body, EmailMessage)
        return str(body.get_content()).replace("\r\n", "\n")

    @property
    def html(self) -> str:
        """Its other text."""
        body = self.message.get_body(("html",))
        assert isinstance(body, EmailMessage)
        return str(body.get_content())

    @property
    def token(self) -> str:
        """What its link has after the sharp."""
        found = TOKEN.search(self.text)
        assert found
        return found[1]

    @property
    def calendar(self) -> Calendar:
        """Its calendar part."""
        [part] = [p for p in self.message.walk() if p.get_content_type() == "text/calendar"]
        raw = part.get_payload(decode=True)
        assert isinstance(raw, bytes)
        assert raw.count(b"\n") == raw.count(b"\r\n")
        calendar = Calendar.from_ical(raw)
        assert isinstance(calendar, Calendar)
        assert part.get_param("method") == calendar["METHOD"]
        return calendar

    @property
    def event(self) -> Event:
        """What the calendar part is about."""
        [event] = self.calendar.events
        return event

    @property
    def attendees(self) -> list[str]:
        """Whom the calendar part names."""
        return [str(attendee) for attendee in self.event.attendees]


@dataclass
class Mailbox:
    """All mails that were taken; `refuses` has an answer by recipient, `busy` one for all."""

    port: int = field(default_factory=free_port)
    mails: list[Received] = field(default_factory=list)
    refuses: dict[str, str] = field(default_factory=dict)
    busy: str | None = None
    turned_away: int = 0

    @property
    def url(self) -> str:
        """The setting that names it."""
        return f"smtp://127.0.0.1:{self.port}"

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Mailbox]:
        """Take mails for as long as the context lasts."""
        loop = asyncio.get_running_loop()
        # Without a name the library looks one up, which can block for seconds.
        server = await loop.create_server(
            lambda: SMTP(self, hostname="localhost", loop=loop), "127.0.0.1", self.port
        )
        try:
            yield self
        finally:
            server.close()

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: object
    ) -> str:
        """Take or refuse a recipient."""
        answer = self.busy or self.refuses.get(address)
        if answer:
            self.turned_away += 1
            return answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - likewise
        """Keep a mail."""
        assert isinstance(envelope.content, bytes)
        message = message_from_bytes(envelope.content, policy=default)
        assert isinstance(message, EmailMessage)
        [to] = envelope.rcpt_tos
        self.mails.append(Received(to, message))
        return "250 OK"

    def to(self, address: str) -> list[Received]:
        """What an address has got."""
        return [mail for mail in self.mails if mail.to == address]

    async def gets(self, number: int, address: str | None = None) -> list[Received]:
        """Wait for so many mails, of an address or in all."""

        def found() -> list[Received]:
            return self.to(address) if address else self.mails

        await until(
            lambda: len(found()) >= number, what=f"{number} mails to {address or 'anybody'}"
        )
        return found()


async def until(
    condition: Callable[[], bool], seconds: float = 120, *, what: str = "a condition"
) -> None:
    """Wait until a condition that another process brings about is true.

    Raises:
        TimeoutError: when it is still false after so many seconds; names `what` was awaited.
    """
    deadline = monotonic() + seconds
    while not condition():
        if monotonic() > deadline:
            raise TimeoutError(f"waited {seconds:.0f} s for {what}")
        await asyncio.sleep(0.05)
