"""Device and language of a client, typed sign-in codes, and names derived from e-mail addresses."""

from __future__ import annotations

import pytest

from auth.code_keys import CodeKeys, is_code, new_code, typed_code
from models.accounts.users import Language
from resolvers.callers import UNKNOWN_DEVICE, device_of, preferred_language
from resolvers.codes import UNNAMED, name_from

CHROME = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
SAFARI = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 "


@pytest.mark.parametrize(
    ("user_agent", "device"),
    [
        (f"{CHROME}Chrome/142.0.0.0 Safari/537.36", "Chrome on Windows"),
        (f"{CHROME}Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0", "Edge on Windows"),
        (f"{SAFARI}(KHTML, like Gecko) Version/18.0 Mobile Safari/604.1", "Safari on iPhone"),
        ("Mozilla/5.0 (Android 15; Mobile; rv:140.0) Firefox/140.0", "Firefox on Android"),
        ("okhttp/4.12.0", "okhttp"),
        ("Mozilla/5.0", UNKNOWN_DEVICE),
        ("<b>bold</b>", UNKNOWN_DEVICE),
        ("", UNKNOWN_DEVICE),
        ("x" * 10_000, "x" * 40),
    ],
)
def test_device_is_described_by_browser_and_operating_system(user_agent: str, device: str) -> None:
    assert device_of(user_agent) == device


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "EN"),
        ("de", "DE"),
        ("de-AT,de;q=0.9,en;q=0.8", "DE"),
        ("fr-FR,fr;q=0.9,de;q=0.5,en;q=0.4", "DE"),
        ("en-GB, de;q=0.9", "EN"),
        ("de;q=0, en;q=0.1", "EN"),
        ("de;q=9,;;;,\x00", "EN"),
        ("*," * 100_000, "EN"),
    ],
)
def test_preferred_language_is_the_supported_one_that_the_client_ranks_highest(
    header: str, language: str
) -> None:
    assert preferred_language(header) is Language[language]


@pytest.mark.parametrize("text", ["123456", " 123 456 ", "123-456", "12 34 56", "１２３４５６"])  # noqa: RUF001 - full-width digits
def test_sign_in_codes_may_be_typed_with_spaces_hyphens_and_full_width_digits(text: str) -> None:
    assert is_code(text)
    assert typed_code(text) == "123456"


@pytest.mark.parametrize("text", ["", "12345", "1234567", "12345a", "1 2 3 4 5 6"])
def test_text_in_another_format_is_not_a_sign_in_code(text: str) -> None:
    assert not is_code(text)


def test_digest_depends_on_email_address_sign_in_code_and_secret() -> None:
    keys = CodeKeys(["first"])
    code = new_code()
    digest = keys.digest("Ada@Example.com", code)
    assert code not in digest
    assert keys.admits("ada@example.com", code, digest)
    assert CodeKeys(["second", "first"]).admits("ada@example.com", code, digest)
    assert not CodeKeys(["second"]).admits("ada@example.com", code, digest)
    assert not keys.admits("bob@example.com", code, digest)
    assert not keys.admits("ada@example.com", code, "")


@pytest.mark.parametrize(
    ("email", "name"),
    [
        ("ada.lovelace@example.com", "Ada Lovelace"),
        ("ada_king+shop42@example.com", "Ada King Shop"),
        ("zoë@example.com", "Zoë"),
        ("1234@example.com", UNNAMED),
        ("", UNNAMED),
    ],
)
def test_name_is_derived_from_the_email_address(email: str, name: str) -> None:
    assert name_from(email) == name
