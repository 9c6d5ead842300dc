"""What an evolution in time returns: a value to look at, store and plot."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from os import PathLike
from typing import TYPE_CHECKING, Any, overload

import numpy as np
from numpy.typing import NDArray

from qng.arrays import Array
from qng.circuit.pauli import PauliSum
from qng.geometry import Solver
from qng.plan.quantities import By
from qng.run.integrate import Integrator
from qng.run.results import Goal
from qng.run.saved import save_run
from qng.run.trace import column

if TYPE_CHECKING:
    from qng.report.notebook import Picture


@dataclass(frozen=True, eq=False)
class Moment:
    """Where an evolution is at a time.

    Args:
        time: In units of 1 / <H>.
        theta: Shape (P,), radians.
        energy: <H>.
        variance: <H^2> - <H>^2; None where it is not known.
        speed: sqrt(theta'^T g theta'), of the state in the Fubini-Study metric.
        length: Of the path of the state so far, in the same metric, radians.
        residual: McLachlan's distance |psi' + c (H - E) psi|, c = 1 or i: the speed at which the
            circuit leaves exact evolution; None where it is not known. Below 1e-7 rounding may be
            all of it.
        drift: Its integral so far. In real time the angle arccos |<exact|psi>| is at most this,
            but for the integrator's own error; in imaginary time it is no bound.
        rank: Of the equation that was solved; None where it has no matrix.
        condition: Of it.
        steps: Accepted steps of the integrator so far.
        evaluations: Points at which the equation was set up so far.
    """

    time: float
    theta: Array
    energy: float
    variance: float | None
    speed: float
    length: float
    residual: float | None
    drift: float | None
    rank: int | None
    condition: float
    steps: int
    evaluations: int


@dataclass(frozen=True, eq=False)
class Exact:
    """Exact evolution from the same state, beside an evolution.

    Args:
        energies: <H>, shape (times,).
        fidelities: |<exact|psi>|^2, shape (times,).
        ground: Weight of the exact state in the ground space, shape (times,); NaN where that is
            not known.
        means: Of observables, by name, each of shape (times,).
    """

    energies: Array
    fidelities: Array
    ground: Array
    means: dict[str, Array] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Setting:
    """How an evolution was made.

    Args:
        problem: A problem of circuits or a model, with its frozen parameters.
        start: Shape (P,), radians.
        time: Where it was to end.
        kind: "imaginary" or "real".
        principle: "mclachlan" or "tdvp".
        integrator: With its tolerances.
        metric: How the metric was had.
        solve: What solved for theta'.
        executor: Its name.
        hamiltonian: H at a time; None: the problem's.
        versions: Of Python and the packages that had a part in it.
        date: When it began, in UTC.
        threads: Of the executor and of linear algebra; None where that is not known.
        machine: System and processor.
        settings: How the executor is made again; empty for an object of the user's.
        observables: Whose means are known along the way, by name.
    """

    problem: Any
    start: Array
    time: float
    kind: str
    principle: str
    integrator: Integrator
    metric: By
    solve: Solver
    executor: str
    versions: dict[str, str]
    date: str
    hamiltonian: Callable[[float], Any] | None = None
    threads: int | None = None
    machine: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)
    observables: Mapping[str, PauliSum] = field(default_factory=dict)


@dataclass(frozen=True, eq=False, repr=False)
class Evolution:
    """The result of `evolve`.

    Args:
        goal: Name, title, unit and ground energy of the problem.
        made: How it was made.
        moments: One row a time.
        success: It came to the end, or to where `until` or `watch` ended it.
        message: Why it ended.
        means: Of observables along it, by name, each of shape (times,).
        exact: Exact evolution at the same times; None where it was not asked for, or has too many
            qubits.

    Example:
        `evolution["energy"]` is an array of shape (times,), `evolution["theta"]` (times, P).
    """

    goal: Goal
    made: Setting
    moments: tuple[Moment, ...]
    success: bool
    message: str
    means: dict[str, Array] = field(default_factory=dict)
    exact: Exact | None = None

    def __len__(self) -> int:
        return len(self.moments)

    def __iter__(self) -> Iterator[Moment]:
        return iter(self.moments)

    @overload
    def __getitem__(self, key: str) -> NDArray[Any]: ...
    @overload
    def __getitem__(self, key: int) -> Moment: ...
    def __getitem__(self, key: str | int) -> NDArray[Any] | Moment:
        """One column as an array, where missing numbers are NaN; or a row by its number.

        Raises:
            UnknownNameError: No such column.
            IndexError: No such row.
        """
        if isinstance(key, str):
            return column(self.moments, key, self.columns)
        return self.moments[key]

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the columns; `Moment` says what they are."""
        return tuple(f.name for f in fields(Moment))

    @property
    def times(self) -> Array:
        """Ascending, shape (times,)."""
        return self["time"]

    @property
    def points(self) -> Array:
        """theta, shape (times, P), radians."""
        return self["theta"]

    @property
    def energies(self) -> Array:
        """<H>, shape (times,)."""
        return self["energy"]

    @property
    def x(self) -> Array:
        """The last point, shape (P,), frozen parameters included."""
        return self.moments[-1].theta

    @property
    def steps(self) -> int:
        """Accepted steps of the integrator."""
        return self.moments[-1].steps

    @property
    def nfev(self) -> int:
        """Points at which the equation was set up."""
        return self.moments[-1].evaluations

    @property
    def real(self) -> bool:
        """Whether the time is real."""
        return self.made.kind == "real"

    @property
    def infidelities(self) -> Array:
        """1 - |<exact|psi>|^2, shape (times,); NaN where the exact state is not known."""
        if self.exact is None:
            return np.full(len(self), np.nan)
        return np.asarray(np.maximum(1 - self.exact.fidelities, 0.0))

    def save(self, path: str | PathLike[str]) -> None:
        """Keep the evolution in a file, which `qng.load_run` reads.

        Raises:
            QngError: The file cannot be written.
        """
        save_run(self, path)

    def to_dataframe(self, *, points: bool = True) -> Any:
        """The evolution as a data frame of pandas, one row a time.

        Args:
            points: Whether points have columns, theta_0, theta_1, ... in radians.

        Raises:
            MissingPackageError: pandas is not installed.
        """
        from qng.report.forms import frame

        return frame(self, points=points)

    def to_latex(
        self, *, rows: int = 12, caption: str | None = None, label: str | None = None
    ) -> str:
        """The evolution as LaTeX, in the package booktabs.

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
        """The evolution as Markdown, with how it ended.

        Args:
            rows: About so many; the first and the last point are always there.
        """
        from qng.report.forms import markdown

        return markdown(self, rows=rows)

    def plot(self, kind: str | None = None, **options: Any) -> Picture:
        """A picture, which a notebook shows; `qng.report.plots.save(picture, path)` keeps it.

        Args:
            kind: "evolution", the only one; the first by default.
            **options: Of the function of `qng.report.plots` of that name.

        Raises:
            UnknownNameError: No such picture, or option.
            MissingPackageError: Matplotlib is not installed.
        """
        from qng.report.notebook import plot

        return plot(self, kind, **options)

    def __repr__(self) -> str:
        last = self.moments[-1] if self.moments else None
        at = "" if last is None else f", time={last.time:g}, energy={last.energy:.10g}"
        ended = "ended" if self.success else "failed"
        return (
            f"Evolution({self.goal.name!r}, {self.made.kind}{at}, rows={len(self)}, "
            f"{ended}: {self.message})"
        )

    def _repr_html_(self) -> str:
        from qng.report.notebook import evolution_html

        return evolution_html(self)
