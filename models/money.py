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


def format_amount(amount: int, currency: str) -> str:
    """Format an amount in minor units, such as EUR 90.00."""
    decimals = decimals_of(currency)
    if not decimals:
        return f"{currency} {amount}"
    major, minor = divmod(amount, 10**decimals)
    return f"{currency} {major}.{minor:0{decimals}}"
