"""Tests of the number of decimals that ISO 4217 defines for each currency."""

from __future__ import annotations

import pytest

from models.money import decimals_of


@pytest.mark.parametrize(
    ("currency", "decimals"),
    [
        *(("EUR", 2), ("JPY", 0), ("KRW", 0), ("KWD", 3), ("TND", 3), ("CLF", 4)),
        # CLDR, and therefore `Intl` in browsers, uses no decimals for these currencies.
        *((code, 2) for code in ("HUF", "COP", "IDR", "PKR", "RSD", "IRR", "LBP", "MMK", "TWD")),
    ],
)
def test_currencies_have_the_decimals_of_iso_4217(currency: str, decimals: int) -> None:
    assert decimals_of(currency) == decimals


@pytest.mark.parametrize("currency", ["EURO", "eur", "XAU", "XXX", ""])
def test_currency_codes_without_a_minor_unit_are_refused(currency: str) -> None:
    with pytest.raises(ValueError, match=r"not a valid Currency|no minor unit"):
        decimals_of(currency)
