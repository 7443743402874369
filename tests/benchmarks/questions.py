"""What is asked: the documents, the same fields as the peers are asked for."""

from __future__ import annotations

import re
from typing import Any, Final

CATEGORIES: Final = ("TECHNOLOGY", "HEALTH", "FINANCE", "LEGAL", "DESIGN", "BUSINESS")
PAGE: Final = 20

_FIELDS = "id name category title bio experienceYears rating hourlyRate { amount }"
_PAGE = f"edges {{ cursor node {{ {_FIELDS} }} }} pageInfo {{ hasNextPage endCursor }}"
_EXPERTS = (
    "query Experts($filter: ExpertFilter, $first: Int, $after: String) "
    "{ experts(filter: $filter, first: $first, after: $after) { %s } }"
)

LIST: Final = _EXPERTS % f"{_PAGE} totalCount"
LIST_WITHOUT_TOTAL: Final = _EXPERTS % _PAGE
EXPERT: Final = (
    "query Expert($id: ID!, $from: DateTime!, $to: DateTime!, $minutes: Int) "
    f"{{ expert(id: $id) {{ {_FIELDS} "
    "slots(from: $from, to: $to, minutes: $minutes) { id startsAt endsAt status } } }"
)
BOOK: Final = (
    "mutation Book($input: BookSlotInput!) { bookSlot(input: $input) { __typename "
    "... on Booking { id startsAt note status } ... on SlotTaken { slot { id } message } "
    "... on Refusal { message } } }"
)
BOOKED: Final = (
    "subscription Booked($expertId: ID!) "
    "{ slotBooked(expertId: $expertId) { slot { slotId: id startsAt status } } }"
)
REGISTER: Final = (
    "mutation Register($input: RegisterInput!) { register(input: $input) "
    "{ __typename ... on SignedIn { accessToken } } }"
)
DIRECTORY: Final = (
    "query Directory($after: String) { experts(first: 100, after: $after) { nodes { id name "
    "offers { minutes } availability { breakMinutes confirmsAutomatically } } "
    "pageInfo { hasNextPage endCursor } } }"
)
SLOTS: Final = (
    "query Slots($id: ID!, $from: DateTime!, $to: DateTime!, $minutes: Int) { expert(id: $id) "
    "{ slots(from: $from, to: $to, minutes: $minutes) { id startsAt endsAt status } } }"
)
CONTACT: Final = {"name": "Ada Lovelace", "email": "ada@example.com", "phone": "+442079460018"}

_NAME = re.compile(r"(?<= )name(?= )")


def listing(query: str = LIST, **variables: Any) -> dict[str, Any]:
    """A page of 20 experts, of one category or with a text in their names."""
    return {"operationName": "Experts", "query": query, "variables": {"first": PAGE, **variables}}


def expert(variables: dict[str, Any]) -> dict[str, Any]:
    """An expert with the slots of a span."""
    return {"operationName": "Expert", "query": EXPERT, "variables": variables}


def booking(slot: str) -> dict[str, Any]:
    """The booking of a slot."""
    wanted = {"slotId": slot, "contact": CONTACT, "note": "a short note"}
    return {"operationName": "Book", "query": BOOK, "variables": {"input": wanted}}


def never_seen(question: dict[str, Any], number: int) -> dict[str, Any]:
    """The same question by a document that is like no other: a field has another alias.

    Not another comment, which a server may leave out before it looks the document up.
    """
    return {**question, "query": _NAME.sub(f"n{number}: name", question["query"], count=1)}
