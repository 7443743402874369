"""Fill an empty database with sample experts, clients, bookings and demo accounts.

The documents, ids included, depend only on the number of experts and on the time of the first
attempt, and seeding only inserts. An interrupted seeding can therefore be resumed, and a process
that has lost its claim without noticing does no harm.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import timedelta
from hashlib import blake2b
from itertools import chain, islice
from random import Random
from typing import TYPE_CHECKING, Final
from uuid import uuid4

from models.accounts.emails import email_key
from models.accounts.users import Role, User
from models.bookings.booking import Contact
from models.calendar.places import Place, PlaceKind
from models.calendar.rules import Calendar, Offer, Rules, WeeklyRange
from models.directory.experts import Category, Expert
from models.directory.ratings import MAX_STARS
from models.directory.versions import increment_directory_version
from models.errors import Unavailable
from models.ids import Id, sample_id
from models.store.documents import or_unavailable
from models.store.shared_state import (
    Seeding,
    advance_seeding,
    begin_seeding,
    insert_missing,
    seeding,
)
from web.samples.bookings import Client, SampleCalendar
from web.samples.demo import DEMO_ADMIN, DEMO_CLIENT, DEMO_EXPERT, Outcome, seeding_outcome
from web.samples.people import SampleClient, SampleExpert, sample_clients, sample_experts
from web.samples.reviews import SampleReviews
from web.samples.texts import categories

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    Progress = Callable[[int, int], None]

NO_PASSWORD: Final = "!"  # noqa: S105 - matches no password
SEED: Final = 18  # gives a first expert, the demo expert, who confirms requests by hand
MAX_CLIENTS: Final = 200
CLIENTS_PER_EXPERT: Final = 10  # in small directories
EXPERTS_PER_BATCH: Final = 50  # with about 900 bookings
POLL_SECONDS: Final = 0.5
STALL_SECONDS: Final = 5.0  # without progress before another process takes over
BUSY_EXPERTS: Final = 1000  # in larger directories, each expert has fewer bookings
DEMO_CLIENT_EXPERTS: Final = 6  # with past and upcoming bookings of the demo client
DEMO_WAITS: Final = 2  # of these experts have the demo client in their waiting list
DEMO_FORMER_SESSIONS: Final = 30  # of the demo expert, for several pages of reviews
ACCOUNT_AGE_MINUTES: Final = (400 * 24 * 60, 1200 * 24 * 60)
DEMO_CLIENT_PROFILE: Final = SampleClient(
    "Clara Client", DEMO_CLIENT, "Europe/Berlin", "+442079460100"
)


async def seed(*, experts: int, now: datetime, password_hash: str, progress: Progress) -> Outcome:
    """Fill a database that has no accounts with sample data.

    One of several processes seeds while the others wait; another takes over if it stalls. A
    seeding that has begun keeps its number of experts and its time, whatever the arguments.

    Args:
        experts: number of experts, each with about 18 bookings; fewer above 1,000 experts.
        now: time that the bookings are relative to.
        password_hash: hash of `DEMO_PASSWORD`, for the demo accounts. Other accounts have no
            password.
        progress: called with the number of experts written and the total.

    Raises:
        Unavailable: the database did not respond.
    """
    if outcome := await seeding_outcome():
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
    return Outcome.SEEDED


async def _follow(claim: Seeding, me: str, progress: Progress) -> Seeding:
    """Wait until seeding is finished, or take it over when its owner gives up or stalls."""
    # The stall is measured by this process's clock, because the owner's clock may differ.
    seconds_left = STALL_SECONDS
    while not claim.finished:
        progress(claim.done, claim.experts)
        if claim.owner is None or seconds_left <= 0:
            taken_over = claim.model_copy(update={"owner": me})
            if await advance_seeding(claim, taken_over):
                return taken_over
        await asyncio.sleep(POLL_SECONDS)
        current = await seeding() or claim
        seconds_left = seconds_left - POLL_SECONDS if current == claim else STALL_SECONDS
        claim = current
    return claim


async def _fill(claim: Seeding, password_hash: str, progress: Progress) -> Seeding:
    """Write the missing documents until seeding is finished or the claim is lost."""
    try:
        users, clients = _accounts(claim, password_hash)
        await insert_missing(users)
        samples = enumerate(sample_experts(claim.experts, SEED))
        rest = islice(samples, claim.done, None)
        while batch := list(islice(rest, EXPERTS_PER_BATCH)):
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
        # Let another process take over at once; if this fails, one takes over after STALL_SECONDS.
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
    bookings = [calendar.fill() for calendar in calendars]
    reviews = [
        _reviews(index, sample, clients[0], claim.moment).write(booked)
        for (index, sample), booked in zip(batch, bookings, strict=True)
    ]
    for (_, expert), written in zip(people, reviews, strict=True):
        ratings = [review.rating for review in written if not review.hidden]
        expert.rating_counts = [ratings.count(stars) for stars in range(1, MAX_STARS + 1)]
        expert.update_search_fields()
    waits = [
        wait
        for (index, _), calendar, booked in zip(batch, calendars, bookings, strict=True)
        if index < DEMO_WAITS
        for wait in calendar.wait(_id(f"wait {index}"), booked)
    ]
    # Raise a pending cancellation here: up to Python 3.11, `wait_for` in the driver may lose it.
    await asyncio.sleep(0)
    # Insert documents before the documents that refer to them.
    await insert_missing([user for user, _ in people])
    await insert_missing([expert for _, expert in people])
    await insert_missing([calendar.calendar for calendar in calendars])
    await insert_missing(list(chain.from_iterable(bookings)))
    await insert_missing(list(chain.from_iterable(reviews)))
    await insert_missing(waits)
    with or_unavailable():
        await increment_directory_version(changed=None)


def _person(
    index: int, sample: SampleExpert, moment: datetime, password_hash: str
) -> tuple[User, Expert]:
    """Return an expert's account and directory entry; index 0 is the demo expert."""
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
        confirms_automatically=sample.confirms_automatically,
    )
    return user, expert


def _calendar(
    index: int, sample: SampleExpert, keeper: User, clients: Sequence[Client], claim: Seeding
) -> SampleCalendar:
    rules = Rules(
        time_zone=sample.time_zone,
        weekly=tuple(
            WeeklyRange(weekday=weekday, start=start, end=end)
            for weekday, start, end in sample.weekly
        ),
        offers=tuple(
            Offer(minutes=minutes, price=price, place=Place(kind=PlaceKind(kind), details=details))
            for (minutes, price), (kind, details) in zip(sample.offers, sample.places, strict=True)
        ),
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
        notes=categories()[sample.category].notes,
        new_id=lambda number: _id(f"booking {index} {number}"),
        former_sessions=sample.former_sessions if index else DEMO_FORMER_SESSIONS,
        share=min(1, BUSY_EXPERTS / claim.experts),
        moment=claim.moment,
        rng=_rng(f"calendar {index}"),
    )


def _reviews(
    index: int, sample: SampleExpert, demo_client: Client, moment: datetime
) -> SampleReviews:
    """Return the data for reviews; the demo client reviews only every second expert."""
    return SampleReviews(
        expert=sample,
        moment=moment,
        new_id=lambda booking_id: _id(f"review {booking_id}"),
        skips=lambda booking: booking.client_id == demo_client.id and index % 2 == 0,
        hides_first=index == 0,
        rng=_rng(f"reviews {index}"),
        rng_of=lambda booking_id: _rng(f"review {booking_id}"),
    )


def _accounts(claim: Seeding, password_hash: str) -> tuple[list[User], list[Client]]:
    """Return the clients' and administrator's accounts, and the clients (demo client first)."""
    number, moment = min(MAX_CLIENTS, CLIENTS_PER_EXPERT * claim.experts), claim.moment
    samples = [DEMO_CLIENT_PROFILE, *sample_clients(number, SEED)]
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
    """Return an account without a password, created before any booking."""
    return User(
        id=_id(key),
        name=name,
        email=email,
        email_key=email_key(email),
        password_hash=NO_PASSWORD,
        time_zone=time_zone,
        email_verified=True,
        created_at=moment - timedelta(minutes=_rng(key).randrange(*ACCOUNT_AGE_MINUTES)),
    ).update_search_fields()


def _id(key: str) -> Id:
    """Return the id of a sample document."""
    return sample_id(blake2b(f"{SEED} {key}".encode(), digest_size=10).digest())


def _rng(key: str) -> Random:
    """Return a random generator that is seeded by the key."""
    return Random(f"{SEED} {key}")  # noqa: S311 - sample data, nothing secret
