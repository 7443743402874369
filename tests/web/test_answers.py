"""Expiry, invalidation and eviction in the response cache, with fake clocks."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from models.calendar.rules import Calendar
from models.calendar.times import utc_now
from models.directory.versions import increment_directory_version
from models.ids import Id, new_id
from tests.larders import Clock, cache_count, cached_response, request_key
from tests.models.samples import rules
from web.graphql.recent_changes import MOST_CHANGES
from web.graphql.response_cache import IDLE_SECONDS, LONG_ANSWER, LONGEST_ANSWER, ResponseCache

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from models.store.connection import Client

ADA, BEA = Id("a" * 24), Id("b" * 24)


@pytest.fixture
def clock() -> Clock:
    """Fake clock of the response cache."""
    return Clock()


@pytest.fixture
def answers(clock: Clock) -> ResponseCache:
    """Empty response cache."""
    return ResponseCache(clock=clock, wall_clock=clock)


def test_answer_expires_after_a_second_without_revalidation(
    answers: ResponseCache, clock: Clock
) -> None:
    """The expiry bounds staleness when neither database nor broadcast backend answer."""
    kept = cached_response(answers.missed())
    answers.keep(request_key(), kept)
    clock.now += 0.999
    assert answers.find(request_key()) is kept
    clock.now += 0.001
    assert answers.find(request_key()) is None


def test_expiry_counts_from_before_the_first_read(answers: ResponseCache, clock: Clock) -> None:
    """The time spent on computing the answer counts towards its lifetime."""
    mark = answers.missed()
    clock.now += 0.9
    answers.keep(request_key(), cached_response(mark))
    clock.now += 0.1
    assert answers.find(request_key()) is None


def test_answer_expires_when_time_changes_its_content(answers: ResponseCache, clock: Clock) -> None:
    """Time changes an answer, for example, at the end of a hold."""
    answers.keep(request_key(), cached_response(answers.missed(), ADA, until=clock.now + 0.5))
    clock.now += 0.499
    assert answers.find(request_key())
    clock.now += 0.001
    assert answers.find(request_key()) is None


def test_cache_key_is_the_query_bytes_their_location_and_the_media_type(
    answers: ResponseCache,
) -> None:
    answers.keep(request_key(b"{}"), cached_response(answers.missed()))
    assert answers.find(request_key(b"{}"))
    assert answers.find(request_key(b"{ }")) is None
    assert answers.find(request_key(b"{}")._replace(is_in_address=True)) is None
    assert answers.find(request_key(b"{}")._replace(media_type="application/graphql")) is None


def test_change_invalidates_all_answers_that_depend_on_it(answers: ResponseCache) -> None:
    """A directory change affects all directory answers, a calendar change only its own."""
    both, ada, bea, neither = (request_key(name) for name in (b"ab", b"a", b"b", b""))
    for key, experts in ((both, (ADA, BEA)), (ada, (ADA,)), (bea, (BEA,)), (neither, ())):
        answers.keep(key, cached_response(answers.missed(), *experts))
    answers.calendars_changed([ADA])
    found = [key.asked for key in (both, ada, bea, neither) if answers.find(key)]
    assert found == [b"b", b""]
    answers.directory_changed()
    assert answers.find(bea) is None
    assert answers.find(neither) is None


def test_answer_read_before_a_change_is_not_stored_after_it(answers: ResponseCache) -> None:
    """The reads may have preceded the write even if the answer is finished later."""
    early = answers.missed()
    answers.calendars_changed([ADA])
    answers.keep(request_key(), cached_response(early, ADA))
    assert answers.find(request_key()) is None
    answers.keep(request_key(), cached_response(early, BEA))
    assert answers.find(request_key())
    answers.directory_changed()
    answers.keep(request_key(), cached_response(early, BEA))
    assert answers.find(request_key()) is None
    answers.keep(request_key(), cached_response(answers.missed(), ADA, BEA))
    assert answers.find(request_key())


def test_answers_older_than_the_remembered_changes_are_not_stored(
    answers: ResponseCache,
) -> None:
    """Answers about unchanged calendars are stored, however many others have changed."""
    early = answers.missed()
    answers.calendars_changed([ADA])
    late = answers.missed()
    for _ in range(MOST_CHANGES):
        answers.calendars_changed([new_id()])
    answers.keep(request_key(), cached_response(early, BEA))
    assert answers.find(request_key()) is None
    answers.keep(request_key(), cached_response(late, BEA))
    assert answers.find(request_key())


def test_least_recently_used_answers_are_evicted_above_the_size_limit(clock: Clock) -> None:
    """Keys count towards the size, and metrics report the size and evictions."""
    answers = ResponseCache(most_bytes=100_000, clock=clock, wall_clock=clock)
    before = cache_count("evictions_total")
    keys = [request_key(bytes([number]) * 1_000) for number in range(10)]
    for key in keys:
        long = cached_response(answers.missed(), ADA, body=b"x" * 20_000)
        answers.keep(key, long, is_awaited=True)
        answers.find(keys[0])
    assert [key for key in keys if answers.find(key)] == [keys[0], *keys[-3:]]
    assert cache_count("evictions_total") - before == 6
    assert cache_count("entries") == 4
    assert 4 * 21_000 < cache_count("bytes") <= 100_000
    answers.directory_changed()
    assert cache_count("entries") == cache_count("bytes") == 0


def test_too_long_answer_is_not_stored(answers: ResponseCache) -> None:
    """A fairly long answer is stored at its second request."""
    sizes = (LONG_ANSWER, LONG_ANSWER + 1, LONGEST_ANSWER, LONGEST_ANSWER + 1)
    found = []
    for _ in range(2):
        for size in sizes:
            answers.keep(
                request_key(b"%d" % size), cached_response(answers.missed(), body=b"x" * size)
            )
        found.append([answers.find(request_key(b"%d" % size)) is not None for size in sizes])
    assert found == [[True, False, False, False], [True, True, True, False]]
    long = cached_response(answers.missed(), body=b"x" * LONGEST_ANSWER)
    answers.keep(request_key(b"awaited"), long, is_awaited=True)
    assert answers.find(request_key(b"awaited")) is long


@pytest.fixture
async def calendar(database: Client) -> AsyncIterator[Id]:
    """Id of the expert of a calendar with one event."""
    assert database is not None
    stored = await Calendar(rules=rules(), sequence=1).insert()
    yield stored.id
    await stored.delete()


async def test_used_answer_with_unchanged_versions_is_revalidated(
    answers: ResponseCache, clock: Clock, calendar: Id
) -> None:
    """Each revalidation extends the answer's lifetime by a second."""
    await answers.look()
    answers.keep(request_key(), cached_response(answers.missed(), calendar))
    for _ in range(3):
        clock.now += 0.9
        await answers.look()
        assert answers.find(request_key())


async def test_unused_answer_is_revalidated_on_demand_and_dropped_after_a_while(
    answers: ResponseCache, clock: Clock, calendar: Id
) -> None:
    await answers.look()
    answers.keep(request_key(), cached_response(answers.missed(), calendar))
    for _ in range(3):
        clock.now += IDLE_SECONDS - 1
        await answers.look()
        assert answers.find(request_key()) is None
        assert await answers.renew(request_key())
    assert await answers.renew(request_key(b"another")) is None
    clock.now += IDLE_SECONDS
    await answers.look()
    assert cache_count("entries") == 0
    assert await answers.renew(request_key()) is None


async def test_changed_answer_is_not_revalidated(
    answers: ResponseCache, clock: Clock, calendar: Id
) -> None:
    """Another process or the passing of time may have changed it."""
    await answers.look()
    answers.keep(request_key(b"1"), cached_response(answers.missed(), calendar))
    answers.keep(
        request_key(b"2"), cached_response(answers.missed(), calendar, until=clock.now + 2)
    )
    calendars = Calendar.get_pymongo_collection()
    clock.now += 1.5
    assert await answers.renew(request_key(b"1"))
    assert await answers.renew(request_key(b"2"))
    await calendars.update_one({"_id": calendar}, {"$inc": {"sequence": 1}})
    clock.now += 1.5
    assert await answers.renew(request_key(b"1")) is None
    assert await answers.renew(request_key(b"2")) is None
    assert cache_count("entries") == 0


async def test_revalidation_detects_changes_by_other_processes(
    answers: ResponseCache, clock: Clock, calendar: Id
) -> None:
    """Revalidation compares version counters and needs no notification."""
    await answers.look()
    one, other = request_key(b"calendar"), request_key(b"directory")
    answers.keep(one, cached_response(answers.missed(), calendar))
    answers.keep(other, cached_response(answers.missed()))
    assert answers.find(one)
    assert answers.find(other)
    calendars = Calendar.get_pymongo_collection()
    await calendars.update_one({"_id": calendar}, {"$inc": {"sequence": 1}})
    clock.now += 0.5
    await answers.look()
    assert answers.find(one) is None
    assert answers.find(other)
    await increment_directory_version()
    await answers.look()
    assert answers.find(other) is None


async def test_answer_requested_once_is_only_revalidated_on_demand(
    answers: ResponseCache, clock: Clock, calendar: Id
) -> None:
    """Most answers are never requested again."""
    await answers.look()
    key = request_key(b"1")
    answers.keep(key, cached_response(answers.missed(), calendar))
    clock.now += 1.0
    await answers.look()
    assert answers.find(key) is None
    assert await answers.renew(key)
    clock.now += 0.9
    await answers.look()
    clock.now += 0.9
    assert answers.find(key)


async def test_answer_stored_during_a_revalidation_waits_for_the_next_one(
    answers: ResponseCache, clock: Clock, calendar: Id
) -> None:
    """The running revalidation did not include the answer."""
    answers.keep(request_key(b"1"), cached_response(answers.missed(), calendar))
    mark = answers.missed()
    looking = asyncio.create_task(answers.look())
    await asyncio.sleep(0)
    answers.keep(request_key(b"2"), cached_response(mark, calendar))
    clock.now += 0.5
    await looking
    clock.now += 0.5
    assert answers.find(request_key(b"2")) is None


def test_wall_clock_decides_when_time_changes_an_answer(
    answers: ResponseCache, clock: Clock
) -> None:
    """By default, the cache uses the same clock as the computation of slots."""
    # The monotonic clock is fixed, so that the answer does not expire if the test is slow.
    real = ResponseCache(clock=clock)
    real.keep(request_key(), cached_response(real.missed(), until=utc_now().timestamp() + 3600))
    assert real.find(request_key())
    real.keep(request_key(), cached_response(real.missed(), until=utc_now().timestamp()))
    assert real.find(request_key()) is None
    assert answers.find(request_key()) is None
