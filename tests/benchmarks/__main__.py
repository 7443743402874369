"""`make bench`: measure the program, and with PEERS=path its peers in the same run.

Variables: PEERS (a folder with the peers' rig), DB_BIN (another database server that takes
SecantusDB's flags), MEASURES (some of list, next, search, detail, book, contention, fanout, memory,
uncached, growth, workers), ROUNDS and SECONDS (windows, and how long each), PASSES (how often
all servers are measured in turn, of which the median counts), EXPERTS and BOOKINGS (what the
directory and one calendar grow to), QUIET (minutes to wait for an idle machine), OUT (the folder of
the report). All traffic stays on this machine.
"""

from __future__ import annotations

import os
import signal
import sys
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from platform import python_version
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from tests.benchmarks.aims import verdicts
from tests.benchmarks.databases import NoBenchmarkDatabase
from tests.benchmarks.machine import machine, split_cores
from tests.benchmarks.options import WrongOption, read_options
from tests.benchmarks.results import OURS, WrongAnswer
from tests.benchmarks.rig import RigFailed, node_program, node_version
from tests.benchmarks.run import Run
from tests.benchmarks.table import report
from tests.benchmarks.targets import DidNotServe

if TYPE_CHECKING:
    from tests.benchmarks.options import Options

MISTAKES = (WrongOption, WrongAnswer, RigFailed, DidNotServe, NoBenchmarkDatabase)


def main() -> int:
    """Measure, and write the report on the standard output and into a file."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    # A shell starts background jobs with SIGINT ignored.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        options = read_options(os.environ)
        text, is_whole = measured(options)
    except MISTAKES as mistake:
        sys.stderr.write(f"bench: {mistake}\n")
        return 1
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    file = options.folder / "report.md"
    file.write_text(text)
    sys.stdout.write(text)
    sys.stderr.write(f"\nThis is also in {file}.\n")
    return 0 if is_whole else 1


def listed(cores: frozenset[int]) -> str:
    """Some cores by their numbers."""
    return f"core{'s' * (len(cores) > 1)} " + ", ".join(map(str, sorted(cores)))


def measured(options: Options) -> tuple[str, bool]:
    """The report of a run, and whether all of ours was measured."""
    options.folder.mkdir(parents=True, exist_ok=True)
    cores = split_cores(os.sched_getaffinity(0))
    began = datetime.now(UTC)
    where = machine()
    node = f"Node {node_version(node_program())}, " if options.peers else ""
    os.sched_setaffinity(0, cores.rest)  # the load generator is this process
    with TemporaryDirectory(
        prefix="run-", dir=options.folder, ignore_cleanup_errors=True
    ) as folder:
        run = Run(options, cores, Path(folder))
        results = run.results()
    on_server, on_rest = listed(cores.server), listed(cores.rest)
    versions = f"Python {python_version()}, uvloop {version('uvloop')}, {node}{run.database}"
    passes = f" in each of {options.passes} passes" if options.passes > 1 else ""
    conditions = [
        f"{began:%Y-%m-%d}, {where}: server on {on_server}, database and load on {on_rest}.",
        f"{versions}; {options.rounds} windows of {options.seconds:g} s each{passes}.",
    ]
    is_whole = not any(result.problem for result in results if result.target == OURS)
    return report(results, verdicts(results), conditions), is_whole


if __name__ == "__main__":
    sys.exit(main())
