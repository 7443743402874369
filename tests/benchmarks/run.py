"""Runs the benchmark: starts the servers that each measure needs, and collects the results."""

from __future__ import annotations

import asyncio
import sys
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeVar

import uvloop

from tests.benchmarks.measures import growth, reads, subscribers, watchers, writes
from tests.benchmarks.options import COMPARED
from tests.benchmarks.report import merge, record
from tests.benchmarks.world import peers
from tests.benchmarks.world.directory import first_pages, open_directory, sign_up
from tests.benchmarks.world.servers import database_program, run_database, run_expertbook, seed
from tests.support.valkey import run_valkey

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine, Iterator
    from pathlib import Path

    from tests.benchmarks.options import Options
    from tests.benchmarks.report import Result
    from tests.benchmarks.world.directory import Directory
    from tests.benchmarks.world.machine import Cores
    from tests.benchmarks.world.servers import Database, Server

T = TypeVar("T")
EXPERTS: Final = 2_000
"""Number of experts in the directory of ExpertBook, and in those of its competitors."""
SMALL: Final = "expertbook"
LARGE: Final = "growth"
"""Names of the two databases: one for the measure `growth`, and one for all other measures."""
UNCACHED_PEERS: Final = ("apollo-mongoose", "async-graphql-axum", "gqlgen")


class Run:
    """A run of the benchmark with the given options; it keeps its logs and data in `folder`."""

    def __init__(self, options: Options, cores: Cores, folder: Path) -> None:
        self._options = options
        self._cores = cores
        self._folder = folder
        self._program = database_program(options.db_bin)
        self._rig: peers.Rig | None = None

    def results(self) -> list[Result]:
        """Run the chosen measures in each pass, and return the merged results of all passes."""
        if source := self._options.peers:
            self._rig = peers.install(source, self._options.out, self._options.targets)
        passes = range(self._options.passes)
        return merge(result for number in passes for result in self._pass(f"pass-{number}"))

    def _pass(self, name: str) -> Iterator[Result]:
        """Compare all servers if a peers' rig is given, and then run the remaining measures."""
        wanted = self._options.measures
        if self._rig:
            yield from self._compare(self._rig, self._folder / name)
            wanted -= {*COMPARED, "memory"}
        if not wanted:
            return
        with run_database(self._folder / name, self._cores.rest, self._program) as database:
            seed(database, SMALL, EXPERTS)
            if "memory" in wanted:
                yield from self._measure(database, self._memory)
            if wanted & {*COMPARED}:
                yield from self._measure(database, self._reads_and_writes)
            if "watchers" in wanted:
                yield from self._watchers(database)
            if "uncached" in wanted:
                yield from self._measure(database, self._uncached)
            if "uncached" in wanted and self._rig:
                yield from self._uncached_peers(self._rig, database)
            if "growth" in wanted:
                yield from self._growth(database)
            if "workers" in wanted:
                yield from self._workers(database)

    def _compare(self, rig: peers.Rig, folder: Path) -> Iterator[Result]:
        """Measure all servers with the rig.

        The measure `fanout` gets newly started servers, because it also measures their memory.
        """
        measures = [name for name in COMPARED if name in self._options.measures]
        live = ["fanout"] if self._options.measures & {"fanout", "memory"} else []
        for names in ([name for name in measures if name != "fanout"], live):
            if names:
                progress(f"{', '.join(names)} of all servers")
                data = folder.with_suffix(f".{names[0]}")
                yield from peers.measure_all(
                    rig, names, self._options, self._cores, self._program, data
                )

    def _measure(
        self,
        database: Database,
        measure: Callable[[Server, Directory], Awaitable[list[Result]]],
        cores: str = "",
        **settings: object,
    ) -> list[Result]:
        """Start an ExpertBook server, and run the given measure on it."""

        async def measured(server: Server) -> list[Result]:
            async with open_directory(server.address) as directory:
                return await measure(server, directory)

        progress(f"{getattr(measure, 'func', measure).__name__.strip('_')} of ExpertBook")
        with run_expertbook(database, SMALL, cores or self._cores.server, **settings) as server:
            return run(measured(server))

    async def _memory(self, server: Server, directory: Directory) -> list[Result]:
        return [await record(server.name, "memory", subscribers.memory(server, directory))]

    async def _reads_and_writes(self, server: Server, directory: Directory) -> list[Result]:
        results = await reads.repeated(server, directory, self._options)
        for name, measure in (
            ("book", writes.distinct),
            ("contention", writes.contention),
            ("fanout", subscribers.fanout),
        ):
            if name in self._options.measures:
                figures = measure(server, directory, self._options)
                results.append(await record(server.name, name, figures))
        return results

    def _watchers(self, database: Database) -> Iterator[Result]:
        """Measure crowds of WebSockets that watch calendars; each crowd gets a new server."""
        yield from self._measure(database, self._one_expert)
        yield from self._measure(database, self._return_together)
        with run_valkey(self._folder) as valkey:
            settings = {"broadcast_url": valkey.url}
            with run_expertbook(database, SMALL, self._cores.rest, **settings) as booking:
                many = partial(self._many_experts, booking)
                yield from self._measure(database, many, **settings)

    async def _one_expert(self, server: Server, directory: Directory) -> list[Result]:
        figures = watchers.one_expert(server, directory, self._options)
        return [await record(server.name, "watchers of one expert", figures)]

    async def _return_together(self, server: Server, directory: Directory) -> list[Result]:
        figures = watchers.return_together(server, directory, self._options)
        return [await record(server.name, "watchers return together", figures)]

    async def _many_experts(
        self, booking: Server, server: Server, directory: Directory
    ) -> list[Result]:
        figures = watchers.many_experts(server, booking, directory, self._options)
        return [await record(server.name, "watchers of many experts", figures)]

    async def _uncached(self, server: Server, directory: Directory) -> list[Result]:
        details = await directory.details(reads.UNCACHED_EXPERTS)
        asked = {"list": first_pages(), "detail": details}
        tokens = await sign_up(server.address, reads.READERS)
        return await reads.uncached(server, asked, tokens, self._options)

    def _uncached_peers(self, rig: peers.Rig, database: Database) -> Iterator[Result]:
        peers.fill(rig, database)
        asked = rig.operations(reads.UNCACHED_EXPERTS)
        for name in UNCACHED_PEERS:
            if name in rig.peers:
                progress(f"uncached of {name}")
                with peers.run_peer(rig, name, database, self._cores.server) as server:
                    tokens = [peers.access_token()]
                    yield from run(reads.uncached(server, asked, tokens, self._options))

    def _growth(self, database: Database) -> list[Result]:
        options = self._options
        progress(f"sample data of {options.experts:,} experts")
        seed(database, LARGE, options.experts)

        async def compare(small: Server, directory: Directory) -> list[Result]:
            [expert] = await directory.details(1)
            url = database.url(LARGE)
            await growth.add_history(url, expert["variables"]["id"], options.bookings)
            with run_expertbook(database, LARGE, self._cores.server) as large:
                return await growth.compare_all(small, large, expert, options)

        return self._measure(database, compare)

    def _workers(self, database: Database) -> Iterator[Result]:
        """Measure one worker process, and then two that share a broadcast backend."""
        with run_valkey(self._folder) as valkey:
            for count in (1, 2):
                cores = self._cores.first(count)
                settings = {"workers": count, "broadcast_url": valkey.url}
                for result in self._measure(database, self._served, cores, **settings):
                    yield replace(result, measure=f"{result.measure}, workers: {count}")

    async def _served(self, server: Server, directory: Directory) -> list[Result]:
        tokens = await sign_up(server.address, reads.READERS)
        cached = reads.in_turn(first_pages())
        signed_in = reads.in_turn(first_pages(), tokens)
        bookings = writes.distinct(server, directory, self._options)
        return [
            await reads.measure(server, "list", cached, self._options),
            await reads.measure(server, "list, signed in", signed_in, self._options),
            await record(server.name, "book", bookings),
        ]


def progress(line: str) -> None:
    """Write a progress line to standard error."""
    sys.stderr.write(f"{line}\n")


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to completion on a uvloop event loop, and return its result."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(work)
