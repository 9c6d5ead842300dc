"""Markdown, as the generated pages of the reference are written."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any


def page(title: str, about: str, parts: Iterable[str], *, boost: float = 1) -> str:
    """A page; the search puts one with a `boost` before others that have the same words."""
    head = [f"---\nsearch:\n  boost: {boost}\n---"] if boost != 1 else []
    return "\n\n".join([*head, f"# {title}", about, *parts]) + "\n"


def shown(name: str, **options: Any) -> str:
    """What mkdocstrings takes in under a name."""
    lines = [f"::: {name}"]
    if options:
        lines += ["    options:", *(f"      {key}: {value}" for key, value in options.items())]
    return "\n".join(lines)


def table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    lines += ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows]
    return "\n".join(lines)


def escaped(text: str) -> str:
    """Text in which brackets are no link."""
    return text.replace("[", "\\[")
