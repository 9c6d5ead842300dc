"""The entries of the package: the fast set passes, and all of them are what they say."""

from __future__ import annotations

import inspect
import io
import statistics
import sys
import tokenize

import pytest

from qng.reproduce import Entry, found, pictures, reproduce

ENTRIES = found.entries().entries
FAST = [entry for entry in ENTRIES.values() if entry.fast]

AIM = 30
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
    """Lines with anything but comments and docstrings."""
    lines: set[int] = set()
    before = tokenize.NEWLINE
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        silent = token.type in (
            tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT,
            tokenize.ENDMARKER,
        )  # fmt: skip
        docstring = token.type == tokenize.STRING and before in (
            tokenize.NEWLINE, tokenize.INDENT, tokenize.NL,
        )  # fmt: skip
        if not (silent or docstring):
            lines.update(range(token.start[0], token.end[0] + 1))
        before = token.type
    return len(lines)
