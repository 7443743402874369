"""The mail server, as a setting names it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from ipaddress import ip_address
from urllib.parse import unquote, urlsplit


class Security(StrEnum):
    """How a connection is kept from others: not at all, from the start, or from STARTTLS on."""

    NONE = "none"
    TLS = "tls"
    STARTTLS = "starttls"


PORTS = {Security.NONE: 25, Security.TLS: 465, Security.STARTTLS: 587}


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mails are handed in, and as whom."""

    host: str
    port: int
    security: Security
    user: str | None = None
    password: str | None = field(default=None, repr=False)

    @classmethod
    def parse(cls, url: str) -> MailServer:
        """Read smtp://host:port, smtp://user:password@host?starttls or smtps://user:password@host.

        Names and passwords are percent-encoded. Without a port it is the usual one: 25, 587 with
        STARTTLS, 465 with TLS.

        Raises:
            ValueError: says what is wrong with it.
        """
        parts = urlsplit(url)
        security = Security.TLS if parts.scheme == "smtps" else Security.NONE
        if parts.scheme not in {"smtp", "smtps"} or not parts.hostname:
            raise ValueError("it must be smtp://HOST:PORT or smtps://HOST:PORT")
        if parts.query == "starttls" and security is Security.NONE:
            security = Security.STARTTLS
        elif parts.query or parts.fragment or parts.path.strip("/"):
            raise ValueError("nothing but ?starttls may follow the host, and that not with smtps")
        if parts.username and security is Security.NONE and not _is_here(parts.hostname):
            raise ValueError("a password must not travel in the clear: add ?starttls or use smtps")
        return cls(
            host=parts.hostname,
            port=parts.port or PORTS[security],
            security=security,
            user=unquote(parts.username) if parts.username else None,
            password=unquote(parts.password or "") if parts.username else None,
        )


def _is_here(host: str) -> bool:
    """Whether a host is this machine."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
