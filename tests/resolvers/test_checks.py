"""Tests of the validation and normalization of input fields."""

# ruff: noqa: RUF001 - the tests need characters that are easily confused

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.errors import InvalidInput, Problem
from resolvers.checks import InputValidator

if TYPE_CHECKING:
    from collections.abc import Callable

NOT_EMAIL = "Enter a valid e-mail address, such as ada@example.com"
ONE_NUMBER = "; besides it, only an extension like ext. 12"
NOT_PHONE = (
    f"Enter a valid phone number with its country code, such as +44 20 7946 0018{ONE_NUMBER}"
)


def problems(validator: InputValidator) -> list[tuple[str, str]]:
    """Return the collected problems as (field, message) pairs."""
    return [(problem.field, problem.message) for problem in validator.problems]


@pytest.mark.parametrize("typed", ["Claim at https://evil.example", "www.evil.example", "evil.com"])
def test_name_must_not_contain_a_link(typed: str) -> None:
    """A link in a name would be repeated in the subject lines of e-mails."""
    validator = InputValidator()
    validator.name("contact.name", typed)
    message = "Name must not have a link or a web address"
    assert problems(validator) == [("contact.name", message)]


def test_line_may_contain_product_names_but_no_web_address() -> None:
    validator = InputValidator()
    assert validator.line("title", "Node.js and ASP.NET consultant", 100, "Title")
    assert problems(validator) == []
    validator.line("title", "Account locked: evil.com/login", 100, "Title")
    assert problems(validator) == [("title", "Title must not have a link or a web address")]


def test_overlong_text_is_refused_for_its_length_alone() -> None:
    """Overlong texts are not searched for links, which would take time."""
    validator = InputValidator()
    validator.name("name", "evil.com " * 20)
    validator.sentences("text", "evil.com " * 20, 10, 100)
    assert problems(validator) == [
        ("name", "Name must have at most 100 characters"),
        ("text", "Text must have at most 100 characters"),
    ]


@pytest.mark.parametrize(("typed", "normalized"), [(" Dr.  Ada\tByron ", "Dr. Ada Byron")])
def test_name_without_a_link_is_normalized_and_limited_in_length(
    typed: str, normalized: str
) -> None:
    validator = InputValidator()
    assert validator.name("name", typed) == normalized
    assert problems(validator) == []
    validator.name("name", "x" * 101)
    assert problems(validator) == [("name", "Name must have at most 100 characters")]


@pytest.mark.parametrize(
    ("typed", "normalized"),
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
        ("\u200fיעל", "יעל"),
        ("\u3164Ada\u200b King\ufdd0", "Ada King"),
        ("Ada \u202eecalevoL\u2066", "Ada ecalevoL"),
        ("e\u0301" * 60, "é" * 60),
    ],
)
def test_name_is_normalized_to_one_line(typed: str, normalized: str) -> None:
    """White space is collapsed, letters are composed, and invisible characters are removed."""
    validator = InputValidator()
    assert validator.text("name", typed, 100, "Name") == normalized
    assert problems(validator) == []
    validator.raise_problems()


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
        ("Ada \ud800", "Name must not have control characters"),
    ],
)
def test_invalid_name_is_refused(typed: str, message: str) -> None:
    """A name is refused if it is invisible, is too long or has control characters."""
    validator = InputValidator()
    validator.text("contact.name", typed, 100, "Name")
    assert problems(validator) == [("contact.name", message)]


@pytest.mark.parametrize(
    ("typed", "normalized"),
    [
        (None, ""),
        ("", ""),
        ("  \n ", ""),
        ("First line\nsecond\tline \n", "First line\nsecond\tline"),
        ("First\r\nsecond", "First\r\nsecond"),
        ("x" * 2_000, "x" * 2_000),
        (" " * 2_000 + "x", "x"),
        ("e\u0301" * 2_000, "é" * 2_000),
        ("می\u200cخواهم 👩\u200d💻\u200e\ufeff", "می\u200cخواهم 👩\u200d💻\u200e\ufeff"),
    ],
)
def test_note_may_have_several_lines_or_be_empty(typed: str | None, normalized: str) -> None:
    """Line breaks within a note are kept."""
    validator = InputValidator()
    assert validator.note("note", typed, 2_000) == normalized
    assert problems(validator) == []


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ("x" * 2_001, "Notes must have at most 2000 characters"),
        ("a\x00b", "Notes must not have control characters"),
        ("a\x0bb", "Notes must not have control characters"),
        ("a\u202eb", "Notes must not have control characters"),
    ],
)
def test_invalid_note_is_refused(typed: str, message: str) -> None:
    """A note is refused if it is too long or has control characters."""
    validator = InputValidator()
    validator.note("note", typed, 2_000)
    assert problems(validator) == [("note", message)]


@pytest.mark.parametrize(
    ("typed", "normalized"),
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
def test_email_address_is_normalized(typed: str, normalized: str) -> None:
    """The domain is converted to lower case; the local part keeps its case."""
    validator = InputValidator()
    assert validator.email("email", typed) == normalized
    assert problems(validator) == []


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
def test_invalid_email_address_is_refused(typed: str) -> None:
    """Only a single e-mail address without a display name is valid."""
    validator = InputValidator()
    assert validator.email("contact.email", typed) == ""
    assert problems(validator) == [("contact.email", NOT_EMAIL)]


@pytest.mark.parametrize(
    ("typed", "region", "normalized"),
    [
        ("+442079460018", None, "+442079460018"),
        ("+44 (0)20 7946-0018", None, "+442079460018"),
        ("  +44.20.7946.0018 ", None, "+442079460018"),
        ("tel:+44-20-7946-0018", None, "+442079460018"),
        ("+1 (212) 555-0100", None, "+12125550100"),
        ("＋４４ ２０ ７９４６ ００１８", None, "+442079460018"),
        ("+٤٤ ٢٠ ٧٩٤٦ ٠٠١٨", None, "+442079460018"),
        # Address books put invisible directional marks around numbers.
        ("\u202a+44 20 7946 0018\u202c", None, "+442079460018"),
        ("020 7946 0018", "GB", "+442079460018"),
        ("(212) 555-0100", "US", "+12125550100"),
        ("00 44 20 7946 0018", "DE", "+442079460018"),
        ("011 44 20 7946 0018", "US", "+442079460018"),
        ("+33 1 42 68 53 00", "US", "+33142685300"),
        ("0044 20 7946 0018", None, "+442079460018"),
        ("\u202a00 49 30 901820 ext. 12", None, "+4930901820 ext. 12"),
        ("tel:0044 (0)20 7946-0018", None, "+442079460018"),
        ("TEL:+442079460018;ext=12", None, "+442079460018 ext. 12"),
        ("+44 20 7946 0018 Ext. 12", None, "+442079460018 ext. 12"),
        ("+44 20 7946 0018 доб. 12", None, "+442079460018 ext. 12"),
        ("+44 20 7946 0018 #12", None, "+442079460018 ext. 12"),
        ("030/901820", "DE", "+4930901820"),
        ("+49 (0)30 / 90 18 20", None, "+4930901820"),
        ("+49 33701/12345", None, "+493370112345"),
        ("+49.30.901820.12", None, "+493090182012"),
    ],
)
def test_phone_number_is_normalized_to_e164(
    typed: str, region: str | None, normalized: str
) -> None:
    """Common notations are accepted; the given region supplies a missing country code."""
    validator = InputValidator()
    assert validator.phone("phone", typed, region) == normalized
    assert problems(validator) == []


@pytest.mark.parametrize(
    ("typed", "region"),
    [
        ("020 7946 0018", None),
        ("00 123", None),
        ("000 44 20 7946 0018", None),
        ("ada@example.com", None),
        ("+", None),
        ("+44", None),
        ("+44 1", None),
        ("+999 123456789", None),
        ("+44 20 7946 0018 7946 0018", None),
        ("+44 20 7946 0018" + " " * 40, None),
        ("+" + "1" * 1_000_000, None),
        ("½½½½½½½", None),
        # A local number that lacks its area code.
        ("+1 555 0100", None),
        ("12", "GB"),
        ("hello", "GB"),
        ("555 0100", "US"),
        ("+44 20 7946 0018 / 0019", None),
        ("+49 30 901820 / 901821", None),
        ("+49 30 901820/21", None),
        ("030/901820 & 901821", "DE"),
        ("030 901820; 901821 ext. 5", "DE"),
        ("030 901820 ／ 901821", "DE"),
        ("+49 30 1820\n+49 30 1821", None),
        ("+44 20 7946 0018 or 07700 900123", "GB"),
        ("+44 20 7946 0018 p12", None),
        # The phone number library would drop these words, or read them as digits.
        ("home +44 20 7946 0018", None),
        ("Tel. +44 20 7946 0018", None),
        ("(home) 020 7946 0018", "GB"),
        ("电话 +44 20 7946 0018", None),
        ("🏠 +44 20 7946 0018", None),
        ("+44 20 7946 0018 🏠", None),
        ("+49 30 901820 mo", None),
        ("+49 30 901820 home", None),
        ("work +44 20 7946 0018 ext. 5", None),
        ("+442079460018;isub=12345", None),
    ],
)
def test_invalid_phone_number_is_refused(typed: str, region: str | None) -> None:
    """The message asks for a country code if there is no default region."""
    validator = InputValidator()
    assert validator.phone("contact.phone", typed, region) == ""
    message = f"Enter a valid phone number{ONE_NUMBER}" if region else NOT_PHONE
    assert problems(validator) == [("contact.phone", message)]


def test_time_zone_is_optional() -> None:
    """Null is accepted; any other value must be the IANA name of a time zone."""
    validator = InputValidator()
    assert validator.time_zone("timeZone", None) is None
    assert validator.time_zone("timeZone", "Asia/Kathmandu") == "Asia/Kathmandu"
    assert problems(validator) == []
    for typed in ("", "Paris", "europe/paris", "UTC+1", "../UTC"):
        validator.time_zone("timeZone", typed)
    message = "Enter the IANA name of a time zone, such as Europe/Paris"
    assert problems(validator) == [("timeZone", message)] * 5


def test_all_problems_are_reported_together() -> None:
    """The problems are reported in the order of the checks."""
    validator = InputValidator()
    validator.text("contact.name", " ", 100, "Name")
    validator.email("contact.email", "  ")
    validator.phone("contact.phone", "", None)
    validator.time_zone("contact.timeZone", "Mars/Olympus")
    validator.note("note", "\x00", 10)
    validator.add_problem("slotId", "This is not the id of a slot")
    with pytest.raises(InvalidInput) as refused:
        validator.raise_problems()
    assert refused.value.problems == [
        Problem("contact.name", "Name is required"),
        Problem("contact.email", "Email is required"),
        Problem("contact.phone", "Phone is required"),
        Problem("contact.timeZone", "Enter the IANA name of a time zone, such as Europe/Paris"),
        Problem("note", "Notes must not have control characters"),
        Problem("slotId", "This is not the id of a slot"),
    ]
    assert str(refused.value) == "Please correct the marked fields."


VALIDATORS: list[Callable[[InputValidator, str], str]] = [
    lambda validator, text: validator.text("field", text, 100, "Name"),
    lambda validator, text: validator.note("field", text, 100),
    lambda validator, text: validator.email("field", text),
    lambda validator, text: validator.phone("field", text, None),
    lambda validator, text: validator.phone("field", text, "US"),
]


@settings(deadline=None)
@given(st.text(), st.sampled_from(VALIDATORS))
def test_any_input_is_normalized_or_reported_as_invalid(
    typed: str, validate: Callable[[InputValidator, str], str]
) -> None:
    """No check raises an exception, and normalizing a normalized value changes nothing."""
    first, second = InputValidator(), InputValidator()
    normalized = validate(first, typed)
    if not first.problems:
        assert validate(second, normalized) == normalized
        assert second.problems == []
