"""Currencies: the decimals of ISO 4217, and amounts in texts."""

from __future__ import annotations

import pytest

from models.money import decimals_of


@pytest.mark.parametrize(
    ("currency", "decimals"),
    [
        *(("EUR", 2), ("JPY", 0), ("KRW", 0), ("KWD", 3), ("TND", 3), ("CLF", 4)),
        # CLDR, and therefore Intl in browsers, has no decimals for these.
        *((code, 2) for code in ("HUF", "COP", "IDR", "PKR", "RSD", "IRR", "LBP", "MMK", "TWD")),
    ],
)
def test_decimals_are_those_of_iso_4217(currency: str, decimals: int) -> None:
    assert decimals_of(currency) == decimals


@pytest.mark.parametrize("currency", ["EURO", "eur", "XAU", "XXX", ""])
def test_codes_without_minor_units_are_refused(currency: str) -> None:
    with pytest.raises(ValueError, match=r"not a valid Currency|no minor unit"):
        decimals_of(currency)
