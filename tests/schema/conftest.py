"""Fixture of the experts in the sample directory."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.directories import EXPERTS

if TYPE_CHECKING:
    from tests.support.clients import Api
    from tests.support.directories import Expert


@pytest.fixture(scope="session")
async def directory(api: Api) -> list[Expert]:
    """All experts of the sample directory, in the default order."""
    page = (await api.ask(EXPERTS, first=100))["experts"]
    assert page["totalCount"] == len(page["edges"]) == 60
    return [edge["node"] for edge in page["edges"]]
