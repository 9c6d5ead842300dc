"""How pictures look: style, colours, scales, text that keeps within its lines.

Figures are drawn without pyplot, so nothing is shown and no state is left behind. A name keeps its
colour and dashes in all panels of a picture; the colours are those of Okabe and Ito, which
colour-blind readers can tell apart, and the dashes serve a black-and-white print.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Final

import numpy as np
from matplotlib import patheffects, rc_params_from_file, style
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure as Figure
from matplotlib.font_manager import FontProperties
from matplotlib.ticker import LogLocator, MaxNLocator, NullFormatter

from qng.arrays import Array

STYLE: Final = Path(__file__).with_name("paper.mplstyle")
"""The style of all pictures, as a file of Matplotlib."""

COLUMN: Final = 3.4
"""Width of one column of a journal in inches."""

PAGE: Final = 7.0
"""Width of two columns in inches."""

COLOURS: Final = (
    "#d55e00",
    "#0072b2",
    "#009e73",
    "#555555",
    "#cc79a7",
    "#e69f00",
    "#56b4e9",
    "#000000",
)
"""Of Okabe and Ito, the strongest first."""

GREY: Final = "#555555"
"""Of what is said beside the data."""

_DASHES: Final[tuple[Any, ...]] = ("-", (0, (6, 2)), (0, (4, 1.5, 1, 1.5)), (0, (1.5, 1.2)))

_FIRST: Final = ("qng", "ng", "adam", "gd")
"""The methods of the main comparison keep the first four styles."""

_RULER: Final = 600.0
"""Dots an inch, at which text is measured."""

Look = tuple[str, Any]
"""(colour, dashes)"""


@cache
def _parameters() -> dict[str, Any]:
    return dict(rc_params_from_file(STYLE, use_default_template=False).items())


@contextmanager
def styled() -> Iterator[None]:
    """Inside it the style is ours, whatever the user's own is."""
    with style.context(["default", _parameters()]):
        yield


def empty(width: float, height: float) -> Figure:
    """A figure without axes, in inches."""
    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def looks(names: Sequence[str]) -> dict[str, Look]:
    """(colour, dashes) by name, no two alike as long as there are enough.

    The methods of the main comparison have theirs, whichever others are drawn.
    """
    names = list(dict.fromkeys(names))
    order = [*_FIRST, *(name for name in names if name not in _FIRST)]
    places = [order.index(name) for name in names]
    return {
        name: (COLOURS[k % len(COLOURS)], _DASHES[(k + k // len(COLOURS)) % len(_DASHES)])
        for name, k in zip(names, places, strict=True)
    }


def plain(text: str) -> str:
    """A text of the user's, in which a dollar sign is no formula."""
    return text.replace("$", r"\$")


def in_units(label: str, unit: str) -> str:
    """A label with its unit.

    Example:
        >>> in_units("energy", "Ha")
        'energy (Ha)'
    """
    return f"{label} ({plain(unit)})" if unit else label


@cache
def _ruler() -> Any:
    canvas: Any = FigureCanvasAgg(Figure(figsize=(0.1, 0.1), dpi=_RULER))
    return canvas.get_renderer()


@lru_cache(maxsize=4096)
def width_of(text: str, size: float) -> float:
    """Width of one line of text in inches, at a size in points."""
    font = FontProperties(family="DejaVu Sans", size=size)
    width, _, _ = _ruler().get_text_width_height_descent(text, font, False)
    return 1.01 * float(width) / _RULER


def wrapped(text: str, width: float, size: float) -> str:
    """A text in lines that are no wider than so many inches; words that are wider are cut.

    Args:
        text: Its own line breaks are kept.
        width: Inches.
        size: Points.
    """
    return "\n".join(_lines(line, width, size) for line in text.split("\n"))


def _lines(text: str, width: float, size: float) -> str:
    lines: list[str] = []
    line = ""
    for word in text.split():
        longer = f"{line} {word}" if line else word
        if width_of(longer, size) <= width:
            line = longer
            continue
        if line:
            lines.append(line)
        while width_of(word, size) > width and len(word) > 1:
            fits = next(
                (n for n in range(len(word) - 1, 1, -1) if width_of(word[:n], size) <= width), 1
            )
            lines.append(word[:fits])
            word = word[fits:]
        line = word
    return "\n".join([*lines, line])


def note(
    axes: Axes,
    system: str | tuple[str, str],
    place: tuple[float, float],
    text: str,
    above: float,
    side: str = "left",
) -> None:
    """Small grey text.

    Args:
        axes: Where.
        system: Matplotlib's name of the coordinates of the place.
        place: Of its end.
        text: What.
        above: How many points above the place.
        side: Which of its ends is there.
    """
    halo = [patheffects.withStroke(linewidth=2, foreground="white")]
    written = axes.annotate(text, place, (0, above), xycoords=system, textcoords="offset points",
                            color=GREY, fontsize=6.5, ha=side, path_effects=halo)  # fmt: skip
    # It is wrapped already: the layout would give it room at the cost of the axes.
    written.set_in_layout(False)


def few_decades(axes: Axes, which: str = "y", most: int = 8) -> None:
    """So many ticks at most on a logarithmic axis, and two at least."""
    axis = axes.yaxis if which == "y" else axes.xaxis
    limits, set_limits = (
        (axes.get_ylim, axes.set_ylim) if which == "y" else (axes.get_xlim, axes.set_xlim)
    )
    low, high = limits()
    # One labelled tick alone does not say what the scale is.
    if high < 100 * low:
        set_limits(10.0 ** np.floor(np.log10(low)), 10.0 ** np.ceil(np.log10(high)))
    axis.set_major_locator(LogLocator(numticks=most))
    axis.set_minor_formatter(NullFormatter())


def whole_ticks(axes: Axes, most: int = 6) -> None:
    """Ticks of the horizontal axis at whole numbers."""
    axes.xaxis.set_major_locator(MaxNLocator(most, integer=True))


def few_ticks(axes: Axes, most: int = 4) -> None:
    """So many intervals at most on the horizontal axis, where its numbers are long."""
    axes.xaxis.set_major_locator(MaxNLocator(most))


def apart(heights: Sequence[float], sizes: Sequence[float]) -> list[float]:
    """Heights moved as little as need be, so that what stands there keeps apart and in [0, 1].

    Args:
        heights: Of the middles, in any order, which is kept.
        sizes: Height of each; all made smaller where there is not enough room.
    """
    tall = np.asarray(sizes, dtype=float)
    tall = tall * min(1.0, 1 / max(float(tall.sum()), 1e-12))
    order = sorted(range(len(heights)), key=lambda k: heights[k])
    groups: list[tuple[float, list[int]]] = []  # (middle, members) of those that touch

    def held(middle: float, members: list[int]) -> float:
        half = float(tall[members].sum()) / 2
        return float(np.clip(middle, half, max(1 - half, half)))

    for k in order:
        groups.append((held(float(heights[k]), [k]), [k]))
        while len(groups) > 1:
            (low, below), (high, above) = groups[-2:]
            if high - low >= (tall[below].sum() + tall[above].sum()) / 2 - 1e-12:
                break
            both = [*below, *above]
            middle = (low * len(below) + high * len(above)) / len(both)
            groups[-2:] = [(held(middle, both), both)]
    places: Array = np.empty(len(heights))
    for middle, members in groups:
        ends = np.cumsum(tall[members])
        places[members] = middle - ends[-1] / 2 + ends - tall[members] / 2
    return [float(place) for place in places]
