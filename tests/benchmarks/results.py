"""What was measured: figures by name, of several windows the median."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import chain
from statistics import median
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Awaitable, Mapping, Sequence

OURS: Final = "ours"


class WrongAnswer(Exception):
    """A server has answered something else than it was asked for, so its speed says nothing."""


@dataclass(frozen=True)
class Result:
    """A measure of a target.

    Attributes:
        figures: `per_second`, `p50` and `p99` (milliseconds), `server_us` and `database_us` (CPU
            time a request, in microseconds), or others that the measure has.
        spread: how far its windows lie apart, as a part of their median.
        other: what everything else on the machine took, in per cent of a core.
        problem: why there are no figures.
    """

    target: str
    measure: str
    figures: Mapping[str, float] = field(default_factory=dict)
    spread: float = 0.0
    other: float = 0.0
    problem: str = ""


async def tried(target: str, measure: str, work: Awaitable[Result]) -> Result:
    """What some work measures, or why it has measured nothing."""
    try:
        return await work
    except WrongAnswer as wrong:
        return Result(target, measure, problem=str(wrong))


def combined(
    target: str, measure: str, windows: Sequence[Mapping[str, float]], key: str = "server_us"
) -> Result:
    """The median of each figure, and how far apart the windows lie in the figure `key`."""
    names = [name for name in windows[0] if all(name in window for window in windows)]
    medians = {name: median(window[name] for window in windows) for name in names}
    other = medians.pop("other", 0.0)
    return Result(target, measure, medians, spread([window[key] for window in windows]), other)


def across(passes: Sequence[Sequence[Result]]) -> list[Result]:
    """The median of each figure of several passes; what failed in one of them has failed."""
    found: dict[tuple[str, str], list[Result]] = {}
    for result in chain.from_iterable(passes):
        found.setdefault((result.target, result.measure), []).append(result)
    return [_median(results) for results in found.values()]


def _median(results: Sequence[Result]) -> Result:
    first = results[0]
    if problem := next((result.problem for result in results if result.problem), ""):
        return Result(first.target, first.measure, problem=problem)
    key = "server_us" if "server_us" in first.figures else next(iter(first.figures))
    return Result(
        first.target,
        first.measure,
        {name: median(result.figures[name] for result in results) for name in first.figures},
        max(spread([r.figures[key] for r in results]), *[r.spread for r in results], 0.0),
        median(result.other for result in results),
    )


def spread(values: Sequence[float]) -> float:
    """The distance of the highest from the lowest, as a part of the median."""
    middle = median(values)
    return (max(values) - min(values)) / middle if middle else 0.0


def percentiles(latencies: Sequence[float]) -> dict[str, float]:
    """`p50` and `p99` in milliseconds of latencies in seconds; the smallest that so many reach."""
    ordered = sorted(latencies)
    if not ordered:
        return {}
    ranks = {"p50": 0.5, "p99": 0.99}
    last = len(ordered) - 1
    return {
        name: 1_000 * ordered[min(last, int(rank * len(ordered)))] for name, rank in ranks.items()
    }
