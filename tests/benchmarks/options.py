"""Reads the options of `make bench` from environment variables (see docs/performance.md)."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

from pydantic import AfterValidator, BeforeValidator, DirectoryPath, Field, FilePath, PositiveInt
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

COMPARED: Final = ("list", "next", "search", "detail", "book", "contention", "fanout")
"""The measures that are also taken of the peer servers, with the names used by their rig."""
MEASURES: Final = (*COMPARED, "memory", "watchers", "uncached", "growth", "workers")


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",")]


def _known(measures: frozenset[str]) -> frozenset[str]:
    if unknown := measures - set(MEASURES):
        raise ValueError(f"{', '.join(sorted(unknown))}: choose from {', '.join(MEASURES)}")
    return measures


Names = Annotated[frozenset[str], NoDecode, BeforeValidator(_names)]


class Options(BaseSettings):
    """Options, each named like its environment variable; an empty variable counts as unset."""

    model_config = SettingsConfigDict(env_ignore_empty=True, validate_default=False)

    peers: DirectoryPath | None = None
    targets: Names = frozenset()
    db_bin: FilePath | None = None
    measures: Annotated[Names, AfterValidator(_known)] = frozenset(MEASURES)
    rounds: PositiveInt = 3
    passes: PositiveInt = 1
    seconds: float = Field(default=2.0, ge=0.1, allow_inf_nan=False)
    experts: PositiveInt = 20_000
    bookings: PositiveInt = 10_000
    sockets: PositiveInt = 10_000
    quiet: float = Field(default=0.0, ge=0, allow_inf_nan=False)
    out: Path = Path(".bench")
