"""What a page says of a published experiment that was done again."""

from __future__ import annotations

import base64
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import numpy as np

from qng.errors import InputError
from qng.report import cells
from qng.report.cite import of_runs, unique
from qng.report.html import Chapter, of_comparison
from qng.report.html.chapters import tables
from qng.report.html.figures import Points
from qng.report.html.pictures import of_picture
from qng.report.html.traces import Figure
from qng.report.markup import Child, Html, joined, of_terminal, tag
from qng.report.plots import load
from qng.reproduce import found
from qng.reproduce.judging import OWN
from qng.reproduce.results import Reproduction
from qng.reproduce.tables import verdict_notes, verdict_table
from qng.run.comparison import Comparison

_MOST_STUDIES: Final = 4
"""That are drawn; of the others there are tables."""

_IMAGES: Final = {".svg": "image/svg+xml", ".png": "image/png"}


def of_reproduction(done: Reproduction, file: str = "") -> Chapter:
    """Its verdicts, its picture, its numbers and its studies.

    Args:
        done: The reproduction.
        file: Where it was saved; its picture is taken from beside it.
    """
    parts: list[Html | Figure] = [
        tables([verdict_table(done)], verdict_notes(done)),
        _picture(done, file),
        *_panels(file),
        _values(done),
    ]
    points = _published(done)
    for number, (name, comparison) in enumerate(done.comparisons.items()):
        drawn = number < _MOST_STUDIES
        parts.append(tag("h3", f"Study: {name}", class_="study"))
        parts += _study(comparison, points[name], drawn)
    parts.append(
        tag(
            "details",
            tag("summary", "How to repeat it"),
            tag("pre", tag("code", _command(done)), tabindex="0"),
            of_terminal(cells.pairs([("seconds", f"{done.seconds:.1f}"), ("begun", done.date)])),
            of_terminal(cells.pairs(done.versions.items())),
        )
    )
    runs = [run for c in done.comparisons.values() for of in c.runs.values() for run in of]
    known = of_runs(runs) if any(run.made is not None for run in runs) else ()
    return Chapter(f"{done.id}: {done.title}", tuple(parts), unique([done.source, *known]))


def _command(done: Reproduction) -> str:
    """The words that repeat it; where a file of somebody's own was is not known."""
    ours = done.id in found.entries().entries
    return (
        f"qng reproduce {done.id}" if ours else f"qng reproduce FILE.py  # that defines {done.id}"
    )


def _study(
    comparison: Comparison, points: Mapping[str, Points], drawn: bool
) -> list[Html | Figure]:
    """Of one study, without how to repeat it alone: its entry does that."""
    if not drawn:
        from qng.report.compared import comparison_table

        return [tables([comparison_table(comparison)])]
    *parts, _ = of_comparison(comparison, published=points).parts
    return parts


def _published(done: Reproduction) -> dict[str, dict[str, list[tuple[int, float]]]]:
    """The published energies that have a place, by study and method; independent ones are not."""
    points: dict[str, dict[str, list[tuple[int, float]]]] = defaultdict(lambda: defaultdict(list))
    for verdict in done.verdicts:
        place, published = verdict.place, verdict.published
        if place is not None and verdict.claim != OWN and isinstance(published, float):
            study, method, row = place
            points[study][method].append((row, published))
    return points


def _picture(done: Reproduction, file: str) -> Html:
    """The picture of the entry that was saved beside it, inside the page."""
    for suffix, kind in _IMAGES.items():
        image = Path(file).with_suffix(suffix)
        if file and image.is_file():
            data = base64.b64encode(image.read_bytes()).decode()
            title = f"{done.id}: {done.title}"
            return tag("figure", tag("img", src=f"data:{kind};base64,{data}", alt=title))
    return Html("")


def _panels(file: str) -> list[Html | Figure]:
    """The panels of the picture that was saved beside it, to be looked into."""
    for suffix in (".picture.json", ".json"):
        beside = Path(file).with_suffix(suffix)
        if file and beside.is_file() and beside != Path(file):
            try:
                return [*of_picture(load(beside))]
            except InputError:
                continue
    return []


def _values(done: Reproduction) -> Html:
    """Its numbers; of large arrays their shape."""
    if not done.values:
        return Html("")
    table = cells.frame()
    table.add_column("number")
    table.add_column("value")
    for name, value in done.values.items():
        array = np.asarray(value)
        words = np.array2string(array, precision=8) if array.size <= 16 else f"shape {array.shape}"
        cells.add(table, (name, words))
    children: list[Child] = [tag("summary", "Numbers"), of_terminal(table)]
    return joined(tag("details", *children))
