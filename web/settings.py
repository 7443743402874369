"""Settings: read once from the environment, then handed down as values."""

from __future__ import annotations

import secrets
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Self

from pydantic import AliasChoices, Field, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

SHORTEST_SECRET = 32
"""Bytes: as long as HS256's hash (RFC 7518, section 3.2)."""


class Environment(StrEnum):
    """Where the program runs."""

    DEVELOPMENT = "development"
    PRODUCTION = "production"


class Settings(BaseSettings):
    """Everything that can be set. The prefix is EXPERTBOOK_; .env is read, too."""

    model_config = SettingsConfigDict(
        env_prefix="EXPERTBOOK_", env_file=".env", extra="ignore", populate_by_name=True
    )

    environment: Environment = Environment.DEVELOPMENT
    host: str = "127.0.0.1"
    port: int = Field(
        default=8000, ge=1, le=65535, validation_alias=AliasChoices("EXPERTBOOK_PORT", "PORT")
    )
    data: Path = Path(".data")
    mongodb_url: str | None = Field(
        default=None,
        validation_alias=AliasChoices(
            "EXPERTBOOK_MONGODB_URL", "MONGODB_URL", "MONGODB_URI", "MONGO_URI"
        ),
    )
    broadcast_url: str = "memory://"
    secret: str | None = Field(
        default=None, validation_alias=AliasChoices("EXPERTBOOK_SECRET", "JWT_SECRET")
    )
    client_url: str | None = Field(
        default=None, validation_alias=AliasChoices("EXPERTBOOK_CLIENT_URL", "CLIENT_URL")
    )
    access_token_minutes: int = Field(default=24 * 60, ge=1, le=24 * 60)
    currency: str = Field(default="EUR", pattern="^[A-Z]{3}$")
    phone_region: str | None = Field(default=None, pattern="^[A-Z]{2}$")
    experts: int = Field(default=120, ge=0, le=1_000_000)
    graphiql: bool | None = None
    introspection: bool | None = None
    log_level: str = Field(default="info", pattern="^(debug|info|warning|error)$")

    @field_validator("mongodb_url", "secret", "client_url", "phone_region", mode="before")
    @classmethod
    def _empty_is_unset(cls, value: object) -> object:
        return None if value == "" else value

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
    def shows_graphiql(self) -> bool:
        """Whether browsers get GraphiQL: unless in production, or as asked for."""
        return not self.is_production if self.graphiql is None else self.graphiql

    @property
    def allows_introspection(self) -> bool:
        """Whether the schema can be asked for: unless in production, or as asked for."""
        return not self.is_production if self.introspection is None else self.introspection

    @property
    def access_token_lifetime(self) -> timedelta:
        """How long an access token counts."""
        return timedelta(minutes=self.access_token_minutes)

    @property
    def address(self) -> str:
        """Where to open the product."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"
