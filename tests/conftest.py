"""Fixtures and options for all tests: a running server, API clients, and a database."""

from __future__ import annotations

import os
import shutil
import signal
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from hypothesis import HealthCheck, settings

from auth.passwords import Passwords
from models.calendar.times import utc_now
from models.database import open_database
from tests.support.clients import Api
from tests.support.command_rules import RULES, watch_commands
from tests.support.databases import (
    GIVEN_URL,
    OWN_SERVER,
    mentions,
    run_database,
    shared_server,
)
from tests.support.forked_program import Patch
from tests.support.servers import await_ready, start_program
from tests.support.spans import Time
from web.samples.demo import DEMO_PASSWORD
from web.samples.seed import seed

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from models.store.connection import Client

MEMORY = Path("/dev/shm")  # noqa: S108 - pytest creates its own subfolders there
MEMORY_BYTES = 8 * 2**30

watch_commands()

# Put databases on a file system in memory, where flushing a commit to disk takes no time. Killed
# databases still keep their data, because the machine itself keeps running.
if MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > MEMORY_BYTES:
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))

# If a shell starts the tests in the background, they and their child processes ignore SIGINT. With
# this handler, child processes end on SIGINT again.
signal.signal(signal.SIGINT, signal.default_int_handler)

# Hypothesis uses the same 50 examples in each run or, with --long, 1,000 random examples. No
# example has a time limit.
settings.register_profile(
    "tests",
    deadline=None,
    derandomize=True,
    max_examples=50,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile(
    "long", settings.get_profile("tests"), derandomize=False, max_examples=1_000
)

EXPERTS = 60
LONG_TIMEOUTS = """
import web.edge.http_protocol, web.serving
web.edge.http_protocol.HEAD_SECONDS = web.edge.http_protocol.BODY_SECONDS = 600
web.edge.http_protocol.LINGER_SECONDS = web.serving.PONG_SECONDS = 600
"""
TEN_MINUTES_MS = 600_000
SIZES = {
    "races": (3, 200),
    "changes": (200, 10_000),
    "reviews": (60, 3_000),
    "chaos": (8, 600),
    "subscribers": (40, 200),
    "kills": (2, 20),
    "faults": (10, 300),
}
"""Sizes of long-running tests: one for `make test`, and a larger one for `make test-long`.

The sizes are, in this order: rounds of each race, random changes of calendars, random changes of
reviews, the duration of the chaos test in seconds, the subscribers in the chaos test, kills of
servers and of databases, and changes made under each injected fault.
"""
SERVER_STARTERS = {
    *("server", "database_url", "deployment_address", "browser", "site"),
    *("start_program", "run_server", "embedded_database", "run_database", "Fleet", "run_valkey"),
    *("run_cluster", "Mailbox", "EXPERTBOOK", "run_node", "get_context"),
}
"""Names of fixtures, functions and classes that start a server, a browser or another program."""


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """URL of a running server, whose embedded database has 60 sample experts."""
    # Access tokens must outlast the test run. The server's timeouts are long, because on a busy
    # machine tests may be slow to send requests and to respond to pings.
    settings = {"experts": EXPERTS, "throttle": "off", "access_token_minutes": 1_440}
    folder = tmp_path_factory.mktemp("server")
    with start_program(folder, Patch(LONG_TIMEOUTS), **settings) as program:
        await_ready(program.process, program.address)
        yield program.address


@pytest.fixture(scope="session")
async def http() -> AsyncIterator[httpx.AsyncClient]:
    """HTTP client that all tests share, with a pool of up to 100 connections."""
    limits = httpx.Limits(max_connections=100, max_keepalive_connections=100)
    # Requests may wait for a free connection without a time limit, since tests send hundreds of
    # requests at once.
    patience = httpx.Timeout(60, pool=None)
    async with httpx.AsyncClient(timeout=patience, limits=limits) as client:
        yield client


@pytest.fixture(scope="session")
def api(server: str, http: httpx.AsyncClient) -> Api:
    """API client that is not signed in."""
    return Api(http, server)


@pytest.fixture(scope="session")
async def experts(api: Api) -> list[dict[str, Any]]:
    """Sample experts, with their offers, who confirm bookings automatically and take no breaks."""
    query = """{ experts(first: 100) { nodes {
        id name offers { minutes } availability { breakMinutes confirmsAutomatically } } } }"""
    nodes: list[dict[str, Any]] = (await api.ask(query))["experts"]["nodes"]
    plain = {"breakMinutes": 0, "confirmsAutomatically": True}
    return [node for node in nodes if node["availability"] == plain]


@pytest.fixture(scope="session")
def time() -> Time:
    """Time spans for tests, relative to the start of the test run."""
    return Time()


@pytest.fixture(scope="session")
async def demo(api: Api) -> dict[str, Api]:
    """API clients signed in with the demo accounts, keyed by `client`, `expert` and `admin`."""
    login = """mutation ($email: String!) {
      login(input: {email: $email, password: "expertbook-demo"}) { ... on SignedIn { accessToken } }
    }"""
    clients = {}
    for name in ("client", "expert", "admin"):
        answer = await api.ask(login, email=f"{name}@Example.com")
        clients[name] = api.signed_in(answer["login"]["accessToken"])
    return clients


@pytest.fixture(scope="session", autouse=True)
def database_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Let all application servers that this test process starts share one database server."""
    with shared_server.open(tmp_path_factory.mktemp("shared")):
        yield


@pytest.fixture(scope="session")
def database_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """URL of a database that only this test process uses."""
    with run_database(tmp_path_factory.mktemp("database")) as url:
        yield url


@pytest.fixture(scope="session")
async def database(database_url: str) -> AsyncIterator[Client]:
    """Client of the database of this test process, in which 30 sample experts are stored."""
    url = f"{database_url}&heartbeatFrequencyMS={TEN_MINUTES_MS}"
    async with AsyncExitStack() as stack:
        # Use long timeouts, so that a busy machine or a blocked event loop is not mistaken for an
        # unreachable database.
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("models.store.connection.STARTUP_TIMEOUT_SECONDS", 120)
            patch.setattr("models.store.connection.SERVER_TIMEOUT_MS", 120_000)
            client = await stack.enter_async_context(open_database(url))
        hash_ = await Passwords().hash(DEMO_PASSWORD)
        await seed(experts=30, now=utc_now(), password_hash=hash_, progress=lambda *_: None)
        yield client


@pytest.fixture(autouse=True, scope="session")
def patient_commits() -> Iterator[None]:
    """Let commits that lose races be retried for up to ten minutes.

    The default limit of eight seconds can be too short on a busy machine.
    """
    with pytest.MonkeyPatch.context() as patch:
        for module in ("models.ledger.ledger", "models.store.transactions"):
            patch.setattr(f"{module}.PATIENCE_SECONDS", 600)
        yield


@pytest.fixture(autouse=True)
def safe_commands() -> Iterator[None]:
    """Fail each test in which the application sends a database command that violates `RULES`."""
    yield
    offences, RULES.offences = RULES.offences, []
    assert offences == []


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options --long and --chaos-seed, and an option for each name in `SIZES`."""
    parser.addoption("--long", action="store_true", help="use the sizes of `make test-long`")
    for name, (size, long) in SIZES.items():
        parser.addoption(f"--{name}", type=int, help=f"default: {size:,}, with --long {long:,}")
    parser.addoption(
        "--chaos-seed", type=int, help="random seed of the chaos test (default: random)"
    )


def pytest_configure(config: pytest.Config) -> None:
    """Set default sizes for the options that are not given, and choose the Hypothesis profile."""
    is_long = config.getoption("--long")
    for name, sizes in SIZES.items():
        if config.getoption(f"--{name}") is None:
            setattr(config.option, name, sizes[is_long])
    settings.load_profile("long" if is_long else "tests")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark tests that need a server or a browser; without `--long`, deselect the long tests.

    `make quick` skips the marked tests.
    """
    if not config.getoption("--long"):
        long = [item for item in items if item.get_closest_marker("long")]
        config.hook.pytest_deselected(items=long)
        items[:] = [item for item in items if item not in set(long)]
    for item in items:
        names = {*getattr(item, "fixturenames", ()), *vars(getattr(item, "module", object()))}
        if not SERVER_STARTERS.isdisjoint(names):
            item.add_marker(pytest.mark.server)
        if GIVEN_URL and mentions(getattr(item, "function", lambda: None), OWN_SERVER):
            item.add_marker(pytest.mark.skip(reason="kills or restarts its database server"))
