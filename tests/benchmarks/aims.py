"""What is aimed at: each figure as a ratio to the best peer's of the same run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from tests.benchmarks.results import OURS
from tests.benchmarks.rig import APOLLO, EXPRESS, PEERS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.benchmarks.results import Result


@dataclass(frozen=True)
class Aim:
    """Of one figure of a measure: how many times the best peer's it may be at most, or at least.

    Without rivals the figure is a ratio itself.
    """

    title: str
    measure: str
    figure: str
    unit: str
    at_most: float | None = None
    at_least: float | None = None
    rivals: tuple[str, ...] = PEERS

    @property
    def text(self) -> str:
        """The aim in words."""
        if self.at_most is not None:
            return f"at most {_fraction(self.at_most)}"
        return f"at least {self.at_least:g}"

    def is_met_by(self, ratio: float) -> bool:
        """Whether a ratio is as it should be."""
        if self.at_most is not None:
            return ratio <= self.at_most
        return self.at_least is not None and ratio >= self.at_least


def _fraction(ratio: float) -> str:
    return f"1/{1 / ratio:.0f}" if ratio < 1 else f"{ratio:g}"


CPU: Final = ("server_us", "µs")
RATE: Final = ("per_second", "/s")
SOCKET_IO: Final = (EXPRESS,)
AIMS: Final = (
    Aim("List of 20 with total, server CPU", "list", *CPU, at_most=1 / 5),
    Aim("List of 20 with total, rate", "list", *RATE, at_least=5),
    Aim("Page two, server CPU", "next", *CPU, at_most=1 / 3),
    Aim("Page two, rate", "next", *RATE, at_least=3),
    Aim("Search, server CPU", "search", *CPU, at_most=1 / 3),
    Aim("Search, rate", "search", *RATE, at_least=3),
    Aim("Expert with 40 slots, server CPU", "detail", *CPU, at_most=1 / 3),
    Aim("Expert with 40 slots, rate", "detail", *RATE, at_least=2),
    Aim("Bookings of distinct slots, rate", "book", *RATE, at_least=1.5),
    Aim("500 at once for one slot, all answered", "contention", "all_done_ms", "ms", at_most=1 / 2),
    Aim(
        "Booking to the last of 1,000 subscribers, p50",
        *("fanout", "last_p50", "ms"),
        at_most=1,
        rivals=SOCKET_IO,
    ),
    Aim(
        "Booking to the last of 1,000 subscribers, p99",
        *("fanout", "last_p99", "ms"),
        at_most=1,
        rivals=SOCKET_IO,
    ),
    Aim(
        "Flood of bookings to 1,000 subscribers, deliveries",
        *("fanout", "deliveries_per_second", "/s"),
        at_least=1,
        rivals=SOCKET_IO,
    ),
    Aim("Memory at the start", "memory", "start_mb", "MB", at_most=1),
    Aim("Memory with 1,000 idle subscribers", "memory", "crowded_mb", "MB", at_most=1),
    *(
        Aim(f"{title}, {kind}, server CPU", f"{name}, {key}", *CPU, at_most=1, rivals=(APOLLO,))
        for title, name in (("List of 20 with total", "list"), ("Expert with 40 slots", "detail"))
        for kind, key in (("unknown documents", "unknown"), ("signed in", "signed in"))
    ),
    Aim(
        "A larger directory: list, not kept, server CPU",
        *("growth list", "server_us_ratio", ""),
        at_most=1.3,
        rivals=(),
    ),
    Aim(
        "An expert's longer history: slots, not kept, server CPU",
        *("growth slots", "server_us_ratio", ""),
        at_most=1.3,
        rivals=(),
    ),
)


class Verdict(NamedTuple):
    """What became of an aim; without a rival the ratio is our own figure."""

    aim: Aim
    ours: float
    rival: str
    best: float | None
    ratio: float

    @property
    def is_met(self) -> bool:
        """Whether the aim is reached."""
        return self.aim.is_met_by(self.ratio)


def verdicts(results: Iterable[Result], aims: Iterable[Aim] = AIMS) -> list[Verdict]:
    """Our figures against the best peer's; aims for which something was not measured are left."""
    figures = {
        (result.target, result.measure, name): value
        for result in results
        for name, value in result.figures.items()
    }
    found = []
    for aim in aims:
        ours = figures.get((OURS, aim.measure, aim.figure))
        if ours is None:
            continue
        rivals = {
            rival: figures[rival, aim.measure, aim.figure]
            for rival in aim.rivals
            if (rival, aim.measure, aim.figure) in figures
        }
        if not aim.rivals:
            found.append(Verdict(aim, ours, "", None, ours))
        elif rivals:
            choose = min if aim.at_most is not None else max
            rival = choose(rivals, key=rivals.__getitem__)
            found.append(Verdict(aim, ours, rival, rivals[rival], ours / rivals[rival]))
    return found
