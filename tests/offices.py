"""An office: a program of a test's own, its administrator, and people who sign in there."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count
from secrets import token_hex
from typing import TYPE_CHECKING, Any

from tests.clients import PASSWORD

if TYPE_CHECKING:
    from tests.clients import Api
    from tests.conftest import Time

REGISTER = """mutation ($name: String!, $email: String!, $password: String!) {
  register(input: {name: $name, email: $email, password: $password}) {
    ... on SignedIn { accessToken user { id } } } }"""
LOGIN = """mutation ($email: String!, $password: String!) {
  login(input: {email: $email, password: $password}) {
    __typename ... on SignedIn { accessToken } } }"""
CREATE = """mutation ($input: CreateExpertInput!) { createExpert(input: $input) {
  __typename
  ... on Expert { id slug name title category bio experienceYears languages timeZone sequence
    hourlyRate { amount currency } offers { minutes price { amount currency } }
    availability { weekly { weekday from to } } }
  ... on Refusal { code message }
  ... on InvalidInput { fields { field message } } } }"""
UPDATE = """mutation ($input: UpdateExpertInput!) { updateExpert(input: $input) {
  __typename
  ... on Expert { id slug name title category bio experienceYears languages timeZone sequence
    hourlyRate { amount currency } }
  ... on Refusal { code message }
  ... on InvalidInput { fields { field message } } } }"""
CHANGE = """mutation ($input: UpdateUserInput!) { updateUser(input: $input) {
  __typename
  ... on User { id name email role timeZone disabled emailVerified expert { id } }
  ... on Refusal { code message }
  ... on InvalidInput { fields { field message } } } }"""
LISTED = "query ($search: String!) { experts(filter: {search: $search}) { nodes { id } } }"
UNKNOWN = {
    "User": "VXNlcjowMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDA",
    "Expert": "RXhwZXJ0OjAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMA",
}
WEEKDAYS = ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY")


def offer(minutes: int, amount: int = 5_000, currency: str = "EUR") -> dict[str, Any]:
    """An offer as it is sent."""
    return {"minutes": minutes, "price": {"amount": amount, "currency": currency}}


def hours(weekday: str, since: str, until: str) -> dict[str, str]:
    """Hours of a weekday as they are sent."""
    return {"weekday": weekday, "from": since, "to": until}


PROFILE: dict[str, Any] = {
    "title": "Analyst",
    "category": "TECHNOLOGY",
    "bio": "Engines,\nand what they weave.",
    "experienceYears": 12,
    "languages": ["English", "French"],
    "hourlyRate": {"amount": 9_000, "currency": "EUR"},
    "timeZone": "Europe/London",
    "offers": [offer(60, 9_000), offer(30, 5_000)],
    "weekly": [hours(day, "08:00", "18:00") for day in WEEKDAYS],
}


@dataclass
class Person:
    """Somebody who is signed in; `expert_id` is set for an expert."""

    api: Api
    id: str
    name: str
    email: str
    expert_id: str | None = None


@dataclass
class Office:
    """A program as nobody sees it, and its administrator."""

    nobody: Api
    admin: Api
    numbers: Any = field(default_factory=count)

    @classmethod
    async def of(cls, nobody: Api) -> Office:
        """The office of a program with sample data."""
        office = cls(nobody, nobody)
        await office.open()
        return office

    async def open(self) -> None:
        """Sign the administrator in anew."""
        email, password = "admin@example.com", "expertbook-demo"
        answer = (await self.nobody.ask(LOGIN, email=email, password=password))["login"]
        self.admin = self.nobody.signed_in(answer["accessToken"])

    async def person(self, name: str = "Ada Lovelace") -> Person:
        """Somebody new."""
        email = f"someone-{token_hex(8)}@example.com"
        wanted = {"name": name, "email": email, "password": PASSWORD}
        answer = (await self.nobody.ask(REGISTER, **wanted))["register"]
        assert "accessToken" in answer, answer
        return Person(
            self.nobody.signed_in(answer["accessToken"]), answer["user"]["id"], name, email
        )

    async def login(self, person: Person) -> str:
        """Sign somebody in anew; answers with the type of the answer."""
        wanted = {"email": person.email, "password": PASSWORD}
        answer: dict[str, str] = (await self.nobody.ask(LOGIN, **wanted))["login"]
        if "accessToken" in answer:
            person.api = self.nobody.signed_in(answer["accessToken"])
        return answer["__typename"]

    async def expert(self, name: str = "Ada Lovelace") -> Person:
        """Somebody new who is an expert, at all hours of the day."""
        person = await self.person(name)
        made = await self.create(person.id)
        assert made["__typename"] == "Expert", made
        person.expert_id = made["id"]
        await self.login(person)
        return person

    async def administrator(self, name: str = "Charles Babbage") -> Person:
        """Somebody new who is an administrator."""
        person = await self.person(name)
        assert (await self.change(person.id, role="ADMIN"))["__typename"] == "User"
        await self.login(person)
        return person

    async def create(self, user_id: str, by: Api | None = None, /, **more: Any) -> dict[str, Any]:
        """What `createExpert` answers, the administrator unless another asks."""
        wanted = {"userId": user_id, **PROFILE, **more}
        answer = (await (by or self.admin).ask(CREATE, input=wanted))["createExpert"]
        return dict(answer)

    async def update(self, expert_id: str, by: Api | None = None, /, **more: Any) -> dict[str, Any]:
        """What `updateExpert` answers."""
        wanted = {"expertId": expert_id, **more}
        answer = (await (by or self.admin).ask(UPDATE, input=wanted))["updateExpert"]
        return dict(answer)

    async def change(self, user_id: str, by: Api | None = None, /, **more: Any) -> dict[str, Any]:
        """What `updateUser` answers."""
        answer = (await (by or self.admin).ask(CHANGE, input={"userId": user_id, **more}))[
            "updateUser"
        ]
        return dict(answer)


def paths(answer: dict[str, Any]) -> list[str]:
    """The fields that an answer refuses, each with a message."""
    assert answer["__typename"] == "InvalidInput", answer
    assert all(problem["message"] for problem in answer["fields"])
    return [problem["field"] for problem in answer["fields"]]


async def first_slot(office: Office, expert_id: str, time: Time) -> str:
    """A free slot of an expert some days ahead."""
    slots = await office.nobody.slots(expert_id, *time.days(4, 10))
    return str(next(slot["id"] for slot in slots if slot["status"] == "OPEN"))
