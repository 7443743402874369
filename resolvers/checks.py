"""Validation of input fields, which reports the problems of all fields together."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

from models.accounts.emails import canonical_email
from models.calendar.times import CELL_MINUTES, zone_names
from models.errors import BadUserInput, InvalidInput, NotAllowed, Problem
from models.ids import object_id
from models.links_in_text import has_address, has_link
from models.text import has_visible_characters, visible_line, visible_part
from resolvers.contacts import normalized_phone

if TYPE_CHECKING:
    from collections.abc import Callable

    from models.ids import Id

MAX_NAME_CHARS = 100
MAX_PHONE_CHARS = 40
NEEDS_SMTPUTF8 = (
    "Our mail server cannot reach an address with special letters before the @; use another one"
)
NO_LINK = "must not have a link or a web address"
OVERRIDES = "\u202d\u202e"


class InputValidator:
    """Validates input fields and collects their problems.

    Each method returns the normalized value, which may be stored only if there was no problem.
    """

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def add_problem(self, field: str, message: str) -> None:
        """Record a problem with the field at the given path of the input."""
        self.problems.append(Problem(field, message))

    def _has_problem(self, field: str) -> bool:
        return any(problem.field == field for problem in self.problems)

    def raise_problems(self) -> None:
        """Raise InvalidInput with all problems, if there are any."""
        if self.problems:
            raise InvalidInput(self.problems)

    def text(self, field: str, value: str, max_chars: int, label: str) -> str:
        """Validate a required line of text.

        The text is normalized to NFC, runs of white space become one space, and invisible
        characters are removed, including text-direction controls.
        """
        found = visible_line(value)
        if not has_visible_characters(found):
            self.add_problem(field, f"{label} is required")
        elif len(found) > max_chars:
            self.add_problem(field, f"{label} must have at most {max_chars} characters")
        elif _has_controls(found):
            self.add_problem(field, f"{label} must not have control characters")
        return found

    def line(self, field: str, value: str, max_chars: int, label: str) -> str:
        """Validate a required line of text without links, since it appears in e-mails."""
        found = self.text(field, value, max_chars, label)
        if not self._has_problem(field) and has_link(found):
            self.add_problem(field, f"{label} {NO_LINK}")
        return found

    def name(self, field: str, value: str, label: str = "Name") -> str:
        """Validate a person's name, a line of text without links."""
        return self.line(field, value, MAX_NAME_CHARS, label)

    def note(self, field: str, value: str | None, max_chars: int, label: str = "Notes") -> str:
        """Validate an optional multi-line text, and normalize it to NFC."""
        found = unicodedata.normalize("NFC", (value or "").strip())
        if len(found) > max_chars:
            self.add_problem(field, f"{label} must have at most {max_chars} characters")
        elif _has_controls(found, but="\n\r\t"):
            self.add_problem(field, f"{label} must not have control characters")
        return found

    def sentences(
        self, field: str, value: str, min_chars: int, max_chars: int, label: str = "Text"
    ) -> str:
        """Validate a required public multi-line text without links and e-mail addresses."""
        found = self.note(field, value, max_chars, label)
        if self._has_problem(field):
            return found
        shown = visible_part(found)
        if not has_visible_characters(shown):
            self.add_problem(field, f"{label} is required")
        elif len(shown) < min_chars:
            self.add_problem(field, f"{label} must have at least {min_chars} characters")
        elif has_address(found):
            self.add_problem(field, f"{label} {NO_LINK}")
        return found

    def number(self, field: str, value: int, minimum: int, maximum: int, label: str) -> int:
        """Check that a number lies within inclusive bounds, and return it."""
        if not minimum <= value <= maximum:
            self.add_problem(field, f"{label} must lie between {minimum} and {maximum}")
        return value

    def quarter_hours(self, field: str, value: int, minimum: int, maximum: int, label: str) -> int:
        """Check that a number of minutes is a multiple of 15 within inclusive bounds; return it."""
        if value % CELL_MINUTES or not minimum <= value <= maximum:
            message = f"{label} is a multiple of {CELL_MINUTES} minutes from {minimum} to {maximum}"
            self.add_problem(field, message)
        return value

    def email(self, field: str, value: str, accepts: Callable[[str], bool] | None = None) -> str:
        """Validate the syntax of an e-mail address (RFC 5322), not whether its mailbox exists.

        Args:
            field: the path of the field in the input.
            value: the address as typed.
            accepts: returns whether our mail server supports an e-mail address; None accepts any.
        """
        if not visible_part(value):
            self.add_problem(field, "Email is required")
            return ""
        if found := canonical_email(value):
            if accepts and not accepts(found):
                self.add_problem(field, NEEDS_SMTPUTF8)
            return found
        self.add_problem(field, "Enter a valid e-mail address, such as ada@example.com")
        return ""

    def phone(self, field: str, value: str, region: str | None) -> str:
        """Validate a phone number and return it in E.164 format.

        A number without a country code is taken to be from `region`, a country (ISO 3166). An
        extension is kept, but other text next to the number is refused, because it would be lost.
        """
        if not value.strip():
            self.add_problem(field, "Phone is required")
            return ""
        if len(value) <= MAX_PHONE_CHARS and (found := normalized_phone(value, region)):
            return found
        code = "" if region else " with its country code, such as +44 20 7946 0018"
        message = f"Enter a valid phone number{code}; besides it, only an extension like ext. 12"
        self.add_problem(field, message)
        return ""

    def time_zone(self, field: str, value: str | None) -> str | None:
        """Validate an optional time zone, which must be given by its IANA name."""
        if value is not None and value not in zone_names():
            self.add_problem(field, "Enter the IANA name of a time zone, such as Europe/Paris")
        return value


def recipient_of(typed: str, accepts: Callable[[str], bool]) -> str | None:
    """Return the e-mail address to which an e-mail was requested; None if it is not an address.

    Args:
        typed: the address as typed, in the argument `email`.
        accepts: returns whether our mail server supports an e-mail address.

    Raises:
        BadUserInput: if our mail server cannot deliver to the address. This depends only on the
            address, so it does not reveal whether there is an account.
    """
    found = canonical_email(typed)
    if found and not accepts(found):
        raise BadUserInput(f"email: {NEEDS_SMTPUTF8}")
    return found


def decode_id(opaque: str, kind: str) -> Id:
    """Return the database key that a global id contains.

    Raises:
        NotAllowed: if the text is not a global id of the type `kind`; the same error is raised for
            missing objects.
    """
    try:
        return object_id(opaque, kind, "id")
    except BadUserInput:
        raise NotAllowed from None


def _has_controls(text: str, but: str = "") -> bool:
    """Return whether a text has directional overrides, or control characters not in `but`.

    Joiners, directional marks and new emoji are allowed, although `str.isprintable` rejects them.
    """
    return any(
        char in OVERRIDES or (unicodedata.category(char) in {"Cc", "Cs"} and char not in but)
        for char in text
    )
