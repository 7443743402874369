"""Parser for the mail server's URL in EXPERTBOOK_SMTP_URL."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from ipaddress import ip_address
from urllib.parse import unquote, urlsplit


class Security(StrEnum):
    """Encryption of a connection to the mail server: none, implicit TLS, or STARTTLS."""

    NONE = "none"
    TLS = "tls"
    STARTTLS = "starttls"


DEFAULT_PORTS = {Security.NONE: 25, Security.TLS: 465, Security.STARTTLS: 587}


@dataclass(frozen=True, slots=True)
class MailServer:
    """Network address and credentials of an SMTP server."""

    host: str
    port: int
    security: Security
    user: str | None = None
    password: str | None = field(default=None, repr=False)

    @classmethod
    def parse(cls, url: str) -> MailServer:
        """Parse smtp://host:port, smtp://user:password@host?starttls or smtps://user:password@host.

        The user name and password are percent-encoded. The default port is 25 without encryption,
        587 with STARTTLS, and 465 with TLS.

        Raises:
            ValueError: if the URL is malformed, or would send a password unencrypted.
        """
        parts = urlsplit(url)
        security = Security.TLS if parts.scheme == "smtps" else Security.NONE
        if parts.scheme not in {"smtp", "smtps"} or not parts.hostname:
            raise ValueError("it must be smtp://HOST:PORT or smtps://HOST:PORT")
        if parts.query == "starttls" and security is Security.NONE:
            security = Security.STARTTLS
        elif parts.query or parts.fragment or parts.path.strip("/"):
            raise ValueError("only ?starttls may follow the host, and only with smtp://")
        if parts.username and security is Security.NONE and not _is_loopback(parts.hostname):
            raise ValueError(
                "a password needs an encrypted connection: add ?starttls or use smtps://"
            )
        return cls(
            host=parts.hostname,
            port=parts.port or DEFAULT_PORTS[security],
            security=security,
            user=unquote(parts.username) if parts.username else None,
            password=unquote(parts.password or "") if parts.username else None,
        )


def _is_loopback(host: str) -> bool:
    """Return whether a host name or IP address denotes the loopback interface."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
