"""Limits on the live subscriptions of one network address, over real sockets."""

from __future__ import annotations

from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

import pytest

from auth.budget_accounts import ADDRESS
from schema.execution.documents import event_cost, prepare
from tests.support.clients import Api, Socket, open_socket
from tests.support.metrics import wait_for_value
from tests.support.servers import run_server

if TYPE_CHECKING:
    from pathlib import Path

    import httpx

SUBSCRIPTIONS = "expertbook_subscriptions"
ALIASES = " ".join(f"a{number}: at" for number in range(30))


@pytest.mark.parametrize("is_shared", [True, False], ids=["shared", "separate"])
async def test_distinct_subscriptions_of_an_address_to_one_calendar_are_limited(
    tmp_path: Path, http: httpx.AsyncClient, *, is_shared: bool
) -> None:
    """Identical shared subscriptions count once; ending a subscription admits another."""
    root = f"slotBooked(expertId: $id) {{ {ALIASES} }}"
    selected = root if is_shared else f"... on Subscription {{ {root} }}"

    def document(number: int) -> str:
        return f"subscription W{number}($id: ID!) {{ {selected} }}"

    cost = event_cost(prepare(document(0), None), {})
    admitted = ADDRESS.max_event_cost // cost
    with run_server(tmp_path, experts=2) as address:
        async with AsyncExitStack() as stack:
            nodes = (await Api(http, address).ask("{ experts { nodes { id } } }"))["experts"]
            one, other = [node["id"] for node in nodes["nodes"]]

            async def opened() -> Socket:
                socket = await stack.enter_async_context(open_socket(address))
                await socket.initialise()
                return socket

            sockets = [await opened() for _ in range(1 + admitted // 40)]
            for number in range(admitted):
                await sockets[number % len(sockets)].subscribe(
                    str(number), document(number), id=one
                )
            await wait_for_value(address, SUBSCRIPTIONS, admitted)
            last = await opened()
            await last.subscribe("refused", document(admitted), id=one)
            message = await last.receive()
            assert (message["type"], message["id"]) == ("error", "refused")
            [error] = message["payload"]
            assert error["extensions"]["code"] == "TOO_MANY_OPERATIONS"
            assert f"the limit is {ADDRESS.max_event_cost:,}." in error["message"]
            await last.subscribe("other expert", document(admitted), id=other)
            await wait_for_value(address, SUBSCRIPTIONS, admitted + 1)
            copies = 20 if is_shared else 0
            for number in range(copies):
                await last.subscribe(f"copy {number}", document(0), id=one)
            await wait_for_value(address, SUBSCRIPTIONS, admitted + 1 + copies)
            await sockets[1].send(type="complete", id="1")
            await wait_for_value(address, SUBSCRIPTIONS, admitted + copies)
            await last.subscribe("admitted", document(admitted), id=one)
            await wait_for_value(address, SUBSCRIPTIONS, admitted + 1 + copies)
            await last.send(type="ping")
            assert await last.receive() == {"type": "pong"}
