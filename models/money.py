"""Currencies and their minor units (ISO 4217)."""

from __future__ import annotations

from functools import lru_cache

from iso4217 import Currency


@lru_cache
def decimals_of(currency: str) -> int:
    """Return the number of decimals of a currency's amounts, such as 2 for EUR and HUF.

    Raises:
        ValueError: if ISO 4217 has no such currency, or no minor unit for it.
    """
    exponent: int | None = Currency(currency).exponent
    if exponent is None:
        raise ValueError(f"{currency} has no minor unit")
    return exponent
