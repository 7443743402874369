"""What is kept of public answers, for how long, and what is not: by clocks of the tests' own."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from models.calendar.rules import Calendar
from models.calendar.times import utc_now
from models.directory.versions import increment_directory_version
from models.ids import Id, new_id
from tests.larders import Clock, counted, made, question
from tests.models.samples import rules
from web.graphql.recent_changes import MOST_CHANGES
from web.graphql.response_cache import IDLE_SECONDS, LONG_ANSWER, LONGEST_ANSWER, ResponseCache

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from models.store.connection import Client

ADA, BEA = Id("a" * 24), Id("b" * 24)


@pytest.fixture
def clock() -> Clock:
    """The clock of the answers."""
    return Clock()


@pytest.fixture
def answers(clock: Clock) -> ResponseCache:
    """Nothing is kept yet."""
    return ResponseCache(clock=clock, wall_clock=clock)


def test_an_answer_counts_for_a_second_unless_it_is_found_right_again(
    answers: ResponseCache, clock: Clock
) -> None:
    """So it is where the database does not answer, and where no nudge comes."""
    kept = made(answers.missed())
    answers.keep(question(), kept)
    clock.now += 0.999
    assert answers.find(question()) is kept
    clock.now += 0.001
    assert answers.find(question()) is None


def test_the_second_begins_before_anything_is_read(answers: ResponseCache, clock: Clock) -> None:
    """However long it took to make the answer."""
    mark = answers.missed()
    clock.now += 0.9
    answers.keep(question(), made(mark))
    clock.now += 0.1
    assert answers.find(question()) is None


def test_an_answer_counts_until_the_clock_changes_it(answers: ResponseCache, clock: Clock) -> None:
    """Such as at the end of a hold."""
    answers.keep(question(), made(answers.missed(), ADA, until=clock.now + 0.5))
    clock.now += 0.499
    assert answers.find(question())
    clock.now += 0.001
    assert answers.find(question()) is None


def test_a_question_is_its_bytes_its_place_and_its_media_type(answers: ResponseCache) -> None:
    """Another space makes it another question."""
    answers.keep(question(b"{}"), made(answers.missed()))
    assert answers.find(question(b"{}"))
    assert answers.find(question(b"{ }")) is None
    assert answers.find(question(b"{}")._replace(is_in_address=True)) is None
    assert answers.find(question(b"{}")._replace(media_type="application/graphql")) is None


def test_a_change_drops_at_once_what_it_is_in(answers: ResponseCache) -> None:
    """A calendar's its own answers, the directory's all of them."""
    both, ada, bea, neither = (question(name) for name in (b"ab", b"a", b"b", b""))
    for asked, experts in ((both, (ADA, BEA)), (ada, (ADA,)), (bea, (BEA,)), (neither, ())):
        answers.keep(asked, made(answers.missed(), *experts))
    answers.calendars_changed([ADA])
    found = [asked.asked for asked in (both, ada, bea, neither) if answers.find(asked)]
    assert found == [b"b", b""]
    answers.directory_changed()
    assert answers.find(bea) is None
    assert answers.find(neither) is None


def test_what_was_read_before_a_change_is_not_kept_after_it(answers: ResponseCache) -> None:
    """The reading may have come before the write, though the answer is ready after it."""
    early = answers.missed()
    answers.calendars_changed([ADA])
    answers.keep(question(), made(early, ADA))
    assert answers.find(question()) is None
    answers.keep(question(), made(early, BEA))
    assert answers.find(question())
    answers.directory_changed()
    answers.keep(question(), made(early, BEA))
    assert answers.find(question()) is None
    answers.keep(question(), made(answers.missed(), ADA, BEA))
    assert answers.find(question())


def test_so_many_changes_are_remembered_and_before_them_nothing_is_trusted(
    answers: ResponseCache,
) -> None:
    """What has not changed for long is kept, however much else has."""
    early = answers.missed()
    answers.calendars_changed([ADA])
    late = answers.missed()
    for _ in range(MOST_CHANGES):
        answers.calendars_changed([new_id()])
    answers.keep(question(), made(early, BEA))
    assert answers.find(question()) is None
    answers.keep(question(), made(late, BEA))
    assert answers.find(question())


def test_the_latest_used_ones_are_kept_up_to_so_many_bytes(clock: Clock) -> None:
    """The questions count, too, and all of it is in the metrics."""
    answers = ResponseCache(most_bytes=100_000, clock=clock, wall_clock=clock)
    before = counted("evictions_total")
    names = [question(bytes([number]) * 1_000) for number in range(10)]
    for asked in names:
        long = made(answers.missed(), ADA, body=b"x" * 20_000)
        answers.keep(asked, long, is_awaited=True)
        answers.find(names[0])
    assert [asked for asked in names if answers.find(asked)] == [names[0], *names[-3:]]
    assert counted("evictions_total") - before == 6
    assert counted("entries") == 4
    assert 4 * 21_000 < counted("bytes") <= 100_000
    answers.directory_changed()
    assert counted("entries") == counted("bytes") == 0


def test_an_answer_that_is_too_long_is_not_kept(answers: ResponseCache) -> None:
    """One would take the place of many; a long one is kept if it is asked for again."""
    sizes = (LONG_ANSWER, LONG_ANSWER + 1, LONGEST_ANSWER, LONGEST_ANSWER + 1)
    found = []
    for _ in range(2):
        for size in sizes:
            answers.keep(question(b"%d" % size), made(answers.missed(), body=b"x" * size))
        found.append([answers.find(question(b"%d" % size)) is not None for size in sizes])
    assert found == [[True, False, False, False], [True, True, True, False]]
    long = made(answers.missed(), body=b"x" * LONGEST_ANSWER)
    answers.keep(question(b"awaited"), long, is_awaited=True)
    assert answers.find(question(b"awaited")) is long


@pytest.fixture
async def calendar(database: Client) -> AsyncIterator[Id]:
    """A calendar that has had one event, and whose it is."""
    assert database is not None
    stored = await Calendar(rules=rules(), sequence=1).insert()
    yield stored.id
    await stored.delete()


async def test_what_is_in_use_and_still_has_its_numbers_is_right_for_another_second(
    answers: ResponseCache, clock: Clock, calendar: Id
) -> None:
    """As often as it is looked up."""
    await answers.look()
    answers.keep(question(), made(answers.missed(), calendar))
    for _ in range(3):
        clock.now += 0.9
        await answers.look()
        assert answers.find(question())


async def test_what_nobody_asks_for_waits_and_is_forgotten_after_a_while(
    answers: ResponseCache, clock: Clock, calendar: Id
) -> None:
    """Who asks for it in between has it looked up, and gets it if it is right."""
    await answers.look()
    answers.keep(question(), made(answers.missed(), calendar))
    for _ in range(3):
        clock.now += IDLE_SECONDS - 1
        await answers.look()
        assert answers.find(question()) is None
        assert await answers.renew(question())
    assert await answers.renew(question(b"another")) is None
    clock.now += IDLE_SECONDS
    await answers.look()
    assert counted("entries") == 0
    assert await answers.renew(question()) is None


async def test_what_has_changed_is_not_renewed(
    answers: ResponseCache, clock: Clock, calendar: Id
) -> None:
    """By another process, or by the clock."""
    await answers.look()
    answers.keep(question(b"1"), made(answers.missed(), calendar))
    answers.keep(question(b"2"), made(answers.missed(), calendar, until=clock.now + 2))
    calendars = Calendar.get_pymongo_collection()
    clock.now += 1.5
    assert await answers.renew(question(b"1"))
    assert await answers.renew(question(b"2"))
    await calendars.update_one({"_id": calendar}, {"$inc": {"sequence": 1}})
    clock.now += 1.5
    assert await answers.renew(question(b"1")) is None
    assert await answers.renew(question(b"2")) is None
    assert counted("entries") == 0


async def test_a_change_of_another_process_is_found(
    answers: ResponseCache, clock: Clock, calendar: Id
) -> None:
    """Of a calendar by its counter, of the directory by its own; nothing was told to this one."""
    await answers.look()
    one, other = question(b"calendar"), question(b"directory")
    answers.keep(one, made(answers.missed(), calendar))
    answers.keep(other, made(answers.missed()))
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


async def test_what_was_asked_for_once_is_looked_up_when_it_is_asked_for(
    answers: ResponseCache, clock: Clock, calendar: Id
) -> None:
    """Not before: most of what is asked for is not asked for again."""
    await answers.look()
    asked = question(b"1")
    answers.keep(asked, made(answers.missed(), calendar))
    clock.now += 1.0
    await answers.look()
    assert answers.find(asked) is None
    assert await answers.renew(asked)
    clock.now += 0.9
    await answers.look()
    clock.now += 0.9
    assert answers.find(asked)


async def test_what_is_kept_while_it_is_looked_up_waits_for_the_next_look(
    answers: ResponseCache, clock: Clock, calendar: Id
) -> None:
    """It was not asked about: so nothing is known of it but when it was made."""
    answers.keep(question(b"1"), made(answers.missed(), calendar))
    mark = answers.missed()
    looking = asyncio.create_task(answers.look())
    await asyncio.sleep(0)
    answers.keep(question(b"2"), made(mark, calendar))
    clock.now += 0.5
    await looking
    clock.now += 0.5
    assert answers.find(question(b"2")) is None


def test_the_moment_is_kept_for_what_only_the_clock_changes(
    answers: ResponseCache, clock: Clock
) -> None:
    """The clock that answers have by themselves is the one by which slots are computed."""
    # The other clock stands still, so that the answer does not age in a test that is stalled.
    real = ResponseCache(clock=clock)
    real.keep(question(), made(real.missed(), until=utc_now().timestamp() + 3600))
    assert real.find(question())
    real.keep(question(), made(real.missed(), until=utc_now().timestamp()))
    assert real.find(question()) is None
    assert answers.find(question()) is None
