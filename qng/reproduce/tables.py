"""Verdicts and entries as tables for people, and as plain data for machines."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from rich.console import RenderableType

from qng.report import cells
from qng.report.data import plain
from qng.reproduce.entry import Entry
from qng.reproduce.found import Found
from qng.reproduce.gallery import Outcome
from qng.reproduce.judging import Verdict
from qng.reproduce.results import Reproduction


def verdict_table(done: Reproduction) -> RenderableType:
    """One row a number: published, ours, tolerance, and what is said."""
    table = cells.frame()
    for head in ("", "number"):
        table.add_column(head)
    for head in ("published", "ours", "tolerance"):
        table.add_column(head, justify="right")
    table.add_column("verdict")
    for v in done.verdicts:
        word = v.claim if v.passed else "DOES NOT AGREE"
        cells.add(
            table,
            [
                "pass" if v.passed else "FAIL",
                v.what,
                shown(v.published),
                shown(v.ours),
                v.tolerance,
                f"{word} (chaotic)" if v.chaotic else word,
            ],
        )
    return cells.titled(f"{done.id}: {done.title}", table)


def verdict_notes(done: Reproduction) -> list[str]:
    """What a reader of `verdict_table` has to know, one line each."""
    notes = [f"source: {done.source.line()}"]
    if done.note:
        notes.append(f"note: {done.note}")
    words = dict.fromkeys(v.chaotic for v in done.verdicts if v.chaotic)
    notes += [f"chaotic: {word}; judged by what is stable" for word in words]
    passed = sum(v.passed for v in done.verdicts)
    said = f"{passed} of {len(done.verdicts)} numbers agree, {done.seconds:.1f} s"
    if done.resumed:
        runs = "the run" if done.resumed == 1 else f"the {done.resumed} runs"
        said += f" without {runs} that the ledger had already"
    return [*notes, said]


def outcomes_table(outcomes: Sequence[Outcome], title: str) -> RenderableType:
    """One row an entry that has been run."""
    table = cells.frame()
    for head in ("id", "title", "verdict"):
        table.add_column(head)
    for head in ("agree", "printed", "figure", "own", "time\n(s)"):
        table.add_column(head, justify="right")
    for o in outcomes:
        counts = [str(o.claims.get(name, 0)) for name in ("printed", "figure", "own")]
        agree = f"{o.passed}/{o.numbers}" if not o.error else "-"
        cells.add(table, [o.id, o.title, o.word, agree, *counts, o.time])
    return cells.titled(title, table)


def entries_table(found: Found, outcomes: dict[str, Outcome], folder: str) -> RenderableType:
    """All entries: what, where from, how long it takes, and its last result in a folder."""
    table = cells.frame()
    for head in ("id", "title", "source", "set"):
        table.add_column(head)
    table.add_column("cost\n(s)", justify="right")
    table.add_column("status")
    for entry in found.entries.values():
        cells.add(
            table,
            [
                entry.id,
                entry.title,
                where(entry),
                "fast" if entry.fast else "own" if entry.own else "",
                f"{entry.seconds:.3g}",
                status(outcomes.get(entry.id)),
            ],
        )
    return cells.titled(f"{len(found.entries)} entries; status in {folder}", table)


def entries_data(found: Found, outcomes: dict[str, Outcome]) -> dict[str, Any]:
    """All entries for machines."""
    return plain(
        {
            "entries": [
                {
                    "id": entry.id,
                    "title": entry.title,
                    "source": entry.source.line(),
                    "link": entry.source.link,
                    "fast": entry.fast,
                    "own": entry.own,
                    "seconds": entry.seconds,
                    "status": status(outcomes.get(entry.id)),
                }
                for entry in found.entries.values()
            ],
            "broken": dict(found.broken),
        }
    )


def reproduction_data(done: Reproduction) -> dict[str, Any]:
    """A reproduction for machines: everything but the runs."""
    return plain(
        {
            "id": done.id,
            "title": done.title,
            "source": done.source.line(),
            "link": done.source.link,
            "passed": done.passed,
            "seconds": done.seconds,
            "resumed": done.resumed,
            "date": done.date,
            "versions": dict(done.versions),
            "note": done.note or None,
            "values": dict(done.values),
            "verdicts": [_verdict_data(v) for v in done.verdicts],
        }
    )


def where(entry: Entry) -> str:
    """Where an entry was published, in a word: its DOI, its arXiv number, or its address."""
    source = entry.source
    if source.doi:
        return f"doi:{source.doi}"
    return f"arXiv:{source.arxiv}" if source.arxiv else source.url or source.title


def status(outcome: Outcome | None) -> str:
    """What came of the last run of an entry, in a few words."""
    if outcome is None:
        return "not run"
    day = outcome.date.partition("T")[0]
    if outcome.error:
        return f"error, {day}"
    return f"{outcome.word} {outcome.passed}/{outcome.numbers}, {day}, {outcome.time} s"


def shown(number: float | str) -> str:
    """A number of a verdict, or the words that stand for it.

    Example:
        >>> shown(-0.61220399), shown(118.0), shown("a < b")
        ('-0.61220399', '118', 'a < b')
    """
    if isinstance(number, str):
        return number
    if math.isnan(number):
        return "none"
    return "never" if math.isinf(number) else f"{number + 0.0:.10g}"


def _verdict_data(v: Verdict) -> dict[str, Any]:
    return {
        "what": v.what,
        "published": v.published,
        "ours": v.ours,
        "tolerance": v.tolerance,
        "passed": v.passed,
        "claim": v.claim,
        "chaotic": v.chaotic or None,
    }
