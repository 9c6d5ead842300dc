"""A circuit as it is drawn: text in a terminal, SVG in a notebook."""

from __future__ import annotations

from dataclasses import dataclass
from os import PathLike
from pathlib import Path

from qng import checks
from qng.circuit.circuit import Circuit
from qng.errors import QngError
from qng.report.notebook.layout import Placed, columns
from qng.report.notebook.svg import svg
from qng.report.notebook.text import text


@dataclass(frozen=True, repr=False)
class Drawing:
    """A circuit in columns, ready to be drawn.

    Args:
        n_qubits: n, one wire each.
        columns: What acts at one time.
        left_out: How many operations come after those that are drawn.

    Example:
        >>> from qng.circuit.ansatz import real_amplitudes
        >>> print(Drawing.of(real_amplitudes(2, 1)))
        q0 ─RY(t0)──●──RY(t2)──
                    │
        q1 ─RY(t1)──⊕──RY(t3)──
    """

    n_qubits: int
    columns: tuple[tuple[Placed, ...], ...]
    left_out: int = 0

    @staticmethod
    def of(circuit: Circuit, most: int = 400) -> Drawing:
        """The drawing of a circuit.

        Args:
            circuit: The circuit.
            most: So many of its first operations.

        Raises:
            InputError: A number that is not whole.
        """
        number = checks.whole("most", most, 1)
        found = columns(circuit, number)
        return Drawing(
            circuit.n_qubits, tuple(map(tuple, found)), max(len(circuit.ops) - number, 0)
        )

    @property
    def svg(self) -> str:
        """The drawing as SVG."""
        return svg(self.n_qubits, self.columns, self.left_out).text

    def save(self, path: str | PathLike[str]) -> None:
        """Write the SVG into a file.

        Raises:
            QngError: The file cannot be written.
        """
        try:
            Path(path).write_text(self.svg, encoding="utf-8")
        except OSError as error:
            raise QngError(f"the drawing cannot be saved: {error}") from error

    def __str__(self) -> str:
        return text(self.n_qubits, self.columns, self.left_out)

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        return self.svg
