"""A run in TensorBoard and in MLflow while a command waits for it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from qng.optimize.method import Step
    from qng.problem.anyproblem import AnyProblem
    from qng.run.results import Run


class Live:
    """The views that are asked for; none of them has a part in the run.

    Args:
        tensorboard: The folder that holds a folder for every run; None: no TensorBoard.
        mlflow: Address of a tracking server or database; None: no MLflow.

    Raises:
        InputError: One of them cannot be used; before anything is run.
    """

    def __init__(self, tensorboard: Path | None, mlflow: str | None) -> None:
        self._folder = tensorboard
        self._uri = mlflow
        self._views: list[Any] = []
        if tensorboard is not None:
            from qng.report.live.tensorboard import writable

            writable(tensorboard)
        if mlflow is not None:
            from qng.report.live.mlflow import usable

            usable(mlflow)

    def begins(self, problem: AnyProblem, method: str, run: str | None = None) -> None:
        """A run begins or goes on; what was shown before of one in a ledger is continued.

        Args:
            problem: What is minimised.
            method: What the run calls it.
            run: Its name in a ledger; None: it is in none.
        """
        if self._folder is None and self._uri is None:
            return
        known = problem.reference_energy()
        reference = None if known is None else known.energy
        last = run[:8] if run else datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
        name = re.sub(r"[^\w.@+-]+", "-", f"{problem.name}-{method}-{last}")
        if self._folder is not None:
            from qng.report.live.tensorboard import TensorBoard

            self._views.append(TensorBoard(self._folder / name, reference))
        if self._uri is not None:
            from qng.report.live.mlflow import MLflow

            self._views.append(MLflow(self._uri, name, run=run, reference=reference))

    def continues(self, run: str, ledger: Path) -> None:
        """A run of a ledger goes on."""
        if self._folder is None and self._uri is None:
            return
        from qng.run.durable.keeping import read

        with read(ledger) as book:
            entry = book.entry(run)
            self.begins(entry.recipe.problem, entry.label, entry.run)

    def stepped(self, step: Step) -> None:
        """A step is done."""
        for view in self._views:
            view(step)

    def ended(self, run: Run) -> None:
        """The run is over, or was cut."""
        for view in self._views:
            view.ended(run)

    def close(self) -> None:
        """Write what is left."""
        while self._views:
            self._views.pop().close()


@contextmanager
def live(tensorboard: Path | None, mlflow: str | None) -> Iterator[Live]:
    """Views that are closed in the end."""
    views = Live(tensorboard, mlflow)
    try:
        yield views
    finally:
        views.close()
