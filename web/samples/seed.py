"""Sample data: a directory of experts, their clients and accounts to try it with.

What is written follows from the number of experts and the moment of the first attempt alone,
ids included, and it is only ever added to. So a filling that was broken off is gone on with, and
a program that sleeps through the loss of its claim does no harm when it wakes.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import timedelta
from hashlib import blake2b
from itertools import islice
from random import Random
from typing import TYPE_CHECKING, Final
from uuid import uuid4

from models.accounts.users import Role, User, email_key
from models.bookings.booking import Contact
from models.calendar.rules import Calendar, Offer, Rules, WeeklyRange
from models.directory.experts import Category, Expert
from models.directory.versions import count_directory
from models.errors import Unavailable
from models.ids import Id
from models.store.documents import or_unavailable
from models.store.shared_state import (
    Seeding,
    advance_seeding,
    begin_seeding,
    insert_missing,
    seeding,
)
from web.samples.bookings import Client, SampleCalendar
from web.samples.demo import DEMO_ADMIN, DEMO_CLIENT, DEMO_EXPERT, Outcome, known_outcome
from web.samples.people import (
    SAMPLE_NOTES,
    SampleClient,
    SampleExpert,
    sample_clients,
    sample_experts,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    Progress = Callable[[int, int], None]

NO_PASSWORD: Final = "!"  # noqa: S105 - no password has this hash
SEED: Final = 18  # whose first expert, the demo account's, confirms by hand
CLIENTS: Final = 200
BATCH: Final = 50  # experts, with some 600 bookings
POLL_SECONDS: Final = 0.5
PATIENCE_SECONDS: Final = 5.0  # with an owner that writes no batch
BUSY_EXPERTS: Final = 1000  # of more, each has fewer bookings: half a millisecond for each
DEMO_CLIENT_EXPERTS: Final = 6  # whom the demo client has seen and is going to see
AGE_MINUTES: Final = (90 * 24 * 60, 900 * 24 * 60)
CLARA: Final = SampleClient("Clara Client", DEMO_CLIENT, "Europe/Berlin", "+442079460100")


async def seed(*, experts: int, now: datetime, password_hash: str, progress: Progress) -> Outcome:
    """Fill a database that has no accounts with sample data.

    Of several programs one does it and the others wait; one that does not get on is replaced. What
    was begun is finished as it was begun, whatever the arguments.

    Args:
        experts: how many; each has some 12 bookings, of more than a thousand fewer.
        now: what the data are relative to.
        password_hash: of `DEMO_PASSWORD`, for the demo accounts; no other account has a password.
        progress: is told how many experts are there, and of how many.

    Raises:
        Unavailable: when the database does not answer.
    """
    if outcome := await known_outcome():
        return outcome
    me = uuid4().hex
    claim = await seeding()
    if claim is None:
        moment = now.replace(microsecond=0)
        claim = await begin_seeding(Seeding(experts=experts, moment=moment, owner=me))
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
        users, clients = _accounts(claim.moment, password_hash)
        await insert_missing(users)
        samples = enumerate(sample_experts(claim.experts, SEED))
        rest = islice(samples, claim.done, None)
        while batch := list(islice(rest, BATCH)):
            progress(claim.done, claim.experts)
            await _write(batch, clients, claim, password_hash)
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
    batch: Sequence[tuple[int, SampleExpert]],
    clients: Sequence[Client],
    claim: Seeding,
    password_hash: str,
) -> None:
    people = [_person(index, sample, claim.moment, password_hash) for index, sample in batch]
    calendars = [
        _calendar(index, sample, user, clients, claim)
        for (index, sample), (user, _) in zip(batch, people, strict=True)
    ]
    bookings = [booking for calendar in calendars for booking in calendar.fill()]
    # Where a cancellation of all this is heard: the driver's `wait_for` may lose one that came
    # before it, up to Python 3.11.
    await asyncio.sleep(0)
    # What names others comes after them.
    await insert_missing([user for user, _ in people])
    await insert_missing([expert for _, expert in people])
    await insert_missing([calendar.calendar for calendar in calendars])
    await insert_missing(bookings)
    with or_unavailable():
        await count_directory()


def _person(
    index: int, sample: SampleExpert, moment: datetime, password_hash: str
) -> tuple[User, Expert]:
    """An expert's account and entry in the directory; the first is the demo account's."""
    email = sample.email if index else DEMO_EXPERT
    user = _user(f"keeper {index}", sample.name, email, sample.time_zone, moment)
    user.role = Role.EXPERT
    user.expert_id = _id(f"expert {index}")
    user.password_hash = NO_PASSWORD if index else password_hash
    expert = Expert(
        id=user.expert_id,
        user_id=user.id,
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
    )
    return user, expert.indexed()


def _calendar(
    index: int, sample: SampleExpert, keeper: User, clients: Sequence[Client], claim: Seeding
) -> SampleCalendar:
    rules = Rules(
        time_zone=sample.time_zone,
        weekly=tuple(
            WeeklyRange(weekday=weekday, start=start, end=end)
            for weekday, start, end in sample.weekly
        ),
        offers=tuple(Offer(minutes=minutes, price=price) for minutes, price in sample.offers),
        break_minutes=sample.break_minutes,
        minimum_notice_minutes=sample.minimum_notice_minutes,
        horizon_days=sample.horizon_days,
        cancellation_notice_minutes=sample.cancellation_notice_minutes,
        confirms_automatically=sample.confirms_automatically,
    )
    demo_client, *others = clients
    return SampleCalendar(
        calendar=Calendar(id=_id(f"expert {index}"), rules=rules),
        keeper_id=keeper.id,
        clients=others,
        regular=demo_client if index < DEMO_CLIENT_EXPERTS else None,
        notes=SAMPLE_NOTES[sample.category],
        new_id=lambda number: _id(f"booking {index} {number}"),
        share=min(1, BUSY_EXPERTS / claim.experts),
        moment=claim.moment,
        rng=_rng(f"calendar {index}"),
    )


def _accounts(moment: datetime, password_hash: str) -> tuple[list[User], list[Client]]:
    """The accounts that are no expert's, and those of them who book, the demo client first."""
    samples = [CLARA, *sample_clients(CLIENTS, SEED)]
    users = [
        _user(f"client {index}", sample.name, sample.email, sample.time_zone, moment)
        for index, sample in enumerate(samples)
    ]
    clients = [
        Client(
            user.id,
            Contact(name=user.name, email=user.email, phone=sample.phone, time_zone=user.time_zone),
        )
        for user, sample in zip(users, samples, strict=True)
    ]
    admin = _user("admin", "Ada Admin", DEMO_ADMIN, "Europe/London", moment)
    admin.role = Role.ADMIN
    users[0].password_hash = admin.password_hash = password_hash
    return [*users, admin], clients


def _user(key: str, name: str, email: str, time_zone: str, moment: datetime) -> User:
    """An account older than any booking, into which nobody can sign in."""
    return User(
        id=_id(key),
        name=name,
        email=email,
        email_key=email_key(email),
        password_hash=NO_PASSWORD,
        time_zone=time_zone,
        email_verified=True,
        created_at=moment - timedelta(minutes=_rng(key).randrange(*AGE_MINUTES)),
    ).indexed()


def _id(key: str) -> Id:
    """The id of a sample; as if made on the first day of 1970, so no real one is equal to it."""
    return Id(bytes(2) + blake2b(f"{SEED} {key}".encode(), digest_size=10).digest())


def _rng(key: str) -> Random:
    """Chance that is the same every time."""
    return Random(f"{SEED} {key}")  # noqa: S311 - sample data, nothing secret
