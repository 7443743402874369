"""Tests of the README's section on deployment against the program."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from schema.execution.freshness import DIRECTORY_SECONDS, HINT_SECONDS
from tests.test_house import ROOT
from web.settings import Settings
from web.workers import ENDING_SECONDS

if TYPE_CHECKING:
    import httpx

README = (ROOT / "README.md").read_text()
SECTION = README.partition("## Running it for others\n")[2].partition("\n## ")[0]


def test_named_settings_exist() -> None:
    settings = {f"EXPERTBOOK_{name.upper()}" for name in Settings.model_fields}
    named = set(re.findall(r"EXPERTBOOK_[A-Z_]+", README))
    assert len(named) > 10
    assert named <= settings


async def test_named_metrics_are_exported(server: str, http: httpx.AsyncClient) -> None:
    exported = (await http.get(f"{server}/metrics")).text
    named = set(re.findall(r"`(expertbook_\w+)", SECTION))
    assert len(named) == 7
    assert {name for name in named if f"# TYPE {name} " not in exported} == set()
    assert 'expertbook_operations_total{kind="query",outcome="internal"}' in exported


def test_durations_match_the_program() -> None:
    """Check the durations of a shutdown and of caching."""
    text = " ".join(SECTION.split())
    assert f"ends within {ENDING_SECONDS:.0f} seconds" in text
    assert f"up to {DIRECTORY_SECONDS} seconds for the directory, {HINT_SECONDS} for hints" in text
