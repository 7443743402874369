"""Currencies and their minor units (ISO 4217)."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from iso4217 import Currency

MAX_AMOUNT: Final = 2**31 - 1
"""The largest amount that the API can return, in minor currency units: the largest GraphQL `Int`.

A single price may be as large as this, because a lower limit would refuse usual prices in
currencies such as IDR.
"""


@lru_cache
def decimals_of(currency: str) -> int:
    """Return the number of decimals of a currency's amounts, such as 2 for EUR and HUF.

    Raises:
        ValueError: if ISO 4217 does not list the currency, or defines no minor unit for it.
    """
    exponent: int | None = Currency(currency).exponent
    if exponent is None:
        raise ValueError(f"{currency} has no minor unit")
    return exponent
