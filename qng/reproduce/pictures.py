"""The pictures of entries: those that an entry may name, and how one is drawn."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np

from qng.errors import UnknownNameError
from qng.report import look
from qng.report.look import Figure
from qng.reproduce.entry import Entry
from qng.reproduce.results import Reproduction


@look.styled
def energies(done: Reproduction) -> Figure:
    """Energies against steps, medians over the starts; published numbers as open markers."""
    names = list(done.comparisons)
    figure, axes = look.page(5.2, 3.4 * len(names), len(names))
    for name, ax in zip(names, axes):
        comparison = done.comparisons[name]
        looks = look.styles(list(comparison.runs))
        for method, (colour, dash) in zip(comparison.runs, looks):
            curve = np.nanmedian(done.results.energies(method, name), axis=0)
            ax.plot(curve, color=colour, linestyle=dash, label=method)
            marks = [v for v in done.verdicts if v.place and v.place[:2] == (name, method)]
            marks = [v for v in marks if isinstance(v.published, float)]
            rows = [v.place[2] for v in marks if v.place]
            ax.plot(rows, [v.published for v in marks], "o", mfc="white", color=colour)
        ax.set_xlabel("step")
        ax.set_ylabel(f"energy{f' ({comparison.unit})' if comparison.unit else ''}")
        ax.set_title(done.title if len(names) == 1 else f"{done.title}: {name}")
        ax.legend(frameon=False)
    return figure


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
