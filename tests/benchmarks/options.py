"""What `make bench` is told, by variables."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

COMPARED: Final = ("list", "next", "search", "detail", "book", "contention", "fanout")
"""What every peer is asked for, too, by the names of the peers' rig."""
OWN: Final = ("memory", "uncached", "growth", "workers")
MEASURES: Final = (*COMPARED, *OWN)


class WrongOption(Exception):
    """A variable has a value that it cannot have."""


@dataclass(frozen=True)
class Options:
    """How a run is made.

    `rounds` windows of `seconds` are measured of everything; with peers all of it `passes` times,
    since a shared machine is faster in one minute than in another. `experts` and `bookings` are
    what the directory and one calendar grow to.
    """

    peers: Path | None = None
    database: Path | None = None
    measures: frozenset[str] = frozenset(MEASURES)
    rounds: int = 3
    passes: int = 1
    seconds: float = 2.0
    experts: int = 20_000
    bookings: int = 10_000
    quiet_minutes: float = 0.0
    folder: Path = Path(".bench")

    @property
    def compared(self) -> list[str]:
        """The measures that peers share, in order."""
        return [name for name in COMPARED if name in self.measures]


def read_options(environment: Mapping[str, str]) -> Options:
    """Read the variables; one that is empty counts as left out.

    Raises:
        WrongOption: for what is no number, measure or place.
    """
    given = {name: value for name, value in environment.items() if value}
    return Options(
        peers=_place(given, "PEERS"),
        database=_place(given, "DB_BIN"),
        measures=_measures(given.get("MEASURES", ",".join(MEASURES))),
        rounds=int(_number(given, "ROUNDS", "3")),
        passes=int(_number(given, "PASSES", "1")),
        seconds=_number(given, "SECONDS", "2"),
        experts=int(_number(given, "EXPERTS", "20000")),
        bookings=int(_number(given, "BOOKINGS", "10000")),
        quiet_minutes=_number(given, "QUIET", "0", least=0),
        folder=Path(given.get("OUT", ".bench")).resolve(),
    )


def _place(given: Mapping[str, str], name: str) -> Path | None:
    if name not in given:
        return None
    path = Path(given[name]).expanduser().resolve()
    if not path.exists():
        raise WrongOption(f"{name}: there is no {path}")
    return path


def _number(given: Mapping[str, str], name: str, default: str, least: float = 1) -> float:
    text = given.get(name, default)
    try:
        number = float(text)
    except ValueError:
        raise WrongOption(f"{name}: {text!r} is no number") from None
    if not least <= number < float("inf"):
        raise WrongOption(f"{name}: {text} is not {least:g} or more")
    return number


def _measures(text: str) -> frozenset[str]:
    names = frozenset(filter(None, (name.strip() for name in text.split(","))))
    if unknown := names - set(MEASURES):
        raise WrongOption(
            f"MEASURES: {', '.join(sorted(unknown))} is none of {', '.join(MEASURES)}"
        )
    return names
