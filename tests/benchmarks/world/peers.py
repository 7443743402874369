"""Installs and runs the peers' rig, a folder with comparable servers and a load generator.

The rig measures all servers, including ours, with equivalent requests and the same
database program.
"""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from shutil import which
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import jwt

from tests.benchmarks.report import OURS, Figure, Result, spread
from tests.benchmarks.world.servers import run_server
from tests.support.browsers import node_home
from tests.support.servers import EXPERTBOOK, free_port

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tests.benchmarks.options import Options
    from tests.benchmarks.report import Figures
    from tests.benchmarks.world.directory import Operation
    from tests.benchmarks.world.machine import Cores
    from tests.benchmarks.world.servers import Database, Server

REPOSITORY: Final = Path(__file__).parents[3]
DATABASE: Final = "bench"
SECRET: Final = "bench-secret-bench-secret-bench-secret"
CATEGORIES: Final = ("technology", "health", "finance", "legal", "design", "business")
FIRST_WITH_FORTY_SLOTS: Final = 100
MEMORY: Final = {Figure.START_MB, Figure.CROWDED_MB, Figure.SUBSCRIBER_KB}


class Rig(NamedTuple):
    """A copy of the peers' rig with its installed packages, and the peers to be measured."""

    folder: Path
    environment: Mapping[str, str]
    peers: Sequence[str] = ()

    def target(self, name: str) -> dict[str, Any]:
        """Read a peer's target file: the commands that build and start it, and its operations."""
        target: dict[str, Any] = json.loads((self.folder / f"targets/{name}.json").read_text())
        return target

    def operations(self, count: int) -> dict[str, list[Operation]]:
        """Return the GraphQL peers' operations: pages of experts, and experts with 40 slots."""
        listed, detail = (
            self.target("_graphql")["ops"][name]["body"] for name in ("list", "detail")
        )
        filters = [{"filter": {"category": category}, "first": 20} for category in CATEGORIES]
        experts = range(FIRST_WITH_FORTY_SLOTS, FIRST_WITH_FORTY_SLOTS + count)
        ids = [{"id": f"650000000000{number:012x}"} for number in experts]
        return {
            "list": [{**listed, "variables": variables} for variables in filters],
            "detail": [{**detail, "variables": variables} for variables in ids],
        }


def install(source: Path, folder: Path, chosen: frozenset[str]) -> Rig:
    """Copy the rig into a folder and install its packages.

    Measure the chosen peers or, if none is chosen, all peers whose compiler is on the PATH.
    """
    path = f"{node_home() / 'bin'}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    builds = os.environ.get("BUILD_DIR") or str(Path.home() / ".cache/peer-rig")
    environment = {**os.environ, "PATH": path, "BUILD_DIR": builds, "PYTHON": sys.executable}
    rig = Rig(folder / "peers", environment)
    rig.folder.mkdir(exist_ok=True)
    execute(rig, "cp", "-RT", "--no-preserve=mode", str(source.resolve()), ".")
    npm = str(node_home() / "lib/node_modules/npm/bin/npm-cli.js")
    execute(rig, "node", npm, "ci", "--no-audit", "--no-fund", "--prefer-offline")
    targets = sorted(path.stem for path in (rig.folder / "targets").glob("[!_]*.json"))
    peers = [name for name in targets if not name.startswith(OURS)]
    compilers = {name: rig.target(name).get("build", "node").split()[0] for name in peers}
    if unknown := chosen - {*peers}:
        raise RuntimeError(f"TARGETS: {', '.join(unknown)}: choose from {', '.join(peers)}")
    found = {name for name, program in compilers.items() if which(program, path=path)}
    return rig._replace(peers=[name for name in peers if name in (chosen or found)])


def execute(rig: Rig, *command: str, folder: str = ".") -> None:
    """Run a command in a folder of the rig; its output goes to standard error."""
    subprocess.run(  # noqa: S603 - only commands of the rig
        command, cwd=rig.folder / folder, env=rig.environment, stdout=sys.stderr, check=True
    )


def fill(rig: Rig, database: Database) -> None:
    """Fill the peers' database with the peers' sample data."""
    execute(rig, sys.executable, "-B", "seed.py", "--uri", database.url(DATABASE))


@contextmanager
def run_peer(rig: Rig, name: str, database: Database, cores: str) -> Iterator[Server]:
    """Build and run a peer, on the database that `fill` has filled."""
    target = rig.target(name)
    if "build" in target:
        execute(rig, "sh", "-c", target["build"], folder=target["cwd"])
    settings = {
        "NODE_ENV": "production",
        "PATH": rig.environment["PATH"],
        "MONGO_URI": database.url(DATABASE),
        "JWT_SECRET": SECRET,
        **target.get("env", {}),
    }
    command = [
        *("env", f"--chdir={rig.folder / target.get('cwd', '.')}"),
        *(f"{key}={value}" for key, value in settings.items()),
        *("sh", "-c", 'PORT=$EXPERTBOOK_PORT exec "$@"', name),
        *(word.replace("$BUILD_DIR", rig.environment["BUILD_DIR"]) for word in target["start"]),
    ]
    with run_server(name, command, database, cores) as server:
        yield server


def access_token() -> str:
    """Return an access token that the GraphQL peers accept."""
    claims = {"sub": "user-0", "exp": datetime.now(UTC) + timedelta(days=1)}
    return jwt.encode(claims, SECRET, algorithm="HS256")


def measure_all(
    rig: Rig, measures: Sequence[str], options: Options, cores: Cores, program: Path, folder: Path
) -> list[Result]:
    """Have the rig measure all peers and ExpertBook, each on the given database program."""
    folder.mkdir(parents=True)
    out = folder / "results.jsonl"
    ours = {
        "extends": str(rig.folder / "targets/ours.json"),
        "base": f"http://127.0.0.1:{free_port()}",
        "start": f"exec {shlex.quote(str(EXPERTBOOK))} serve --with-parent",
    }
    (folder / "ours.json").write_text(json.dumps(ours))
    command = [
        *("node", "run.mjs", "--targets", ",".join([*rig.peers, str(folder / "ours.json")])),
        *("--out", str(out), "--quiet", f"{options.quiet:g}", "--"),
        *("--measures", ",".join(measures), "--windows", str(options.rounds)),
        *("--seconds", f"{options.seconds:g}", "--warm", "2", "--k", "1000"),
    ]
    environment = {
        "EXPERTBOOK_DIR": str(REPOSITORY),
        "EXPERTBOOK_REQUIRE_VERIFIED_EMAIL": "off",  # the rig's clients read no e-mails
        "DB_BIN": str(program),
        "DB_DIR": str(folder / "data"),
        "SERVER_CORE": cores.server,
        "DB_CORE": cores.rest,
        "LOAD_CORE": cores.rest,
    }
    with subprocess.Popen(  # noqa: S603 - runs only the rig
        command, cwd=rig.folder, env={**rig.environment, **environment}, stdout=subprocess.DEVNULL
    ) as process:
        try:
            status = process.wait()
        finally:
            process.terminate()  # On SIGTERM, the rig ends the processes that it started.
    if status:
        raise RuntimeError(f"the rig ended with {status}")
    return [result for line in out.read_text().splitlines() for result in read_results(line)]


def read_results(line: str) -> list[Result]:
    """Read a line of the rig's output; memory figures in it become a separate result."""
    told = json.loads(line)
    server, measure = told["target"], told["measure"]
    if problem := _problem(told):
        return [Result(server, measure, problem=problem)]
    windows = told.get("floods") or told.get("windows") or [0]
    figures: Figures = {name: told[name] for name in Figure if name in told}
    figures[Figure.OTHER_LOAD] = told.get("cpu", {}).get("other", 0)
    memory = {name: figures.pop(name) for name in MEMORY & figures.keys()}
    results = [Result(server, measure, figures, spread(windows))]
    return [*results, Result(server, "memory", memory)] if memory else results


def _problem(told: Mapping[str, Any]) -> str:
    """Return a description of a server's wrong responses; empty if all were right."""
    if "failed" in told:
        return str(told["failed"]).splitlines()[0]
    wrong = {name: told[name] for name in ("bad", "other", "missing", "closed") if told.get(name)}
    if any(count != 1 for count in told.get("winners", [])):
        wrong["winners"] = told["winners"]
    return ", ".join(f"{name} {count}" for name, count in wrong.items())
