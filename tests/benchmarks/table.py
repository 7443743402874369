"""The report: Markdown tables of what was measured, and of what became of each aim."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING, Final

from tests.benchmarks.results import OURS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tests.benchmarks.aims import Verdict
    from tests.benchmarks.results import Result

TITLES: Final = {
    "list": "List of 20 with total",
    "next": "Page two",
    "search": "Search",
    "detail": "Expert with 40 slots",
    "book": "Bookings of distinct slots",
    "contention": "500 at once for one slot",
    "fanout": "Booking to 1,000 subscribers",
    "memory": "Memory",
    "list, unknown": "List, unknown documents",
    "list, signed in": "List, signed in",
    "detail, unknown": "Expert, unknown documents",
    "detail, signed in": "Expert, signed in",
    "growth list": "Larger directory: list, not kept",
    "growth slots": "Longer history: slots, not kept",
}
COLUMNS: Final = (
    ("per_second", "a second"),
    ("p50", "p50 ms"),
    ("p99", "p99 ms"),
    ("server_us", "server µs"),
    ("database_us", "database µs"),
)
NOTES: Final = {
    "all_done_ms": "all answered after {} ms",
    "last_p50": "last subscriber p50 {} ms",
    "last_p99": "p99 {} ms",
    "deliveries_per_second": "flood {} deliveries a second",
    "start_mb": "{} MB at the start",
    "crowded_mb": "{} MB with 1,000 idle subscribers",
    "subscriber_kb": "{} kB each",
    "server_us_before": "server {} µs before",
    "server_us_after": "{} µs after",
    "server_us_ratio": "ratio {}",
    "database_us_ratio": "the database's ratio {}",
}
"""Figures of single measures, which have no column."""


def number(value: float) -> str:
    """A figure with as many digits as it deserves: three, and whole from a hundred on."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def rows(header: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    """A Markdown table; all columns but the first and the last are aligned to the right."""
    rule = ["---", *(["---:"] * (len(header) - 2)), "---"]
    return "\n".join(f"| {' | '.join(line)} |" for line in (header, rule, *lines))


def comparison(found: Sequence[Verdict]) -> str:
    """Our figures beside the best peer's, the ratio and the aim."""
    lines = []
    for verdict in found:
        aim = verdict.aim
        best = "" if verdict.best is None else f"{_amount(verdict.best, aim.unit)} {verdict.rival}"
        ours = _amount(verdict.ours, aim.unit) if aim.unit else ""
        met = "yes" if verdict.is_met else "**no**"
        lines.append([aim.title, ours, best, number(verdict.ratio), aim.text, met])
    return rows(["Measure", "ours", "best peer", "ratio", "aim", "met"], lines)


def figures(results: Sequence[Result]) -> str:
    """All that was measured; the measures of several targets stand together."""
    order = list(dict.fromkeys(result.measure for result in results))
    several = len({result.target for result in results}) > 1
    lines = []
    for result in sorted(results, key=lambda result: order.index(result.measure)):
        title = TITLES.get(result.measure, result.measure)
        cells = [_cell(result.figures, name) for name, _ in COLUMNS]
        lines.append(
            [
                title,
                *([result.target] if several else []),
                *cells,
                f"{100 * result.spread:.0f}%",
                note(result),
            ]
        )
    target = ["server"] if several else []
    return rows(["Measure", *target, *(title for _, title in COLUMNS), "spread", ""], lines)


def note(result: Result) -> str:
    """What has no column, or why there are no figures."""
    if result.problem:
        return f"not counted: {result.problem}"
    told = [
        text.format(number(result.figures[name]))
        for name, text in NOTES.items()
        if result.figures.get(name, 0) > 0
    ]
    return ", ".join(told)


def noise(results: Sequence[Result]) -> str:
    """How quiet the machine was, and how far repetitions lie apart."""
    measured = [result for result in results if result.spread or result.other]
    if not measured:
        return "Nothing was measured."
    others = [result.other for result in measured]
    spreads = [100 * result.spread for result in measured]
    return (
        f"Noise: everything else on the machine took {median(others):.0f}% of a core "
        f"({max(others):.0f}% at most); the windows of a measure lie {median(spreads):.0f}% apart "
        f"({max(spreads):.0f}% at most)."
    )


def report(results: Sequence[Result], found: Sequence[Verdict], conditions: Sequence[str]) -> str:
    """The whole of it: under which conditions, the aims, the figures, the noise."""
    parts = ["\n".join(conditions), noise(results)]
    if found:
        met = sum(verdict.is_met for verdict in found)
        parts += [comparison(found), f"{met} of {len(found)} aims are met."]
    parts.append(figures(results))
    failed = [result for result in results if result.problem and result.target == OURS]
    parts += [f"Our own {result.measure} failed: {result.problem}" for result in failed]
    return "\n\n".join(parts) + "\n"


def _amount(value: float, unit: str) -> str:
    return f"{number(value)}{'' if unit.startswith('/') else ' '}{unit}"


def _cell(of: Mapping[str, float], name: str) -> str:
    return number(of[name]) if name in of else ""
