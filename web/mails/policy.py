"""E-mail policies: Python's SMTP policy (RFC 5322, RFC 2045), made faster by caching.

The standard policy creates a class for every header of every message. Here header classes are
cached, and all mails of a process share one unguessable MIME boundary, parsed once.
"""

from __future__ import annotations

from email.headerregistry import HeaderRegistry
from email.policy import SMTP
from functools import lru_cache
from secrets import token_hex
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from email.message import EmailMessage


class _Headers(HeaderRegistry):
    """Caches the class of each kind of header."""

    @lru_cache  # noqa: B019 - the only instance lives as long as the process
    def __getitem__(self, name: str) -> Any:
        return super().__getitem__(name)


_headers = _Headers()
POLICY: Final = SMTP.clone(header_factory=_headers)
POLICY_UTF8: Final = POLICY.clone(utf8=True)

_multipart: Final = _headers("Content-Type", f'multipart/alternative; boundary="{token_hex(16)}"')


def set_boundary(message: EmailMessage) -> None:
    """Give a multipart/alternative message the shared boundary."""
    message.replace_header("Content-Type", _multipart)
