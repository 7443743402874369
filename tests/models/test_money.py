"""Currencies: the decimals of ISO 4217, and amounts in texts."""

from __future__ import annotations

import pytest

from models.money import decimals_of, format_amount


@pytest.mark.parametrize(
    ("currency", "decimals"),
    [
        *(("EUR", 2), ("JPY", 0), ("KRW", 0), ("KWD", 3), ("TND", 3), ("CLF", 4)),
        # CLDR, and with it Intl in browsers, has none for these.
        *((code, 2) for code in ("HUF", "COP", "IDR", "PKR", "RSD", "IRR", "LBP", "MMK", "TWD")),
    ],
)
def test_decimals_are_those_of_iso_4217(currency: str, decimals: int) -> None:
    assert decimals_of(currency) == decimals


@pytest.mark.parametrize("currency", ["EURO", "eur", "XAU", "XXX", ""])
def test_codes_without_minor_units_are_refused(currency: str) -> None:
    with pytest.raises(ValueError, match=r"not a valid Currency|no minor unit"):
        decimals_of(currency)


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [
        (9_000, "EUR", "EUR 90.00"),
        (5, "EUR", "EUR 0.05"),
        (4_500, "HUF", "HUF 45.00"),
        (9_000, "JPY", "JPY 9000"),
        (9_001, "KWD", "KWD 9.001"),
    ],
)
def test_amounts_are_written_with_their_decimals(amount: int, currency: str, text: str) -> None:
    assert format_amount(amount, currency) == text
