"""A circuit drawn as SVG, without any other package.

Wires and words take the colour of the text around them, so that it fits light and dark pages; long
circuits are folded. Whatever a parameter is called is text: nothing of it is read as markup.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from qng.report.markup import Child, Html, joined, tag
from qng.report.notebook.layout import BOX, CONTROL, NOT, Mark, Placed

_WIRE: Final = 40.0
_BOX: Final = 30.0
_GAP: Final = 10.0
_LETTER: Final = 6.4
"""Pixels: between wires, of a box, between columns, of a letter of an angle."""

_WIDTH: Final = 900.0
"""Of a line, before it is folded."""

_FREE: Final = "#cfe3f5"
_FIXED: Final = "#ececec"


def svg(n_qubits: int, columns: Sequence[Sequence[Placed]], left_out: int) -> Html:
    """The drawing.

    Args:
        n_qubits: Wires.
        columns: What acts at one time.
        left_out: Operations that are not drawn.
    """
    margin = 14 + 8.0 * len(f"q{n_qubits - 1}")
    widths = [_width(column) for column in columns]
    lines = _folded(widths, _WIDTH - margin)
    tall = n_qubits * _WIRE + 6
    parts: list[Child] = []
    longest = margin
    for number, line in enumerate(lines):
        x, top = margin, number * (tall + 8)
        end = margin + sum(widths[k] for k in line) + _GAP
        parts += _wires(n_qubits, margin, end, top)
        for k in line:
            parts += [
                _operation(placed, x + widths[k] / 2, widths[k], top) for placed in columns[k]
            ]
            x += widths[k]
        longest = max(longest, end)
    height = len(lines) * (tall + 8)
    if left_out:
        parts.append(_words(f"… {left_out} more operations", 4, height + 8, size="12", start=True))
        height += 20
    wide = longest + 6
    return tag(
        "svg",
        *parts,
        xmlns="http://www.w3.org/2000/svg",
        width=f"{wide:.0f}",
        height=f"{height:.0f}",
        viewBox=f"0 0 {wide:.0f} {height:.0f}",
        role="img",
        aria_label=f"a circuit on {n_qubits} qubits",
        style="max-width:100%;height:auto;font-family:system-ui,sans-serif",
    )


def _folded(widths: Sequence[float], most: float) -> list[list[int]]:
    found: list[list[int]] = [[]]
    filled = 0.0
    for k, width in enumerate(widths):
        if found[-1] and filled + width > most:
            found.append([])
            filled = 0.0
        found[-1].append(k)
        filled += width
    return found


def _width(column: Sequence[Placed]) -> float:
    return max(_box_width(mark) for placed in column for mark in placed.marks) + _GAP


def _box_width(mark: Mark) -> float:
    if mark.shape != BOX:
        return 20.0
    return max(_BOX, _LETTER * len(mark.angle) + 8, 9.0 * len(mark.name) + 8)


def _wires(n_qubits: int, left: float, right: float, top: float) -> list[Html]:
    found = []
    for q in range(n_qubits):
        y = _height(q, top)
        found.append(_words(f"q{q}", left - 8, y, size="13", end=True))
        found.append(_line(left, y, right, y, opacity="0.55"))
    return found


def _operation(placed: Placed, x: float, width: float, top: float) -> Html:
    first, last = placed.marks[0].qubit, placed.marks[-1].qubit
    parts: list[Child] = [tag("title", placed.words)]
    if first != last:
        parts.append(_line(x, _height(first, top), x, _height(last, top)))
    fill = _FREE if placed.free else _FIXED
    parts += [_mark(mark, x, width, _height(mark.qubit, top), fill) for mark in placed.marks]
    return tag("g", *parts)


def _mark(mark: Mark, x: float, width: float, y: float, fill: str) -> Html:
    if mark.shape == CONTROL:
        return tag("circle", cx=f"{x:g}", cy=f"{y:g}", r="4", fill="currentColor")
    if mark.shape == NOT:
        ring = tag("circle", cx=f"{x:g}", cy=f"{y:g}", r="9", fill="none", stroke="currentColor")
        return joined(ring, _line(x, y - 9, x, y + 9), _line(x - 9, y, x + 9, y))
    if mark.shape != BOX:
        return joined(_line(x - 6, y - 6, x + 6, y + 6), _line(x - 6, y + 6, x + 6, y - 6))
    wide = width - _GAP if mark.angle or len(mark.name) > 2 else _BOX
    box = tag(
        "rect",
        x=f"{x - wide / 2:g}",
        y=f"{y - _BOX / 2:g}",
        width=f"{wide:g}",
        height=f"{_BOX:g}",
        rx="3",
        fill=fill,
        stroke="#555",
    )
    if not mark.angle:
        return joined(box, _words(mark.name, x, y, size="13", inside=True))
    name = _words(mark.name, x, y - 6, size="12", inside=True)
    return joined(box, name, _words(mark.angle, x, y + 7, size="11", inside=True))


def _height(qubit: int, top: float) -> float:
    return top + (qubit + 0.5) * _WIRE + 3


def _line(x1: float, y1: float, x2: float, y2: float, opacity: str | None = None) -> Html:
    places = {"x1": f"{x1:g}", "y1": f"{y1:g}", "x2": f"{x2:g}", "y2": f"{y2:g}"}
    return tag("line", **places, stroke="currentColor", stroke_opacity=opacity)


def _words(
    words: str,
    x: float,
    y: float,
    size: str,
    inside: bool = False,
    start: bool = False,
    end: bool = False,
) -> Html:
    """Words in the middle of a place, or from it, or up to it."""
    anchor = "start" if start else "end" if end else "middle"
    return tag(
        "text",
        words,
        x=f"{x:g}",
        y=f"{y:g}",
        dy="0.35em",
        text_anchor=anchor,
        font_size=size,
        fill="#111" if inside else "currentColor",
    )
