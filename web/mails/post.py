"""Handing mails in: at an SMTP server, or in a folder where there is none."""

from __future__ import annotations

import asyncio
import logging
from contextlib import asynccontextmanager
from dataclasses import dataclass
from email.policy import SMTP
from typing import TYPE_CHECKING, Protocol

import aiosmtplib

from web.mails.servers import Security

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from contextlib import AbstractAsyncContextManager
    from email.message import EmailMessage
    from pathlib import Path

    from web.mails.servers import MailServer

log = logging.getLogger(__name__)

CONNECT_SECONDS = 15.0
HANDING_IN_SECONDS = 60.0
CLOSING = 421
FOR_GOOD = 500


@dataclass(frozen=True, slots=True)
class Letter:
    """One recipient's copy of a mail, ready to be sent; `link` is what it is about, if a link."""

    name: str
    to: str
    message: EmailMessage
    link: str | None = None


class NotTaken(Exception):
    """A copy was not taken; the text says why."""


class Refused(NotTaken):
    """It never will be: there is no such recipient, or this text is not wanted."""


class NotNow(NotTaken):
    """It may be later."""


class ServerAway(NotTaken):
    """Nothing is taken at present."""


class Line(Protocol):
    """A connection over which copies are handed in, one after the other."""

    async def deliver(self, letter: Letter) -> None:
        """Hand in a copy.

        Raises:
            Refused, NotNow, ServerAway: it was not taken.
        """


class Post(Protocol):
    """Where mails are handed in."""

    def line(self) -> AbstractAsyncContextManager[Line]:
        """Have a connection for as long as the context lasts."""


class SmtpPost:
    """A mail server."""

    def __init__(self, server: MailServer, sender: str) -> None:
        self._server = server
        self._sender = sender

    @asynccontextmanager
    async def line(self) -> AsyncIterator[SmtpLine]:
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
            yield SmtpLine(smtp, self._sender)
        finally:
            smtp.close()


class SmtpLine:
    """One connection to a mail server (RFC 5321)."""

    def __init__(self, smtp: aiosmtplib.SMTP, sender: str) -> None:
        self._smtp = smtp
        self._sender = sender

    async def deliver(self, letter: Letter) -> None:
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
            raise ServerAway(str(error) or "it does not answer in time") from error

    async def _hand_in(self, letter: Letter) -> None:
        if not self._smtp.is_connected:
            await self._smtp.connect()
        options = []
        if not letter.to.isascii():
            if not self._smtp.supports_extension("smtputf8"):
                raise Refused("the mail server takes addresses in ASCII alone")
            options = ["SMTPUTF8", "BODY=8BITMIME"]
        text = letter.message.as_bytes()
        await self._smtp.sendmail(self._sender, letter.to, text, mail_options=options)


def _not_taken(code: int, message: str) -> NotTaken:
    kind = ServerAway if code == CLOSING else Refused if code >= FOR_GOOD else NotNow
    return kind(f"{code} {message}")


class FolderPost:
    """A folder in place of a mail server, for development: a file for each copy."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @asynccontextmanager
    async def line(self) -> AsyncIterator[FolderPost]:
        """The folder itself."""
        yield self

    async def deliver(self, letter: Letter) -> None:
        """Write a copy down and say where, with its link.

        Raises:
            ServerAway: when the folder cannot be written to.
        """
        file = self._folder / f"{letter.name}.eml"
        text = letter.message.as_bytes(policy=SMTP.clone(utf8=True))
        try:
            await asyncio.to_thread(self._write, file, text)
        except OSError as error:
            raise ServerAway(str(error)) from error
        about = f"; its link is {letter.link}" if letter.link else ""
        # As a warning, since nobody has been sent anything.
        log.warning("No EXPERTBOOK_SMTP_URL, so a mail to %s is %s%s", letter.to, file, about)

    def _write(self, file: Path, text: bytes) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text)
