"""Expiry, invalidation and eviction in the response cache, with fake clocks."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from models.calendar.rules import Calendar
from models.calendar.times import utc_now
from models.directory.versions import increment_directory_version
from models.ids import Id, new_id
from tests.support.cached_responses import Clock, cache_count, cached_response, request_key
from tests.support.samples import rules
from web.graphql.recent_changes import MAX_TRACKED_CALENDARS
from web.graphql.response_cache import (
    IDLE_SECONDS,
    LARGE_RESPONSE_BYTES,
    MAX_RESPONSE_BYTES,
    ResponseCache,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from models.store.connection import Client

ADA, BEA = Id("a" * 24), Id("b" * 24)


@pytest.fixture
def clock() -> Clock:
    """Fake clock of the response cache."""
    return Clock()


@pytest.fixture
def cache(clock: Clock) -> ResponseCache:
    """Empty response cache."""
    return ResponseCache(clock=clock, wall_clock=clock)


def test_response_expires_after_a_second_without_revalidation(
    cache: ResponseCache, clock: Clock
) -> None:
    """Expiry limits staleness while neither the database nor the broadcast backend responds."""
    kept = cached_response(cache.record_miss())
    cache.store(request_key(), kept)
    clock.now += 0.999
    assert cache.find(request_key()) is kept
    clock.now += 0.001
    assert cache.find(request_key()) is None


def test_lifetime_starts_before_the_first_read(cache: ResponseCache, clock: Clock) -> None:
    """The time spent on computing a response counts towards its lifetime in the cache."""
    checkpoint = cache.record_miss()
    clock.now += 0.9
    cache.store(request_key(), cached_response(checkpoint))
    clock.now += 0.1
    assert cache.find(request_key()) is None


def test_response_expires_when_time_changes_its_content(cache: ResponseCache, clock: Clock) -> None:
    """The content of a response can change with time, for example when a hold ends."""
    cache.store(
        request_key(), cached_response(cache.record_miss(), ADA, expires_at=clock.now + 0.5)
    )
    clock.now += 0.499
    assert cache.find(request_key())
    clock.now += 0.001
    assert cache.find(request_key()) is None


def test_cache_key_is_the_query_bytes_their_location_and_the_media_type(
    cache: ResponseCache,
) -> None:
    cache.store(request_key(b"{}"), cached_response(cache.record_miss()))
    assert cache.find(request_key(b"{}"))
    assert cache.find(request_key(b"{ }")) is None
    assert cache.find(request_key(b"{}")._replace(is_from_url=True)) is None
    assert cache.find(request_key(b"{}")._replace(media_type="application/graphql")) is None


def test_change_invalidates_all_responses_that_depend_on_it(cache: ResponseCache) -> None:
    """A directory change affects all responses.

    A calendar change affects only the responses that contain the calendar.
    """
    both, ada, bea, neither = (request_key(name) for name in (b"ab", b"a", b"b", b""))
    for key, experts in ((both, (ADA, BEA)), (ada, (ADA,)), (bea, (BEA,)), (neither, ())):
        cache.store(key, cached_response(cache.record_miss(), *experts))
    cache.calendars_changed([ADA])
    found = [key.content for key in (both, ada, bea, neither) if cache.find(key)]
    assert found == [b"b", b""]
    cache.directory_changed()
    assert cache.find(bea) is None
    assert cache.find(neither) is None


def test_response_read_before_a_change_is_not_stored_after_it(cache: ResponseCache) -> None:
    """A response that is finished after a change may be based on reads from before the change."""
    early = cache.record_miss()
    cache.calendars_changed([ADA])
    cache.store(request_key(), cached_response(early, ADA))
    assert cache.find(request_key()) is None
    cache.store(request_key(), cached_response(early, BEA))
    assert cache.find(request_key())
    cache.directory_changed()
    cache.store(request_key(), cached_response(early, BEA))
    assert cache.find(request_key()) is None
    cache.store(request_key(), cached_response(cache.record_miss(), ADA, BEA))
    assert cache.find(request_key())


def test_responses_older_than_the_remembered_changes_are_not_stored(
    cache: ResponseCache,
) -> None:
    """The cache forgets old changes, so it cannot tell whether an older response is stale."""
    early = cache.record_miss()
    cache.calendars_changed([ADA])
    late = cache.record_miss()
    for _ in range(MAX_TRACKED_CALENDARS):
        cache.calendars_changed([new_id()])
    cache.store(request_key(), cached_response(early, BEA))
    assert cache.find(request_key()) is None
    cache.store(request_key(), cached_response(late, BEA))
    assert cache.find(request_key())


def test_least_recently_used_responses_are_evicted_above_the_size_limit(clock: Clock) -> None:
    """Cache keys count towards the cache's size, and metrics report its size and evictions."""
    cache = ResponseCache(max_bytes=100_000, clock=clock, wall_clock=clock)
    before = cache_count("evictions_total")
    keys = [request_key(bytes([number]) * 1_000) for number in range(10)]
    for key in keys:
        long = cached_response(cache.record_miss(), ADA, body=b"x" * 20_000)
        cache.store(key, long, has_waiters=True)
        cache.find(keys[0])
    assert [key for key in keys if cache.find(key)] == [keys[0], *keys[-3:]]
    assert cache_count("evictions_total") - before == 6
    assert cache_count("entries") == 4
    assert 4 * 21_000 < cache_count("bytes") <= 100_000
    cache.directory_changed()
    assert cache_count("entries") == cache_count("bytes") == 0


def test_too_large_response_is_not_stored(cache: ResponseCache) -> None:
    """A large response is stored at its second request, or at once if other requests await it."""
    sizes = (
        LARGE_RESPONSE_BYTES,
        LARGE_RESPONSE_BYTES + 1,
        MAX_RESPONSE_BYTES,
        MAX_RESPONSE_BYTES + 1,
    )
    found = []
    for _ in range(2):
        for size in sizes:
            cache.store(
                request_key(b"%d" % size), cached_response(cache.record_miss(), body=b"x" * size)
            )
        found.append([cache.find(request_key(b"%d" % size)) is not None for size in sizes])
    assert found == [[True, False, False, False], [True, True, True, False]]
    long = cached_response(cache.record_miss(), body=b"x" * MAX_RESPONSE_BYTES)
    cache.store(request_key(b"awaited"), long, has_waiters=True)
    assert cache.find(request_key(b"awaited")) is long


@pytest.fixture
async def calendar(database: Client) -> AsyncIterator[Id]:
    """Id of an expert whose calendar has one event."""
    assert database is not None
    stored = await Calendar(rules=rules(), sequence=1).insert()
    yield stored.id
    await stored.delete()


async def test_used_response_with_unchanged_versions_is_revalidated(
    cache: ResponseCache, clock: Clock, calendar: Id
) -> None:
    """Each revalidation extends the response's lifetime by a second."""
    await cache.verify_in_use()
    cache.store(request_key(), cached_response(cache.record_miss(), calendar))
    for _ in range(3):
        clock.now += 0.9
        await cache.verify_in_use()
        assert cache.find(request_key())


async def test_unused_response_is_revalidated_on_demand_and_dropped_after_a_while(
    cache: ResponseCache, clock: Clock, calendar: Id
) -> None:
    await cache.verify_in_use()
    cache.store(request_key(), cached_response(cache.record_miss(), calendar))
    for _ in range(3):
        clock.now += IDLE_SECONDS - 1
        await cache.verify_in_use()
        assert cache.find(request_key()) is None
        assert await cache.find_and_verify(request_key())
    assert await cache.find_and_verify(request_key(b"another")) is None
    clock.now += IDLE_SECONDS
    await cache.verify_in_use()
    assert cache_count("entries") == 0
    assert await cache.find_and_verify(request_key()) is None


async def test_outdated_response_is_not_revalidated(
    cache: ResponseCache, clock: Clock, calendar: Id
) -> None:
    """A response becomes outdated when another process changes data, or as time passes."""
    await cache.verify_in_use()
    cache.store(request_key(b"1"), cached_response(cache.record_miss(), calendar))
    cache.store(
        request_key(b"2"), cached_response(cache.record_miss(), calendar, expires_at=clock.now + 2)
    )
    calendars = Calendar.get_pymongo_collection()
    clock.now += 1.5
    assert await cache.find_and_verify(request_key(b"1"))
    assert await cache.find_and_verify(request_key(b"2"))
    await calendars.update_one({"_id": calendar}, {"$inc": {"sequence": 1}})
    clock.now += 1.5
    assert await cache.find_and_verify(request_key(b"1")) is None
    assert await cache.find_and_verify(request_key(b"2")) is None
    assert cache_count("entries") == 0


async def test_revalidation_detects_changes_by_other_processes(
    cache: ResponseCache, clock: Clock, calendar: Id
) -> None:
    """Revalidation compares version counters, and so needs no notification of the change."""
    await cache.verify_in_use()
    one, other = request_key(b"calendar"), request_key(b"directory")
    cache.store(one, cached_response(cache.record_miss(), calendar))
    cache.store(other, cached_response(cache.record_miss()))
    assert cache.find(one)
    assert cache.find(other)
    calendars = Calendar.get_pymongo_collection()
    await calendars.update_one({"_id": calendar}, {"$inc": {"sequence": 1}})
    clock.now += 0.5
    await cache.verify_in_use()
    assert cache.find(one) is None
    assert cache.find(other)
    await increment_directory_version(changed=None)
    await cache.verify_in_use()
    assert cache.find(other) is None


async def test_response_requested_once_is_revalidated_only_on_demand(
    cache: ResponseCache, clock: Clock, calendar: Id
) -> None:
    """Periodic revalidation would be wasted, because most responses are never requested again."""
    await cache.verify_in_use()
    key = request_key(b"1")
    cache.store(key, cached_response(cache.record_miss(), calendar))
    clock.now += 1.0
    await cache.verify_in_use()
    assert cache.find(key) is None
    assert await cache.find_and_verify(key)
    clock.now += 0.9
    await cache.verify_in_use()
    clock.now += 0.9
    assert cache.find(key)


async def test_response_stored_during_a_revalidation_waits_for_the_next_one(
    cache: ResponseCache, clock: Clock, calendar: Id
) -> None:
    """The revalidation that was already running did not include the response."""
    cache.store(request_key(b"1"), cached_response(cache.record_miss(), calendar))
    checkpoint = cache.record_miss()
    verifying = asyncio.create_task(cache.verify_in_use())
    await asyncio.sleep(0)
    cache.store(request_key(b"2"), cached_response(checkpoint, calendar))
    clock.now += 0.5
    await verifying
    clock.now += 0.5
    assert cache.find(request_key(b"2")) is None


def test_wall_clock_decides_when_time_changes_a_response(
    cache: ResponseCache, clock: Clock
) -> None:
    """By default, the cache uses the same wall clock as the computation of slots."""
    # The monotonic clock is fixed, so that the response does not expire if the test is slow.
    real = ResponseCache(clock=clock)
    real.store(
        request_key(), cached_response(real.record_miss(), expires_at=utc_now().timestamp() + 3600)
    )
    assert real.find(request_key())
    real.store(request_key(), cached_response(real.record_miss(), expires_at=utc_now().timestamp()))
    assert real.find(request_key()) is None
    assert cache.find(request_key()) is None
