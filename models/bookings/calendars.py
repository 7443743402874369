"""Commands that change an expert's rules and directory entry."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from models.bookings.command import Command
from models.calendar.errors import AvailabilityChanged
from models.calendar.times import local_date
from models.directory.experts import copied_rules
from models.errors import NotAllowed

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from datetime import date, datetime

    from models.bookings.booking import Booking
    from models.bookings.command import Agendas
    from models.calendar.rules import DateOverride, Offer, Rules


@dataclass(eq=False, kw_only=True)
class ChangeRules(Command):
    """Change the rules of an expert's calendar; existing bookings remain valid.

    Overrides for days that are past in the expert's time zone are dropped. If `describes` is true,
    the copies of the rules in the expert's directory entry are updated, too.

    Args:
        fields: the changed fields of the rules, with their new values.
        keeping_place: the session lengths whose offers keep the place that is stored now.
        expected_version: the version of the rules that the client has edited; None to skip the
            check.
    """

    fields: Mapping[str, Any]
    keeping_place: Collection[int] = ()
    expected_version: int | None = None

    def decide(self, agendas: Agendas) -> list[Booking]:
        """Replace the rules if the new rules differ from the stored ones.

        Raises:
            NotAllowed: if the expert does not exist.
            AvailabilityChanged: if the rules would change, but their present version is not
                `expected_version`.
        """
        agenda = agendas.get(self.expert_ids[0])
        if agenda is None:
            raise NotAllowed
        rules = self._changed(agenda.rules, agenda.now)
        if rules != agenda.rules:
            # Equal rules need no version check: an earlier request may have made the change.
            version = agenda.calendar.rules_version + agenda.has_new_rules
            if self.expected_version not in (None, version):
                raise AvailabilityChanged
            agenda.replace_rules(rules)
        if agenda.expert:
            copied = agenda.expert.model_copy(update=copied_rules(rules))
            if copied != agenda.expert:
                agenda.replace_expert(copied)
        return []

    def _changed(self, rules: Rules, now: datetime) -> Rules:
        fields = dict(self.fields)
        if "offers" in fields:
            fields["offers"] = tuple(self._placed(offer, rules) for offer in fields["offers"])
        if "overrides" in fields:
            today = local_date(now, rules.time_zone)
            fields["overrides"] = _since(today, fields["overrides"])
            if fields["overrides"] == _since(today, rules.overrides):
                # Past days alone do not count as a change, so the stored overrides are kept.
                fields["overrides"] = rules.overrides
        return rules.with_changes(**fields)

    def _placed(self, offer: Offer, rules: Rules) -> Offer:
        """Return the new offer, with the stored place if `keeping_place` has its session length."""
        current = rules.offer(offer.minutes) if offer.minutes in self.keeping_place else None
        return offer.model_copy(update={"place": current.place}) if current else offer


@dataclass(eq=False, kw_only=True)
class DescribeExpert(Command):
    """Change an expert's directory entry and the rules of the calendar together.

    Args:
        fields: the changed fields of the entry, with their new values.
        rules: the changed fields of the rules, with their new values.
    """

    describes: bool = True
    fields: Mapping[str, Any]
    rules: Mapping[str, Any] = field(default_factory=dict)

    def decide(self, agendas: Agendas) -> list[Booking]:
        """Change the entry and the rules.

        Raises:
            NotAllowed: if the expert does not exist.
        """
        agenda = agendas.get(self.expert_ids[0])
        if agenda is None or agenda.expert is None:
            raise NotAllowed
        rules = agenda.rules.with_changes(**self.rules)
        if rules != agenda.rules:
            agenda.replace_rules(rules)
        if self.fields:
            agenda.replace_expert(agenda.expert.changed(self.fields))
        return []


def _since(day: date, overrides: Iterable[DateOverride]) -> tuple[DateOverride, ...]:
    return tuple(override for override in overrides if override.day >= day)
