"""Checks of the stored waiting lists against calendars, bookings and events."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from typing import TYPE_CHECKING

from models.bookings.booking import Booking
from models.bookings.events import Event, EventKind
from models.bookings.findings import EVENT_RETENTION, GRACE, Finding, Row
from models.bookings.wait import Wait
from models.calendar.rules import Calendar, Rules
from models.calendar.slots import SlotKey, listed_starts
from models.calendar.times import instant_of

if TYPE_CHECKING:
    from collections.abc import Container, Iterator
    from datetime import datetime

    from models.ids import Id


class WaitlistChecker:
    """Collects documents in any order and reports violated invariants of waiting lists."""

    def __init__(self, now: datetime) -> None:
        self._now = now
        self._waits: dict[Id, Row] = {}
        self._offers: dict[Id, Row] = {}
        self._calendars: dict[Id, Row] = {}
        self._joined: dict[tuple[Id, int], Id] = {}
        self._left: set[Id] = set()

    def add(self, collection: str, row: Row) -> None:
        """Add a document that was read from the given collection."""
        if collection == Wait.Settings.name:
            self._waits[row["_id"]] = row
        elif collection == Calendar.Settings.name:
            self._calendars[row["_id"]] = row
        elif collection == Booking.Settings.name and row.get("wait_id"):
            if row["status"] == "HELD" and row["active"]:
                self._offers[row["_id"]] = row
        elif collection == Event.Settings.name and row.get("kind") == EventKind.JOINED:
            self._joined[row["expert_id"], row["sequence"]] = row["wait_id"]
        elif collection == Event.Settings.name and row.get("kind") == EventKind.LEFT:
            self._left.add(row["wait_id"])

    def findings(
        self, users: Container[Id], taken: Container[tuple[Id, datetime]]
    ) -> Iterator[Finding]:
        """Yield the violated invariants; call this method after all documents have been added.

        Args:
            users: the ids of all accounts.
            taken: a pair of expert id and start for each quarter hour of an active booking or hold.
        """
        lines: defaultdict[Id, list[Row]] = defaultdict(list)
        for wait in self._waits.values():
            lines[wait["expert_id"]].append(wait)
        for expert_id in lines.keys() | self._calendars.keys():
            yield from self._line(expert_id, lines[expert_id])
        for wait in self._waits.values():
            if wait["terms"]["client_id"] not in users:
                yield Finding("orphan", f"wait {wait['_id']} has no client", wait["expert_id"])
            yield from self._offer(wait)
            yield from self._open_slot(wait, taken)
        for (expert_id, number), wait_id in self._joined.items():
            if wait_id not in self._waits and wait_id not in self._left:
                detail = f"wait {wait_id}, number {number} of {expert_id}, is missing"
                yield Finding("waiting list", detail, expert_id)
        for offer in self._offers.values():
            wait = self._waits.get(offer["wait_id"], {})
            if wait.get("offer_id") != offer["_id"]:
                detail = f"hold {offer['_id']} is not the offer of wait {offer['wait_id']}"
                yield Finding("offer", detail, offer["expert_id"])

    def _line(self, expert_id: Id, waits: list[Row]) -> Iterator[Finding]:
        """Check the length of a waiting list, and the event numbers and expiry of its entries."""
        calendar = self._calendars.get(expert_id)
        if calendar is None:
            yield Finding("orphan", f"the waiting list of {expert_id} has no calendar", expert_id)
            return
        if calendar.get("waiting", 0) != len(waits):
            detail = f"{len(waits)} wait for {expert_id}, unlike what its calendar says"
            yield Finding("waiting list", detail, expert_id)
        numbers: set[int] = set()
        for wait in waits:
            number, id_ = wait["number"], wait["_id"]
            is_recent = wait["joined_at"] > self._now - EVENT_RETENTION
            is_logged = self._joined.get((expert_id, number)) == id_ or not is_recent
            if number in numbers or number > calendar["sequence"] or not is_logged:
                detail = f"wait {id_} has not joined {expert_id} with number {number}"
                yield Finding("waiting list", detail, expert_id)
            numbers.add(number)
            if id_ in self._left or wait["terms"]["until"] < self._now - GRACE:
                yield Finding("waiting list", f"wait {id_} has ended", expert_id)

    def _offer(self, wait: Row) -> Iterator[Finding]:
        """Check that the hold that an entry names as its offer exists and belongs to the entry."""
        offer_id = wait.get("offer_id")
        if offer_id is None:
            return
        offer, client_id = self._offers.get(offer_id), wait["terms"]["client_id"]
        if offer is None or (offer["wait_id"], offer["client_id"]) != (wait["_id"], client_id):
            detail = f"wait {wait['_id']} has no standing hold {offer_id}"
            yield Finding("offer", detail, wait["expert_id"])

    def _open_slot(self, wait: Row, taken: Container[tuple[Id, datetime]]) -> Iterator[Finding]:
        """Check that no open slot matches a waiting entry, except slots its client declined."""
        calendar = self._calendars.get(wait["expert_id"])
        if wait.get("offer_id") or calendar is None:
            return
        rules, terms = Rules.model_validate(calendar["rules"]), wait["terms"]
        expert_id, minutes = wait["expert_id"], terms["minutes"]
        notice = timedelta(minutes=rules.minimum_notice_minutes)
        # Ignore slots that have just been listed or will soon be unlisted.
        since = max(terms["since"], self._now + notice + GRACE)
        if rules.offer(minutes) is None:
            return
        for cell in listed_starts(rules, minutes, since, terms["until"], self._now - GRACE):
            cells = map(instant_of, SlotKey(expert_id, cell, minutes).occupies(rules))
            is_open = all((expert_id, each) not in taken for each in cells)
            if is_open and instant_of(cell) not in wait["declined"]:
                starts_at = instant_of(cell).isoformat()
                detail = f"wait {wait['_id']} was not offered {minutes} minutes at {starts_at}"
                yield Finding("open slot", detail, expert_id)
                return
