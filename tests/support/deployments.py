"""A server with its administrator, and factories for accounts on it."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count
from secrets import token_hex
from typing import TYPE_CHECKING, Any

from tests.support.clients import PASSWORD

if TYPE_CHECKING:
    from tests.support.clients import Api
    from tests.support.spans import Time

REGISTER = """mutation ($name: String!, $email: String!, $password: String!) {
  register(input: {name: $name, email: $email, password: $password}) {
    ... on SignedIn { accessToken user { id } } } }"""
GUEST = "mutation { startGuestSession { accessToken user { id name } } }"
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
SEARCH = "query ($search: String!) { experts(filter: {search: $search}) { nodes { id } } }"
UNKNOWN_IDS = {
    "User": "VXNlcjowMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDA",
    "Expert": "RXhwZXJ0OjAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMA",
}
WEEKDAYS = ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY")


def offer(minutes: int, amount: int = 5_000, currency: str = "EUR") -> dict[str, Any]:
    """Return a session offer as GraphQL input."""
    return {"minutes": minutes, "price": {"amount": amount, "currency": currency}}


def hours(weekday: str, since: str, until: str) -> dict[str, str]:
    """Return available hours on a weekday as GraphQL input."""
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
    """A signed-in account and its client; `expert_id` is set for experts."""

    api: Api
    id: str
    name: str
    email: str
    expert_id: str | None = None


@dataclass
class Deployment:
    """A server, as seen by an anonymous client and by an administrator."""

    anonymous: Api
    admin: Api
    numbers: Any = field(default_factory=count)

    @classmethod
    async def sign_in(cls, anonymous: Api) -> Deployment:
        """Sign in as the administrator of a server with sample data."""
        deployment = cls(anonymous, anonymous)
        await deployment.open()
        return deployment

    async def open(self) -> None:
        """Sign the administrator in again."""
        email, password = "admin@example.com", "expertbook-demo"
        answer = (await self.anonymous.ask(LOGIN, email=email, password=password))["login"]
        self.admin = self.anonymous.signed_in(answer["accessToken"])

    async def person(self, name: str = "Ada Lovelace") -> Person:
        """Register a new account."""
        email = f"someone-{token_hex(8)}@example.com"
        wanted = {"name": name, "email": email, "password": PASSWORD}
        answer = (await self.anonymous.ask(REGISTER, **wanted))["register"]
        assert "accessToken" in answer, answer
        return Person(
            self.anonymous.signed_in(answer["accessToken"]), answer["user"]["id"], name, email
        )

    async def guest(self) -> Person:
        """Start a session of a new guest."""
        answer = (await self.anonymous.ask(GUEST))["startGuestSession"]
        api = self.anonymous.signed_in(answer["accessToken"])
        return Person(api, answer["user"]["id"], answer["user"]["name"], "")

    async def login(self, person: Person) -> str:
        """Sign a person in again; return the type name of the result."""
        wanted = {"email": person.email, "password": PASSWORD}
        answer: dict[str, str] = (await self.anonymous.ask(LOGIN, **wanted))["login"]
        if "accessToken" in answer:
            person.api = self.anonymous.signed_in(answer["accessToken"])
        return answer["__typename"]

    async def expert(self, name: str = "Ada Lovelace") -> Person:
        """Register a new expert with the hours of `PROFILE`."""
        person = await self.person(name)
        made = await self.create(person.id)
        assert made["__typename"] == "Expert", made
        person.expert_id = made["id"]
        await self.login(person)
        return person

    async def administrator(self, name: str = "Charles Babbage") -> Person:
        """Register a new administrator."""
        person = await self.person(name)
        assert (await self.change(person.id, role="ADMIN"))["__typename"] == "User"
        await self.login(person)
        return person

    async def create(self, user_id: str, by: Api | None = None, /, **more: Any) -> dict[str, Any]:
        """Call `createExpert`, by default as the administrator, and return its result."""
        wanted = {"userId": user_id, **PROFILE, **more}
        answer = (await (by or self.admin).ask(CREATE, input=wanted))["createExpert"]
        return dict(answer)

    async def update(self, expert_id: str, by: Api | None = None, /, **more: Any) -> dict[str, Any]:
        """Call `updateExpert`, by default as the administrator, and return its result."""
        wanted = {"expertId": expert_id, **more}
        answer = (await (by or self.admin).ask(UPDATE, input=wanted))["updateExpert"]
        return dict(answer)

    async def change(self, user_id: str, by: Api | None = None, /, **more: Any) -> dict[str, Any]:
        """Call `updateUser`, by default as the administrator, and return its result."""
        answer = (await (by or self.admin).ask(CHANGE, input={"userId": user_id, **more}))[
            "updateUser"
        ]
        return dict(answer)


def invalid_fields(answer: dict[str, Any]) -> list[str]:
    """Return the paths of the fields that an InvalidInput result names."""
    assert answer["__typename"] == "InvalidInput", answer
    assert all(problem["message"] for problem in answer["fields"])
    return [problem["field"] for problem in answer["fields"]]


async def first_slot(deployment: Deployment, expert_id: str, time: Time) -> str:
    """Return the id of an expert's first open slot between four and ten days from now."""
    slots = await deployment.anonymous.slots(expert_id, *time.days(4, 10))
    return str(next(slot["id"] for slot in slots if slot["status"] == "OPEN"))
