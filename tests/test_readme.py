"""What the README's page on running it says, held against the program."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from schema.execution.freshness import DIRECTORY_SECONDS, HINT_SECONDS
from tests.test_house import HOUSE
from web.settings import Settings
from web.workers import ENDING_SECONDS

if TYPE_CHECKING:
    import httpx

README = (HOUSE / "README.md").read_text()
PAGE = README.partition("## Running it for others\n")[2].partition("\n## ")[0]


def test_every_setting_that_it_names_is_one() -> None:
    settings = {f"EXPERTBOOK_{name.upper()}" for name in Settings.model_fields}
    named = set(re.findall(r"EXPERTBOOK_[A-Z_]+", README))
    assert len(named) > 10
    assert named <= settings


async def test_every_metric_that_it_names_is_told(server: str, http: httpx.AsyncClient) -> None:
    told = (await http.get(f"{server}/metrics")).text
    named = set(re.findall(r"`(expertbook_\w+)", PAGE))
    assert len(named) == 7
    assert {name for name in named if f"# TYPE {name} " not in told} == set()
    assert 'expertbook_operations_total{kind="query",outcome="internal"}' in told


def test_its_figures_are_those_of_the_program() -> None:
    """How long a stop takes, and how long caches keep what."""
    text = " ".join(PAGE.split())
    assert f"ends within {ENDING_SECONDS:.0f} seconds" in text
    assert f"up to {DIRECTORY_SECONDS} seconds for the directory, {HINT_SECONDS} for hints" in text
