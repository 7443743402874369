"""Records histories of operations on calendars, and checks that they are linearizable.

tests/histories/README.md describes the format of a history, and the model that it must agree with.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from models.calendar.slots import slot_key
from models.calendar.times import cell_of
from models.ids import object_id
from tests.support.go import MISSING, build_checker, find_go

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

ACTIONS = {
    "holdSlot": "hold",
    "bookSlot": "book",
    "bookSlots": "book",
    "rescheduleBooking": "move",
    "cancelBooking": "cancel",
    "confirmBooking": "confirm",
    "slots": "read",
    "node": "look",
}
"""Maps each recorded field of the API to the name of its action in a history."""
READ = """query ($id: ID!, $from: DateTime!, $to: DateTime!, $minutes: Int) {
  expert(id: $id) { slots(from: $from, to: $to, minutes: $minutes) { id status mine } } }"""
"""Reads an expert's slots; the field `mine` makes the response private, so it is not cached."""
READ_TWO = """query ($one: ID!, $two: ID!, $from: DateTime!, $to: DateTime!) {
  one: expert(id: $one) { slots(from: $from, to: $to) { id status mine } }
  two: expert(id: $two) { slots(from: $from, to: $to) { id status mine } } }"""
LOOK = "query ($id: ID!) { node(id: $id) { ... on Booking { id status startsAt } } }"
UNDECIDED = {"UNAVAILABLE", "TIMED_OUT", "INTERNAL_SERVER_ERROR"}
"""Error codes of requests that may or may not have taken effect."""
NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)
LIMIT_SECONDS = 120
"""Time limit after which the checker reports a history as undecided."""
NS_PER_SECOND = 1_000_000_000


@dataclass
class Operation:
    """An operation that is being recorded; set `answer` to the response body."""

    answer: dict[str, Any] | None = None


class History:
    """Appends operations to a file of JSON lines; several processes may use one file.

    Args:
        path: the file; None records nothing.
        experts: experts with `id` and `availability { breakMinutes confirmsAutomatically }`.
        hold_seconds: how long holds last.
        slots: ids of the slots that were open at the beginning; recorded reads leave out other
            slots.
        max_operations: number of operations after which recording ends. The operations recorded by
        then form a complete history; operations still running then have an unknown outcome.
        max_unknown: number of attempts without a response after which recording ends as well. An
            attempt without a response may take effect at any later time, so many such attempts make
            a history undecidable.
    """

    def __init__(
        self,
        path: Path | None = None,
        experts: Iterable[Mapping[str, Any]] = (),
        hold_seconds: int = 0,
        slots: Collection[str] = (),
        max_operations: int | None = None,
        max_unknown: int | None = None,
    ) -> None:
        self.path = path
        self._max_operations = max_operations
        self._unknown_left = max_unknown
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644) if path else None
        self._holds = hold_seconds * NS_PER_SECOND
        self._slots = frozenset(slots)
        self._numbers = count(1)
        for expert in experts:
            rules = expert["availability"]
            self._write(
                expert=str(object_id(expert["id"], "Expert", "id")),
                **{"break": rules["breakMinutes"]},
                confirms=rules["confirmsAutomatically"],
            )

    def close(self) -> None:
        """Close the file; operations that have had no response have an unknown outcome."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    @contextmanager
    def record(self, client: str, query: str, variables: Mapping[str, Any]) -> Iterator[Operation]:
        """Record an attempt to execute an operation; a repetition is another attempt.

        Args:
            client: a name for the client, the same in all of its operations.
            query: the GraphQL document; the attempt is recorded if it has a field of `ACTIONS`.
            variables: the document's variables.
        """
        operation = Operation()
        found = re.search(rf"\b({'|'.join(ACTIONS)})\b", query)
        if found is None or self._file is None:
            yield operation
            return
        count_ = next(self._numbers)
        if self._max_operations is not None and count_ > self._max_operations:
            self.close()
            yield operation
            return
        number = f"{os.getpid()}-{count_}"
        self._write(
            op=number,
            at=time.monotonic_ns(),
            client=client,
            do=ACTIONS[found[0]],
            **_request(variables, self._holds if found[0] == "holdSlot" else 0),
        )
        answer = None
        try:
            yield operation
            if operation.answer is not None:
                answer = self._answer(operation.answer)
        except NOT_SENT:
            answer = {"answer": "NOT_SENT"}
            raise
        finally:
            if answer:
                self._write(op=number, at=time.monotonic_ns(), **answer)
            elif self._unknown_left is not None:
                self._unknown_left -= 1
                if self._unknown_left == 0:
                    self.close()

    def _answer(self, body: dict[str, Any]) -> dict[str, Any] | None:
        """Return the answer to record, or None if the operation may or may not have happened."""
        if "errors" in body:
            code = body["errors"][0].get("extensions", {}).get("code", "INTERNAL_SERVER_ERROR")
            return None if code in UNDECIDED else {"answer": code}
        values = list(body["data"].values())
        if any(value and "slots" in value for value in values):
            slots = [slot for value in values for slot in value["slots"]]
            states = [_slot_state(slot) for slot in slots if slot["id"] in self._slots]
            return {"answer": "ok", "states": states}
        [value] = values
        if value and "code" in value:
            return {"answer": value["code"]}
        bookings = value.get("bookings", [value]) if value else []
        return {"answer": "ok", "bookings": [_booking_state(booking) for booking in bookings]}

    def _write(self, **line: Any) -> None:
        if self._file is not None:
            os.write(self._file, json.dumps(line).encode() + b"\n")


def _request(variables: Mapping[str, Any], holds: int) -> dict[str, Any]:
    wanted = variables.get("input", variables)
    slots = (
        wanted.get("slotIds") or [wanted["slotId"]] if {"slotIds", "slotId"} & set(wanted) else []
    )
    booking = wanted.get("bookingId") or (None if slots or "from" in wanted else wanted.get("id"))
    request = {
        "slots": [_slot(slot) for slot in slots],
        "booking": booking,
        "key": wanted.get("idempotencyKey"),
        "holds": holds,
    }
    return {name: value for name, value in request.items() if value}


def _slot(slot_id: str) -> list[str | int]:
    key = slot_key(slot_id)
    return [str(key.expert_id), key.cell, key.minutes]


def _slot_state(slot: Mapping[str, Any]) -> dict[str, Any]:
    mine = {"mine": slot["mine"]} if "mine" in slot else {}
    return {"slot": _slot(slot["id"]), "status": slot["status"], **mine}


def _booking_state(booking: Mapping[str, Any]) -> dict[str, Any]:
    state = {"id": booking["id"], "status": booking["status"]}
    if "startsAt" in booking:
        state["cell"] = cell_of(datetime.fromisoformat(booking["startsAt"]))
    if "sequence" in booking:
        state["sequence"] = booking["sequence"]
    if booking.get("heldUntil"):
        ends = datetime.fromisoformat(booking["heldUntil"]).timestamp()
        # Convert the servers' wall-clock time to the monotonic clock of histories.
        state["ends"] = round(ends * NS_PER_SECOND) - time.time_ns() + time.monotonic_ns()
    return state


@dataclass(frozen=True)
class Verdict:
    """The result of checking a history.

    Attributes:
        result: "Ok", "Illegal", or "Unknown" if the time limit was reached.
        operations: number of operations; `unknown` of them have no known outcome.
        partitions: number of parts of the history that do not affect each other.
        largest: number of operations in the largest part.
        seconds: duration of the check.
        experts: the experts of the part that was rejected.
        stuck: descriptions of the operations that do not fit.
        drawing: HTML file with the part that was rejected.
    """

    result: str
    operations: int
    unknown: int
    partitions: int
    largest: int
    seconds: float
    experts: Sequence[str] = field(default=())
    stuck: Sequence[str] = field(default=())
    drawing: str | None = None


def check(path: Path, limit_seconds: int = LIMIT_SECONDS) -> Verdict:
    """Check whether a history is linearizable; draw a rejected one in an HTML file beside it.

    Raises:
        ValueError: if the history cannot be read.
    """
    command = [
        str(build_checker()),
        f"-limit={limit_seconds}s",
        f"-drawing={path.with_suffix('.html')}",
        str(path),
    ]
    result = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - a fixed command
    if result.returncode not in {0, 1}:
        raise ValueError(f"{path}: {result.stderr}")
    return Verdict(**json.loads(result.stdout))


def check_history(config: pytest.Config, history: History) -> None:
    """End a history and assert that it is linearizable.

    If Go is missing, nothing is checked or, with --long, the test fails.

    Raises:
        AssertionError: if the history is empty, undecided or not linearizable; the message
            names the drawing.
    """
    history.close()
    if find_go() is None:
        if config.getoption("--long"):
            pytest.fail(MISSING)
        return
    assert history.path is not None
    assert_linearizable(history.path)


def assert_linearizable(path: Path) -> Verdict:
    """Assert that a history is linearizable, and return the verdict.

    Raises:
        AssertionError: if the history is empty, undecided or not linearizable; the message
            names the drawing.
    """
    verdict = check(path)
    assert verdict.operations, f"{path} has no operations"
    assert verdict.result == "Ok", (
        f"{path} is not linearizable ({verdict.result}). Drawn in {verdict.drawing}. "
        f"First operations that do not fit: {'; '.join(verdict.stuck)}"
    )
    return verdict
