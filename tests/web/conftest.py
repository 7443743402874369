"""What the tests of administration share: a program of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.clients import Api
from tests.offices import Office
from tests.practices import Practice
from tests.servers import running

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx


@pytest.fixture(scope="session")
def office_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a program whose accounts and administrators are these tests' own."""
    with running(tmp_path_factory.mktemp("office"), experts=3, throttle="off") as address:
        yield address


# Its administrator's token lasts for a quarter of an hour, which a run can take longer than.
@pytest.fixture(scope="module")
async def office(office_address: str, http: httpx.AsyncClient) -> Office:
    """That program, with its administrator signed in."""
    return await Office.of(Api(http, office_address))


@pytest.fixture
async def practice(office: Office) -> Practice:
    """A practice of somebody new in that program."""
    return await Practice.opened(office)
