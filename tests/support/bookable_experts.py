"""Experts to book, with a day on which they have free slots."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from tests.support.clients import Api

ZONE = "Europe/Berlin"
MIN_FREE_SLOTS = 6
"""Free slots that a test day must have, so that tests do not depend on the time of day."""
EXPERTS = """{ experts(first: 100) { nodes { id slug name title bio offers { minutes }
  availability { breakMinutes confirmsAutomatically } } } }"""

Expert = dict[str, Any]


async def plain_experts(api: Api) -> list[Expert]:
    """Return the experts who confirm bookings automatically and have no breaks."""
    nodes: list[Expert] = (await api.ask(EXPERTS))["experts"]["nodes"]
    plain = {"breakMinutes": 0, "confirmsAutomatically": True}
    return [node for node in nodes if node["availability"] == plain]


async def with_day(api: Api, expert: Expert) -> Expert:
    """Return a copy of the expert that also has `day`, an upcoming date with enough free slots.

    The next date with enough free slots is in the same month as `day`, so that one page of the
    calendar shows both dates.
    """
    now = datetime.now(UTC)
    since, until = (now + timedelta(days=3), now + timedelta(days=24))
    found = await api.slots(
        expert["id"], since.isoformat(), until.isoformat(), expert["offers"][0]["minutes"]
    )
    free: defaultdict[str, int] = defaultdict(int)
    for slot in found:
        starts = datetime.fromisoformat(slot["startsAt"]).astimezone(ZoneInfo(ZONE))
        free[starts.date().isoformat()] += slot["status"] == "OPEN"
    # Skip the first day, because the requested range may contain only a part of it.
    days = [day for day, count in sorted(free.items())[1:] if count >= MIN_FREE_SLOTS]
    day = next(day for day, after in pairwise(days) if day[:7] == after[:7])
    return {**expert, "day": day}


async def bookable_expert(api: Api) -> Expert:
    """Return the first of `plain_experts`, with `day` set to a date that has enough free slots."""
    return await with_day(api, (await plain_experts(api))[0])
