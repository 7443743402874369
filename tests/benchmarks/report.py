"""Compares the measured figures with their targets, and writes the report in Markdown."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from enum import StrEnum
from statistics import median, quantiles
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Awaitable, Iterable, Sequence

OURS: Final = "ours"
"""Name of ExpertBook in the results; the peers' rig uses the same name."""


class Figure(StrEnum):
    """Kinds of measured figures; the values are the names that the peers' rig uses."""

    SERVER_CPU = "serverUs"
    DATABASE_CPU = "dbUs"
    RATE = "perS"
    P50 = "p50"
    P99 = "p99"
    OTHER_LOAD = "otherLoad"  # CPU time of all other processes, in percent of one core
    ALL_ANSWERED = "allDoneMs"
    DELIVERIES = "floodPerS"
    LAST_P50 = "lastP50"
    LAST_P99 = "lastP99"
    START_MB = "rssStartMB"
    CROWDED_MB = "rssSubsMB"
    SUBSCRIBER_KB = "kbPerSub"
    PER_CORE = "perCoreS"  # deliveries per second of the server's CPU time
    RESUMED_S = "resumedS"  # seconds until all sockets have reconnected and caught up
    SERVER_RATIO = "serverRatio"
    DATABASE_RATIO = "dbRatio"
    CPU_BEFORE = "serverUsBefore"
    CPU_AFTER = "serverUsAfter"


Figures = dict[Figure, float]
"""Figures of one measuring window; the first figure is the main one."""


class WrongAnswer(Exception):
    """A server sent a wrong response, so its speed is meaningless."""


@dataclass(frozen=True)
class Result:
    """The figures that one measure found for one server.

    Attributes:
        spread: difference between the highest and the lowest main figure of the measuring windows,
            divided by the median.
        problem: reason why the server has no figures; empty if it has figures.
    """

    server: str
    measure: str
    figures: Figures = field(default_factory=dict)
    spread: float = 0.0
    problem: str = ""


async def record(server: str, measure: str, windows: Awaitable[Sequence[Figures]]) -> Result:
    """Return a measure's result: its figures, or the problem if the server failed."""
    try:
        return summarize(server, measure, await windows)
    except (WrongAnswer, OSError, EOFError) as problem:
        return Result(server, measure, problem=str(problem))


def summarize(server: str, measure: str, windows: Sequence[Figures]) -> Result:
    """Return the medians over all windows, for the figures that every window has."""
    names = [name for name in windows[0] if all(name in window for window in windows)]
    medians = {name: median(window[name] for window in windows) for name in names}
    return Result(server, measure, medians, spread([window[names[0]] for window in windows]))


def merge(results: Iterable[Result]) -> list[Result]:
    """Merge the results of several passes; if a pass had a problem, so has the merged result."""
    repeated: dict[tuple[str, str], list[Result]] = defaultdict(list)
    for result in results:
        repeated[result.server, result.measure].append(result)
    return [_merged(*key, passes) for key, passes in repeated.items()]


def _merged(server: str, measure: str, passes: Sequence[Result]) -> Result:
    if failed := [result for result in passes if result.problem]:
        return failed[0]
    merged = summarize(server, measure, [result.figures for result in passes])
    return replace(merged, spread=max(merged.spread, *(result.spread for result in passes)))


def spread(values: Sequence[float]) -> float:
    """Return the difference between the highest and the lowest value, divided by the median."""
    middle = median(values)
    return (max(values) - min(values)) / middle if middle else 0.0


def percentiles(seconds: Sequence[float]) -> tuple[float, float]:
    """Return the 50th and 99th percentiles of latencies, converted to milliseconds."""
    cuts = quantiles(seconds, n=100, method="inclusive")
    return 1_000 * cuts[49], 1_000 * cuts[98]


EXPRESS: Final = "express-mongoose-socketio"
APOLLO: Final = "apollo-mongoose"
NODE: Final = (EXPRESS, APOLLO, "mercurius-mongoose")
"""Names of the peers that run on Node and have no response cache."""
HIGHER_IS_BETTER: Final = {Figure.RATE, Figure.DELIVERIES, Figure.PER_CORE}


class Aim(NamedTuple):
    """A target for one of our figures.

    The limit applies to the ratio of our figure to the best competitor's figure or, if the target
    has no competitors, to our figure itself.
    """

    measure: str
    figure: Figure
    limit: float
    rivals: tuple[str, ...] = NODE

    def __str__(self) -> str:
        if self.figure in HIGHER_IS_BETTER:
            return f"at least {self.limit:g}"
        return f"at most {self.limit:g}" if self.limit >= 1 else f"at most 1/{1 / self.limit:.0f}"


AIMS: Final = (
    Aim("list", Figure.SERVER_CPU, 1 / 5),
    Aim("list", Figure.RATE, 5),
    Aim("next", Figure.SERVER_CPU, 1 / 3),
    Aim("next", Figure.RATE, 3),
    Aim("search", Figure.SERVER_CPU, 1 / 3),
    Aim("search", Figure.RATE, 3),
    Aim("detail", Figure.SERVER_CPU, 1 / 3),
    Aim("detail", Figure.RATE, 2),
    Aim("book", Figure.RATE, 1.5),
    Aim("contention", Figure.ALL_ANSWERED, 1 / 2),
    Aim("fanout", Figure.LAST_P50, 1, (EXPRESS,)),
    Aim("fanout", Figure.LAST_P99, 1, (EXPRESS,)),
    Aim("fanout", Figure.DELIVERIES, 1, (EXPRESS,)),
    Aim("memory", Figure.START_MB, 1),
    Aim("memory", Figure.CROWDED_MB, 1),
    Aim("list, unknown documents", Figure.SERVER_CPU, 1, (APOLLO,)),
    Aim("list, signed in", Figure.SERVER_CPU, 1, (APOLLO,)),
    Aim("detail, unknown documents", Figure.SERVER_CPU, 1, (APOLLO,)),
    Aim("detail, signed in", Figure.SERVER_CPU, 1, (APOLLO,)),
    Aim("watchers of one expert", Figure.LAST_P99, 100, ()),
    Aim("watchers of one expert", Figure.SUBSCRIBER_KB, 12, ()),
    Aim("watchers of many experts", Figure.PER_CORE, 20_000, ()),
    Aim("watchers of many experts", Figure.LAST_P99, 200, ()),
    Aim("watchers return together", Figure.RESUMED_S, 10, ()),
    Aim("larger directory", Figure.SERVER_RATIO, 1.3, ()),
    Aim("search by time", Figure.SERVER_RATIO, 1.3, ()),
    Aim("soonest", Figure.SERVER_RATIO, 1.3, ()),
    Aim("longer history", Figure.SERVER_RATIO, 1.3, ()),
)


class Verdict(NamedTuple):
    """Our figure, its ratio to the best competitor's figure, and whether the target is met."""

    aim: Aim
    ours: float
    rival: str
    best: float
    ratio: float
    is_met: bool


def judge(results: Iterable[Result], aims: Iterable[Aim] = AIMS) -> list[Verdict]:
    """Compare the results with the targets; skip targets whose figures were not measured."""
    figures = {(result.server, result.measure): result.figures for result in results}
    verdicts = []
    for aim in aims:
        measured = {
            server: found[aim.figure]
            for server in (OURS, *aim.rivals)
            if aim.figure in (found := figures.get((server, aim.measure), {}))
        }
        ours = measured.pop(OURS, None)
        if ours is None or (aim.rivals and not measured):
            continue
        is_rate = aim.figure in HIGHER_IS_BETTER
        best = max if is_rate else min
        rival = best(measured, key=measured.__getitem__, default="")
        ratio = ours / measured.get(rival, 1)
        is_met = ratio >= aim.limit if is_rate else ratio <= aim.limit
        verdicts.append(Verdict(aim, ours, rival, measured.get(rival, 1), ratio, is_met))
    return verdicts


COLUMNS: Final = (
    *(Figure.RATE, Figure.P50, Figure.P99),
    *(Figure.SERVER_CPU, Figure.DATABASE_CPU, Figure.OTHER_LOAD),
)
"""Figures that have a column each; all other figures share the last column."""


def report(results: Sequence[Result], conditions: str) -> str:
    """Return the whole report as Markdown, beginning with the measuring conditions."""
    parts = [conditions]
    if verdicts := judge(results):
        met = sum(verdict.is_met for verdict in verdicts)
        parts += [comparison(verdicts), f"{met} of {len(verdicts)} aims are met."]
    parts.append(all_figures(results))
    failed = [result for result in results if result.problem and result.server == OURS]
    parts += [f"Our own {result.measure} failed: {result.problem}" for result in failed]
    return "\n\n".join(parts) + "\n"


def comparison(verdicts: Sequence[Verdict]) -> str:
    """Return a table that compares our figures with the best competitors' and the targets."""
    rows = []
    for verdict in verdicts:
        aim = verdict.aim
        ours = number(verdict.ours) if verdict.rival else ""
        best = f"{number(verdict.best)} {verdict.rival}" if verdict.rival else ""
        met = "yes" if verdict.is_met else "**no**"
        name = f"{aim.measure}: {aim.figure}"
        rows.append([name, ours, best, number(verdict.ratio), str(aim), met])
    return table(["Measure", "ours", "best rival", "ratio", "aim", "met"], rows)


def all_figures(results: Sequence[Result]) -> str:
    """Return a table of all figures, grouped by measure."""
    order = list(dict.fromkeys(result.measure for result in results))
    rows = []
    for result in sorted(results, key=lambda result: order.index(result.measure)):
        told = {name: number(value) for name, value in result.figures.items()}
        columns = [told.pop(name, "") for name in COLUMNS]
        more = ", ".join(f"{name}: {value}" for name, value in told.items())
        remark = f"not counted: {result.problem}" if result.problem else more
        apart = f"{100 * result.spread:.0f}%"
        rows.append([result.measure, result.server, *columns, apart, remark])
    return table(["Measure", "server", *COLUMNS, "spread", "more"], rows)


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table; all columns except the first and the last are right-aligned."""
    rule = ["---", *(["---:"] * (len(header) - 2)), "---"]
    return "\n".join(f"| {' | '.join(row)} |" for row in (header, rule, *rows))


def number(value: float) -> str:
    """Return a number with about three significant digits."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"
