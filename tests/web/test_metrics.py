"""The endpoint `/metrics` of a running server: access and counters."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from time import time as clock
from typing import TYPE_CHECKING

import pytest

from tests.support.booking_operations import BOOKED, open_slots, state
from tests.support.clients import Api, open_socket
from tests.support.mailboxes import Mailbox, wait_until
from tests.support.metrics import OK_QUERIES, metrics, parse_samples, wait_for_value
from tests.support.readiness import wait_for_readiness
from tests.support.servers import Program, await_ready, start_program

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import httpx

    from tests.support.spans import Time

FIRST = "{ experts(first: 1) { nodes { id } } }"
TOKEN = "let-me-see-the-numbers"
SECRET = "0123456789abcdef0123456789abcdef"
PATIENCE_SECONDS = 120


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """A server used only by this module."""
    folder = tmp_path_factory.mktemp("metrics")
    with start_program(folder, experts=3, throttle="off") as program:
        await_ready(program.process, program.address)
        yield program


async def counter_growth(address: str, before: dict[str, float]) -> dict[str, float]:
    """Return how much each counter has grown, except for caches and for requests for metrics."""
    after = await metrics(address)
    differences = {name: after[name] - before.get(name, 0) for name in after}
    return {
        name: difference
        for name, difference in differences.items()
        if difference
        and name.startswith("expertbook_")
        and name.partition("{")[0].endswith("_total")
        if 'kind="operations"' not in name and "_cache_" not in name
    }


async def test_each_activity_is_counted(
    program: Program, http: httpx.AsyncClient, time: Time
) -> None:
    """Requests, operations, refusals by reason, events and deliveries are counted exactly."""
    api = Api(http, program.address)
    client, other = await api.new_client(), await api.new_client()
    [expert] = (await api.ask(FIRST))["experts"]["nodes"]
    cursor, _ = await state(api, expert, time)
    slot = (await open_slots(api, expert, time, 60))[0]["id"]
    async with AsyncExitStack() as stack:
        sockets = [await stack.enter_async_context(open_socket(api.url)) for _ in range(3)]
        for socket in sockets:
            await socket.initialise()
            await socket.subscribe("1", BOOKED, id=expert["id"], after=cursor)
        await wait_for_value(api.url, "expertbook_subscriptions", 3)
        before = await metrics(api.url)
        assert before["expertbook_open_sockets"] == 3
        assert (await client.book(slot))["__typename"] == "Booking"
        assert (await other.book(slot))["__typename"] == "SlotTaken"
        assert (await other.book("nonsense"))["__typename"] == "InvalidInput"
        await api.post("{ nonsense }")
        await api.post("query ($first: Int) { experts(first: $first) { nodes { id } } }", first="x")
        for socket in sockets:
            await socket.event("slotBooked")
        growth = await counter_growth(api.url, before)
        after = await metrics(api.url)
    assert growth == {
        'expertbook_http_requests_total{kind="graphql",status="200"}': 5,
        'expertbook_operations_total{kind="mutation",outcome="ok"}': 3,
        'expertbook_operations_total{kind="query",outcome="errors"}': 1,
        'expertbook_operations_total{kind="unknown",outcome="rejected"}': 1,
        'expertbook_refusals_total{mutation="bookSlot",reason="SLOT_TAKEN"}': 1,
        'expertbook_refusals_total{mutation="bookSlot",reason="INVALID_INPUT"}': 1,
        'expertbook_calendar_events_total{kind="BOOKED"}': 1,
        "expertbook_deliveries_total": 3,
    }
    batches, commits = (
        after[name] - before[name]
        for name in ("expertbook_ledger_batch_size_sum", "expertbook_ledger_commit_seconds_count")
    )
    assert batches == commits == 2
    assert after["process_resident_memory_bytes"] > 20_000_000
    await wait_for_value(api.url, "expertbook_subscriptions", 0)
    await wait_for_value(api.url, "expertbook_open_sockets", 0)


async def test_event_loop_lag_is_sampled(program: Program) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            if (await metrics(program.address))["expertbook_event_loop_lag_seconds_count"] >= 2:
                return
            await asyncio.sleep(0.2)


async def test_client_input_never_becomes_a_label(
    program: Program, http: httpx.AsyncClient
) -> None:
    """Otherwise, clients could create any number of time series."""
    api = Api(http, program.address)
    before = set(await metrics(api.url))
    for number in range(20):
        await api.post(f"query Strange{number} {FIRST}")
        await http.get(f"{api.url}/strange{number}?strange={number}")
        await http.request(f"STRANGE{number}", f"{api.url}/graphql")
    after = set(await metrics(api.url))
    assert [name for name in after if "trange" in name.lower()] == []
    assert len(after - before) < 10


async def test_waiting_emails_are_counted(tmp_path: Path, http: httpx.AsyncClient) -> None:
    """An unreachable mail server is reported, but does not affect readiness."""
    async with Mailbox().open() as mailbox:
        closed_url = mailbox.url
    with start_program(tmp_path, experts=1, throttle="off", smtp_url=closed_url) as program:
        await asyncio.to_thread(await_ready, program.process, program.address)
        start = clock()
        await Api(http, program.address).new_client()
        await wait_until(lambda: "is delayed" in program.output())
        checks = {"database": "ok", "broadcast": "ok", "mail": "unreachable"}
        assert (
            await wait_for_readiness(http, program.address, {"status": "ok", "checks": checks})
            == 200
        )
        values = await metrics(program.address)
        elapsed = clock() - start
    assert values["expertbook_outbox_waiting"] == 1
    # MongoDB rounds times down to milliseconds.
    assert 0 < values["expertbook_outbox_oldest_seconds"] < elapsed + 0.001


async def test_a_metrics_token_is_required_once_it_is_set(
    tmp_path: Path, http: httpx.AsyncClient
) -> None:
    with start_program(tmp_path, experts=1, metrics_token=TOKEN) as program:
        await_ready(program.process, program.address)
        for header in ({}, {"authorization": f"Bearer {TOKEN}x"}, {"authorization": TOKEN}):
            refused = await http.get(f"{program.address}/metrics", headers=header)
            assert refused.status_code == 401
            assert refused.headers["www-authenticate"] == "Bearer"
            assert "expertbook_" not in refused.text
        header = {"authorization": f"Bearer {TOKEN}"}
        answer = await http.get(f"{program.address}/metrics", headers=header)
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    assert OK_QUERIES in parse_samples(answer.text)


async def test_production_has_no_metrics_without_a_token(
    tmp_path: Path, http: httpx.AsyncClient, database_url: str
) -> None:
    async with Mailbox().open() as mailbox:
        settings = {"environment": "production", "secret": SECRET, "smtp_url": mailbox.url}
        with start_program(tmp_path, mongodb_url=database_url, **settings) as program:
            await asyncio.to_thread(await_ready, program.process, program.address)
            assert (await http.get(f"{program.address}/metrics")).status_code == 404
