"""Normalization of phone numbers.

The most recent results are cached, since clients book repeatedly with the same phone number.
"""

from __future__ import annotations

from typing import Final

import regex

from models.caching.cache import Cache

MAX_CACHED: Final = 1_024
_NUMBER: Final = r"(?:tel:)?[\p{Nd}\p{P}\p{Sm}\p{Z}\p{Cf}\s]*"
# Punctuation that may separate two numbers, but also the parts of one, which dots do, too.
_SEPARATOR: Final = regex.compile(r"(?![.\uff0e\xb7\u30fb])[\p{Po}\p{Sm}\n](?=.*\p{Nd})", regex.S)
_ABROAD: Final = regex.compile(r"^[\s\p{Cf}]*(?:tel:)?[\s\p{Cf}]*[0\uff10]{2}", regex.IGNORECASE)

_phones: Final = Cache[tuple[str, str | None], str]("phones", MAX_CACHED)


def normalized_phone(text: str, region: str | None) -> str | None:
    """Return a phone number in E.164 format, or None if it cannot be dialled.

    An extension is appended as " ext. 123". A number without a country code is taken to be from
    `region`, a country (ISO 3166). Without a region, a leading "00" means "+". Other text next to
    the number, such as "home" or a second number, is refused, because the phonenumbers library
    would drop it or read it as digits.
    """
    found = _phones.get((text, region))
    if found is None:
        import phonenumbers  # noqa: PLC0415 - large, so loaded on first use

        dialled = text if region else _ABROAD.sub("+", text)
        try:
            number = phonenumbers.parse(dialled, region)
        except phonenumbers.NumberParseException:
            return None
        reason = phonenumbers.is_possible_number_with_reason(number)
        if reason != phonenumbers.ValidationResult.IS_POSSIBLE:
            return None
        extension = rf"\P{{Nd}}*\p{{Nd}}{{{len(number.extension)}}}#?" if number.extension else ""
        parts = regex.fullmatch(f"({_NUMBER}){extension}", dialled.strip(), regex.IGNORECASE)
        if parts is None or _has_second_number(parts[1], region):
            return None
        found = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
        if number.extension:
            found = f"{found} ext. {number.extension}"
        _phones.put((text, region), found)
    return found


def _has_second_number(text: str, region: str | None) -> bool:
    """Return whether digits follow a valid number and a separator, as in "030 901820 / 901821"."""
    return any(
        _is_valid(text[: separator.start()], region) for separator in _SEPARATOR.finditer(text)
    )


def _is_valid(text: str, region: str | None) -> bool:
    import phonenumbers  # noqa: PLC0415 - large, so loaded on first use

    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(text, region))
    except phonenumbers.NumberParseException:
        return False
