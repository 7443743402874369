"""What people type in, checked: every field's problem is found before any is told."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

from models.calendar.times import CELL_MINUTES, zone_names
from models.errors import BadUserInput, InvalidInput, NotAllowed, Problem
from models.ids import object_id
from resolvers.contacts import email_of, phone_of

if TYPE_CHECKING:
    from models.ids import Id

LONGEST_NAME = 100
LONGEST_EMAIL = 320
"""With blanks around it; longer ones take long to check."""

LONGEST_PHONE = 40
OVERRIDES = "\u202d\u202e"


class Checks:
    """Collects problems; each check answers with the value in the form in which it is kept."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def refuse(self, field: str, message: str) -> None:
        """Note a problem."""
        self.problems.append(Problem(field, message))

    def done(self) -> None:
        """End the checks.

        Raises:
            InvalidInput: when there was a problem.
        """
        if self.problems:
            raise InvalidInput(self.problems)

    def text(self, field: str, value: str, longest: int, label: str) -> str:
        """A line of text that must not be empty."""
        found = " ".join(value.split())
        if not any(char.isprintable() for char in found):
            self.refuse(field, f"{label} is required")
        elif len(found) > longest:
            self.refuse(field, f"{label} must have at most {longest} characters")
        elif _has_controls(found):
            self.refuse(field, f"{label} must not have control characters")
        return found

    def note(self, field: str, value: str | None, longest: int, label: str = "Notes") -> str:
        """A text of several lines that may be empty."""
        found = (value or "").strip()
        if len(found) > longest:
            self.refuse(field, f"{label} must have at most {longest} characters")
        elif _has_controls(found, but="\n\r\t"):
            self.refuse(field, f"{label} must not have control characters")
        return found

    def number(self, field: str, value: int, least: int, most: int, label: str) -> int:
        """A number within bounds, both included."""
        if not least <= value <= most:
            self.refuse(field, f"{label} must lie between {least} and {most}")
        return value

    def quarters(self, field: str, value: int, least: int, most: int, label: str) -> int:
        """A number of minutes on the grid of quarter hours, within bounds."""
        if value % CELL_MINUTES or not least <= value <= most:
            message = f"{label} is a multiple of {CELL_MINUTES} minutes from {least} to {most}"
            self.refuse(field, message)
        return value

    def email(self, field: str, value: str) -> str:
        """An address (RFC 5322), not asked for at its server."""
        if not value.strip():
            self.refuse(field, "Email is required")
            return ""
        if len(value) <= LONGEST_EMAIL and (found := email_of(value.strip())):
            return found
        self.refuse(field, "Enter a valid e-mail address, such as ada@example.com")
        return ""

    def phone(self, field: str, value: str, region: str | None) -> str:
        """A number that can be dialled, in E.164; without a country code, of that region."""
        if not value.strip():
            self.refuse(field, "Phone is required")
            return ""
        if len(value) <= LONGEST_PHONE and (found := phone_of(value, region)):
            return found
        example = "with its country code, such as +44 20 7946 0018"
        self.refuse(field, f"Enter a valid phone number{'' if region else ' ' + example}")
        return ""

    def time_zone(self, field: str, value: str | None) -> str | None:
        """The IANA name of a zone, or None."""
        if value is not None and value not in zone_names():
            self.refuse(field, "Enter the IANA name of a time zone, such as Europe/Paris")
        return value


def key_of(opaque: str, kind: str) -> Id:
    """The key in a global id.

    Raises:
        NotAllowed: when it is none of that kind, as where there is no such object.
    """
    try:
        return object_id(opaque, kind, "id")
    except BadUserInput:
        raise NotAllowed from None


def _has_controls(text: str, but: str = "") -> bool:
    """Whether a text has control characters, or turns the writing of what follows it.

    Joiners, marks of direction and new emoji are not printable to Python, but people type them.
    """
    return any(
        char in OVERRIDES or (unicodedata.category(char) in {"Cc", "Cs"} and char not in but)
        for char in text
    )
