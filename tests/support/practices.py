"""An expert in London, with methods to change and read the expert's calendar."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from tests.support.clients import Api
    from tests.support.deployments import Deployment, Person

LONDON = ZoneInfo("Europe/London")
RULES = """id sequence offers { minutes price { amount currency } }
  availability { weekly { weekday from to } overrides { date hours { from to } } stepMinutes
    breakMinutes minimumNoticeMinutes horizonDays cancellationNoticeMinutes
    confirmsAutomatically }"""
READ = f"query ($id: ID!) {{ expert(id: $id) {{ {RULES} }} }}"
VERSION = "query ($id: ID!) { expert(id: $id) { availability { version } } }"
SET = f"""mutation ($input: SetAvailabilityInput!) {{ setAvailability(input: $input) {{
  __typename
  ... on AvailabilitySet {{ expert {{ {RULES} }} outside {{ id sequence startsAt status }} }}
  ... on Refusal {{ code message }}
  ... on InvalidInput {{ fields {{ field message }} }} }} }}"""
DAYS = """query ($id: ID!, $day: Date!, $minutes: Int) { expert(id: $id) {
  days(from: $day, count: 1, minutes: $minutes) { slots { id startsAt status } } } }"""

Json = dict[str, Any]


@dataclass
class Practice:
    """An expert who works from 8:00 to 18:00 every day, and the deployment to which it belongs."""

    deployment: Deployment
    expert: Person
    id: str

    @classmethod
    async def create(cls, deployment: Deployment) -> Practice:
        """Register a new expert."""
        expert = await deployment.expert()
        assert expert.expert_id
        return cls(deployment, expert, expert.expert_id)

    async def set_availability(self, by: Api | None = None, /, **wanted: Any) -> Json:
        """Call `setAvailability`, by default as the expert, and return its result."""
        answer = await (by or self.expert.api).ask(SET, input={"expertId": self.id, **wanted})
        return dict(answer["setAvailability"])

    async def rules(self) -> Json:
        """Return the calendar's public rules and the sequence number of its last event."""
        return dict((await self.deployment.anonymous.ask(READ, id=self.id))["expert"])

    async def version(self) -> int:
        """Return the version number of the calendar's rules."""
        answer = await self.deployment.anonymous.ask(VERSION, id=self.id)
        return int(answer["expert"]["availability"]["version"])

    async def sequence(self) -> int:
        """Return the sequence number of the calendar's last event."""
        number: int = (await self.rules())["sequence"]
        return number

    async def slots_by_start(self, day: date, minutes: int | None = None) -> dict[str, Json]:
        """Return the slots of a day, keyed by their start time in UTC, such as "09:30"."""
        wanted = {"id": self.id, "day": day.isoformat(), "minutes": minutes}
        [found] = (await self.deployment.anonymous.ask(DAYS, **wanted))["expert"]["days"]
        return {slot["startsAt"][11:16]: slot for slot in found["slots"]}

    async def open_times(self, day: date, minutes: int | None = None) -> list[str]:
        """Return the local start times of the open slots of a day."""
        slots = (await self.slots_by_start(day, minutes)).values()
        return [local_time(slot) for slot in slots if slot["status"] == "OPEN"]

    async def slot(self, day: date, at: str, minutes: int | None = None) -> str:
        """Return the id of the slot that starts on a day at the given local time."""
        slots = (await self.slots_by_start(day, minutes)).values()
        return next(str(slot["id"]) for slot in slots if local_time(slot) == at)

    async def book(self, client: Api, day: date, at: str, minutes: int | None = None) -> Json:
        """Book the slot with the given local start time for a client; return the booking."""
        booking = await client.book(await self.slot(day, at, minutes))
        assert booking["__typename"] == "Booking", booking
        return booking


def local_time(slot: Json) -> str:
    """Return the start time of a slot in London, such as "09:30"."""
    return datetime.fromisoformat(slot["startsAt"]).astimezone(LONDON).strftime("%H:%M")


def london_date(days: int) -> date:
    """Return the date that London has the given number of days from now."""
    return datetime.now(LONDON).date() + timedelta(days=days)


def hours(since: str, until: str) -> dict[str, str]:
    """Return a range of times of day as GraphQL input."""
    return {"from": since, "to": until}


def date_override(day: date, *spans: tuple[str, str]) -> Json:
    """Return a date override as GraphQL input; without `spans`, the calendar is closed that day."""
    return {"date": day.isoformat(), "hours": [hours(*span) for span in spans]}
