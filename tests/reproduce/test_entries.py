"""The entries of the package: the fast set passes, and all of them are what they say."""

from __future__ import annotations

import ast
import inspect
import statistics
import sys

import pytest

from qng.reproduce import Entry, found, pictures, reproduce

ENTRIES = found.entries().entries
FAST = [entry for entry in ENTRIES.values() if entry.fast]

AIM = 32
"""Lines of code of an entry in the middle."""


@pytest.mark.parametrize("entry", FAST, ids=lambda entry: entry.id)
def test_the_fast_set_agrees_with_what_was_published(entry: Entry) -> None:
    done = reproduce(entry)
    assert [v for v in done.verdicts if not v.passed] == []
    assert len(done.verdicts) > 0
    picture = pictures.picture(entry, done)
    assert picture is None or entry.id in picture.caption


def test_every_file_is_an_entry() -> None:
    assert found.entries().broken == {}


def test_the_fast_set_is_fast() -> None:
    assert sum(entry.seconds for entry in FAST) < 60
    assert all(entry.seconds > 0 for entry in ENTRIES.values())


@pytest.mark.parametrize("entry", ENTRIES.values(), ids=lambda entry: entry.id)
def test_an_entry_says_where_it_was_published_and_what_it_runs(entry: Entry) -> None:
    assert entry.source.line()
    assert entry.planned() or entry.values is not None


def test_entries_are_short() -> None:
    modules = [sys.modules[f"qng.reproduce.entries.{id.lower()}"] for id in ENTRIES]
    lines = [lines_of_code(inspect.getsource(module)) for module in modules]
    assert statistics.median(lines) <= AIM


def lines_of_code(source: str) -> int:
    """Lines of statements but imports and docstrings; comments and empty lines do not count."""
    lines: set[int] = set()
    for node in ast.parse(source).body:
        if isinstance(node, (ast.Import, ast.ImportFrom)) or is_text(node):
            continue
        for part in ast.walk(node):
            if hasattr(part, "lineno") and not is_text(part):
                lines.update((part.lineno, part.end_lineno))
    return len(lines)


def is_text(node: ast.AST) -> bool:
    """Whether it is a docstring."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
