"""What a scan returns: a problem along a coordinate, minimised at each of its values."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from os import PathLike
from typing import TYPE_CHECKING, Any

import numpy as np

from qng.arrays import Array, same
from qng.circuit.pauli import PauliSum
from qng.optimize.method import Method
from qng.plan.shots import Shots
from qng.problem.problem import Problem
from qng.run.results import Run
from qng.run.saved import save_run
from qng.seeds import Key

if TYPE_CHECKING:
    from qng.report.notebook import Picture


@dataclass(frozen=True, eq=False)
class ScanSetting:
    """How a scan was made; what decides its numbers, but for versions and date.

    Args:
        of: Text of the atoms with its placeholder, or what a function is called.
        values: Of the coordinate, shape (points,).
        molecule: Options of the molecule; empty of a function.
        method: Its parts with all hyperparameters.
        label: What the method is called.
        steps: The limit on updates at a point.
        tol: As in `minimize`.
        both: Whether the points were gone through backwards, too.
        own: Whether each was started from where its problem starts, too.
        seed: Of everything that was drawn.
        executor: Its name.
        shots: For all circuits of a step; None: exact.
        coordinate: What the values are, with a unit.
        versions: Of Python and the packages that had a part in it.
        date: When it began, in UTC.
        levels: K, how many levels at every point, by a weighted sum over states.
        within: Of these: symmetries, or their names in the problem, with their values.
    """

    of: str
    values: Array
    molecule: Mapping[str, Any]
    method: Method
    label: str
    steps: int
    tol: float | None
    both: bool
    own: bool
    seed: Key
    executor: str
    shots: Shots | None
    coordinate: str
    versions: dict[str, str]
    date: str
    levels: int = 1
    within: tuple[tuple[PauliSum | str, float], ...] = ()


@dataclass(frozen=True, eq=False)
class ScanPoint:
    """One value of the coordinate.

    Args:
        value: It.
        hartree_fock: The energy of the reference determinant; None where there is none.
        runs: By whence the start came: "up" from the point before, "down" from the one after, "own"
            from the problem itself.
        levels: The exact levels, shape (K,), of a scan of several; None where they are not known.
    """

    value: float
    hartree_fock: float | None
    runs: Mapping[str, Run]
    levels: Array | None = None

    @property
    def way(self) -> str:
        """The way of the lowest energy."""
        return min(self.runs, key=lambda way: (self.runs[way].failed, self.runs[way].fun))

    @property
    def run(self) -> Run:
        """The run of the lowest energy."""
        return self.runs[self.way]

    @property
    def how(self) -> str | None:
        """What the reference energy is, and which levels lie below it; None where there is none."""
        problem = None if self.run.made is None else self.run.made.problem
        if not isinstance(problem, Problem) or problem.reference is None:
            return None
        return problem.reference.how


@dataclass(frozen=True, eq=False, repr=False)
class Scan:
    """The result of `scan`.

    Args:
        title: One line for tables and plots.
        setting: How it was made.
        points: Those that are done, in the order of the values.
        interrupted: Where it was cut, in words; empty where all points are done.
        unit: Of the energies.
        missing: Why there is no point, by the value of the coordinate: nothing has converged there.

    Example:
        `scan.values`, `scan.energies` and `scan.exact` are the curve, shape (points,).
    """

    title: str
    setting: ScanSetting
    points: tuple[ScanPoint, ...]
    interrupted: str = ""
    unit: str = field(default="Ha")
    missing: Mapping[str, str] = field(default_factory=dict)

    def __eq__(self, other: object) -> bool:
        return same(self, other) if type(other) is type(self) else NotImplemented

    def __hash__(self) -> int:
        return hash((self.title, len(self.points)))

    def __len__(self) -> int:
        return len(self.points)

    def __iter__(self) -> Iterator[ScanPoint]:
        return iter(self.points)

    def __getitem__(self, index: int) -> ScanPoint:
        """A point by its place.

        Raises:
            IndexError: No such place.
        """
        return self.points[index]

    @property
    def runs(self) -> dict[str, tuple[Run, ...]]:
        """All runs, by the value of the coordinate."""
        return {f"{point.value:g}": tuple(point.runs.values()) for point in self.points}

    def mapped(self, f: Callable[[Run], Run]) -> Scan:
        """The scan with other runs in the places of its own."""
        points = (
            replace(point, runs={way: f(run) for way, run in point.runs.items()})
            for point in self.points
        )
        return replace(self, points=tuple(points))

    @property
    def values(self) -> Array:
        """The coordinate where it is done, shape (points,)."""
        return np.array([point.value for point in self.points])

    @property
    def energies(self) -> Array:
        """The lowest energy at every point, shape (points,)."""
        return np.array([point.run.fun for point in self.points])

    @property
    def std_errors(self) -> Array | None:
        """Of the energies; None where exact."""
        if self.setting.shots is None:
            return None
        return np.array([_number(point.run.std_error) for point in self.points])

    @property
    def hartree_fock(self) -> Array:
        """The energy of the reference determinant, NaN where there is none."""
        return np.array([_number(point.hartree_fock) for point in self.points])

    @property
    def exact(self) -> Array:
        """The reference energy at every point, NaN where it is not known."""
        return np.array([_number(point.run.reference) for point in self.points])

    @property
    def errors(self) -> Array:
        """E - E_exact, shape (points,)."""
        return self.energies - self.exact

    @property
    def nonparallelity(self) -> float | None:
        """max (E - E_exact) - min (E - E_exact) along the curve.

        None with shots, where the scatter of the points is part of it, and below two points.
        """
        errors = self.errors[np.isfinite(self.errors)]
        if self.setting.shots is not None or len(errors) < 2:
            return None
        return float(np.ptp(errors))

    @cached_property
    def levels(self) -> Array:
        """The energies of the states at every point, without shots and noise, shape (points, K).

        Of a scan of several levels, whose `energies` are weighted sums; NaN where it is not cheap.
        """
        from qng.run.excited.along import found

        return found(self)

    @property
    def exact_levels(self) -> Array:
        """The exact levels at every point, shape (points, K); NaN where they are not known."""
        unknown = np.full(self.setting.levels, np.nan)
        return np.array([unknown if p.levels is None else p.levels for p in self.points])

    @property
    def level_accuracy(self) -> float:
        """Of a level: the run of several has one of their sum, within which every level is."""
        run = self.points[0].run
        if self.setting.levels == 1 or run.made is None:
            return run.accuracy
        assert isinstance(run.made.problem, Problem)
        weights = np.array([weight for _, weight in run.made.problem.ensemble])
        return float(run.accuracy / np.min(weights - np.append(weights[1:], 0.0)))

    @property
    def solved_points(self) -> tuple[bool | None, ...]:
        """Whether each point came within the accuracy, with all of its levels; None: not known."""
        solved = [point.run.solved for point in self.points]
        if self.setting.levels == 1 or not self.points:
            return tuple(solved)
        far = np.abs(self.levels - self.exact_levels).max(axis=1, initial=0) > self.level_accuracy
        return tuple(yes and not bool(off) for yes, off in zip(solved, far))

    @property
    def left(self) -> tuple[float, ...]:
        """Values of the coordinate at which states have left the sector of `within`.

        Orthogonal states inside have sum_{j <= k} (E_j - e_j) >= 0 for every k (Ky Fan).
        """
        if not self.setting.within or not self.points:
            return ()
        sums = np.cumsum(self.levels - self.exact_levels, axis=1)
        below = np.any(sums < -self.level_accuracy, axis=1)
        return tuple(point.value for point, out in zip(self.points, below) if out)

    @property
    def solved(self) -> int:
        """Points that came within the accuracy, with all of their levels."""
        return sum(solved is True for solved in self.solved_points)

    def save(self, path: str | PathLike[str]) -> None:
        """Keep the scan in a file, which `qng.load_run` reads and `qng.scan` goes on with.

        Raises:
            QngError: The file cannot be written.
        """
        save_run(self, path)

    def to_dataframe(self) -> Any:
        """The curve as a data frame of pandas, one row a point.

        Raises:
            MissingPackageError: pandas is not installed.
        """
        from qng.report.forms import frame

        return frame(self)

    def plot(self, kind: str | None = None, **options: Any) -> Picture:
        """The curve with the exact one, and its error; `qng.report.plots.save` keeps it.

        Raises:
            UnknownNameError: No such picture, or option.
            MissingPackageError: Matplotlib is not installed.
        """
        from qng.report.notebook import plot

        return plot(self, kind, **options)

    def to_latex(self, *, caption: str | None = None, label: str | None = None) -> str:
        """The curve as LaTeX, in the package booktabs; arguments as of `Run.to_latex`.

        Raises:
            InputError: The label has other characters than letters, digits and :._+-
        """
        from qng.report.forms import latex

        return latex(self, caption=caption, label=label)

    def to_markdown(self) -> str:
        """The curve as Markdown, with how it ended."""
        from qng.report.forms import markdown

        return markdown(self)

    def _repr_html_(self) -> str:
        from qng.report.notebook import scan_html

        return scan_html(self)

    def __repr__(self) -> str:
        cut = f", interrupted: {self.interrupted}" if self.interrupted else ""
        return (
            f"Scan({self.title!r}, {self.setting.label}, points={len(self)} of "
            f"{len(self.setting.values)}, solved={self.solved}{cut})"
        )


def _number(value: float | None) -> float:
    return float("nan") if value is None else float(value)
