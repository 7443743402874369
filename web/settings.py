"""Settings, read once from the environment and passed on as values."""

from __future__ import annotations

import secrets
from datetime import timedelta
from email.utils import parseaddr
from enum import StrEnum
from pathlib import Path
from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import AliasChoices, Field, field_validator, model_validator
from pydantic_settings import SettingsConfigDict

from subscriptions.backends import MEMORY, MONGODB, broadcast
from web.booking_settings import BookingSettings
from web.edge.addresses import TrustedProxies
from web.edge.hosts import ANY_ADDRESS, check_names
from web.mails.servers import MailServer

REDIS = ("redis://", "rediss://")
MIN_SECRET_BYTES = 32
"""HS256 requires a key at least as long as its hash (RFC 7518, section 3.2)."""


class Environment(StrEnum):
    """Deployment environment."""

    DEVELOPMENT = "development"
    PRODUCTION = "production"


class Settings(BookingSettings):
    """All settings, read from environment variables or else from .env; empty values count as unset.

    The fields' descriptions appear in error messages about invalid values and in .env.example.
    """

    model_config = SettingsConfigDict(
        env_prefix="EXPERTBOOK_",
        env_file=".env",
        env_ignore_empty=True,
        extra="ignore",
        populate_by_name=True,
    )

    environment: Environment = Field(
        default=Environment.DEVELOPMENT,
        description="development or production; production requires EXPERTBOOK_SECRET, MONGODB_URL "
        "and EXPERTBOOK_SMTP_URL",
    )
    host: str = Field(default="127.0.0.1", description="the network address to listen on")
    port: int = Field(
        default=8000,
        ge=1,
        le=65535,
        validation_alias=AliasChoices("EXPERTBOOK_PORT", "PORT"),
        description="the port to listen on, 1 to 65535",
    )
    data: Path = Field(
        default=Path(".data"), description="the data folder of the embedded database"
    )
    mongodb_url: str | None = Field(
        default=None,
        validation_alias=AliasChoices(
            "EXPERTBOOK_MONGODB_URL", "MONGODB_URL", "MONGODB_URI", "MONGO_URI"
        ),
        description="the MongoDB replica set or sharded cluster to use instead of the embedded "
        "database",
    )
    workers: int = Field(
        default=1, ge=1, le=64, description="the number of worker processes, 1 to 64"
    )
    broadcast_url: str | None = Field(
        default=None,
        description="the broadcast backend for events between processes: redis://HOST:PORT, "
        "mongodb:// (the database's change stream) or memory:// (a single process); the default "
        "is memory:// for one process on the embedded database, otherwise mongodb://",
    )
    secret: str | None = Field(
        default=None,
        validation_alias=AliasChoices("EXPERTBOOK_SECRET", "JWT_SECRET"),
        description="the key for access tokens, sign-in codes and signed URLs, at least 32 bytes; "
        "generated in development",
    )
    client_url: str | None = Field(
        default=None,
        validation_alias=AliasChoices("EXPERTBOOK_CLIENT_URL", "CLIENT_URL"),
        description="the URL of a web client on another origin, or several URLs separated by "
        "commas",
    )
    allowed_hosts: str = Field(
        default="",
        description="the host names that requests may use, separated by commas, such as "
        "book.example.com or *.example.com; by default those of CLIENT_URL and "
        "EXPERTBOOK_HOST, in development also localhost and any IP address",
    )
    trusted_proxies: str = Field(
        default="",
        description="the networks of trusted proxies, separated by commas, such as 10.0.0.0/8; "
        "their X-Forwarded-For, -Proto and -Host headers are used, so each proxy must overwrite or "
        "remove those that clients send",
    )
    previous_secrets: str = Field(
        default="",
        description="former secrets, separated by commas; tokens, sign-in codes and URLs made with "
        "them stay valid",
    )
    access_token_minutes: int = Field(
        default=15,
        ge=1,
        le=24 * 60,
        description="the lifetime of an access token in minutes, 1 to 1440",
    )
    refresh_token_days: int = Field(
        default=30,
        ge=1,
        le=365,
        description="the days after which an unused session expires, 1 to 365",
    )
    unverified_days: int = Field(
        default=30,
        ge=1,
        le=365,
        description="the days after which an account is removed if its e-mail address was never "
        "verified, 1 to 365",
    )
    throttle: Literal["on", "off"] = Field(
        default="on",
        description="on or off; off disables rate limits and the limits per network address, for "
        "benchmarks",
    )
    caches: Literal["on", "off"] = Field(
        default="on",
        description="on or off; off computes every response anew, for tests and comparisons",
    )
    smtp_url: str | None = Field(
        default=None,
        description="the mail server, smtp://USER:PASSWORD@HOST:PORT?starttls or smtps://…; "
        "without one, e-mails are written to files in development",
    )
    mail_from: str = Field(
        default="ExpertBook <expertbook@localhost>",
        description="the sender of e-mails, a name and an e-mail address such as "
        "ExpertBook <bookings@example.com>",
    )
    mails_per_hour: int = Field(
        default=30,
        ge=1,
        le=10_000,
        description="the maximum number of e-mails about bookings to one recipient in an hour, 1 "
        "to 10000; the same limit applies to e-mails with links and codes; further e-mails wait "
        "for the next hour",
    )
    operation_seconds: float = Field(
        default=10,
        ge=0.1,
        le=300,
        description="the time limit of a query or mutation in seconds, 0.1 to 300",
    )
    experts: int = Field(
        default=120,
        ge=0,
        le=1_000_000,
        description="the number of sample experts created at the first start, 0 to 1000000",
    )
    graphiql: bool | None = Field(
        default=None,
        description="true or false: serve GraphiQL at /graphql; the default is true except in "
        "production",
    )
    introspection: bool | None = Field(
        default=None,
        description="true or false: allow introspection; the default is true except in production",
    )
    trusted_documents: Path | None = Field(
        default=None,
        description="a JSON manifest of the only GraphQL documents that may run, as generated by "
        "Apollo's or Relay's tools; without one, any document may run",
    )
    log_level: str = Field(
        default="info",
        pattern="^(debug|info|warning|error)$",
        description="the log level: debug, info, warning or error",
    )
    log_format: Literal["console", "json"] | None = Field(
        default=None,
        description="the log format: console, or json with one line per operation; the default is "
        "json in production, otherwise console",
    )
    metrics_token: str | None = Field(
        default=None,
        description="the bearer token that /metrics requires; without one, /metrics is open in "
        "development and disabled in production",
    )
    otlp_url: str | None = Field(
        default=None,
        pattern="^https?://[^/]+",
        description="the OpenTelemetry collector that receives traces (OTLP over HTTP), such as "
        "http://HOST:4318; without one, tracing is off",
    )

    @field_validator("broadcast_url")
    @classmethod
    def _names_a_backend(cls, value: str | None) -> str | None:
        if value is not None:
            broadcast(value)
        return value

    @field_validator("smtp_url")
    @classmethod
    def _names_a_mail_server(cls, value: str | None) -> str | None:
        if value is not None:
            MailServer.parse(value)
        return value

    @field_validator("mail_from")
    @classmethod
    def _names_a_sender(cls, value: str) -> str:
        _, address = parseaddr(value)
        local, _, host = address.rpartition("@")
        if not (local and host and value.isprintable() and address.isascii()):
            raise ValueError("contains no ASCII e-mail address")
        return value

    @field_validator("trusted_proxies")
    @classmethod
    def _names_networks(cls, value: str) -> str:
        TrustedProxies(_split(value))
        return value

    @field_validator("allowed_hosts")
    @classmethod
    def _names_hosts(cls, value: str) -> str:
        check_names(_split(value))
        return value

    @model_validator(mode="after")
    def _reaches_every_worker(self) -> Self:
        if self.workers > 1 and self.broadcast_url == MEMORY:
            raise ValueError(
                f"EXPERTBOOK_BROADCAST_URL={MEMORY} only works with one worker, not "
                f"{self.workers}. Set it to {MONGODB} or redis://HOST:PORT, or set "
                "EXPERTBOOK_WORKERS=1."
            )
        return self

    @model_validator(mode="after")
    def _safe_in_production(self) -> Self:
        if self.is_production and len((self.secret or "").encode()) < MIN_SECRET_BYTES:
            raise ValueError(
                f"EXPERTBOOK_SECRET must have at least {MIN_SECRET_BYTES} bytes in production, "
                f"such as {secrets.token_urlsafe(MIN_SECRET_BYTES)}"
            )
        return self

    @property
    def is_production(self) -> bool:
        """Whether this is production, which disables demo data and development defaults."""
        return self.environment is Environment.PRODUCTION

    @property
    def bus_url(self) -> str:
        """URL of the broadcast backend; the default reaches all processes on one database."""
        is_alone = self.workers == 1 and self.mongodb_url is None
        return self.broadcast_url or (MEMORY if is_alone else MONGODB)

    @property
    def budgets_url(self) -> str | None:
        """URL of the Redis server that shares rate limits between processes, if there is one."""
        return self.bus_url if self.bus_url.startswith(REDIS) else None

    @property
    def shows_graphiql(self) -> bool:
        """Whether to serve GraphiQL; by default not in production."""
        return not self.is_production if self.graphiql is None else self.graphiql

    @property
    def allows_introspection(self) -> bool:
        """Whether to allow introspection; by default not in production."""
        return not self.is_production if self.introspection is None else self.introspection

    @property
    def effective_log_format(self) -> Literal["console", "json"]:
        """Format of log lines; by default JSON in production."""
        return self.log_format or ("json" if self.is_production else "console")

    @property
    def access_token_lifetime(self) -> timedelta:
        """Lifetime of an access token."""
        return timedelta(minutes=self.access_token_minutes)

    @property
    def refresh_token_lifetime(self) -> timedelta:
        """Time after which an unused session expires."""
        return timedelta(days=self.refresh_token_days)

    @property
    def former_secrets(self) -> list[str]:
        """Former secrets; tokens, sign-in codes and URLs made with them are still accepted."""
        return _split(self.previous_secrets)

    @property
    def origins(self) -> frozenset[str]:
        """Origins, besides the server's own origin, whose pages may use the API."""
        return frozenset(url.rstrip("/") for url in _split(self.client_url or ""))

    @property
    def proxies(self) -> TrustedProxies:
        """Proxies whose forwarded headers are trusted."""
        return TrustedProxies(_split(self.trusted_proxies))

    @property
    def hosts(self) -> list[str]:
        """Allowed host names; by default those of the origins and of `address`."""
        if self.allowed_hosts:
            return _split(self.allowed_hosts)
        known = [urlsplit(url).hostname or "" for url in (*self.origins, self.address)]
        return known if self.is_production else [*known, "localhost", ANY_ADDRESS]

    @property
    def mail_server(self) -> MailServer | None:
        """Mail server, or None if no server is configured."""
        return MailServer.parse(self.smtp_url) if self.smtp_url else None

    @property
    def link_base(self) -> str:
        """Base URL of links in e-mails: the URL of the first web client, or else of this server."""
        first = (self.client_url or "").split(",")[0].strip()
        return first.rstrip("/") or self.address

    @property
    def address(self) -> str:
        """URL at which a browser on this machine reaches the server."""
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)  # noqa: S104 - shown
        host = f"[{host}]" if ":" in host else host
        return f"http://{host}:{self.port}"


def _split(listed: str) -> list[str]:
    return [part.strip() for part in listed.split(",") if part.strip()]
