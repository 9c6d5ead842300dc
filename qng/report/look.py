"""How pictures look: fonts, colours, scales, and names that stand beside their lines.

Figures are drawn without pyplot, so nothing is shown and no state is left behind. Methods keep
their colour and line style in every picture; the colours are those of Okabe and Ito, which
colour-blind readers can tell apart, and the line styles serve a black-and-white print.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any, Final, ParamSpec
from uuid import uuid4

import numpy as np
from matplotlib import style
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure as Figure
from matplotlib.ticker import LogLocator, NullFormatter

from qng.errors import QngError

P = ParamSpec("P")

_STYLE: Final[list[Any]] = [
    "default",
    {
        "font.size": 9,
        "axes.titlesize": 10,
        "axes.titlelocation": "left",
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.linewidth": 0.7,
        "lines.linewidth": 1.5,
        "hatch.linewidth": 0.4,
        "svg.hashsalt": "qng",
        "figure.dpi": 100,
        "savefig.dpi": 200,
    },
]

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

_DASHES: Final[tuple[Any, ...]] = ("-", (0, (6, 2)), (0, (4, 1.5, 1, 1.5)), (0, (1.5, 1.2)))

_FIRST: Final = ("qng", "ng", "adam", "gd")
"""The methods of the main comparison keep the first four styles."""

LINE: Final = 0.19
"""Height of a line of text in inches."""

# A file that is made twice should be the same file.
_METADATA: Final[dict[str, dict[str, Any]]] = {
    ".png": {"Software": None},
    ".svg": {"Date": None},
    ".pdf": {"CreationDate": None},
}


@dataclass(frozen=True)
class Label:
    """A name at the end of a line.

    Args:
        text: The name.
        x: Where the line ends, in the units of the axes.
        y: Likewise.
        colour: Of the line.
    """

    text: str
    x: float
    y: float
    colour: str


def styled(draw: Callable[P, Figure]) -> Callable[P, Figure]:
    """The same picture in the style of this module, whatever the user's own is."""

    @functools.wraps(draw)
    def drawn(*args: P.args, **kwargs: P.kwargs) -> Figure:
        with style.context(_STYLE):
            return draw(*args, **kwargs)

    return drawn


def save(figure: Figure, path: str | Path) -> None:
    """Write a figure; one that is written twice is the same file.

    Args:
        figure: Of `qng.report.plot`.
        path: The suffix (.png, .svg or .pdf) says how.

    Raises:
        QngError: The file cannot be written.
    """
    file = Path(path)
    kind = file.suffix.lower()
    drawn = BytesIO()
    with style.context(_STYLE):
        figure.savefig(drawn, format=kind[1:] or None, metadata=_METADATA.get(kind))
    try:
        written(file, drawn.getvalue())
    except OSError as error:
        raise QngError(f"the picture {file} cannot be saved: {error.strerror or error}") from error


def written(file: Path, content: bytes) -> None:
    """Write a file as a whole or not at all: what was there stays where the disk is full.

    Raises:
        OSError: It cannot be written.
    """
    target = file.resolve()  # a link stays one
    replaceable = target.is_file() or not target.exists()  # a device or a pipe is not
    if not (replaceable and os.access(target.parent, os.W_OK)):
        target.write_bytes(content)
        return
    beside = target.with_name(f".{target.name}.{uuid4().hex}")
    try:
        beside.write_bytes(content)
        if target.exists():
            beside.chmod(target.stat().st_mode)
        beside.replace(target)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


def page(
    width: float, height: float, panels: int, across: bool = False, **options: Any
) -> tuple[Figure, Sequence[Axes]]:
    """An empty figure and its axes.

    Args:
        width: Inches.
        height: Inches.
        panels: How many axes.
        across: Side by side; one above another otherwise.
        options: Of Matplotlib's `subplots`.
    """
    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    rows, columns = (1, panels) if across else (panels, 1)
    axes = figure.subplots(rows, columns, squeeze=False, **options)
    return figure, tuple(axes.ravel())


def styles(methods: Sequence[str]) -> list[tuple[str, Any]]:
    """(colour, dashes) of every method, no two alike as long as there are enough.

    The methods of the main comparison have theirs, whichever others are drawn.
    """
    others = [method for method in methods if method not in _FIRST]
    order = [*_FIRST, *others]
    places = [order.index(method) for method in methods]
    return [
        (COLOURS[k % len(COLOURS)], _DASHES[(k + k // len(COLOURS)) % len(_DASHES)]) for k in places
    ]


def write(
    axes: Axes, system: str | tuple[str, str], place: tuple[float, float], text: str, above: float
) -> None:
    """Small grey text.

    Args:
        axes: Where.
        system: Matplotlib's name of the coordinates of the place.
        place: Of its left end.
        text: What.
        above: How many points above the place.
    """
    axes.annotate(text, place, (0, above), xycoords=system, textcoords="offset points",
                  color="#555555", fontsize=8)  # fmt: skip


def name_entries(axes: Axes, parameters: Sequence[str]) -> None:
    """Name the rows and columns of a matrix, at most sixteen of them, inside a full frame."""
    every = max(1, -(-len(parameters) // 16))
    ticks = range(0, len(parameters), every)
    names = [parameters[k] for k in ticks]
    upright = max(map(len, names), default=0) * len(names) < 30
    axes.set_xticks(ticks, names, rotation=0 if upright else 90, fontsize=7.5)
    axes.set_yticks(ticks, names, fontsize=7.5)
    axes.tick_params(length=2)
    for side in ("top", "right"):
        axes.spines[side].set_visible(True)


def few_decades(axes: Axes) -> None:
    """Eight ticks at most on a logarithmic axis, and two at least."""
    low, high = axes.get_ylim()
    # One labelled tick alone does not say what the scale is.
    if high < 100 * low:
        axes.set_ylim(10 ** np.floor(np.log10(low)), 10 ** np.ceil(np.log10(high)))
    axes.yaxis.set_major_locator(LogLocator(numticks=8))
    axes.yaxis.set_minor_formatter(NullFormatter())


def name_lines(axes: Axes, labels: Sequence[Label], inches: float, last: int) -> None:
    """Names right of the lines, moved apart where they would overlap.

    A line that ends before the others is crossed out there, and its name says that it fails.

    Args:
        axes: Complete but for the names.
        labels: What to write where.
        inches: Height of the axes on paper.
        last: Where a line ends that does not end early.
    """
    # The limits must be final, because the places are worked out on the page.
    axes.set_ylim(axes.get_ylim())
    to_axes = axes.transScale + axes.transLimits
    spots = [to_axes.transform((label.x, label.y)) for label in labels]
    places = apart([float(height) for _, height in spots], LINE / inches)
    for label, spot, place in zip(labels, spots, places, strict=True):
        text, colour = label.text, label.colour
        line = {"arrowstyle": "-", "color": colour, "linewidth": 0.6, "shrinkA": 1, "shrinkB": 1}
        # The pointer of a line that ends early would cross the others.
        early = label.x < last
        if early:
            axes.plot(label.x, label.y, "x", color=colour, markersize=5, zorder=5, clip_on=False)
        axes.annotate(f"{text} (fails)" if early else text, tuple(spot), (1.04, place),
                      "axes fraction", "axes fraction",
                      None if early else {**line, "relpos": (0.0, 0.5)},
                      color=colour, va="center")  # fmt: skip


def apart(heights: Sequence[float], gap: float) -> list[float]:
    """Heights moved as little as need be to lie in [0, 1] and at least a gap apart.

    Args:
        heights: In any order, which is kept.
        gap: Made smaller where there is not enough room.
    """
    gap = min(gap, 1 / max(len(heights) - 1, 1))
    order = sorted(range(len(heights)), key=lambda k: heights[k])
    groups: list[tuple[float, int]] = []  # (centre, members) of labels that touch
    for k in order:
        groups.append((float(np.clip(heights[k], 0, 1)), 1))
        while len(groups) > 1:
            below, above = groups[-2:]
            members = below[1] + above[1]
            if above[0] - below[0] >= gap * members / 2:
                break
            half = gap * (members - 1) / 2
            centre = (below[0] * below[1] + above[0] * above[1]) / members
            groups[-2:] = [(float(np.clip(centre, half, 1 - half)), members)]
    moved = [
        centre + gap * (i - (members - 1) / 2) for centre, members in groups for i in range(members)
    ]
    return [place for _, place in sorted(zip(order, moved, strict=True))]
