"""What is counted once for each state of the directory."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from models.experts import Category, Expert
from models.ids import new_id
from models.pages import count
from models.totals import Totals
from models.versions import count_directory
from tests.models.test_caches import counted

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from models.pages import Filter

pytestmark = pytest.mark.usefixtures("database")
LEGAL: Filter = {"listed": True, "category": Category.LEGAL.value}
EVERYBODY: Filter = {"listed": True}


@pytest.fixture
async def lawyer() -> AsyncIterator[Expert]:
    """An expert who is not in the directory yet, and is not there after the test."""
    expert = Expert(
        user_id=new_id(),
        slug=str(new_id()),
        name="Portia",
        title="Lawyer",
        category=Category.LEGAL,
        bio="",
        experience_years=1,
        languages=["English"],
        hourly_rate=1,
    )
    yield expert.indexed()
    await expert.delete()
    await count_directory()


async def test_a_filter_is_counted_once_a_state(lawyer: Expert) -> None:
    """And anew once the directory has changed, by whatever process."""
    totals = Totals()
    lawyers, everybody = await count(Expert, [LEGAL]), await count(Expert, [EVERYBODY])
    hits, misses, *_ = counted("totals")
    found = [await totals.count(Expert, [filter_]) for filter_ in (LEGAL, EVERYBODY) * 2]
    assert found == [lawyers, everybody] * 2
    assert counted("totals")[:2] == [(hits or 0) + 2, (misses or 0) + 2]
    await lawyer.insert()
    await count_directory()
    found = [await totals.count(Expert, [filter_]) for filter_ in (LEGAL, EVERYBODY) * 2]
    assert found == [lawyers + 1, everybody + 1] * 2
