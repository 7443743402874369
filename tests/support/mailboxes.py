"""A mail server for tests: it stores the e-mails it accepts, and rejects chosen recipients."""

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

from tests.support.servers import free_port

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from aiosmtpd.smtp import Envelope, Session
    from icalendar import Event

TOKEN = re.compile(r"#token=(\S+)")


@dataclass
class ReceivedMail:
    """A received e-mail."""

    to: str
    message: EmailMessage
    raw: bytes = b""

    @property
    def id(self) -> str:
        """The Message-ID."""
        return str(self.message["Message-ID"])

    @property
    def text(self) -> str:
        """The content of the e-mail's plain-text part."""
        body = self.message.get_body(("plain",))
        assert isinstance(body, EmailMessage)
        return str(body.get_content()).replace("\r\n", "\n")

    @property
    def html(self) -> str:
        """The content of the e-mail's HTML part."""
        body = self.message.get_body(("html",))
        assert isinstance(body, EmailMessage)
        return str(body.get_content())

    @property
    def token(self) -> str:
        """The token in the fragment of the link that the e-mail contains."""
        found = TOKEN.search(self.text)
        assert found
        return found[1]

    @property
    def calendar_bytes(self) -> bytes:
        """The content of the e-mail's iCalendar part; empty if the e-mail has no such part."""
        parts = [p for p in self.message.walk() if p.get_content_type() == "text/calendar"]
        raw = parts[0].get_payload(decode=True) if parts else b""
        assert isinstance(raw, bytes)
        return raw

    @property
    def calendar(self) -> Calendar:
        """The parsed content of the e-mail's iCalendar part."""
        [part] = [p for p in self.message.walk() if p.get_content_type() == "text/calendar"]
        raw = self.calendar_bytes
        assert raw.count(b"\n") == raw.count(b"\r\n")
        calendar = Calendar.from_ical(raw)
        assert isinstance(calendar, Calendar)
        assert part.get_param("method") == calendar["METHOD"]
        return calendar

    @property
    def event(self) -> Event:
        """The only event in the iCalendar part."""
        [event] = self.calendar.events
        return event

    @property
    def attendees(self) -> list[str]:
        """The attendees of the event in the iCalendar part."""
        return [str(attendee) for attendee in self.event.attendees]


@dataclass
class Mailbox:
    """A mail server that stores the e-mails that it accepts.

    `rejections` maps recipients to the SMTP replies that reject them. If `busy` is set, it is the
    SMTP reply that rejects every recipient. `accepts_utf8` tells whether the server supports
    SMTPUTF8.
    """

    port: int = field(default_factory=free_port)
    mails: list[ReceivedMail] = field(default_factory=list)
    rejections: dict[str, str] = field(default_factory=dict)
    busy: str | None = None
    rejected: int = 0
    accepts_utf8: bool = False

    @property
    def url(self) -> str:
        """The server's URL, as a value for the setting EXPERTBOOK_SMTP_URL."""
        return f"smtp://127.0.0.1:{self.port}"

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Mailbox]:
        """Accept e-mails while the context is open."""
        loop = asyncio.get_running_loop()
        # Without a host name, aiosmtpd looks up the machine's name, which can block for seconds.
        server = await loop.create_server(
            lambda: SMTP(self, hostname="localhost", loop=loop, enable_SMTPUTF8=self.accepts_utf8),
            "127.0.0.1",
            self.port,
        )
        try:
            yield self
        finally:
            server.close()

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: object
    ) -> str:
        """Accept or reject a recipient."""
        answer = self.busy or self.rejections.get(address)
        if answer:
            self.rejected += 1
            return answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - likewise
        """Store an e-mail."""
        assert isinstance(envelope.content, bytes)
        message = message_from_bytes(envelope.content, policy=default)
        assert isinstance(message, EmailMessage)
        [to] = envelope.rcpt_tos
        self.mails.append(ReceivedMail(to, message, envelope.content))
        return "250 OK"

    def mails_to(self, address: str) -> list[ReceivedMail]:
        """Return the e-mails that were sent to an e-mail address."""
        return [mail for mail in self.mails if mail.to == address]

    def invitations_to(self, address: str) -> list[ReceivedMail]:
        """Return the e-mails about bookings that were sent to an e-mail address."""
        return [mail for mail in self.mails_to(address) if mail.calendar_bytes]

    async def wait_for_invitations(self, number: int, address: str) -> list[ReceivedMail]:
        """Wait for at least `number` e-mails about bookings to an e-mail address; return them."""
        what = f"{number} mails about bookings to {address}"
        await wait_until(lambda: len(self.invitations_to(address)) >= number, what=what)
        return self.invitations_to(address)

    async def wait_for_mails(self, number: int, address: str | None = None) -> list[ReceivedMail]:
        """Wait for at least `number` e-mails, to one e-mail address or in total; return them."""

        def found() -> list[ReceivedMail]:
            return self.mails_to(address) if address else self.mails

        await wait_until(
            lambda: len(found()) >= number, what=f"{number} mails to {address or 'anybody'}"
        )
        return found()


async def wait_until(
    condition: Callable[[], bool], seconds: float = 120, *, what: str = "a condition"
) -> None:
    """Wait until a condition is true.

    Raises:
        TimeoutError: if the condition is still false after `seconds` seconds. The error message
            says that `what` was awaited.
    """
    deadline = monotonic() + seconds
    while not condition():
        if monotonic() > deadline:
            raise TimeoutError(f"waited {seconds:.0f} s for {what}")
        await asyncio.sleep(0.05)
