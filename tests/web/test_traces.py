"""Traces of a running server, which sends them to a collector in the test process."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from tests.support.booking_operations import open_slots
from tests.support.clients import BOOK, CONTACT, Api, open_socket
from tests.support.forked_program import UNCHANGED, Patch
from tests.support.servers import Program, await_ready, start_program
from tests.support.trace_collector import Collector, attributes

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import httpx

    from tests.support.spans import Time

FIRST = "{ experts(first: 1) { nodes { id } } }"
TRACE_ID, CALLER = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
TRACEPARENT = f"00-{TRACE_ID}-{CALLER}-01"
NOTE = "Please call me Zebedee"
SLOW_EXPORT_SERVER = """
import web.telemetry.traces
web.telemetry.traces.SEND_SECONDS = 60
"""
"""Gives the exporter a timeout that is exceeded only if the collector hangs."""

COMMANDS = {"commitTransaction", "find"}
TOGETHER, APART = {"bulkWrite"}, {"insert", "update"}
"""MongoDB commands that write a commit: a single bulk write, or separate inserts and updates."""


@contextmanager
def traced(
    folder: Path,
    collector: Collector,
    patch: Patch = Patch(SLOW_EXPORT_SERVER),  # noqa: B008 - immutable
) -> Iterator[Program]:
    """Run a server that exports traces; when it has ended, the collector has all traces."""
    settings = {"experts": 3, "throttle": "off", "log_format": "json", "otlp_url": collector.url}
    with start_program(folder, patch, **settings) as program:
        await_ready(program.process, program.address)
        yield program


async def test_booking_is_one_trace(tmp_path: Path, http: httpx.AsyncClient, time: Time) -> None:
    """The trace continues the caller's trace and includes MongoDB commands; its ID is logged."""
    with Collector().open() as collector:
        with traced(tmp_path, collector) as program:
            client = await Api(http, program.address).new_client("Zebedee")
            [expert] = (await client.ask(FIRST))["experts"]["nodes"]
            slot = (await open_slots(client, expert, time, 60))[0]["id"]
            wanted = {"slotId": slot, "contact": CONTACT, "note": NOTE}
            response = await http.post(
                f"{client.url}/graphql",
                json={"query": BOOK, "variables": {"input": wanted}},
                headers={"authorization": f"Bearer {client.token}", "traceparent": TRACEPARENT},
            )
            assert response.json()["data"]["bookSlot"]["__typename"] == "Booking"
        spans = collector.trace(TRACE_ID)
        assert collector.services == {"expertbook"}
    request, operation = spans["http graphql"], spans["graphql mutation"]
    commit, end = spans["ledger commit"], spans["mongodb commitTransaction"]
    assert request.parent_span_id.hex() == CALLER
    assert request.kind == Span.SPAN_KIND_SERVER
    assert attributes(request) == {"http.response.status_code": 200}
    assert operation.parent_span_id == request.span_id
    assert attributes(operation) == {"graphql.operation.type": "mutation"}
    assert commit.parent_span_id == operation.span_id
    assert end.parent_span_id == commit.span_id
    commands = {name.removeprefix("mongodb ") for name in spans if "mongodb" in name}
    assert commands >= COMMANDS | TOGETHER or commands >= COMMANDS | APART
    for name in commands:
        assert attributes(spans[f"mongodb {name}"])["db.system.name"] == "mongodb"
    assert all(span.start_time_unix_nano >= request.start_time_unix_nano for span in spans.values())
    entries = (json.loads(line) for line in program.output().splitlines() if line.startswith("{"))
    [line] = [line for line in entries if line.get("trace_id") == TRACE_ID]
    assert line["request_id"] == response.headers["x-request-id"]


async def test_spans_contain_no_user_data(
    tmp_path: Path, http: httpx.AsyncClient, time: Time
) -> None:
    """Spans contain no variables, GraphQL documents, URLs or names, not even in error messages."""
    with Collector().open() as collector:
        with traced(tmp_path, collector) as program:
            client = await Api(http, program.address).new_client("Zebedee")
            [expert] = (await client.ask(FIRST))["experts"]["nodes"]
            slot = (await open_slots(client, expert, time, 60))[0]["id"]
            contact = {**CONTACT, "name": "Zebedee"}
            booked = await client.book(slot, note="Zebedee", contact=contact)
            assert booked["__typename"] == "Booking"
            await client.post(
                "query Zebedee($zebedee: Int) { experts(first: $zebedee) { nodes { zebedee } } }"
            )
            await client.post(
                "query Zebedee($f: Int) { experts(first: $f) { nodes { id } } }", f="Zebedee"
            )
            await http.get(
                f"{client.url}/zebedee?zebedee=zebedee", headers={"x-zebedee": "zebedee"}
            )
            async with open_socket(client.url) as socket:
                await socket.initialise(client.token)
                await socket.subscribe("zebedee", "query Zebedee { viewer { zebedee: name } }")
                assert (await socket.receive())["type"] == "next"
        everything = "".join(str(span) for span in collector.spans)
        names = {span.name for span in collector.spans}
    assert {"http other", "http graphql", "graphql query", "mongodb find"} <= names
    assert "zebedee" not in everything.lower()


async def test_invalid_traceparent_starts_a_new_trace(
    tmp_path: Path, http: httpx.AsyncClient
) -> None:
    """The request succeeds."""
    with Collector().open() as collector:
        with traced(tmp_path, collector) as program:
            for given in ("", "nonsense", f"00-{'0' * 32}-{CALLER}-01", TRACEPARENT * 100):
                answer = await http.post(
                    f"{program.address}/graphql",
                    json={"query": FIRST},
                    headers={"traceparent": given},
                )
                assert "errors" not in answer.json()
        spans = [span for span in collector.spans if span.name == "http graphql"]
    assert len({span.trace_id for span in spans} - {bytes.fromhex(TRACE_ID)}) == 4
    assert [span for span in spans if span.parent_span_id] == []
    assert {span.status.code for span in spans} == {Status.STATUS_CODE_UNSET}


async def test_unreachable_collector_delays_no_request(
    tmp_path: Path, http: httpx.AsyncClient
) -> None:
    """Spans that cannot be sent are dropped; the server still responds and ends normally."""
    with Collector().open() as collector:
        gone = collector
    with traced(tmp_path, gone, UNCHANGED) as program:
        answer: dict[str, Any] = await Api(http, program.address).ask(FIRST)
        assert len(answer["experts"]["nodes"]) == 1
    assert program.process.returncode == 0
