"""What runs return: values to look at, store and plot."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from os import PathLike
from typing import TYPE_CHECKING, Any

import numpy as np

from qng.arrays import Array, same
from qng.errors import InputError
from qng.problem.anyproblem import AnyProblem
from qng.problem.problem import Problem
from qng.run.journal import Reached
from qng.run.judge import Judgement, judged
from qng.run.recipe import Recipe
from qng.run.saved import save_run
from qng.run.stop import rise
from qng.run.trace import Trace

if TYPE_CHECKING:
    from qng.report.notebook import Picture


@dataclass(frozen=True)
class Goal:
    """What is minimised, and when it counts as solved.

    Args:
        name: The problem's name.
        title: One line for tables and plots.
        unit: Of the energies.
        accuracy: The error below which it counts as solved.
        reference: The energy from which errors are measured, or None.
    """

    name: str
    title: str
    unit: str
    accuracy: float
    reference: float | None

    @staticmethod
    def of(problem: AnyProblem) -> Goal:
        """That of a problem."""
        reference = problem.reference_energy()
        return Goal(
            name=problem.name,
            title=problem.title,
            unit=problem.unit,
            accuracy=problem.accuracy,
            reference=None if reference is None else reference.energy,
        )


@dataclass(frozen=True, eq=False, repr=False)
class Run:
    """The result of `minimize`.

    Args:
        method: Its name.
        goal: What was minimised.
        x: The last point, shape (P,), frozen parameters included.
        fun: The energy there, measured freshly after the last step; after a failure the one that
            the failed step has measured, or NaN.
        std_error: Of `fun`; None where exact.
        nit: Number of updates.
        nfev: Circuit evaluations in all; an exact sweep counts as one.
        success: It ended as asked: all steps done, or the stop rule met where there is one; or, of
            exact energies only, a method ended that knows by itself that it has converged.
        failed: It had to stop: a NaN, a divergence, a singular metric. The trace is kept.
        message: Why it ended.
        trace: One row a point.
        learning_rate: eta, where it is constant.
        made: How it was made, so that it can be repeated.
        interrupted: Whether it was interrupted: it ends at the last point whose energy is known.
        reached: From where it goes on (`resumed`); None before the first step.
    """

    method: str
    goal: Goal
    x: Array
    fun: float
    std_error: float | None
    nit: int
    nfev: int
    success: bool
    failed: bool
    message: str
    trace: Trace
    learning_rate: float | None
    made: Recipe | None = None
    interrupted: bool = False
    reached: Reached | None = None

    def __eq__(self, other: object) -> bool:
        return same(self, other) if type(other) is type(self) else NotImplemented

    def __hash__(self) -> int:
        return hash((self.problem, self.method, self.fun, self.nit))

    @property
    def problem(self) -> str:
        """The problem's name."""
        return self.goal.name

    @property
    def values(self) -> dict[str, float]:
        """The last point by the names of the parameters; Qiskit's `assign_parameters` takes it.

        Raises:
            InputError: The run does not know its problem.
        """
        if self.made is None:
            raise InputError(
                "the run does not say how it was made, so its parameters have no names"
            )
        return dict(zip(self.made.problem.parameters, self.x.tolist()))

    @property
    def reference(self) -> float | None:
        """The energy from which errors are measured, or None."""
        return self.goal.reference

    @property
    def accuracy(self) -> float:
        """The error below which the problem counts as solved."""
        return self.goal.accuracy

    @property
    def unit(self) -> str:
        """Of the energies."""
        return self.goal.unit

    @property
    def best(self) -> float:
        """The lowest energy in the trace; of a noisy run it is biased, `fun` is not."""
        return float(np.nanmin(self.trace["energy"])) if len(self.trace) else math.nan

    @cached_property
    def judgement(self) -> Judgement:
        """The errors of its points, and on which ground they are known; see `qng.run.judge`."""
        made, points = self.made, len(self.trace)
        if made is None or not made.limits:
            looks = points if made is None else max(made.steps + 1, points)
            return judged(self.trace.rows, self.reference, looks)
        limits = (*made.limits, made.steps)
        later = [after - before for before, after in pairwise(limits) if after > before]
        return judged(self.trace.rows, self.reference, limits[0] + 1, later)

    @property
    def rise(self) -> float:
        """How far it ended above its start, beyond three standard errors; 0 where it did not."""
        return rise(self.trace.rows[0], self.trace.rows[-1])

    @property
    def error(self) -> float | None:
        """The error of the last point, from the reference energy, as it is judged.

        E - E_ref where the energies are exact, or those of the points are known without shots and
        noise; else the bound |E - E_ref| + 2 standard errors.
        """
        return None if self.reference is None else float(self.judgement.errors[-1])

    @property
    def solved(self) -> bool | None:
        """Whether the error came within the accuracy at some point; None without a reference."""
        return None if self.reference is None else self.steps_to() is not None

    @property
    def shots(self) -> int:
        """Shots in all; 0 where exact."""
        return self.trace.rows[-1].shots

    @property
    def seconds(self) -> float:
        """Wall time."""
        return self.trace.rows[-1].seconds

    @property
    def arguments(self) -> tuple[Any, ...]:
        """x as what a QNode is called with: `node(*run.arguments)`; (x,) where there is none."""
        problem = None if self.made is None else self.made.problem
        if not isinstance(problem, Problem):
            return (self.x,)
        return problem.circuit.arguments(self.x)

    def save(self, path: str | PathLike[str]) -> None:
        """Keep the run in a file, which `qng.load_run` reads.

        Raises:
            QngError: The file cannot be written.
        """
        save_run(self, path)

    def to_dataframe(self, *, against: str | None = None, points: bool = True) -> Any:
        """The trace as a data frame of pandas, one row a point.

        Args:
            against: The axis of the column `cost`; shots or circuits by default.
            points: Whether points have columns, theta_0, theta_1, ... in radians.

        Raises:
            MissingPackageError: pandas is not installed.
        """
        from qng.report.forms import frame

        return frame(self, against=against, points=points)

    def to_latex(
        self, *, rows: int = 12, caption: str | None = None, label: str | None = None
    ) -> str:
        """The trace as LaTeX, in the package booktabs.

        Args:
            rows: About so many; the first and the last point are always there.
            caption: In LaTeX; by default the title, and what a reader of the table has to know.
            label: By default "tab:" and what it is a table of.

        Raises:
            InputError: The label has other characters than letters, digits and :._+-
        """
        from qng.report.forms import latex

        return latex(self, rows=rows, caption=caption, label=label)

    def to_markdown(self, rows: int = 12) -> str:
        """The trace as Markdown, with how it ended.

        Args:
            rows: About so many; the first and the last point are always there.
        """
        from qng.report.forms import markdown

        return markdown(self, rows=rows)

    def resumed(self, steps: int | None = None, **again: Any) -> Run:
        """The run continued, to the bit the one that would have gone so far at once.

        Args:
            steps: Most updates in all; the limit that it had by default.
            again: See `qng.run.resumed.resumed`: watch, tol, and what a file cannot keep.

        Raises:
            InputError: It cannot go on: more steps are not asked for, or something is missing.

        Example:
            >>> import qng
            >>> run = qng.minimize("one-qubit", "adam", steps=3).resumed(steps=5)
            >>> run.fun == qng.minimize("one-qubit", "adam", steps=5).fun
            True
        """
        from qng.run.resumed import resumed

        return resumed(self, steps, **again)

    def plot(self, kind: str | None = None, **options: Any) -> Picture:
        """A picture, which a notebook shows; `qng.report.plots.save(picture, path)` keeps it.

        Args:
            kind: "trace", "landscape" or "bloch"; the first by default.
            **options: Of the function of `qng.report.plots` of that name.

        Raises:
            UnknownNameError: No such picture, or option.
            MissingPackageError: Matplotlib is not installed.
        """
        from qng.report.notebook import plot

        return plot(self, kind, **options)

    def __repr__(self) -> str:
        error = "" if self.std_error is None else f", std_error={self.std_error:.2g}"
        ended = "failed" if self.failed else "interrupted" if self.interrupted else "ended"
        return (
            f"Run({self.problem!r}, {self.method!r}, fun={self.fun:.10g}{error}, nit={self.nit}, "
            f"{ended}: {self.message})"
        )

    def _repr_html_(self) -> str:
        from qng.report.notebook import run_html

        return run_html(self)

    def steps_to(self, accuracy: float | None = None) -> int | None:
        """The first number of updates at which the error is within an accuracy; None if never.

        Never by a reading alone: with shots it is judged by the exact energies of the points, or
        where these are not cheap by energies plus so many standard errors that a run that does not
        get there is called solved in at most 2.3 % of cases (`qng.run.judge`).

        Args:
            accuracy: In the unit of the energies; the problem's own by default.
        """
        return self.judgement.solved_at(self.accuracy if accuracy is None else accuracy)


@dataclass(frozen=True)
class StepReport:
    """What one method would do at a point, from a fresh start.

    Args:
        method: Its name.
        step: dtheta, shape (P,), radians.
        eta: Step size.
        length: Fubini-Study length sqrt(dtheta^T g dtheta), radians.
        angle: Euclidean angle to the QNG step in degrees; NaN where a step vanishes.
        kl: KL(p_theta || p_theta+dtheta) of measuring every qubit in the computational basis.
        predicted: -dtheta . grad, the decrease to first order.
        actual: E(theta) - E(theta + dtheta).
    """

    method: str
    step: Array
    eta: float
    length: float
    angle: float
    kl: float
    predicted: float
    actual: float
