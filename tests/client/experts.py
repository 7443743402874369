"""Experts to book, and a day on which they have time."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from tests.clients import Api

ZONE = "Europe/Berlin"
ENOUGH = 6
"""Free times of a day, so that stories do not depend on the hour at which they are told."""
EXPERTS = """{ experts(first: 100) { nodes { id slug name title bio offers { minutes }
  availability { breakMinutes confirmsAutomatically } } } }"""

Expert = dict[str, Any]


async def plain_experts(api: Api) -> list[Expert]:
    """Those who confirm at once and leave no break."""
    nodes: list[Expert] = (await api.ask(EXPERTS))["experts"]["nodes"]
    plain = {"breakMinutes": 0, "confirmsAutomatically": True}
    return [node for node in nodes if node["availability"] == plain]


async def with_day(api: Api, expert: Expert) -> Expert:
    """Return the expert with the first day, some days ahead, on which enough is free.

    Enough is also free on a later day of the same month, so that a calendar shows both.
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
    # The first one may be cut by the span.
    days = [day for day, count in sorted(free.items())[1:] if count >= ENOUGH]
    day = next(day for day, after in pairwise(days) if day[:7] == after[:7])
    return {**expert, "day": day}


async def an_expert(api: Api) -> Expert:
    """The first of them, with such a day."""
    return await with_day(api, (await plain_experts(api))[0])
