"""What people type in: what is kept of it, and what they are told."""

# ruff: noqa: RUF001 - letters that look like others are the point

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.errors import InvalidInput, Problem
from resolvers.checks import Checks

if TYPE_CHECKING:
    from collections.abc import Callable

NOT_EMAIL = "Enter a valid e-mail address, such as ada@example.com"
NOT_PHONE = "Enter a valid phone number with its country code, such as +44 20 7946 0018"


def problems(checks: Checks) -> list[tuple[str, str]]:
    """What was found, as field and message."""
    return [(problem.field, problem.message) for problem in checks.problems]


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("Ada Lovelace", "Ada Lovelace"),
        ("  Ada \t\n Lovelace\u00a0", "Ada Lovelace"),
        ("José Ñandú", "José Ñandú"),
        ("李明", "李明"),
        ("O'Neill-Łukasz Jr.", "O'Neill-Łukasz Jr."),
        ("x" * 100, "x" * 100),
        # A Persian name and an emoji are written with joiners.
        ("علی\u200cرضا", "علی\u200cرضا"),
        ("Ada 👩\u200d💻", "Ada 👩\u200d💻"),
        ("\u200fיעל", "\u200fיעל"),
    ],
)
def test_a_name_is_one_line(typed: str, kept: str) -> None:
    """White space around and within it is tidied, the rest is the person's own."""
    checks = Checks()
    assert checks.text("name", typed, 100, "Name") == kept
    assert problems(checks) == []
    checks.done()


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ("", "Name is required"),
        (" \t\r\n\u2003", "Name is required"),
        ("\u200b\u200d", "Name is required"),
        ("\x00", "Name is required"),
        ("x" * 101, "Name must have at most 100 characters"),
        ("Ada\x00Lovelace", "Name must not have control characters"),
        ("Ada\x1b[31m", "Name must not have control characters"),
        ("Ada\x7f", "Name must not have control characters"),
        ("Ada \u202eecalevoL", "Name must not have control characters"),
        ("Ada \ud800", "Name must not have control characters"),
    ],
)
def test_what_is_no_name_is_refused(typed: str, message: str) -> None:
    """Nothing that can be seen, too much, or characters that are no text."""
    checks = Checks()
    checks.text("contact.name", typed, 100, "Name")
    assert problems(checks) == [("contact.name", message)]


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        (None, ""),
        ("", ""),
        ("  \n ", ""),
        ("First line\nsecond\tline \n", "First line\nsecond\tline"),
        ("First\r\nsecond", "First\r\nsecond"),
        ("x" * 2_000, "x" * 2_000),
        (" " * 2_000 + "x", "x"),
        ("می\u200cخواهم 👩\u200d💻\u200e\ufeff", "می\u200cخواهم 👩\u200d💻\u200e\ufeff"),
    ],
)
def test_a_note_may_have_lines_or_be_empty(typed: str | None, kept: str) -> None:
    """Its lines stay as they were typed."""
    checks = Checks()
    assert checks.note("note", typed, 2_000) == kept
    assert problems(checks) == []


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ("x" * 2_001, "Notes must have at most 2000 characters"),
        ("a\x00b", "Notes must not have control characters"),
        ("a\x0bb", "Notes must not have control characters"),
        ("a\u202eb", "Notes must not have control characters"),
    ],
)
def test_what_is_no_note_is_refused(typed: str, message: str) -> None:
    """Too much, or characters that are no text."""
    checks = Checks()
    checks.note("note", typed, 2_000)
    assert problems(checks) == [("note", message)]


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("ada@example.com", "ada@example.com"),
        (" ada@example.com\n", "ada@example.com"),
        ("Ada.Lovelace+sessions@EXAMPLE.com", "Ada.Lovelace+sessions@example.com"),
        ("ada@sub.domain.example.co.uk", "ada@sub.domain.example.co.uk"),
        ("josé@example.com", "josé@example.com"),
        ("jose\u0301@example.com", "josé@example.com"),
        ("ada@bücher.example.com", "ada@bücher.example.com"),
        ("ada@xn--bcher-kva.example.com", "ada@bücher.example.com"),
    ],
)
def test_an_email_is_kept_in_one_form(typed: str, kept: str) -> None:
    """The domain in lower case; the part before it is the server's business."""
    checks = Checks()
    assert checks.email("email", typed) == kept
    assert problems(checks) == []


@pytest.mark.parametrize(
    "typed",
    [
        "ada",
        "ada@",
        "@example.com",
        "ada@example",
        "ada@localhost",
        "ada@@example.com",
        "ada@example..com",
        "ada@-example.com",
        ".ada@example.com",
        "ada lovelace@example.com",
        "Ada <ada@example.com>",
        "ada@example.com, bea@example.com",
        "ada@example.com\nbcc: bea@example.com",
        "ada@[127.0.0.1]",
        "ada\x00@example.com",
        "a" * 250 + "@example.com",
        "ada@" + "x" * 300 + ".com",
        "ada@" + "x." * 100_000 + "com",
    ],
)
def test_what_is_no_email_is_refused(typed: str) -> None:
    """One address, and nothing around it."""
    checks = Checks()
    assert checks.email("contact.email", typed) == ""
    assert problems(checks) == [("contact.email", NOT_EMAIL)]


@pytest.mark.parametrize(
    ("typed", "region", "kept"),
    [
        ("+442079460018", None, "+442079460018"),
        ("+44 (0)20 7946-0018", None, "+442079460018"),
        ("  +44.20.7946.0018 ", None, "+442079460018"),
        ("tel:+44-20-7946-0018", None, "+442079460018"),
        ("+1 (212) 555-0100", None, "+12125550100"),
        ("＋４４ ２０ ７９４６ ００１８", None, "+442079460018"),
        ("+٤٤ ٢٠ ٧٩٤٦ ٠٠١٨", None, "+442079460018"),
        # As an address book copies it.
        ("\u202a+44 20 7946 0018\u202c", None, "+442079460018"),
        ("020 7946 0018", "GB", "+442079460018"),
        ("(212) 555-0100", "US", "+12125550100"),
        ("00 44 20 7946 0018", "DE", "+442079460018"),
        ("011 44 20 7946 0018", "US", "+442079460018"),
        ("+33 1 42 68 53 00", "US", "+33142685300"),
    ],
)
def test_a_phone_number_is_kept_as_e164(typed: str, region: str | None, kept: str) -> None:
    """However it was typed; without a country code it is one of the region."""
    checks = Checks()
    assert checks.phone("phone", typed, region) == kept
    assert problems(checks) == []


@pytest.mark.parametrize(
    ("typed", "region"),
    [
        ("020 7946 0018", None),
        ("0044 20 7946 0018", None),
        ("ada@example.com", None),
        ("+", None),
        ("+44", None),
        ("+44 1", None),
        ("+999 123456789", None),
        ("+44 20 7946 0018 7946 0018", None),
        ("+44 20 7946 0018" + " " * 40, None),
        ("+" + "1" * 1_000_000, None),
        ("½½½½½½½", None),
        # Without its area code it can be dialled from next door only.
        ("+1 555 0100", None),
        ("12", "GB"),
        ("hello", "GB"),
        ("555 0100", "US"),
    ],
)
def test_what_cannot_be_dialled_is_refused(typed: str, region: str | None) -> None:
    """The example is one with a country code, where that is what is missing."""
    checks = Checks()
    assert checks.phone("contact.phone", typed, region) == ""
    message = "Enter a valid phone number" if region else NOT_PHONE
    assert problems(checks) == [("contact.phone", message)]


def test_a_zone_is_optional() -> None:
    """Null stays null; a name is one of IANA's."""
    checks = Checks()
    assert checks.time_zone("timeZone", None) is None
    assert checks.time_zone("timeZone", "Asia/Kathmandu") == "Asia/Kathmandu"
    assert problems(checks) == []
    for typed in ("", "Paris", "europe/paris", "UTC+1", "../UTC"):
        checks.time_zone("timeZone", typed)
    message = "Enter the IANA name of a time zone, such as Europe/Paris"
    assert problems(checks) == [("timeZone", message)] * 5


def test_all_problems_are_told_at_once() -> None:
    """In the order of the fields, before anything is refused."""
    checks = Checks()
    checks.text("contact.name", " ", 100, "Name")
    checks.email("contact.email", "  ")
    checks.phone("contact.phone", "", None)
    checks.time_zone("contact.timeZone", "Mars/Olympus")
    checks.note("note", "\x00", 10)
    checks.refuse("slotId", "This is not the id of a slot")
    with pytest.raises(InvalidInput) as refused:
        checks.done()
    assert refused.value.problems == [
        Problem("contact.name", "Name is required"),
        Problem("contact.email", "Email is required"),
        Problem("contact.phone", "Phone is required"),
        Problem("contact.timeZone", "Enter the IANA name of a time zone, such as Europe/Paris"),
        Problem("note", "Notes must not have control characters"),
        Problem("slotId", "This is not the id of a slot"),
    ]
    assert str(refused.value) == "Please correct the marked fields."


KEEPERS: list[Callable[[Checks, str], str]] = [
    lambda checks, text: checks.text("field", text, 100, "Name"),
    lambda checks, text: checks.note("field", text, 100),
    lambda checks, text: checks.email("field", text),
    lambda checks, text: checks.phone("field", text, None),
    lambda checks, text: checks.phone("field", text, "US"),
]


@settings(deadline=None)
@given(st.text(), st.sampled_from(KEEPERS))
def test_whatever_is_typed_is_kept_or_told(typed: str, keep: Callable[[Checks, str], str]) -> None:
    """No check fails otherwise, and what it keeps it would keep again."""
    first, second = Checks(), Checks()
    kept = keep(first, typed)
    if not first.problems:
        assert keep(second, kept) == kept
        assert second.problems == []
