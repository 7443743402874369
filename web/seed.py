"""Sample data: a directory of experts, their clients and accounts to try it with.

What is written follows from the number of experts and the moment of the first attempt alone,
ids included, and it is only ever added to. So a filling that was broken off is gone on with, and
a program that sleeps through the loss of its claim does no harm when it wakes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto
from itertools import islice
from random import Random
from typing import TYPE_CHECKING, Final
from uuid import uuid4

from models.base import or_unavailable
from models.bookings import Booking, Contact
from models.calendars import Calendar
from models.errors import Unavailable
from models.events import KEPT_SECONDS
from models.experts import Category, Expert
from models.ids import Id
from models.settings import Seeding, advance_seeding, begin_seeding, insert_missing, seeding
from models.users import Role, User, email_key
from web.samples import SampleClient, SampleExpert, sample_clients, sample_experts

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Progress = Callable[[int, int], None]

DEMO_CLIENT: Final = ("client@example.com", Role.CLIENT)
DEMO_EXPERT: Final = ("expert@example.com", Role.EXPERT)
DEMO_ADMIN: Final = ("admin@example.com", Role.ADMIN)
DEMO_ACCOUNTS: Final = (DEMO_CLIENT, DEMO_EXPERT, DEMO_ADMIN)
DEMO_PASSWORD: Final = "expertbook-demo"  # noqa: S105 - meant to be known

NO_PASSWORD: Final = "!"  # noqa: S105 - no password has this hash
SEED: Final = 18  # whose first expert, the demo account's, confirms by hand
CLIENTS: Final = 200
BATCH: Final = 50  # experts, with some 600 bookings
POLL_SECONDS: Final = 0.5
PATIENCE_SECONDS: Final = 5.0  # with an owner that writes no batch

COMING_DAYS: Final = 21
PAST_DAYS: Final = 28
PAST_BOOKINGS: Final = (3, 8)
COMING_SHARE: Final = (0.03, 0.06)
DEMO_CLIENT_EXPERTS: Final = 6  # with whom the demo client has been, and goes again
NOT_BEFORE: Final = timedelta(hours=2)
# Nothing happened lately, so no event of it would still be kept, and none is written.
SETTLED: Final = timedelta(seconds=KEPT_SECONDS) + timedelta(days=1)
DAY: Final = timedelta(days=1)


class Outcome(Enum):
    """What became of a filling."""

    FILLED = auto()
    FILLED_BEFORE = auto()
    HAS_ITS_OWN = auto()


@dataclass(frozen=True, slots=True)
class _Client:
    id: Id
    contact: Contact


async def seed(
    *, experts: int, now: datetime, password_hash: str, progress: Progress
) -> Outcome:
    """Fill a database that has no accounts with sample data.

    Of several programs one does it and the others wait; one that does not get on is replaced. What
    was begun is finished as it was begun, whatever the arguments.

    Args:
        experts: how many; their bookings are in proportion.
        now: what the data are relative to.
        password_hash: of `DEMO_PASSWORD`, for the demo accounts; no other account has a password.
        progress: is told how many experts are there, and of how many.

    Raises:
        Unavailable: when the database does not answer.
    """
    me = uuid4().hex
    # In this order: whoever sees accounts of a filling sees that it has begun.
    with or_unavailable():
        has_accounts = await User.find_one() is not None
    claim = await seeding()
    if claim is None:
        if has_accounts:
            return Outcome.HAS_ITS_OWN
        moment = now.replace(microsecond=0)
        claim = await begin_seeding(Seeding(experts=experts, moment=moment, owner=me))
    elif claim.finished:
        return Outcome.FILLED_BEFORE
    while not claim.finished:
        if claim.owner == me:
            claim = await _fill(claim, password_hash, progress)
        else:
            claim = await _follow(claim, me, progress)
    return Outcome.FILLED


async def _follow(claim: Seeding, me: str, progress: Progress) -> Seeding:
    """Wait until the filling is finished, or its owner gives it up or does not get on."""
    # By one's own clock: the owner's may be another.
    patience = PATIENCE_SECONDS
    while not claim.finished:
        progress(claim.done, claim.experts)
        if claim.owner is None or patience <= 0:
            mine = claim.model_copy(update={"owner": me})
            if await advance_seeding(claim, mine):
                return mine
        await asyncio.sleep(POLL_SECONDS)
        seen = await seeding() or claim
        patience = patience - POLL_SECONDS if seen == claim else PATIENCE_SECONDS
        claim = seen
    return claim


async def _fill(claim: Seeding, password_hash: str, progress: Progress) -> Seeding:
    """Write what is missing, until it is finished or the claim is lost."""
    try:
        users, clients = _clients(claim.moment, password_hash)
        await insert_missing(users)
        samples = enumerate(sample_experts(claim.experts, SEED))
        rest = islice(samples, claim.done, None)
        while batch := list(islice(rest, BATCH)):
            progress(claim.done, claim.experts)
            await _write(batch, clients, claim.moment, password_hash)
            step = claim.model_copy(update={"done": claim.done + len(batch)})
            if not await advance_seeding(claim, step):
                return await seeding() or claim
            claim = step
        progress(claim.done, claim.experts)
        end = claim.model_copy(update={"finished": True})
        return end if await advance_seeding(claim, end) else await seeding() or claim
    except BaseException:
        # The next program need not wait; if this does not get through, it will.
        with suppress(Unavailable):
            await advance_seeding(claim, claim.model_copy(update={"owner": None}))
        raise


async def _write(
    batch: Iterable[tuple[int, SampleExpert]],
    clients: Sequence[_Client],
    moment: datetime,
    password_hash: str,
) -> None:
    people = [_Person.of(index, sample, moment, password_hash) for index, sample in batch]
    bookings = [booking for person in people for booking in person.book(clients, moment)]
    # What names others comes after them.
    await insert_missing([person.user for person in people])
    await insert_missing([person.expert for person in people])
    await insert_missing([person.calendar for person in people])
    await insert_missing(bookings)


def _clients(moment: datetime, password_hash: str) -> tuple[list[User], list[_Client]]:
    """The accounts that are no expert's, and those of them who book, the demo client first."""
    rng = _rng("accounts")
    demo = SampleClient("Clara Client", DEMO_CLIENT[0], "Europe/Berlin", "+442079460100")
    samples = [demo, *sample_clients(CLIENTS, SEED)]
    users = [
        User(
            id=_id("client", index),
            name=sample.name,
            email=sample.email,
            email_key=email_key(sample.email),
            password_hash=NO_PASSWORD if index else password_hash,
            time_zone=sample.time_zone,
            email_verified=True,
            created_at=_registered(rng, moment),
        )
        for index, sample in enumerate(samples)
    ]
    clients = [
        _Client(
            user.id,
            Contact(
                name=user.name, email=user.email, phone=sample.phone, time_zone=user.time_zone
            ),
        )
        for user, sample in zip(users, samples, strict=True)
    ]
    admin = User(
        id=_id("admin", 0),
        name="Ada Admin",
        email=DEMO_ADMIN[0],
        email_key=email_key(DEMO_ADMIN[0]),
        password_hash=password_hash,
        role=Role.ADMIN,
        email_verified=True,
        created_at=_registered(rng, moment),
    )
    return [*users, admin], clients


@dataclass(frozen=True, slots=True)
class _Person:
    """An expert with everything that is the expert's; the first one is the demo account's."""

    index: int
    rng: Random
    user: User
    expert: Expert
    calendar: Calendar

    @classmethod
    def of(
        cls, index: int, sample: SampleExpert, moment: datetime, password_hash: str
    ) -> _Person:
        rng = _rng(f"expert {index}")
        user_id, expert_id = _id("user", index), _id("expert", index)
        email = sample.email if index else DEMO_EXPERT[0]
        user = User(
            id=user_id,
            name=sample.name,
            email=email,
            email_key=email_key(email),
            password_hash=NO_PASSWORD if index else password_hash,
            role=Role.EXPERT,
            time_zone=sample.time_zone,
            email_verified=True,
            expert_id=expert_id,
            created_at=_registered(rng, moment),
        )
        expert = Expert(
            id=expert_id,
            user_id=user_id,
            slug=sample.slug,
            name=sample.name,
            title=sample.title,
            category=Category(sample.category),
            bio=sample.bio,
            experience_years=sample.experience_years,
            languages=list(sample.languages),
            hourly_rate=sample.hourly_rate,
            rating=sample.rating,
            review_count=sample.review_count,
        ).indexed()
        return cls(index, rng, user, expert, Calendar(id=expert_id, rules=_rules(sample)))

    def book(self, clients: Sequence[_Client], moment: datetime) -> list[Booking]:
        """Make up the bookings, the earliest change first, and count them in the calendar."""
        rules = self.calendar.rules
        today = self.calendar.today(moment)
        past = (today - PAST_DAYS * DAY, PAST_DAYS, self.rng.randint(*PAST_BOOKINGS))
        coming = (today, COMING_DAYS, self._coming())
        taken: set[int] = set()
        made: list[Booking] = []
        for first, days, count in (past, coming):
            for number in range(count):
                day = first + int(days * self.rng.random()) * DAY
                key = self._free(day, taken, moment)
                if key is None:
                    continue
                taken.update(key.occupies(rules))
                is_demo = number == 0 and self.index < DEMO_CLIENT_EXPERTS
                client = clients[0] if is_demo else self.rng.choice(clients[1:])
                made.append(self._booking(key, client, moment))
        made.sort(key=lambda booking: booking.updated_at)
        for sequence, booking in enumerate(made, 1):
            booking.sequence = sequence
        if made:
            self.calendar.sequence = len(made)
            self.calendar.last_event_at = made[-1].updated_at
        return made
