"""Titles above and names beside what is drawn, which never lie over each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.text import Annotation
from matplotlib.transforms import ScaledTranslation

from qng.report.plots import look
from qng.report.plots.picture import Finish

_SIZE: Final = 7.0
_LINE: Final = _SIZE * 1.32 / 72
"""Size of names in points, and the height of a line of them in inches."""

_NEAR: Final = 0.97
"""Lines that end left of this, relative to the axes, have dotted pointers."""

_TITLE: Final = 8.0
_NOTE: Final = 6.5

_AXES: Final = 0.62
"""Height of axes, relative to the width of the panel."""


@dataclass(frozen=True)
class Name:
    """A name and the line that it belongs to.

    Args:
        text: The name.
        x: Where the line ends, in the units of the axes; None: at the right end.
        y: Likewise; None: the line is not seen.
        colour: Of the line.
        dashes: Of the line.
        failed: The line ends early, because every run of it fails.
        open: It is drawn as markers.
    """

    text: str
    x: float | None
    y: float | None
    colour: str
    dashes: Any = "-"
    failed: bool = False
    open: bool = False


def title(axes: Axes, text: str, note: str, width: float) -> None:
    """A title and a smaller note above axes, wrapped to the width of the panel in inches."""
    above = _wrapped_title(text, width)
    below = _wrapped_note(note, width)
    pad = 4.0 + (below.count("\n") + 1) * _NOTE * 1.25 if below else 4.0
    # The layout sees titles, and not how wide they are; an empty one makes room for the note.
    if above or below:
        size = _TITLE if above else 1.0
        axes.set_title(above or " ", loc="left", pad=pad + 1, fontsize=size, linespacing=1.15)
    if below:
        look.note(axes, "axes fraction", (0, 1), below, 4)


def room_for(
    text: str, note: str, ends: Sequence[str], legend: Sequence[str], width: float, tall: float
) -> float:
    """Height of a panel on paper in inches, with what stands above, beside and below it."""
    above, below = _wrapped_title(text, width), _wrapped_note(note, width)
    height = 0.55
    height += (above.count("\n") + 1) * _TITLE * 1.25 / 72 if above else 0.0
    height += (below.count("\n") + 1) * _NOTE * 1.3 / 72 if below else 0.0
    beside = sum(_lines(name, width) for name in ends) * _LINE
    rows = -(-len(legend) // _columns(legend, width)) if legend else 0
    rows *= max((_in_legend(name, width).count("\n") + 1 for name in legend), default=0)
    shape = max(min(_AXES * width, 2.4), 1.5) * tall if tall else 0.0
    return height + max(shape, beside) + rows * _LINE * 1.1


def name_lines(
    axes: Axes,
    names: Sequence[Name],
    where: Literal["ends", "legend"],
    width: float,
    below: float = 0.42,
) -> Finish | None:
    """Write the names beside the lines, or in a legend below the axes.

    Args:
        axes: Complete but for the names.
        names: What to write.
        where: At the right ends or in a legend.
        width: Of the panel in inches.
        below: Of the legend, inches below the axes: room for their labels.
    """
    if where == "legend":
        _legend(axes, names, width, below)
        return None
    return _ends(axes, names, width)


def _ends(axes: Axes, names: Sequence[Name], width: float) -> Finish:
    # The limits are final, because the places are worked out on the page.
    axes.set_xlim(axes.get_xlim())
    axes.set_ylim(axes.get_ylim())
    to_axes = axes.transScale + axes.transLimits
    right = axes.get_xlim()[1]
    written: list[Annotation] = []
    spots, sizes = [], []
    for name in names:
        seen = name.y is not None
        at = (right if name.x is None else name.x, name.y or 0.0)
        spot = to_axes.transform(at) if seen else (1.0, 0.0)
        spots.append((min(float(spot[0]), 1.0), float(spot[1])))
        sizes.append(_lines(_said(name), width) * _LINE)
        pointer = seen and not name.failed and not name.open
        # A long pointer is no data.
        dashes = "-" if spots[-1][0] > _NEAR else ":"
        line = {"arrowstyle": "-", "color": name.colour, "linewidth": 0.5, "shrinkA": 1,
                "shrinkB": 1, "relpos": (0.0, 0.5), "linestyle": dashes}  # fmt: skip
        text = look.plain(_fitted(_said(name), width))
        written.append(
            axes.annotate(
                text,
                spots[-1],
                (1.04, 0.5),
                "axes fraction",
                "axes fraction",
                line if pointer else None,
                color=name.colour,
                va="center",
                fontsize=_SIZE,
                linespacing=1.1,
                annotation_clip=False,
            )
        )

    def finish() -> None:
        figure = axes.get_figure(root=True)
        assert figure is not None
        inches = axes.get_window_extent().height / figure.dpi
        shrunk = min(1.0, inches / max(sum(sizes), 1e-9))
        places = look.apart([spot[1] for spot in spots], [size / inches for size in sizes])
        for one, place in zip(written, places, strict=True):
            one.set_position((1.04, place))
            one.set_fontsize(_SIZE * max(shrunk, 0.5))

    return finish


def _legend(axes: Axes, names: Sequence[Name], width: float, gap: float) -> None:
    texts = [look.plain(_in_legend(_said(name), width)) for name in names]
    handles = [
        Line2D(
            [],
            [],
            color=name.colour,
            linestyle="none" if name.open else name.dashes,
            marker="o" if name.open else "",
            mfc="white",
        )
        for name in names
    ]
    figure = axes.get_figure(root=True)
    assert figure is not None
    below = axes.transAxes + ScaledTranslation(0, -gap, figure.dpi_scale_trans)
    axes.legend(handles, texts, loc="upper left", bbox_to_anchor=(0, 0), bbox_transform=below,
                ncols=_columns(texts, width), borderaxespad=0, columnspacing=1.2,
                handlelength=1.8, labelspacing=0.25)  # fmt: skip


def _said(name: Name) -> str:
    return f"{name.text} (fails)" if name.failed else name.text


def _in_legend(name: str, width: float) -> str:
    return look.wrapped(name, width - 1.2, _SIZE)


def _beside(width: float) -> float:
    """Most inches that names may take beside the axes."""
    return max(0.3 * width, 0.8)


def _fitted(name: str, width: float) -> str:
    """A name in two lines at most: of longer ones the ends are kept, which tell them apart."""
    text = look.wrapped(name, _beside(width), _SIZE)
    kept = len(name)
    while text.count("\n") > 1 and kept > 8:
        kept -= 2
        text = look.wrapped(f"{name[: kept // 2]}…{name[-(kept // 2) :]}", _beside(width), _SIZE)
    return text


def _lines(name: str, width: float) -> int:
    return _fitted(name, width).count("\n") + 1


def _columns(names: Sequence[str], width: float) -> int:
    lines = [line for name in names for line in _in_legend(name, width).split("\n")]
    widest = max(look.width_of(line, _SIZE) for line in lines) + 0.5
    return max(1, min(len(names), int((width - 0.6) / widest)))


def _wrapped_title(text: str, width: float) -> str:
    return look.wrapped(look.plain(text), width - 0.6, _TITLE)


def _wrapped_note(text: str, width: float) -> str:
    return look.wrapped(look.plain(text), width - 0.6, _NOTE)
