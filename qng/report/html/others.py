"""What a page says of results that are no runs: metrics, steps, evolutions, scans, geometries."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from qng.report.forms import tables as tables_of
from qng.report.grid import rich
from qng.report.html.chapters import Chapter, of_picture, tables
from qng.report.plots import kinds


def of_other(value: Any, file: str = "") -> Chapter:
    """The tables and the usual picture of a result.

    Args:
        value: Whatever has a picture, and is no run or comparison.
        file: Where it was saved; empty where it is in no file.
    """
    chapter = of_picture(kinds.drawn(value), file)
    shown = [tables([rich(grid)], grid.notes) for grid in tables_of(value)]
    return replace(chapter, parts=(*shown, *chapter.parts))
