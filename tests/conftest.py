"""Shared fixtures: a running server with sample data, its clients, and a database."""

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

MEMORY = Path("/dev/shm")  # noqa: S108 - pytest creates folders of its own there
MEMORY_BYTES = 8 * 2**30

watch_commands()

# Databases flush each commit to the disk, which takes no time on a memory file system. Tests kill
# processes, not the machine.
if MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > MEMORY_BYTES:
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))

# Shells start background jobs with SIGINT ignored, and child processes inherit that. Setting a
# handler restores the default in them, so that they end on SIGINT.
signal.signal(signal.SIGINT, signal.default_int_handler)

# The same 50 examples in each run, without time limits; with --long, 1,000 random ones.
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
"""Sizes in `make test` and in `make test-long`: rounds of each race, committed random changes,
changes of reviews, seconds and subscribers of random failures, kills of servers and of databases,
and changes under each fault."""
SERVER_STARTERS = {
    *("server", "database_url", "deployment_address", "browser", "site"),
    *("start_program", "run_server", "embedded_database", "run_database", "Fleet", "run_valkey"),
    *("run_cluster", "Mailbox", "EXPERTBOOK", "run_node", "get_context"),
}
"""Fixtures, and functions that a test module imports, that start a server or a browser."""


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server on an embedded database with 60 sample experts."""
    # Tokens must outlast the run; on a busy machine tests may be slow to send and to answer.
    settings = {"experts": EXPERTS, "throttle": "off", "access_token_minutes": 1_440}
    folder = tmp_path_factory.mktemp("server")
    with start_program(folder, Patch(LONG_TIMEOUTS), **settings) as program:
        await_ready(program.process, program.address)
        yield program.address


@pytest.fixture(scope="session")
async def http() -> AsyncIterator[httpx.AsyncClient]:
    """A shared HTTP client with a connection pool."""
    limits = httpx.Limits(max_connections=100, max_keepalive_connections=100)
    # Without a limit on the wait for a connection: tests send hundreds of requests at once.
    patience = httpx.Timeout(60, pool=None)
    async with httpx.AsyncClient(timeout=patience, limits=limits) as client:
        yield client


@pytest.fixture(scope="session")
def api(server: str, http: httpx.AsyncClient) -> Api:
    """An anonymous client."""
    return Api(http, server)


@pytest.fixture(scope="session")
async def experts(api: Api) -> list[dict[str, Any]]:
    """The sample experts that confirm automatically and have no breaks, with their offers."""
    query = """{ experts(first: 100) { nodes {
        id name offers { minutes } availability { breakMinutes confirmsAutomatically } } } }"""
    nodes: list[dict[str, Any]] = (await api.ask(query))["experts"]["nodes"]
    plain = {"breakMinutes": 0, "confirmsAutomatically": True}
    return [node for node in nodes if node["availability"] == plain]


@pytest.fixture(scope="session")
def time() -> Time:
    """Spans relative to the start of the tests."""
    return Time()


@pytest.fixture(scope="session")
async def demo(api: Api) -> dict[str, Api]:
    """Clients signed in with the demo accounts: client, expert and admin."""
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
    """Let servers of this test process share a database server."""
    with shared_server.open(tmp_path_factory.mktemp("shared")):
        yield


@pytest.fixture(scope="session")
def database_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a database for this test process."""
    with run_database(tmp_path_factory.mktemp("database")) as url:
        yield url


@pytest.fixture(scope="session")
async def database(database_url: str) -> AsyncIterator[Client]:
    """A connection to the embedded database, with 30 sample experts."""
    url = f"{database_url}&heartbeatFrequencyMS={TEN_MINUTES_MS}"
    async with AsyncExitStack() as stack:
        # Raise the timeouts, so that a busy machine or a blocked event loop does not look like an
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
    """Let a commit that lost a race retry for ten minutes.

    The default of eight seconds can be exceeded on a busy machine.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("models.ledger.ledger.PATIENCE_SECONDS", 600)
        yield


@pytest.fixture(autouse=True)
def safe_commands() -> Iterator[None]:
    """Fail a test during which the application sends a command that violates `RULES`."""
    yield
    offences, RULES.offences = RULES.offences, []
    assert offences == []


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add --long, and an option for each size that overrides its default."""
    parser.addoption("--long", action="store_true", help="use the sizes of `make test-long`")
    for name, (size, long) in SIZES.items():
        parser.addoption(f"--{name}", type=int, help=f"default: {size:,}, with --long {long:,}")
    parser.addoption(
        "--chaos-seed", type=int, help="random seed of the chaos test (default: random)"
    )


def pytest_configure(config: pytest.Config) -> None:
    """Set the sizes that no option sets, and choose the examples of Hypothesis."""
    is_long = config.getoption("--long")
    for name, sizes in SIZES.items():
        if config.getoption(f"--{name}") is None:
            setattr(config.option, name, sizes[is_long])
    settings.load_profile("long" if is_long else "tests")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark the tests that need a server or a browser, and deselect the long ones.

    `make quick` skips those that need a server or a browser; `--long` includes the long ones.
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
