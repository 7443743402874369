"""Fixtures of the administration tests: a server of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.clients import Api
from tests.support.deployments import Deployment
from tests.support.practices import Practice
from tests.support.servers import run_server

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx


@pytest.fixture(scope="session")
def deployment_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a program whose accounts and administrators are these tests' own."""
    folder = tmp_path_factory.mktemp("deployment")
    # The tests of a module may take longer than the quarter of an hour that a token lasts.
    settings = {"experts": 3, "throttle": "off", "access_token_minutes": 1440}
    with run_server(folder, **settings) as address:
        yield address


@pytest.fixture(scope="module")
async def deployment(deployment_address: str, http: httpx.AsyncClient) -> Deployment:
    """That program, with its administrator signed in."""
    return await Deployment.sign_in(Api(http, deployment_address))


@pytest.fixture
async def practice(deployment: Deployment) -> Practice:
    """A practice of somebody new in that program."""
    return await Practice.create(deployment)
