"""A run while one waits for it: a bar where stderr is a terminal, else a line where something new.

The bar shows how many steps are done, the energy where the last began, and what is waited for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from qng.cli import output

if TYPE_CHECKING:
    from qng.optimize.method import Step


class Followed:
    """Shows how far a run is.

    Args:
        tell: Moves the bar: how many steps are done, and a note.
        lines: Whether what is new is said in lines.
        unit: Of the energy.
    """

    def __init__(self, tell: Callable[[int, str], None], lines: bool, unit: str) -> None:
        self._tell = tell
        self._lines = lines
        self._unit = f" {unit}" if unit else ""
        self._done = 0
        self._energy = ""
        self._said = ""

    def stepped(self, step: Step) -> None:
        """A step is done."""
        from qng.report.cells import with_error

        self._done = step.step + 1
        self._energy = with_error(step.energy, step.std_error, 8) + self._unit
        self._tell(self._done, self._energy)
        if self._lines:
            output.complain(f"step {step.step}: energy {self._energy}")

    def says(self, line: str) -> None:
        """Something is said once, also where there is a bar."""
        output.complain(line)

    def waits(self, line: str) -> None:
        """The run waits."""
        self._tell(self._done, ", ".join(part for part in (self._energy, line) if part))
        if self._lines and line != self._said:
            output.complain(line)
        self._said = line


@contextmanager
def followed(label: str, steps: int, unit: str = "", lines: bool = True) -> Iterator[Followed]:
    """A run that is shown as it goes.

    Args:
        label: Before the bar.
        steps: Of the run.
        unit: Of the energy.
        lines: Whether what is new is said in lines where stderr is no terminal.
    """
    with output.progress(label, steps) as tell:
        yield Followed(tell, lines and not output.is_terminal(), unit)
