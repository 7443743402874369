"""Ratios to the best peer, and whether an aim is met."""

from __future__ import annotations

import pytest

from tests.benchmarks.aims import AIMS, Aim, verdicts
from tests.benchmarks.options import MEASURES
from tests.benchmarks.results import OURS, Result
from tests.benchmarks.rig import APOLLO, EXPRESS, MERCURIUS

CHEAP = Aim("cost", "list", "server_us", "µs", at_most=1 / 5)
QUICK = Aim("rate", "list", "per_second", "/s", at_least=5)


def measured(**targets: dict[str, float]) -> list[Result]:
    names = {"ours": OURS, "express": EXPRESS, "apollo": APOLLO, "mercurius": MERCURIUS}
    return [Result(names[name], "list", figures) for name, figures in targets.items()]


def test_a_cost_is_compared_with_the_cheapest_peer() -> None:
    """Ours as a part of the smallest figure."""
    results = measured(
        ours={"server_us": 158}, express={"server_us": 790}, apollo={"server_us": 1640}
    )
    [verdict] = verdicts(results, [CHEAP])
    assert (verdict.rival, verdict.best) == (EXPRESS, 790)
    assert verdict.ratio == pytest.approx(0.2)
    assert verdict.is_met
    [missed] = verdicts(measured(ours={"server_us": 160}, express={"server_us": 790}), [CHEAP])
    assert not missed.is_met


def test_a_rate_is_compared_with_the_quickest_peer() -> None:
    """Ours as a multiple of the largest figure."""
    results = measured(
        ours={"per_second": 5_000}, express={"per_second": 990}, mercurius={"per_second": 1_001}
    )
    [verdict] = verdicts(results, [QUICK])
    assert (verdict.rival, verdict.is_met) == (MERCURIUS, False)
    [met] = verdicts(measured(ours={"per_second": 5_000}, apollo={"per_second": 1_000}), [QUICK])
    assert met.is_met


def test_only_the_rivals_of_an_aim_count() -> None:
    aim = Aim("memory", "list", "server_us", "MB", at_most=1, rivals=(APOLLO,))
    results = measured(ours={"server_us": 9}, apollo={"server_us": 10}, express={"server_us": 5})
    [verdict] = verdicts(results, [aim])
    assert (verdict.rival, verdict.ratio) == (APOLLO, 0.9)


def test_an_aim_without_rivals_is_a_ratio_of_our_own() -> None:
    aim = Aim("growth", "list", "server_us_ratio", "", at_most=1.3, rivals=())
    [verdict] = verdicts(measured(ours={"server_us_ratio": 1.31}), [aim])
    assert (verdict.best, verdict.ratio, verdict.is_met) == (None, 1.31, False)


def test_what_was_not_measured_gives_no_verdict() -> None:
    """Neither without our figure, nor without a peer's."""
    assert verdicts(measured(express={"server_us": 790}), [CHEAP]) == []
    assert verdicts(measured(ours={"server_us": 100}), [CHEAP]) == []
    assert verdicts([Result(OURS, "list", {}, problem="bad 3")], [CHEAP]) == []


def test_every_aim_says_either_at_most_or_at_least() -> None:
    assert {(aim.at_most is None, aim.at_least is None) for aim in AIMS} == {
        (True, False),
        (False, True),
    }


def test_every_aim_is_of_a_measure_that_there_is() -> None:
    names = {"list, unknown": "uncached", "list, signed in": "uncached"}
    names |= {"detail, unknown": "uncached", "detail, signed in": "uncached"}
    names |= {"growth list": "growth", "growth slots": "growth"}
    assert {names.get(aim.measure, aim.measure) for aim in AIMS} == set(MEASURES) - {"workers"}


def test_aims_are_said_in_words() -> None:
    assert CHEAP.text == "at most 1/5"
    assert QUICK.text == "at least 5"
    assert Aim("", "", "", "", at_most=1.3).text == "at most 1.3"
