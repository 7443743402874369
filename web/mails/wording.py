"""Texts, dates and prices in a reader's language, from gettext catalogues and Babel's formats."""

from __future__ import annotations

import gettext
from datetime import timedelta
from decimal import Decimal
from functools import cache
from io import BytesIO
from typing import TYPE_CHECKING, Final

from babel import Locale
from babel.dates import format_date, format_skeleton
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import get_currency_symbol, parse_pattern
from babel.units import format_unit

from models.calendar.times import zone
from models.money import decimals_of
from models.translations import CATALOGUES

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from models.accounts.users import Language

SOURCE_LOCALE: Final = "en_GB"
MAX_MINUTES_SHOWN: Final = timedelta(days=2)
"""From this duration on, days are shown instead of minutes."""


class Wording:
    """The texts of one language, and its formats for dates, times, durations and prices.

    Args:
        catalogue: the language's gettext file; None for the source language, English.
    """

    def __init__(self, catalogue: Path | None) -> None:
        self.locale = Locale.parse(catalogue.stem if catalogue else SOURCE_LOCALE)
        self.translations = _compiled(catalogue) if catalogue else gettext.NullTranslations()
        self._price_pattern = self.locale.currency_formats["standard"].pattern

    @property
    def tag(self) -> str:
        """The language tag (RFC 5646), such as en-GB."""
        return str(self.locale).replace("_", "-")

    def gettext(self, message: str, **values: str) -> str:
        """Return a message in this language, with its placeholders filled."""
        return self.translations.gettext(message) % values

    def minutes(self, minutes: int) -> str:
        """Format a number of minutes, such as 60 minutes."""
        return format_unit(minutes, "duration-minute", locale=self.locale)

    def duration(self, duration: timedelta) -> str:
        """Format a duration, such as 60 minutes or 3 days."""
        if duration < MAX_MINUTES_SHOWN:
            return self.minutes(duration // timedelta(minutes=1))
        return format_unit(duration.days, "duration-day", locale=self.locale)

    def price(self, amount: int, currency: str) -> str:
        """Format an amount that is given in minor units, such as 9050 as €90.50 (see ISO 4217)."""
        decimals = decimals_of(currency)
        standard = self._price_pattern
        if get_currency_symbol(currency, self.locale)[-1].isalpha():
            # Babel omits the space that CLDR prescribes between a letter and a digit.
            standard = standard.replace("¤#", "¤\N{NO-BREAK SPACE}#")
        pattern = parse_pattern(standard)
        pattern.frac_prec = (decimals, decimals)
        major = Decimal(amount).scaleb(-decimals)
        price: str = pattern.apply(major, self.locale, currency=currency, currency_digits=False)
        return price

    def day(self, local: datetime) -> str:
        """Format a date, such as Monday, 1 March 2027."""
        return format_date(local, "full", self.locale)

    def moment(self, instant: datetime, zone_name: str) -> str:
        """Format an instant, such as Monday, 1 March 2027, 09:30 (UTC+01:00, Europe/Paris)."""
        local = instant.astimezone(zone(zone_name))
        return f"{self.day(local)}, {local:%H:%M} ({_offset(local)}, {zone_name})"

    def brief(self, instant: datetime, zone_name: str) -> str:
        """Format an instant for a subject line, such as Mon, 1 Mar 2027, 09:30."""
        local = instant.astimezone(zone(zone_name))
        return f"{format_skeleton('yMMMEd', local, locale=self.locale)}, {local:%H:%M}"

    def span(self, start: datetime, end: datetime, zone_name: str) -> str:
        """Format a session, such as Monday, 1 March 2027, 09:30 to 10:30 (UTC+01:00, Europe/Paris).

        If the UTC offset changes during the session, each time is given with its own offset.
        """
        first, last = (instant.astimezone(zone(zone_name)) for instant in (start, end))
        since, until = f"{first:%H:%M}", f"{last:%H:%M}"
        if first.date() != last.date():
            until = f"{self.day(last)}, {until}"
        if first.utcoffset() != last.utcoffset():
            since, until = f"{since} ({_offset(first)})", f"{until} ({_offset(last)})"
            return f"{self.day(first)}, {self._range(since, until)}, {zone_name}"
        return f"{self.day(first)}, {self._range(since, until)} ({_offset(first)}, {zone_name})"

    def _range(self, start: str, end: str) -> str:
        return self.gettext("%(start)s to %(end)s", start=start, end=end)


@cache
def wording(language: Language) -> Wording:
    """Return the texts and formats of a language."""
    return Wording(CATALOGUES.get(language))


def _compiled(catalogue: Path) -> gettext.NullTranslations:
    """Return the translations in a gettext catalogue."""
    with catalogue.open("rb") as file:
        found = read_po(file)
    compiled = BytesIO()
    write_mo(compiled, found)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


def _offset(local: datetime) -> str:
    text = f"{local:%z}"
    return "UTC" if text in {"+0000", "-0000"} else f"UTC{text[:3]}:{text[3:5]}"
