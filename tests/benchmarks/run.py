"""A run: which servers are started for which measures, one after another."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING, Any, Final, TypeVar

import uvloop

from tests.benchmarks import growth, live, questions, reads, scaling, writes
from tests.benchmarks.databases import database, secantus
from tests.benchmarks.machine import on_cores
from tests.benchmarks.peers import apollo_questions
from tests.benchmarks.results import OURS, Result, across, tried
from tests.benchmarks.rig import fill, installed, run_rig
from tests.benchmarks.targets import apollo, apollo_token, ours, seed
from tests.benchmarks.world import look
from tests.support.valkey import run_valkey

if TYPE_CHECKING:
    from collections.abc import Coroutine
    from pathlib import Path

    from tests.benchmarks.databases import Database
    from tests.benchmarks.machine import Cores
    from tests.benchmarks.options import Options
    from tests.benchmarks.reads import Asked
    from tests.benchmarks.rig import Rig
    from tests.benchmarks.targets import Target
    from tests.benchmarks.world import World

EXPERTS: Final = 2_000
"""As many as the peers have."""

MANY: Final = 50
"""Experts that the uncached questions name in turn."""

READS: Final = ("list", "next", "detail", "search")
READERS: Final = 8

Found = TypeVar("Found")


class Run:
    """One run under some options, in a folder of its own."""

    def __init__(self, options: Options, cores: Cores, folder: Path) -> None:
        self._options = options
        self._cores = cores
        self._folder = folder
        self._rounds = options.rounds
        self._seconds = options.seconds
        self._database = ""

    @property
    def database(self) -> str:
        """The database's program, once it has run."""
        return self._database

    def results(self) -> list[Result]:
        """All that the options ask for, measured."""
        if self._options.peers:
            rig = installed(self._options.peers, self._options.folder)
            return across([self._with_peers(rig, n) for n in range(self._options.passes)])
        with database(self._folder, self._cores.rest, self._options.database) as running:
            self._database = running.program
            self._seed(running, "expertbook", EXPERTS)
            return [*self._alone(running), *self._own(running, "expertbook")]

    def _with_peers(self, rig: Rig, number: int) -> list[Result]:
        program = self._options.database or secantus()
        folder = self._folder / f"pass-{number}"
        folder.mkdir()
        data = folder / "database"
        results: list[Result] = []
        if self._options.compared:
            say("all servers, by the peers' load generator")
            results += run_rig(rig, self._options, self._cores, program, folder)
        with database(folder, self._cores.rest, program, data) as running:
            self._database = running.program
            if not self._options.compared:
                self._seed(running, OURS, EXPERTS)
                fill(rig, running.url("bench"))
            results += self._own(running, OURS)
            if "uncached" in self._options.measures:
                say("Apollo, by unknown documents and signed in")
                with apollo(rig, running, self._cores.server) as target:
                    asked = apollo_questions(rig.folder, MANY)
                    results += _run(self._uncached(target, asked, [apollo_token()]))
        return results

    def _alone(self, running: Database) -> list[Result]:
        """What the peers' rig measures otherwise, and the memory."""
        results = []
        if "memory" in self._options.measures:
            with ours(running, "expertbook", self._cores.server) as target:
                results += _run(self._memory(target))
        if self._options.compared:
            with ours(running, "expertbook", self._cores.server) as target:
                results += _run(self._compared(target))
        return results

    def _own(self, running: Database, name: str) -> list[Result]:
        """What only our own load generator measures."""
        results: list[Result] = []
        if "uncached" in self._options.measures:
            with ours(running, name, self._cores.server) as target:
                results += _run(self._executed(target))
        if "growth" in self._options.measures:
            results += self._growth(running, name)
        if "workers" in self._options.measures:
            results += self._workers(running, name)
        return results

    def _growth(self, running: Database, name: str) -> list[Result]:
        self._seed(running, "growth", self._options.experts)
        cores = self._cores.server
        with ours(running, name, cores) as small:
            expert = _run(_expert(small))
            say(f"{self._options.bookings:,} bookings of one expert")
            history = growth.add_history(
                running.url("growth"), expert["id"], self._options.bookings
            )
            _run(history)
            with ours(running, "growth", cores) as large:
                say("the small and the large database in turns")
                return _run(growth.growth(small, large, expert, self._rounds, self._seconds))

    def _workers(self, running: Database, name: str) -> list[Result]:
        results = []
        with on_cores(self._cores.rest), run_valkey(self._folder) as broker:
            for number in (1, 2):
                say(f"workers: {number}")
                settings = {"workers": number, "broadcast_url": broker.url}
                with ours(running, name, self._cores.for_workers(number), **settings) as target:
                    results += _run(scaling.served_by(target, number, self._rounds, self._seconds))
        return results

    async def _memory(self, target: Target) -> list[Result]:
        say("memory")
        world = await look(target.address)
        return [await live.memory(target, world.experts[0].id)]

    async def _compared(self, target: Target) -> list[Result]:
        wanted = self._options.compared
        results = []
        world = await look(target.address)
        names = [name for name in READS if name in wanted]
        results += await reads.compared(target, world, names, self._rounds, self._seconds)
        if "book" in wanted:
            say("bookings")
            booked = writes.distinct(target, world, self._rounds)
            results.append(await tried(OURS, "book", booked))
        if {"contention", "fanout"} & set(wanted):
            results += await self._crowds(target, world)
        return results

    async def _crowds(self, target: Target, world: World) -> list[Result]:
        say("crowds")
        [(watched, its_slots), (_, fought_for)] = await world.busiest(2)
        results = []
        if "contention" in self._options.measures:
            fought = writes.contention(target, world, fought_for, self._rounds)
            results.append(await tried(OURS, "contention", fought))
        if "fanout" in self._options.measures:
            heard = live.fanout(target, world, watched, its_slots, self._rounds)
            results.append(await tried(OURS, "fanout", heard))
        return results

    async def _executed(self, target: Target) -> list[Result]:
        say("unknown documents, signed-in readers")
        world = await look(target.address)
        await world.register(READERS)
        experts = [questions.expert(span) for span in await world.details(MANY)]
        asked: Asked = {
            "list": (reads.first_pages(), reads.full_page),
            "detail": (experts, reads.forty_slots),
        }
        return await self._uncached(target, asked, world.tokens)

    async def _uncached(self, target: Target, asked: Asked, tokens: list[str]) -> list[Result]:
        return await reads.uncached(target, asked, tokens, self._rounds, self._seconds)

    def _seed(self, running: Database, name: str, experts: int) -> None:
        say(f"sample data: {experts:,} experts")
        took = seed(running, name, experts)
        say(f"  in {took:.0f} s")


def say(line: str) -> None:
    """Say how far the run is, beside the report."""
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


async def _expert(target: Target) -> dict[str, Any]:
    """The question for an expert with 40 slots."""
    world = await look(target.address)
    return (await world.details(1))[0]


def _run(work: Coroutine[Any, Any, Found]) -> Found:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(work)
