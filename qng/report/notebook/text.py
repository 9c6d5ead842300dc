"""A circuit drawn with letters: one line a wire, one between wires."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from qng.report.notebook.layout import BOX, CONTROL, NOT, SWAP, Mark, Placed

_SIGNS: Final = {CONTROL: "●", NOT: "⊕", SWAP: "×"}
_WIDTH: Final = 100
"""Letters of a line, before it is folded."""


def text(n_qubits: int, columns: Sequence[Sequence[Placed]], left_out: int) -> str:
    """The drawing.

    Args:
        n_qubits: Wires.
        columns: What acts at one time.
        left_out: Operations that are not drawn.
    """
    names = [f"q{q} " for q in range(n_qubits)]
    margin = max(map(len, names))
    heads = [name.ljust(margin) if k % 2 == 0 else " " * margin for name in names for k in (0, 1)]
    drawn = [_column(n_qubits, column) for column in columns]
    pieces = []
    for part in _folded([len(lines[0]) for lines in drawn], _WIDTH - margin):
        rows = [head + "".join(drawn[k][r] for k in part) for r, head in enumerate(heads)]
        ends = [row + "─" if r % 2 == 0 else row for r, row in enumerate(rows)]
        pieces.append("\n".join(line.rstrip() for line in ends[:-1]))
    more = [f"... {left_out} more operations"] if left_out else []
    return "\n\n".join([*pieces, *more])


def _folded(widths: Sequence[int], most: int) -> list[range]:
    """Columns that stand in one line; at least one line, at least one column in each."""
    found, first, filled = [], 0, 0
    for k, width in enumerate(widths):
        if k > first and filled + width > most:
            found.append(range(first, k))
            first, filled = k, 0
        filled += width
    return [*found, range(first, len(widths))]


def _column(n_qubits: int, column: Sequence[Placed]) -> list[str]:
    """The lines of a column, all of one width: wires and what is between them."""
    shown = {mark.qubit: _sign(mark) for placed in column for mark in placed.marks}
    width = max(map(len, shown.values())) + 2
    lines = ["─" * width if k % 2 == 0 else " " * width for k in range(2 * n_qubits)]
    middle = (width - 1) // 2
    for placed in column:
        first, last = placed.marks[0].qubit, placed.marks[-1].qubit
        for k in range(2 * first + 1, 2 * last):
            line = lines[k]
            lines[k] = line[:middle] + ("│" if k % 2 else "┼") + line[middle + 1 :]
    for qubit, sign in shown.items():
        left = middle - (len(sign) - 1) // 2
        lines[2 * qubit] = "─" * left + sign + "─" * (width - left - len(sign))
    return lines


def _sign(mark: Mark) -> str:
    if mark.shape != BOX:
        return _SIGNS[mark.shape]
    return f"{mark.name}({mark.angle})" if mark.angle else mark.name
