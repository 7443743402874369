"""Parses the Markdown documentation for the tests that check it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from tests.support.repository import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"!?\[[^\]\n]*(?:\n[^\]\n]*)?\]\(([^)\s]+)\)")
CODE_SPAN = re.compile(r"`([^`\n]+)`")
PUNCTUATION = re.compile(r"[^\w\- ]")


@dataclass(frozen=True)
class Document:
    """A Markdown file of the documentation."""

    path: Path

    @property
    def name(self) -> str:
        """The document's path in the repository."""
        return str(self.path.relative_to(ROOT))

    @property
    def text(self) -> str:
        """The document's content."""
        return self.path.read_text("utf-8")

    @property
    def prose(self) -> str:
        """The document's text without link targets and code blocks, except Mermaid diagrams."""
        text = FENCE.sub(lambda it: it[2] if it[1] == "mermaid" else "", self.text)
        return re.sub(r"\]\([^)]*\)", "]", text)

    @property
    def links(self) -> list[str]:
        """The targets of all links and images, except those inside code."""
        return LINK.findall(CODE_SPAN.sub("", FENCE.sub("", self.text)))

    def blocks(self, language: str) -> list[str]:
        """Return the code blocks in a language or, if `language` is empty, in no language."""
        return [body for name, body in FENCE.findall(self.text) if name == language]


def code(document: Document) -> Iterator[str]:
    """Yield a document's code spans, and its code blocks that are in Bash or have no language."""
    yield from document.blocks("")
    yield from document.blocks("bash")
    yield from CODE_SPAN.findall(FENCE.sub("", document.text))


@cache
def anchors(path: Path) -> frozenset[str]:
    """Return the anchors of a document's headings, as GitHub derives them."""
    text = FENCE.sub("", path.read_text("utf-8"))
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return frozenset(
        PUNCTUATION.sub("", heading.replace("`", "").lower()).replace(" ", "-")
        for heading in headings
    )


DOCUMENTS = [
    Document(path)
    for path in sorted(
        [
            *(ROOT / f"{name}.md" for name in ("README", "CONTRIBUTING", "SECURITY", "CHANGELOG")),
            *(ROOT / "docs").rglob("*.md"),
            *(ROOT / ".github").rglob("*.md"),
        ]
    )
]
