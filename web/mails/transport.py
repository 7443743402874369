"""Handing mails in: at a server (web/mails/smtp.py), or in a folder where there is none."""

from __future__ import annotations

import asyncio
import logging
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from web.mails.policy import POLICY_UTF8

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from contextlib import AbstractAsyncContextManager
    from email.message import EmailMessage
    from pathlib import Path

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class RenderedMail:
    """One recipient's copy of a mail, ready to be sent; `link` is what it is about, if a link."""

    name: str
    to: str
    message: EmailMessage
    link: str | None = None


class DeliveryFailed(Exception):
    """A copy was not taken; the text says why."""


class RecipientRefused(DeliveryFailed):
    """It never will be: there is no such recipient, or this text is not wanted."""


class TemporarilyRefused(DeliveryFailed):
    """It may be later."""


class ServerUnavailable(DeliveryFailed):
    """Nothing is taken at present."""


class MailConnection(Protocol):
    """A connection over which copies are handed in, one after the other."""

    async def deliver(self, letter: RenderedMail) -> None:
        """Hand in a copy.

        Raises:
            Refused, NotNow, ServerAway: it was not taken.
        """


class MailTransport(Protocol):
    """Where mails are handed in."""

    def line(self) -> AbstractAsyncContextManager[MailConnection]:
        """Have a connection for as long as the context lasts."""


class FolderTransport:
    """A folder in place of a mail server, for development: a file for each copy."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @asynccontextmanager
    async def line(self) -> AsyncIterator[FolderTransport]:
        """The folder itself."""
        yield self

    async def deliver(self, letter: RenderedMail) -> None:
        """Write a copy down and say where, with its link.

        Raises:
            ServerAway: when the folder cannot be written to.
        """
        file = self._folder / f"{letter.name}.eml"
        text = letter.message.as_bytes(policy=POLICY_UTF8)
        try:
            await asyncio.to_thread(self._write, file, text)
        except OSError as error:
            raise ServerUnavailable(str(error)) from error
        about = f"; its link is {letter.link}" if letter.link else ""
        # As a warning, since nobody has been sent anything.
        log.warning("No EXPERTBOOK_SMTP_URL, so a mail to %s is %s%s", letter.to, file, about)

    def _write(self, file: Path, text: bytes) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text)
