"""Tests of the canonical forms of e-mail addresses, and of the keys that identify them."""

# ruff: noqa: RUF001 - the tests need letters that look like others

from __future__ import annotations

import unicodedata

import pytest

from models.accounts.emails import MAX_EMAIL_CHARS, canonical_email, email_key

DECOMPOSED = unicodedata.normalize("NFD", "jörg@bücher.example")


@pytest.mark.parametrize(
    "text",
    [
        "jörg@bücher.example",
        DECOMPOSED,
        "jörg@xn--bcher-kva.example",
        " jörg@BÜCHER.example\t",
        "JÖRG@bücher.example",
        "jörg@bücher。example",
        "\u200björg@bücher.example\ufeff",
        "\u202ajörg@bücher.example\u200e",
        "jörg@bücher.example.",
        "\ufeff jörg@xn--bcher-kva.example.\u200b\n",
        "jörg@bücher.example。",
        "jörg@bücher。example．",
        "jörg@bücher.example｡ ",
        "jörg＠bücher.example",
        "jörg﹫bücher.example",
    ],
)
def test_all_spellings_of_an_email_address_have_the_same_key(text: str) -> None:
    assert email_key(text) == "jörg@bücher.example"


def test_both_small_sigmas_have_the_same_key_as_the_capital() -> None:
    spelled = ["ΣΑΣ.Χ@example.gr", "σας.χ@example.gr", "ΣΑΣ.χ@EXAMPLE.gr"]
    assert len({email_key(text) for text in spelled}) == 1
    assert email_key("a@σας.example") != email_key("a@σασ.example")


def test_canonical_email_keeps_the_case_of_its_local_part() -> None:
    assert canonical_email(" Ada.L@Example.COM ") == "Ada.L@example.com"


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("strauß@example.com", "strauss@example.com"),
        ("ﬁ@example.com", "fi@example.com"),
        ("a@straße.example", "a@strasse.example"),
        ("\u0131@example.com", "i@example.com"),
        ("a\u200db@example.com", "ab@example.com"),
        (".a@example.com", "a@example.com"),
        ("a@example.com..", "a@example.com"),
        ("a@example.com。.", "a@example.com"),
        ("a＠b@example.com", "b@example.com"),
    ],
)
def test_different_mailboxes_have_different_keys(first: str, second: str) -> None:
    assert email_key(first) != email_key(second)


@pytest.mark.parametrize(
    "text", ["", "ada", "ada@", "@example.com", "a b@example.com", "a@b@c.org"]
)
def test_text_that_is_not_an_email_address_has_a_key_but_no_canonical_form(text: str) -> None:
    assert canonical_email(text) is None
    assert email_key(f" {text.upper()} ") == text


def test_email_addresses_and_their_keys_have_a_maximum_length() -> None:
    assert canonical_email("a" * MAX_EMAIL_CHARS + "@example.com") is None
    assert len(email_key("é" * 10**6)) <= MAX_EMAIL_CHARS


@pytest.mark.parametrize("letters", ["a" * 64, "é" * 32])
def test_part_before_the_at_sign_has_at_most_64_octets(letters: str) -> None:
    assert canonical_email(f"{letters}@example.com") == f"{letters}@example.com"
    assert canonical_email(f"{letters}b@example.com") is None
