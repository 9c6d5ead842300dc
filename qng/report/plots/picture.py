"""A picture is a value: panels of numbers that are drawn, with a title and a caption.

It is drawn by `draw`, into a figure of its own or into the user's axes. It can be stored (the codec
of `qng.run` knows it), and one that is read back is drawn as the same file, byte for byte.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from io import BytesIO
from math import ceil
from typing import Any, Final, Protocol

import numpy as np
from matplotlib.axes import Axes

from qng.errors import InputError
from qng.report.plots import look
from qng.report.plots.look import Figure, Look

Finish = Callable[[], None]
"""What is left to do once the places of the axes on paper are known."""

TITLE: Final = 9.0
CAPTION: Final = 6.0
"""Sizes in points."""

SCALE: Final = 115
"""Pixels of an inch in a notebook."""

_LINE: Final = 1.3 / 72
"""Height of a line of text in inches, a point of size."""


class Panel(Protocol):
    """One pair of axes, as numbers and words."""

    @property
    def names(self) -> tuple[str, ...]:
        """What has a colour of its own in it."""

    def height(self, width: float) -> float:
        """What it needs on paper at a width, in inches."""

    def draw(self, axes: Axes, looks: Mapping[str, Look], width: float) -> Finish | None:
        """Draw it.

        Args:
            axes: Empty, or the user's own.
            looks: Of every name of the picture.
            width: Of the panel on paper, in inches.

        Returns:
            What is left to do once the layout is known.
        """


@dataclass(frozen=True, eq=False, repr=False)
class Picture:
    """A picture, ready to be drawn.

    Args:
        kind: What it is called, such as "convergence".
        panels: What is drawn.
        title: Above it, in words; wrapped.
        caption: Below it, small: settings and versions; wrapped.
        columns: So many panels beside each other.
        width: Inches; `look.COLUMN` and `look.PAGE` are those of journals.
        shares: Relative widths of the columns; empty: equal.
    """

    kind: str
    panels: tuple[Panel, ...]
    title: str = ""
    caption: str = ""
    columns: int = 1
    width: float = look.COLUMN
    shares: tuple[float, ...] = ()

    def draw(self, ax: Axes | Sequence[Axes] | None = None) -> Figure:
        """Draw it.

        Args:
            ax: Axes of yours, one a panel, which are drawn into: without title and caption, which
                are those of a figure; names at the ends of lines need room on the right, which
                `layout="constrained"` gives them. None: a figure of its own.

        Returns:
            The figure; it has no window. A notebook shows the picture itself.

        Raises:
            InputError: More or fewer axes than panels.
        """
        looks = look.looks([name for panel in self.panels for name in panel.names])
        with look.styled():
            if ax is None:
                return self._figure(looks)
            given = [ax] if isinstance(ax, Axes) else list(np.ravel(np.asarray(ax, dtype=object)))
            return self._into(given, looks)

    def png(self) -> bytes:
        """The picture as a PNG file."""
        drawn = BytesIO()
        with look.styled():
            self.draw().savefig(drawn, format="png")
        return drawn.getvalue()

    def _repr_png_(self) -> tuple[bytes, dict[str, int]]:
        """What a notebook shows: letters are as large as those around it."""
        return self.png(), {"width": round(SCALE * self.width)}

    def __repr__(self) -> str:
        return f"Picture({self.kind!r}, panels={len(self.panels)}, width={self.width:g})"

    def resized(self, width: float) -> Picture:
        """The same for another width, in inches; in a single column panels stand one below another.

        Example:
            >>> Picture("lines", (), columns=2, width=7.0).resized(3.4).columns
            1
        """
        if width >= 1.5 * look.COLUMN:
            return replace(self, width=width)
        return replace(self, width=width, columns=1, shares=())

    def headed(self, title: str) -> Picture:
        """The same with a title above its first panel: where several pictures stand together."""
        first: Any = self.panels[0]
        return replace(self, panels=(replace(first, title=title), *self.panels[1:]))

    def bare(self) -> Picture:
        """The same without title and caption, for a paper that has its own."""
        return replace(self, title="", caption="")

    def _figure(self, looks: Mapping[str, Look]) -> Figure:
        columns = max(1, min(self.columns, len(self.panels)))
        rows = max(1, ceil(len(self.panels) / columns))
        shares = np.array(self.shares if len(self.shares) == columns else [1.0] * columns)
        widths = self.width * shares / shares.sum()
        of_panel = [float(widths[k % columns]) for k in range(len(self.panels))]
        tall = [panel.height(width) for panel, width in zip(self.panels, of_panel, strict=True)]
        heights = [max(tall[k * columns : (k + 1) * columns], default=1.0) for k in range(rows)]
        title = look.wrapped(look.plain(self.title), self.width - 0.15, TITLE)
        caption = look.wrapped(look.plain(self.caption), self.width - 0.15, CAPTION)
        extra = _tall(title, TITLE) + _tall(caption, CAPTION)
        figure = look.empty(self.width, sum(heights) + extra)
        grid = figure.add_gridspec(rows, columns, width_ratios=shares, height_ratios=heights)
        left = 0.05 / self.width
        if title:
            figure.suptitle(title, x=left, ha="left", fontsize=TITLE, linespacing=1.15)
        if caption:
            figure.supxlabel(caption, x=left, ha="left", fontsize=CAPTION, color=look.GREY,
                             linespacing=1.2)  # fmt: skip
        axes = [figure.add_subplot(grid[k // columns, k % columns]) for k in range(len(tall))]
        finishes = [
            panel.draw(place, looks, width)
            for panel, place, width in zip(self.panels, axes, of_panel, strict=True)
        ]
        figure.align_ylabels()
        # Names beside lines are put where they belong on paper, which the layout decides.
        figure.draw_without_rendering()
        for finish in finishes:
            if finish is not None:
                finish()
        return figure

    def _into(self, given: Sequence[Axes], looks: Mapping[str, Look]) -> Figure:
        if len(given) != len(self.panels):
            raise InputError(
                f"the picture has {len(self.panels)} panels and needs as many axes, not "
                f"{len(given)}"
            )
        for panel, axes in zip(self.panels, given, strict=True):
            width = float(axes.get_window_extent().width) / _figure_of(axes).dpi
            finish = panel.draw(axes, looks, width)
            if finish is not None:
                finish()
        return _figure_of(given[0])


def together(
    *pictures: Picture,
    kind: str = "",
    title: str | None = None,
    caption: str | None = None,
    columns: int = 2,
    width: float = look.PAGE,
    shares: Sequence[float] = (),
) -> Picture:
    """Several pictures as the panels of one.

    Args:
        pictures: Whose panels stand in this order; each name has one colour in all of them.
        kind: By default that of the first.
        title: Above all; by default that of the first that has one.
        caption: Likewise.
        columns: So many beside each other.
        width: Inches.
        shares: Relative widths of the columns.
    """
    if not pictures:
        raise InputError("there is no picture of no pictures")
    titles = [picture.title for picture in pictures if picture.title]
    captions = [picture.caption for picture in pictures if picture.caption]
    return Picture(
        kind or pictures[0].kind,
        tuple(panel for picture in pictures for panel in picture.panels),
        title if title is not None else next(iter(titles), ""),
        caption if caption is not None else next(iter(captions), ""),
        columns,
        width,
        tuple(map(float, shares)),
    )


def _figure_of(axes: Axes) -> Figure:
    figure = axes.get_figure(root=True)
    if figure is None:
        raise InputError("the axes belong to no figure")
    return figure


def _tall(text: str, size: float) -> float:
    """Height of wrapped text in inches."""
    return (text.count("\n") + 1) * size * _LINE + 0.06 if text else 0.0
