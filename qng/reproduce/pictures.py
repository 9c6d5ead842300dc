"""The pictures of entries: those that an entry may name, and how one is drawn."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np

from qng.errors import UnknownNameError
from qng.report import plots
from qng.report.plots import Picture
from qng.reproduce.entry import Entry
from qng.reproduce.results import Reproduction


def energies(done: Reproduction) -> Picture:
    """Energies against steps, medians over the starts; published numbers as open markers."""
    panels = []
    for name, comparison in done.comparisons.items():
        curves = {
            method: np.nanmedian(done.results.energies(method, name), axis=0)
            for method in comparison.runs
        }
        marks: dict[str, list[tuple[int, float]]] = {}
        for v in done.verdicts:
            if v.place and v.place[:2] == (name, v.place[1]) and isinstance(v.published, float):
                marks.setdefault(v.place[1], []).append((v.place[2], v.published))
        panels.append(
            plots.lines(
                curves,
                x_label="step",
                y_label=f"energy{f' ({comparison.unit})' if comparison.unit else ''}",
                published={method: tuple(np.transpose(at)) for method, at in marks.items()},
                panel_title="" if len(done.comparisons) == 1 else name,
            )
        )
    return plots.together(*panels, kind="energies", title=done.title, columns=1, width=5.0)


PICTURES: Final[dict[str, Callable[[Reproduction], Any]]] = {"energies": energies}
"""By name."""


def picture(entry: Entry, done: Reproduction) -> Any:
    """The picture of an entry, or None where there is nothing to draw.

    Raises:
        InputError: No picture of that name.
    """
    draw = entry.picture
    if isinstance(draw, str):
        if draw not in PICTURES:
            raise UnknownNameError("picture", draw, PICTURES)
        if draw == "energies" and not done.comparisons:
            return None
        draw = PICTURES[draw]
    return draw(done)
