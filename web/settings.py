"""Settings: read once from the environment, then handed down as values."""

from __future__ import annotations

import secrets
from datetime import timedelta
from email.utils import parseaddr
from enum import StrEnum
from pathlib import Path
from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import AliasChoices, Field, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from models.caching.fast_paths import ALL, FastPath, parse_fast_paths
from subscriptions.backends import MEMORY, MONGODB, broadcast
from web.edge.hosts import ANY_ADDRESS, check_names
from web.edge.proxies import TrustedProxies
from web.mails.servers import MailServer

REDIS = ("redis://", "rediss://")
SHORTEST_SECRET = 32
"""Bytes: as long as HS256's hash (RFC 7518, section 3.2)."""


class Environment(StrEnum):
    """Where the program runs."""

    DEVELOPMENT = "development"
    PRODUCTION = "production"


class Settings(BaseSettings):
    """Everything that can be set: in the environment, or else in .env; empty counts as unset.

    The descriptions tell whoever set something badly what it is, and fill .env.example.
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
        description="development or production, which needs a secret and a MONGODB_URL",
    )
    host: str = Field(default="127.0.0.1", description="the address to listen on")
    port: int = Field(
        default=8000,
        ge=1,
        le=65535,
        validation_alias=AliasChoices("EXPERTBOOK_PORT", "PORT"),
        description="the port to listen on, 1 to 65535",
    )
    data: Path = Field(default=Path(".data"), description="the folder of the embedded database")
    mongodb_url: str | None = Field(
        default=None,
        validation_alias=AliasChoices(
            "EXPERTBOOK_MONGODB_URL", "MONGODB_URL", "MONGODB_URI", "MONGO_URI"
        ),
        description="the replica set or sharded cluster to use in place of the embedded database",
    )
    workers: int = Field(default=1, ge=1, le=64, description="how many processes serve, 1 to 64")
    broadcast_url: str | None = Field(
        default=None,
        description="what carries events between processes: redis://HOST:PORT, mongodb:// (the "
        "change stream of the database) or memory:// (one process); by default memory:// for one "
        "process on the embedded database, else mongodb://",
    )
    secret: str | None = Field(
        default=None,
        validation_alias=AliasChoices("EXPERTBOOK_SECRET", "JWT_SECRET"),
        description="what signs access tokens, at least 32 bytes; development makes one of its own",
    )
    client_url: str | None = Field(
        default=None,
        validation_alias=AliasChoices("EXPERTBOOK_CLIENT_URL", "CLIENT_URL"),
        description="the address of a web client that is served from elsewhere",
    )
    allowed_hosts: str = Field(
        default="",
        description="the names by which clients may ask this server, separated by commas, such as "
        "book.example.com or *.example.com; by default those of CLIENT_URL and of the own address, "
        "in development also localhost and any IP address",
    )
    trusted_proxies: str = Field(
        default="",
        description="the networks of proxies, separated by commas, such as 10.0.0.0/8, whose "
        "X-Forwarded-For, -Proto and -Host count; each must set or drop what clients send of them",
    )
    previous_secrets: str = Field(
        default="",
        description="former secrets, separated by commas, whose tokens still count",
    )
    access_token_minutes: int = Field(
        default=15, ge=1, le=24 * 60, description="how long an access token counts, 1 to 1440"
    )
    refresh_token_days: int = Field(
        default=30, ge=1, le=365, description="how long a session lasts without use, 1 to 365"
    )
    throttle: Literal["on", "off"] = Field(
        default="on", description="off lifts rates and caps by address, for measurements"
    )
    fast_paths: str = Field(
        default=ALL,
        description="the ways by which answers cost less, for comparisons: all, none, or some of "
        + ", ".join(FastPath),
    )
    smtp_url: str | None = Field(
        default=None,
        description="the mail server, smtp://USER:PASSWORD@HOST:PORT?starttls or smtps://…; "
        "without it development writes mails into files",
    )
    mail_from: str = Field(
        default="ExpertBook <expertbook@localhost>",
        description="whom mails are from, a name and an address such as "
        "ExpertBook <bookings@example.com>",
    )
    hold_seconds: int = Field(
        default=300, ge=1, le=3600, description="how many seconds a hold lasts, 1 to 3600"
    )
    operation_seconds: float = Field(
        default=10,
        ge=0.1,
        le=300,
        description="how many seconds a query or mutation may take, 0.1 to 300",
    )
    currency: str = Field(
        default="EUR",
        pattern="^[A-Z]{3}$",
        description="the currency of all prices, three capital letters (ISO 4217)",
    )
    phone_region: str | None = Field(
        default=None,
        pattern="^[A-Z]{2}$",
        description="the country of phone numbers without a prefix, two capital letters (ISO 3166)",
    )
    experts: int = Field(
        default=120,
        ge=0,
        le=1_000_000,
        description="how many sample experts the first start makes, 0 to 1000000",
    )
    graphiql: bool | None = Field(
        default=None,
        description="true or false: /graphql shows GraphiQL; by default not in production",
    )
    introspection: bool | None = Field(
        default=None,
        description="true or false: the schema can be asked for; by default not in production",
    )
    trusted_documents: Path | None = Field(
        default=None,
        description="the manifest of the only documents that run, JSON as written by Apollo's or "
        "Relay's tools; without it any document does",
    )
    log_level: str = Field(
        default="info",
        pattern="^(debug|info|warning|error)$",
        description="how much the log says: debug, info, warning or error",
    )
    log_format: Literal["console", "json"] | None = Field(
        default=None,
        description="console, for people, or json, with a line for each operation; by default json "
        "in production",
    )
    metrics_token: str | None = Field(
        default=None,
        description="the bearer token with which Prometheus asks for /metrics; without one "
        "/metrics answers in development alone",
    )
    otlp_url: str | None = Field(
        default=None,
        pattern="^https?://[^/]+",
        description="where traces are sent, http://HOST:4318 of an OpenTelemetry collector "
        "(OTLP over HTTP); without it none are made",
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
            raise ValueError("no address")
        return value

    @field_validator("trusted_proxies")
    @classmethod
    def _names_networks(cls, value: str) -> str:
        TrustedProxies(_split(value))
        return value

    @field_validator("fast_paths")
    @classmethod
    def _names_fast_paths(cls, value: str) -> str:
        parse_fast_paths(value)
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
                f"EXPERTBOOK_BROADCAST_URL={MEMORY} reaches one process of {self.workers}: "
                f"set it to {MONGODB} or redis://HOST:PORT, or set EXPERTBOOK_WORKERS=1."
            )
        return self

    @model_validator(mode="after")
    def _safe_in_production(self) -> Self:
        if self.is_production and len((self.secret or "").encode()) < SHORTEST_SECRET:
            raise ValueError(
                f"EXPERTBOOK_SECRET must have at least {SHORTEST_SECRET} bytes in production, "
                f"such as {secrets.token_urlsafe(SHORTEST_SECRET)}"
            )
        return self

    @property
    def is_production(self) -> bool:
        """Whether nothing made for trying out may be there."""
        return self.environment is Environment.PRODUCTION

    @property
    def bus_url(self) -> str:
        """What carries events: as set, or what reaches whoever may be on the same database."""
        is_alone = self.workers == 1 and self.mongodb_url is None
        return self.broadcast_url or (MEMORY if is_alone else MONGODB)

    @property
    def budgets_url(self) -> str | None:
        """Where all processes count budgets together, if anywhere."""
        return self.bus_url if self.bus_url.startswith(REDIS) else None

    @property
    def shows_graphiql(self) -> bool:
        """Whether browsers get GraphiQL: unless in production, or as asked for."""
        return not self.is_production if self.graphiql is None else self.graphiql

    @property
    def allows_introspection(self) -> bool:
        """Whether the schema can be asked for: unless in production, or as asked for."""
        return not self.is_production if self.introspection is None else self.introspection

    @property
    def log_form(self) -> Literal["console", "json"]:
        """What a line of the log looks like: as asked for, or JSON in production."""
        return self.log_format or ("json" if self.is_production else "console")

    @property
    def access_token_lifetime(self) -> timedelta:
        """How long an access token counts."""
        return timedelta(minutes=self.access_token_minutes)

    @property
    def refresh_token_lifetime(self) -> timedelta:
        """How long a session lasts without being used."""
        return timedelta(days=self.refresh_token_days)

    @property
    def former_secrets(self) -> list[str]:
        """Secrets whose tokens still count, so that the current one could be replaced."""
        return _split(self.previous_secrets)

    @property
    def origins(self) -> frozenset[str]:
        """The other origins whose pages may use the API."""
        return frozenset(url.rstrip("/") for url in _split(self.client_url or ""))

    @property
    def proxies(self) -> TrustedProxies:
        """The proxies whose word about clients counts."""
        return TrustedProxies(_split(self.trusted_proxies))

    @property
    def hosts(self) -> list[str]:
        """By what names clients may ask: as set, or those that must be meant."""
        if self.allowed_hosts:
            return _split(self.allowed_hosts)
        known = [urlsplit(url).hostname or "" for url in (*self.origins, self.address)]
        return known if self.is_production else [*known, "localhost", ANY_ADDRESS]

    @property
    def fast(self) -> frozenset[FastPath]:
        """The ways by which answers cost less."""
        return parse_fast_paths(self.fast_paths)

    @property
    def mail_server(self) -> MailServer | None:
        """Where mails are handed in, if anywhere."""
        return MailServer.parse(self.smtp_url) if self.smtp_url else None

    @property
    def link_base(self) -> str:
        """Where links in mails lead: the first of the web clients, or here."""
        first = (self.client_url or "").split(",")[0].strip()
        return first.rstrip("/") or self.address

    @property
    def address(self) -> str:
        """Where to open the product."""
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)  # noqa: S104 - shown
        host = f"[{host}]" if ":" in host else host
        return f"http://{host}:{self.port}"


def _split(listed: str) -> list[str]:
    return [part.strip() for part in listed.split(",") if part.strip()]
