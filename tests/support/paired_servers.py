"""Two servers that share a database and send e-mails, and functions to read their e-mails."""

from __future__ import annotations

import asyncio
import re
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from secrets import token_hex
from typing import TYPE_CHECKING

import httpx

from models.bookings.verification import verify
from models.calendar.times import utc_now
from tests.support.clients import Api
from tests.support.deployments import Deployment, Person
from tests.support.guests import known_code, sign_in
from tests.support.mailboxes import Mailbox
from tests.support.servers import await_ready, start_program
from tests.support.sessions import SECRET

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from models.bookings.findings import Finding
    from tests.support.mailboxes import ReceivedMail
    from tests.support.spans import Time

SIX_DIGITS = re.compile(r"^ +(\d{6})$", re.MULTILINE)


@dataclass
class TwoServers(Deployment):
    """A deployment of two servers that send e-mails; requests go to the first one by default."""

    elsewhere: str = ""
    mailbox: Mailbox = field(default_factory=Mailbox)
    found_before: frozenset[Finding] = frozenset()

    def there(self, api: Api) -> Api:
        """Return a client of the second server that has the same session as `api`."""
        return Api(api.http, self.elsewhere, api.token)

    async def slots_of(self, expert: Person, time: Time) -> list[str]:
        """Return the id of every other slot of a new expert, whose slots are all open."""
        assert expert.expert_id
        found = await self.anonymous.slots(expert.expert_id, *time.days(4, 12))
        return [slot["id"] for slot in found[::2]]

    async def new_account(self) -> tuple[Api, str]:
        """Create an account without a password; return its client and e-mail address."""
        email = new_email()
        await known_code(email)
        answer = await sign_in(self.anonymous, email)
        return self.anonymous.signed_in(answer["accessToken"]), email


@asynccontextmanager
async def run_paired(url: str, folders: list[Path]) -> AsyncIterator[TwoServers]:
    """Run two servers on one database, and sign in an administrator."""
    async with Mailbox().open() as mailbox:
        settings = {
            "mongodb_url": url,
            "throttle": "off",
            "access_token_minutes": 1440,
            "hold_seconds": 600,
            "require_verified_email": "on",
            "secret": SECRET,
            "smtp_url": mailbox.url,
            "experts": 0,
            "client_url": "https://book.example.com",
        }
        with (
            start_program(folders[0], **settings) as one,
            start_program(folders[1], **settings) as two,
        ):
            # Wait in threads, because the mail server needs this event loop meanwhile.
            for program in (one, two):
                await asyncio.to_thread(await_ready, program.process, program.address)
            async with httpx.AsyncClient(timeout=120) as http:
                anonymous = Api(http, one.address)
                servers = TwoServers(anonymous, anonymous, elsewhere=two.address, mailbox=mailbox)
                await servers.open()
                servers.found_before = await findings()
                yield servers


def new_email() -> str:
    """Return an unused e-mail address."""
    return f"guest-{token_hex(6)}@example.com"


async def findings() -> frozenset[Finding]:
    """Return the violations of invariants in the database."""
    return frozenset(await verify(utc_now(), lambda *_: None))


def is_code_mail(mail: ReceivedMail) -> bool:
    """Return whether an e-mail contains a six-digit code, according to its subject."""
    return "code" in str(mail.message["Subject"])


def code_in(mail: ReceivedMail) -> str:
    """Return the six-digit code that an e-mail contains."""
    found = SIX_DIGITS.search(mail.text)
    assert found, mail.text
    assert found[1] in mail.html
    return found[1]
