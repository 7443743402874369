"""Handing mails in at an SMTP server (RFC 5321)."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
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
HANDING_IN_SECONDS = 60.0
CLOSING = 421
FOR_GOOD = 500


class SmtpTransport:
    """A mail server."""

    def __init__(self, server: MailServer, sender: str) -> None:
        self._server = server
        self._sender = sender

    @asynccontextmanager
    async def line(self) -> AsyncIterator[SmtpConnection]:
        """A connection that is made when it is needed, and again when it was lost."""
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
            yield SmtpConnection(smtp, self._sender)
        finally:
            smtp.close()


class SmtpConnection:
    """One connection to a mail server."""

    def __init__(self, smtp: aiosmtplib.SMTP, sender: str) -> None:
        self._smtp = smtp
        self._sender = sender

    async def deliver(self, letter: RenderedMail) -> None:
        """Hand in a copy.

        Raises:
            Refused: there is no such recipient, or the server does not want the text.
            NotNow: the server puts this recipient off.
            ServerAway: it does not answer, or not as it should; nor does it to a sender or a
                password that it does not know, which whoever runs the program can mend.
        """
        try:
            async with asyncio.timeout(HANDING_IN_SECONDS):
                await self._hand_in(letter)
        except aiosmtplib.SMTPRecipientsRefused as error:
            raise _not_taken(error.recipients[0].code, error.recipients[0].message) from error
        except aiosmtplib.SMTPDataError as error:
            raise _not_taken(error.code, error.message) from error
        except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
            self._smtp.close()
            raise ServerUnavailable(str(error) or "it does not answer in time") from error

    async def _hand_in(self, letter: RenderedMail) -> None:
        if not self._smtp.is_connected:
            await self._smtp.connect()
        options = []
        if not letter.to.isascii():
            if not self._smtp.supports_extension("smtputf8"):
                raise RecipientRefused("the mail server takes addresses in ASCII alone")
            options = ["SMTPUTF8", "BODY=8BITMIME"]
        text = letter.message.as_bytes()
        await self._smtp.sendmail(self._sender, letter.to, text, mail_options=options)


def _not_taken(code: int, message: str) -> DeliveryFailed:
    kind = (
        ServerUnavailable
        if code == CLOSING
        else RecipientRefused
        if code >= FOR_GOOD
        else TemporarilyRefused
    )
    return kind(f"{code} {message}")
