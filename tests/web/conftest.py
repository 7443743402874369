"""Fixtures for tests of servers: databases, mail servers, and servers that test modules share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from models.database import bind
from models.store.connection import DEFAULT_NAME
from tests.support.clients import Api
from tests.support.databases import run_database, shared_server
from tests.support.deployments import Deployment
from tests.support.forked_program import Patch
from tests.support.mailboxes import Mailbox
from tests.support.paired_servers import TwoServers, findings, run_paired
from tests.support.practices import Practice
from tests.support.reviewing import ReviewedExpert
from tests.support.servers import await_ready, run_server, start_program
from tests.support.sessions import SECRET
from tests.support.tracks import Track, run_track

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    import httpx

    from models.store.connection import Client
    from tests.support.spans import Time

WITHOUT_RECONCILING = """
import web.graphql.sockets
web.graphql.sockets.RECONCILE_SECONDS = 3_600.0
"""

SHORT_TIMEOUTS_SERVER = """
import web.graphql.sockets, web.graphql.streams, web.graphql.subscribers
web.graphql.streams.HEARTBEAT_SECONDS, web.graphql.subscribers.STUCK_SECONDS = 0.1, 1.0
web.graphql.sockets.RECONCILE_SECONDS = 3_600.0
"""


@pytest.fixture(scope="module")
def mongodb_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a database that only one test module uses."""
    with run_database(tmp_path_factory.mktemp("database")) as url:
        yield url


@pytest.fixture(scope="module")
async def seed_server(
    tmp_path_factory: pytest.TempPathFactory, database: Client
) -> AsyncIterator[str]:
    """The URL of a database server for tests that create their own sample data.

    After the test module, the document models are bound to the shared database again.
    """
    with run_database(tmp_path_factory.mktemp("seed")) as url:
        yield url
    await bind(database.get_default_database(DEFAULT_NAME))


@pytest.fixture(scope="module")
async def mailbox() -> AsyncIterator[Mailbox]:
    """A mail server that does not support SMTPUTF8."""
    async with Mailbox().open() as mailbox:
        yield mailbox


@pytest.fixture(scope="session")
def deployment_url(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The URL of the database of the server at `deployment_address`."""
    return shared_server.database(tmp_path_factory.mktemp("deployment-data"))


@pytest.fixture(scope="session")
def deployment_address(
    deployment_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """The URL of a server on which tests create the accounts and administrators they need."""
    folder = tmp_path_factory.mktemp("deployment")
    database = {"mongodb_url": deployment_url, "broadcast_url": "memory://"}
    # A module's tests may take longer than an access token's default lifetime, 15 minutes.
    settings = {"experts": 3, "throttle": "off", "access_token_minutes": 1440}
    with run_server(folder, **database, **settings) as address:
        yield address


@pytest.fixture(scope="module")
async def deployment(deployment_address: str, http: httpx.AsyncClient) -> Deployment:
    """The server at `deployment_address`, with its administrator signed in."""
    return await Deployment.sign_in(Api(http, deployment_address))


@pytest.fixture(scope="module")
async def here(
    database: Client, database_url: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[TwoServers]:
    """Two servers on one database that send e-mails; requests go to the first one by default.

    The servers stop after the test module, because otherwise they would also send the e-mails that
    later modules queue.
    """
    assert database is not None
    folders = [tmp_path_factory.mktemp("paired") for _ in range(2)]
    async with run_paired(database_url, folders) as servers:
        yield servers


@pytest.fixture(scope="module")
async def track(
    database: Client, database_url: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Track]:
    """Two servers on one database, for races between requests to both servers.

    The servers stop after the test module, because otherwise they would also send the e-mails that
    later modules wait for.
    """
    assert database is not None
    one, two = (tmp_path_factory.mktemp(name) for name in ("one", "two"))
    async with run_track(database_url, one, two) as track:
        yield track


@pytest.fixture
async def reviewed(here: TwoServers, database: Client, time: Time) -> AsyncIterator[ReviewedExpert]:
    """A new expert on the two servers; after the test, the invariant checks find nothing new."""
    expert, stored = await here.expert("Grace Hopper"), database.get_default_database()
    yield ReviewedExpert(here, stored, expert, await here.slots_of(expert, time))
    assert await findings() <= here.found_before


@pytest.fixture
async def reviewer(here: TwoServers) -> Api:
    """An API client of the two servers, for a new account with a verified e-mail address."""
    api, _ = await here.new_account()
    await api.ask('mutation { updateProfile(input: {name: "Ada Lovelace"}) { __typename } }')
    return api


@pytest.fixture
async def practice(deployment: Deployment) -> Practice:
    """A new expert with a calendar, on the server at `deployment_address`."""
    return await Practice.create(deployment)


@pytest.fixture
def email(request: pytest.FixtureRequest) -> str:
    """E-mail address that no other test uses."""
    return f"{abs(hash(request.node.nodeid))}@example.com"


@pytest.fixture(scope="session")
def prompt(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """URL of a server that closes sockets only on session-end events, not after periodic checks."""
    folder = tmp_path_factory.mktemp("prompt")
    with start_program(
        folder, Patch(WITHOUT_RECONCILING), experts=1, throttle="off", secret=SECRET
    ) as program:
        await_ready(program.process, program.address)
        yield program.address


@pytest.fixture(scope="session")
def eager(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """URL of a server that sends heartbeats every 0.1 s and disconnects readers stuck for 1 s.

    The periodic check of sessions is off, so that only session-end events close streams.
    """
    folder = tmp_path_factory.mktemp("eager")
    with start_program(
        folder, Patch(SHORT_TIMEOUTS_SERVER), experts=3, throttle="off", secret=SECRET
    ) as program:
        await_ready(program.process, program.address)
        yield program.address
