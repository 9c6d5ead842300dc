"""The folder of what has been reproduced: results, pictures, and a page that shows them all.

p2.json           the reproduction: runs, values and verdicts, as `qng.load_run` reads it
p2.png            its picture           p2.picture.json   the numbers of the picture
summary.json      one line an entry     index.html        all pictures with their verdicts
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from html import escape
from pathlib import Path
from typing import Any, Final

from qng import __version__
from qng.errors import InputError, QngError
from qng.reproduce.entry import Entry
from qng.reproduce.found import in_order
from qng.reproduce.judging import FIGURE, OWN, PRINTED
from qng.reproduce.results import Reproduction
from qng.run.recipe import now
from qng.run.saved import read_saved, save_run, written

SUMMARY: Final = "summary.json"

MOST_ROWS: Final = 30_000
"""Points of runs in a file: some 30 MB."""

_SHORT: Final = {str(PRINTED): "printed", str(FIGURE): "figure", str(OWN): "own"}


@dataclass(frozen=True)
class Outcome:
    """What came of an entry, in a line.

    Args:
        id: Of the entry.
        title: Of the entry.
        source: Where it was published, in a line.
        link: Where it can be read.
        passed: Numbers that agree.
        numbers: Numbers that were published.
        claims: How many of those that agree are "printed", of a "figure", or "own".
        failed: The numbers that do not agree.
        seconds: Wall time.
        date: When it was begun.
        version: Of qng.
        picture: Its file, or "".
        error: Why there is no result; empty where there is one.
        resumed: Runs that a ledger had already; their time is not in `seconds`.
    """

    id: str
    title: str
    source: str
    link: str
    passed: int
    numbers: int
    claims: dict[str, int]
    failed: tuple[str, ...]
    seconds: float
    date: str
    version: str
    picture: str = ""
    error: str = ""
    resumed: int = 0

    @property
    def time(self) -> str:
        """The seconds, with a + where runs were not done again."""
        return f"{self.seconds:.1f}{'+' if self.resumed else ''}"

    @property
    def word(self) -> str:
        """The verdict in one word."""
        if self.error:
            return "error"
        return "pass" if self.passed == self.numbers else "FAIL"


def outcome_of(done: Reproduction, picture: str = "", error: str = "") -> Outcome:
    """A reproduction in a line."""
    good = [v for v in done.verdicts if v.passed]
    return Outcome(
        id=done.id,
        title=done.title,
        source=done.source.line(),
        link=done.source.link,
        passed=len(good),
        numbers=len(done.verdicts),
        claims=dict(Counter(_SHORT[v.claim] for v in good)),
        failed=tuple(v.what for v in done.verdicts if not v.passed),
        seconds=done.seconds,
        date=done.date,
        version=done.versions.get("qng", ""),
        picture=picture,
        error=error,
        resumed=done.resumed,
    )


def failure(entry: Entry, error: str) -> Outcome:
    """An entry that could not be run, in a line."""
    line, link = entry.source.line(), entry.source.link
    return Outcome(
        entry.id, entry.title, line, link, 0, 0, {}, (), 0.0, now(), __version__, error=error
    )


def save(done: Reproduction, folder: Path) -> Path:
    """Write a reproduction into a folder.

    Runs of more than `MOST_ROWS` points in all are left out, and its note says so.

    Returns:
        Its file.

    Raises:
        QngError: It cannot be written.
    """
    file = folder / f"{done.id.lower()}.json"
    runs = [run for c in done.comparisons.values() for of in c.runs.values() for run in of]
    if sum(len(run.trace) for run in runs) > MOST_ROWS:
        left_out = f"The {len(runs)} runs are too many for this file; --ledger FILE keeps them."
        done = replace(done, comparisons={}, note=f"{done.note} {left_out}".strip())
    save_run(done, file)
    return file


def load(path: str | Path) -> Reproduction:
    """A reproduction from its file.

    Raises:
        InputError: There is none in it.
    """
    value = read_saved(path)
    if not isinstance(value, Reproduction):
        raise InputError(f"{path} holds a {type(value).__name__}, and no reproduction")
    return value


def outcomes(folder: Path) -> dict[str, Outcome]:
    """What came of every entry at last, by id; empty where the folder has nothing."""
    file = folder / SUMMARY
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
        names = {f.name for f in fields(Outcome)}
        rows = [{k: v for k, v in row.items() if k in names} for row in found["entries"]]
        made = [Outcome(**row | {"failed": tuple(row["failed"])}) for row in rows]
    except (OSError, ValueError, KeyError, TypeError):
        return {}  # no such file, or not ours: nothing is known of any entry
    return {outcome.id: outcome for outcome in made}


def note(new: Mapping[str, Outcome], folder: Path) -> dict[str, Outcome]:
    """Note outcomes in the folder, and show them on its page.

    Returns:
        All that the folder knows now.

    Raises:
        QngError: A file cannot be written.
    """
    known = in_order(outcomes(folder) | dict(new))
    rows: list[dict[str, Any]] = [asdict(outcome) for outcome in known.values()]
    _write(folder / SUMMARY, json.dumps({"entries": rows}, indent=1, ensure_ascii=False) + "\n")
    _write(folder / "index.html", page(known))
    return known


def page(known: Mapping[str, Outcome]) -> str:
    """All entries as one page: a table, then the pictures."""
    good = sum(outcome.word == "pass" for outcome in known.values())
    rows = "\n".join(_row(outcome) for outcome in known.values())
    pictures = "\n".join(_figure(outcome) for outcome in known.values() if outcome.picture)
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Reproduced experiments</title>
<style>{_STYLE}</style>
</head>
<body>
<h1>Reproduced experiments</h1>
<p>{good} of {len(known)} entries pass. printed, figure, own: how many of the numbers that agree
are printed, read off a figure, or independent values (regression only). A + after the seconds:
without those of runs that a ledger had already.</p>
<table>
<tr><th>id</th><th>title</th><th>source</th><th>verdict</th><th>agree</th><th>printed</th>
<th>figure</th><th>own</th><th>seconds</th></tr>
{rows}
</table>
<div class="pictures">
{pictures}
</div>
</body>
</html>
"""


def _row(o: Outcome) -> str:
    source = escape(o.source)
    if o.link:
        source = f'<a href="{escape(o.link)}">{source}</a>'
    title = escape(o.title)
    if o.picture:
        title = f'<a href="#{escape(o.id)}">{title}</a>'
    counts = "".join(f"<td class=n>{o.claims.get(k, 0)}</td>" for k in ("printed", "figure", "own"))
    why = escape(o.error or ", ".join(o.failed))
    word = f'<td class="{o.word.lower()}" title="{why}">{o.word}</td>'
    return (
        f"<tr><td>{escape(o.id)}</td><td>{title}</td><td>{source}</td>{word}"
        f"<td class=n>{o.passed}/{o.numbers}</td>{counts}<td class=n>{o.time}</td></tr>"
    )


def _figure(o: Outcome) -> str:
    file, shown = escape(o.picture), f"{escape(o.id)}: {escape(o.title)}"
    tag = f'<img src="{file}" alt="{shown}">'
    if o.picture.endswith(".pdf"):
        tag = f'<object data="{file}" type="application/pdf">{shown}</object>'
    return (
        f'<figure id="{escape(o.id)}"><figcaption>{shown}: {o.word}, {o.passed}/{o.numbers}'
        f'</figcaption><a href="{file}">{tag}</a></figure>'
    )


_STYLE: Final = """
body { font-family: sans-serif; margin: 2em; color: #222; }
table { border-collapse: collapse; font-size: 90%; }
th, td { text-align: left; padding: 0.25em 0.8em; border-bottom: 1px solid #ddd; }
.n { text-align: right; }
.pass { color: #00684c; } .fail, .error { color: #b03a00; font-weight: bold; }
.pictures { display: flex; flex-wrap: wrap; gap: 2em; margin-top: 2em; }
figure { margin: 0; width: 30em; } img, object { width: 100%; }
figcaption { font-weight: bold; margin-bottom: 0.5em; }
"""


def _write(file: Path, text: str) -> None:
    try:
        written(file, text.encode())
    except OSError as error:
        raise QngError(f"{file} cannot be saved: {error.strerror or error}") from error
