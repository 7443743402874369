"""Mail transports: the interface, and a transport for development that writes e-mails to files.

The transport that sends e-mails over SMTP is in `smtp.py`.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import asynccontextmanager
from dataclasses import dataclass
from email.policy import SMTPUTF8
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from contextlib import AbstractAsyncContextManager
    from email.message import EmailMessage
    from pathlib import Path

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class RenderedMail:
    """One recipient's copy of an e-mail, ready to be sent.

    `link` and `code` are the link and the sign-in code that the e-mail contains, if any.
    """

    name: str
    to: str
    message: EmailMessage
    link: str | None = None
    code: str | None = None


class DeliveryFailed(Exception):
    """An e-mail was not accepted; the exception's message gives the reason."""


class RecipientRefused(DeliveryFailed):
    """The recipient or the message was permanently refused."""


class TemporarilyRefused(DeliveryFailed):
    """The recipient or the message was refused for now, but may be accepted later."""


class ServerUnavailable(DeliveryFailed):
    """The mail server accepts no messages at present."""


class MailConnection(Protocol):
    """A connection that delivers one e-mail after another."""

    async def deliver(self, mail: RenderedMail) -> None:
        """Deliver an e-mail.

        Raises:
            DeliveryFailed: if the e-mail was not accepted.
        """


class MailTransport(Protocol):
    """Delivers e-mails."""

    @property
    def accepts_utf8(self) -> bool | None:
        """Whether an e-mail address may have non-ASCII letters before the @; None if unknown."""

    async def probe(self) -> None:
        """Find out whether the server accepts non-ASCII addresses, if it can be reached."""

    def connect(self) -> AbstractAsyncContextManager[MailConnection]:
        """Provide a connection while the context lasts."""


class FolderTransport:
    """Writes each e-mail to a file instead of sending it, for development."""

    accepts_utf8 = True

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def probe(self) -> None:
        """Do nothing, because a file accepts any e-mail address."""

    @asynccontextmanager
    async def connect(self) -> AsyncIterator[FolderTransport]:
        """Yield the transport itself, which also serves as the connection."""
        yield self

    async def deliver(self, mail: RenderedMail) -> None:
        """Write an e-mail to a file, and log the file's path and the e-mail's link or code.

        Raises:
            ServerUnavailable: if the folder cannot be written to.
        """
        file = self._folder / f"{mail.name}.eml"
        text = mail.message.as_bytes(policy=SMTPUTF8)
        try:
            await asyncio.to_thread(self._write, file, text)
        except OSError as error:
            raise ServerUnavailable(str(error)) from error
        link = f"; its link is {mail.link}" if mail.link else ""
        code = f"; its code is {mail.code}" if mail.code else ""
        # A warning, because no e-mail was sent.
        log.warning(
            "EXPERTBOOK_SMTP_URL is not set; the mail to %s is in %s%s%s", mail.to, file, link, code
        )

    def _write(self, file: Path, text: bytes) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text)
