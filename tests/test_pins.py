"""Every installed package has the exact version that pyproject.toml pins."""

from __future__ import annotations

import re
import tomllib
from importlib.metadata import Distribution, PackageNotFoundError, distribution, distributions
from pathlib import Path

PROJECT = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text("utf-8"))
FLOATING = "secantusdb"
OURS = {"expertbook"}
INSTALLERS = {"pip", "setuptools", "uv", "wheel"}


def canonical(requirement: str) -> str:
    """Return the normalised package name of a requirement (PEP 503)."""
    found = re.match(r"[\w.-]+", requirement)
    assert found
    return re.sub(r"[-_.]+", "-", found[0]).lower()


def pins() -> dict[str, str]:
    """Return the pinned version of each package, without environment markers and extras."""
    project, uv = PROJECT["project"], PROJECT["tool"]["uv"]
    groups = [*project["optional-dependencies"].values(), *PROJECT["dependency-groups"].values()]
    requirements = [
        *project["dependencies"],
        *(requirement for group in groups for requirement in group),
        *uv["constraint-dependencies"],
    ]
    exact = (re.match(r"([\w.-]+)(?:\[.*\])?==([^;\s]+)", line) for line in requirements)
    return {canonical(found[1]): found[2] for found in exact if found}


def needed_by(package: str) -> set[str]:
    """Return the installed packages on which a package depends, directly or indirectly."""
    found: set[str] = set()
    unvisited = [package]
    while unvisited:
        name = unvisited.pop()
        try:
            required = distribution(name).requires or []
        except PackageNotFoundError:
            continue
        new = {canonical(line) for line in required if "extra ==" not in line} - found
        found |= new
        unvisited += new
    return found


def name_of(package: Distribution) -> str:
    """Return the normalised name of an installed package."""
    return canonical(package.metadata["Name"])


def test_every_installed_package_is_pinned() -> None:
    pinned = pins()
    floating = (needed_by(FLOATING) | {FLOATING}) - pinned.keys()
    installed = {name_of(package): package.version for package in distributions()}
    checked = installed.keys() - OURS - INSTALLERS - floating
    assert len(checked) > len(PROJECT["project"]["dependencies"])
    unpinned = {name: installed[name] for name in checked if pinned.get(name) != installed[name]}
    assert unpinned == {}


def test_requirements_are_compared_by_normalised_name() -> None:
    assert "anyio" in needed_by("starlette")
    assert canonical("Jinja2==3.1.6") == "jinja2"
    assert canonical("uvloop==0.23.0; sys_platform != 'win32'") == "uvloop"
