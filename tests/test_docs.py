"""Tests that the files, functions, commands, settings and metrics named in the docs exist."""

from __future__ import annotations

import ast
import re
import tomllib
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from prometheus_client import REGISTRY
from typer.main import get_command

from models.database import DOCUMENTS as DOCUMENT_CLASSES
from tests.support.markdown import DOCUMENTS, Document, anchors, code
from tests.support.repository import ROOT
from web import cli, verification
from web.settings import Settings
from web.telemetry import metrics

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_README_WORDS = 1_200
FOLDERS = "auth|models|resolvers|schema|subscriptions|web|tests|docs|[.]github|[.]ci"
PATH = re.compile(rf"(?<![\w/.:-])(?:{FOLDERS})/[\w./*{{}}-]*")
DEFINITION = re.compile(r"`?([\w./-]+\.(?:py|ts|tsx))`?\s+·\s+`([\w.]+)")
MAKE = re.compile(r"(?<![\w-])make ([a-z][\w-]*)")
COMMAND = re.compile(r"(?<![\w.:-])expertbook ((?:[a-z]+(?: |$))*[a-z]*)([^\n|>#]*)", re.MULTILINE)
OPTION = re.compile(r"(?<!\S)--[a-z-]+")
SETTING = re.compile(r"EXPERTBOOK_[A-Z_]+")
METRIC = re.compile(r"\bexpertbook_[a-z_]+")
HEADINGS = ["## Context", "## Decision", "## Consequences"]
PAGES = sorted((ROOT / "docs" / "decisions").glob("0*.md"))

each_document = pytest.mark.parametrize("document", DOCUMENTS, ids=lambda it: it.name)


def test_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text().split()) <= MAX_README_WORDS


@each_document
def test_relative_links_resolve(document: Document) -> None:
    """Links to headings use the anchors that GitHub derives from the headings."""
    broken = []
    for link in document.links:
        if re.match(r"[a-z]+:", link):
            continue
        name, _, anchor = link.partition("#")
        target = (document.path.parent / name).resolve() if name else document.path
        has_anchor = not anchor or (target.suffix == ".md" and anchor in anchors(target))
        if not (target.exists() and target.is_relative_to(ROOT) and has_anchor):
            broken.append(link)
    assert broken == []


@each_document
def test_documented_files_exist(document: Document) -> None:
    named = {path.rstrip(".") for path in PATH.findall(document.prose)}
    assert {path for path in named if not any(ROOT.glob(path.rstrip("/")))} == set()


@each_document
def test_documented_functions_exist(document: Document) -> None:
    """The docs name functions in the form `path/to/file.py` · `function` or `Class.method`."""
    named = DEFINITION.findall(document.text)
    missing = [(path, name) for path, name in named if name not in defined_in(ROOT / path)]
    assert missing == []


def test_readme_names_the_functions_of_a_booking() -> None:
    """The README names at least 15 functions, from the endpoint to the WebSocket frame."""
    readme = (ROOT / "README.md").read_text()
    assert len(DEFINITION.findall(readme)) >= 15


def defined_in(path: Path) -> set[str]:
    """Return the functions, classes, `Class.method`s and constants that a file defines."""
    text = path.read_text()
    if path.suffix != ".py":
        return set(re.findall(r"(?:function|class|const) (\w+)", text))
    found = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            found.add(node.name)
        if isinstance(node, ast.ClassDef):
            found.update(f"{node.name}.{child}" for child in members(node))
    return found | set(re.findall(r"^([A-Z_]+)\b.* = ", text, re.MULTILINE))


def members(node: ast.ClassDef) -> Iterator[str]:
    """Yield the names of a class's methods."""
    for child in node.body:
        if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield child.name


@each_document
def test_documented_make_targets_exist(document: Document) -> None:
    makefile = (ROOT / "Makefile").read_text()
    targets = set(re.findall(r"^([a-z][\w-]*):", makefile, re.MULTILINE))
    assert {name for text in code(document) for name in MAKE.findall(text)} <= targets


@each_document
def test_documented_commands_exist(document: Document) -> None:
    unknown = []
    for words, rest in chain.from_iterable(map(COMMAND.findall, code(document))):
        command = get_command(cli.app)
        for word in words.split():
            found = getattr(command, "commands", {}).get(word)
            if found is None:
                break
            command = found
        options = {option for parameter in command.params for option in parameter.opts}
        if command.name == "expertbook" or not set(OPTION.findall(rest)) <= options:
            unknown.append(f"expertbook {words}{rest}")
    assert unknown == []


@each_document
def test_documented_settings_exist(document: Document) -> None:
    settings = {f"EXPERTBOOK_{name.upper()}" for name in Settings.model_fields}
    assert set(SETTING.findall(document.text)) <= settings


@each_document
def test_documented_metrics_exist(document: Document) -> None:
    assert set(METRIC.findall(document.text)) <= counted()


def test_every_metric_is_explained() -> None:
    """docs/operations.md lists every metric under the name that Prometheus queries use."""
    operations = (ROOT / "docs" / "operations.md").read_text()
    assert counted() <= set(METRIC.findall(operations))


def counted() -> set[str]:
    """Return the names of this program's metrics, as Prometheus queries use them."""
    files = [module.__file__ or "" for module in (metrics, verification)]
    text = "".join(Path(file).read_text() for file in files)
    collected = {
        f"{family.name}{'_total' * (family.type == 'counter')}" for family in REGISTRY.collect()
    }
    return set(METRIC.findall(text)) | {name for name in collected if METRIC.fullmatch(name)}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_decision_pages_have_the_same_format(page: Path) -> None:
    text = page.read_text()
    assert re.findall(r"^## .*", text, re.MULTILINE) == HEADINGS
    assert text.startswith(f"# {int(page.name[:4])}. ")
    assert 150 <= len(text.split()) <= 300


def test_the_index_lists_every_decision() -> None:
    index = (ROOT / "docs" / "decisions" / "README.md").read_text()
    titles = [page.read_text().partition("\n")[0].partition(". ")[2] for page in PAGES]
    rows = re.findall(r"^\| (\d+) \| \[(.+)\]\((.+)\) \|$", index, re.MULTILINE)
    assert rows == [
        (str(number), title, page.name)
        for number, (title, page) in enumerate(zip(titles, PAGES, strict=True), 1)
    ]


@pytest.mark.parametrize("package", ["models", "schema"])
def test_documented_layers_match_the_contract(package: str) -> None:
    """The table in docs/architecture.md lists the modules in the order of the contract."""
    architecture = (ROOT / "docs" / "architecture.md").read_text()
    section = re.split(r"\n##+ ", architecture.partition(f"### Layers of {package}")[2])[0]
    rows = re.findall(r"^\| (?!-|Layer)(.*)$", section, re.MULTILINE)
    column = {"models": 0, "schema": 1}[package]
    listed = [name for row in rows for name in re.findall(r"`(\w+)`", row.split(" | ")[column])]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    contracts = project["tool"]["importlinter"]["contracts"]
    [layers] = [it["layers"] for it in contracts if it.get("containers") == [package]]
    assert listed == [name for layer in layers for name in layer.split(" | ")]


def test_every_collection_is_listed() -> None:
    architecture = (ROOT / "docs" / "architecture.md").read_text()
    section = architecture.partition("\n## Collections\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (`.*?) \|", section, re.MULTILINE)
    listed = {name for row in rows for name in re.findall(r"`(\w+)`", row)}
    assert listed == {model.Settings.name for model in DOCUMENT_CLASSES}


def test_the_ci_workflow_runs_the_ci_script() -> None:
    workflow = (ROOT / ".github" / "workflows" / "ci.yml").read_text()
    assert re.search(r"run: \.ci/run$", workflow, re.MULTILINE)
