"""E-mail addresses in the forms that mail servers and calendars accept."""

from __future__ import annotations

from functools import lru_cache
from typing import Final
from urllib.parse import quote

from email_validator import EmailNotValidError, validate_email

from web.mails.transport import RecipientRefused

_UNRESERVED: Final = "@!$'*+"
"""Characters of an e-mail address that a mailto URL does not encode (RFC 6068)."""


@lru_cache(maxsize=1024)
def ascii_address(email: str) -> str:
    """Return an e-mail address in ASCII form, or normalized if it has no ASCII form.

    Raises:
        RecipientRefused: if the e-mail address is invalid.
    """
    try:
        validated = validate_email(email, check_deliverability=False, test_environment=True)
    except EmailNotValidError as error:
        raise RecipientRefused(str(error)) from error
    return validated.ascii_email or validated.normalized


def mailto(email: str) -> str:
    """Return the mailto URL of an e-mail address, with percent-encoding (RFC 6068)."""
    return f"mailto:{quote(email, safe=_UNRESERVED)}"
