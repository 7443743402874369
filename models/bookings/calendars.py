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
    """Change the rules of the expert's calendar; existing bookings remain valid.

    Overrides of days that are past in the expert's zone are dropped. With `describes`, the
    directory entry's copies of the rules are updated, too.

    Args:
        fields: the new values of fields of the rules.
        keeping_place: the lengths of sessions whose offers keep their present place.
        expected_version: the version of the rules that the client edited; None for any.
    """

    fields: Mapping[str, Any]
    keeping_place: Collection[int] = ()
    expected_version: int | None = None

    def decide(self, agendas: Agendas) -> list[Booking]:
        """Replace the rules if they differ.

        Raises:
            NotAllowed: if there is no such expert.
            AvailabilityChanged: if the rules differ and do not have the expected version.
        """
        agenda = agendas.get(self.expert_ids[0])
        if agenda is None:
            raise NotAllowed
        rules = self._changed(agenda.rules, agenda.now)
        if rules != agenda.rules:
            # Equal rules need no version check: the change may have been made before.
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
                fields["overrides"] = rules.overrides  # Dropping past days alone is not a change.
        return rules.with_changes(**fields)

    def _placed(self, offer: Offer, rules: Rules) -> Offer:
        """Return an offer with its own place, or with the present one if its length keeps it."""
        current = rules.offer(offer.minutes) if offer.minutes in self.keeping_place else None
        return offer.model_copy(update={"place": current.place}) if current else offer


@dataclass(eq=False, kw_only=True)
class DescribeExpert(Command):
    """Change the expert's directory entry and fields of the rules together.

    Args:
        fields: the new values of fields of the entry.
        rules: the new values of fields of the rules.
    """

    describes: bool = True
    fields: Mapping[str, Any]
    rules: Mapping[str, Any] = field(default_factory=dict)

    def decide(self, agendas: Agendas) -> list[Booking]:
        """Change the entry and the rules.

        Raises:
            NotAllowed: if there is no such expert.
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
