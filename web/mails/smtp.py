"""Deliver e-mails to an SMTP server (RFC 5321)."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING

import aiosmtplib

from web.mails.servers import Security
from web.mails.transport import (
    DeliveryFailed,
    RecipientRefused,
    ServerUnavailable,
    TemporarilyRefused,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from web.mails.servers import MailServer
    from web.mails.transport import RenderedMail

CONNECT_SECONDS = 15.0
DELIVERY_SECONDS = 60.0
SERVICE_CLOSING = 421
PERMANENT_FAILURE = 500


class SmtpTransport:
    """Mail transport that delivers to one SMTP server."""

    def __init__(self, server: MailServer, sender: str) -> None:
        self._server = server
        self.sender = sender
        self.accepts_utf8: bool | None = None

    async def probe(self) -> None:
        """Find out whether the server supports SMTPUTF8 (RFC 6531), if it can be reached."""
        async with self.connect() as connection:
            with suppress(aiosmtplib.SMTPException, OSError, TimeoutError):
                await connection.open()

    @asynccontextmanager
    async def connect(self) -> AsyncIterator[SmtpConnection]:
        """Yield a connection that is opened on first use and reopened after it was lost."""
        smtp = aiosmtplib.SMTP(
            hostname=self._server.host,
            port=self._server.port,
            username=self._server.user,
            password=self._server.password,
            use_tls=self._server.security is Security.TLS,
            start_tls=self._server.security is Security.STARTTLS,
            timeout=CONNECT_SECONDS,
        )
        try:
            yield SmtpConnection(smtp, self)
        finally:
            smtp.close()


class SmtpConnection:
    """A connection to an SMTP server."""

    def __init__(self, smtp: aiosmtplib.SMTP, transport: SmtpTransport) -> None:
        self._smtp = smtp
        self._transport = transport

    async def open(self) -> None:
        """Open the connection if it is closed, and record whether the server supports SMTPUTF8."""
        if not self._smtp.is_connected:
            await self._smtp.connect()
            await self._smtp.ehlo()  # aiosmtplib itself sends EHLO only before an e-mail
            self._transport.accepts_utf8 = self._smtp.supports_extension("smtputf8")

    async def deliver(self, mail: RenderedMail) -> None:
        """Deliver an e-mail.

        Raises:
            RecipientRefused: if the server permanently refused the recipient or the message.
            TemporarilyRefused: if the server refused the recipient or the message for now, or lacks
                SMTPUTF8 for an e-mail address that needs it.
            ServerUnavailable: if the server did not respond, broke the protocol, or refused the
                sender or the credentials.
        """
        try:
            async with asyncio.timeout(DELIVERY_SECONDS):
                await self._send(mail)
        except aiosmtplib.SMTPRecipientsRefused as error:
            raise _delivery_error(error.recipients[0].code, error.recipients[0].message) from error
        except aiosmtplib.SMTPDataError as error:
            raise _delivery_error(error.code, error.message) from error
        except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
            self._smtp.close()
            raise ServerUnavailable(
                str(error) or "the mail server did not respond in time"
            ) from error

    async def _send(self, mail: RenderedMail) -> None:
        await self.open()
        options = []
        if not mail.to.isascii():
            # If the mail server lacks SMTPUTF8, non-ASCII e-mail addresses are refused when they
            # are entered, but this address was accepted before the lack was known.
            if not self._transport.accepts_utf8:
                raise TemporarilyRefused("the mail server does not support SMTPUTF8")
            options = ["SMTPUTF8", "BODY=8BITMIME"]
        text = mail.message.as_bytes()
        await self._smtp.sendmail(self._transport.sender, mail.to, text, mail_options=options)


def _delivery_error(code: int, message: str) -> DeliveryFailed:
    kind = (
        ServerUnavailable
        if code == SERVICE_CLOSING
        else RecipientRefused
        if code >= PERMANENT_FAILURE
        else TemporarilyRefused
    )
    return kind(f"{code} {message}")
