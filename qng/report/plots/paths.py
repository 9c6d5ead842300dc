"""Pictures of where runs go: an energy landscape with their paths, the Bloch sphere.

A landscape is a plane through the space of the parameters,

    theta(u, v) = centre + u a + v b.

a and b are two parameters, two directions, or the two along which the paths spread the most (their
first principal components). Paths are projected onto the plane: off it the energy is another one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from qng.arrays import Array
from qng.errors import InputError
from qng.models.charts import Reparametrised
from qng.problem.anyproblem import AnyProblem
from qng.problem.problem import Problem
from qng.report.plots import look
from qng.report.plots.captions import versions_of
from qng.report.plots.picture import Picture
from qng.report.plots.plane import Landscape, Trail
from qng.report.plots.sphere import Sphere
from qng.run.results import Run

Paths = Mapping[str, "Run | ArrayLike"]
"""By name: a run, or its points of shape (n, P)."""


def landscape(
    problem: Any,
    paths: Paths,
    directions: str | tuple[int, int] | tuple[str, str] | ArrayLike = "auto",
    *,
    resolution: int = 41,
    margin: float = 0.25,
    x_range: tuple[float, float] | None = None,
    y_range: tuple[float, float] | None = None,
    title: str | None = None,
    note: str = "",
    width: float = look.COLUMN,
) -> Picture:
    """The exact energy over a plane through the parameters, with the paths of runs.

    Args:
        problem: Whose energy it is; by name or as a problem.
        paths: What is drawn in it. Runs in other coordinates of the problem
            (`qng.models.reparametrised`) are drawn in its own.
        directions: Two parameters, by place or by name; two directions of shape (2, P), which are
            made orthonormal; "paths": the two along which the paths spread the most, through their
            mean; "auto": the parameters where there are two, else "paths".
        resolution: Points of the grid a side.
        margin: Room around the paths, relative to their range.
        x_range: Ends of the horizontal axis; None: of the paths.
        y_range: Likewise.
        title: Above it; by default the problem's.
        note: A smaller line above the axes.
        width: Inches.

    Raises:
        InputError: Fewer than two parameters, points of another shape, unknown directions.

    Cost: resolution^2 exact energies.
    """
    from qng.run.point import energy
    from qng.run.target import as_problem

    chosen = as_problem(problem)
    circuits = isinstance(chosen, Problem)
    points = {name: _points_in(chosen, path) for name, path in paths.items()}
    names = list(chosen.parameters)
    plane = _Plane.of(points, directions, names, " (rad)" if circuits else "")
    projected = {name: plane.of_points(x) for name, x in points.items()}
    x = _grid([p[:, 0] for p in projected.values()], margin, x_range, resolution)
    y = _grid([p[:, 1] for p in projected.values()], margin, y_range, resolution)
    u, v = np.meshgrid(x, y)
    where = plane.at(u.ravel(), v.ravel())
    values = np.asarray(energy(chosen, where).value, dtype=float).reshape(u.shape)
    said = [note] if note else []
    off = max((plane.off(p) for p in points.values()), default=0.0)
    if off > 1e-9:
        said.append(f"paths projected, up to {off:.2g}{' rad' * circuits} off the plane")
    panel = Landscape(
        x, y, values, _trails(projected), *plane.labels,
        label=look.in_units("energy" if circuits else "loss", chosen.unit), note="; ".join(said),
    )  # fmt: skip
    heading = (chosen.title or chosen.name) if title is None else title
    said_of = "energies" if circuits else "values"
    grid = f"{chosen.name}; grid of {resolution} x {resolution} exact {said_of}; open: start"
    return Picture("landscape", (panel,), heading, f"{grid}. {versions_of()}.", width=width)


def landscape_of(
    x: ArrayLike,
    y: ArrayLike,
    values: ArrayLike,
    paths: Mapping[str, ArrayLike],
    *,
    x_label: str,
    y_label: str,
    label: str = "energy",
    title: str = "",
    note: str = "",
    caption: str = "",
    width: float = look.COLUMN,
) -> Picture:
    """A landscape whose values are known already.

    Args:
        x: Shape (nx,), ascending.
        y: Shape (ny,), ascending.
        values: Shape (ny, nx).
        paths: By name, of shape (n, 2).
        x_label: With its unit.
        y_label: Likewise.
        label: Of the colour bar, with its unit.
        title: Above it.
        note: A smaller line above the axes.
        caption: Below it.
        width: Inches.
    """
    across, up = (np.atleast_1d(np.asarray(part, dtype=float)) for part in (x, y))
    field = np.asarray(values, dtype=float)
    if field.shape != (len(up), len(across)):
        raise InputError(f"values of shape {field.shape} over a grid of {len(up)} x {len(across)}")
    trails = _trails({name: np.asarray(p, dtype=float) for name, p in paths.items()})
    panel = Landscape(across, up, field, trails, x_label, y_label, label, note=note)
    return Picture("landscape", (panel,), title, caption, width=width)


def bloch(
    paths: Mapping[str, ArrayLike],
    *,
    goal: ArrayLike | None = None,
    title: str = "",
    note: str = "",
    caption: str = "",
    width: float = look.COLUMN,
    azimuth: float = 35.0,
    elevation: float = 20.0,
) -> Picture:
    """Paths on the Bloch sphere.

    Args:
        paths: By name, Bloch vectors of shape (n, 3), such as those of `bloch_vectors`; or a run of
            one qubit.
        goal: A vector that is marked, such as the ground state's.
        title: Above it.
        note: A smaller line.
        caption: Below it.
        width: Inches.
        azimuth: Of the eye, degrees from x towards y.
        elevation: Of the eye above the equator, degrees.

    Raises:
        InputError: Vectors of another shape, or a run of more qubits.
    """
    vectors = {
        name: bloch_vectors(path) if isinstance(path, Run) else _vectors(name, path)
        for name, path in paths.items()
    }
    star = None if goal is None else np.asarray(goal, dtype=float)
    panel = Sphere(_trails(vectors), star, float(azimuth), float(elevation), note=note)
    caption = caption or f"Open: start; filled: end. {versions_of()}."
    return Picture("bloch", (panel,), title, caption, width=width)


def bloch_vectors(run: Run) -> Array:
    """(<X>, <Y>, <Z>) of the states along a run of one qubit, exact, shape (nit + 1, 3).

    Raises:
        InputError: It has more than one qubit, or does not know its problem.
    """
    from qng.circuit.pauli import PauliSum
    from qng.run.point import energy
    from qng.run.target import circuits_of

    if run.made is None:
        raise InputError("the run does not say how it was made, so its states are not known")
    circuit = circuits_of(run.made.problem, "the Bloch sphere").circuit
    if circuit.n_qubits != 1:
        raise InputError(f"the Bloch sphere has the states of one qubit, not of {circuit.n_qubits}")
    points = points_of(run)
    parts = [
        np.asarray(energy(Problem(circuit, PauliSum({word: 1.0}), points[0]), points).value)
        for word in ("X0", "Y0", "Z0")
    ]
    return np.stack(parts, axis=1)


def _points_in(problem: AnyProblem, path: Run | ArrayLike) -> Array:
    """The points of a run in the coordinates of a problem."""
    points = points_of(path)
    made = path.made if isinstance(path, Run) else None
    if made is None or isinstance(problem, Reparametrised):
        return points
    if isinstance(made.problem, Reparametrised):
        return made.problem.theta(points)
    return points


def points_of(path: Run | ArrayLike) -> Array:
    """The points of a run, shape (n, P)."""
    points = path.trace["theta"] if isinstance(path, Run) else path
    return np.atleast_2d(np.asarray(points, dtype=float))


class _Plane:
    """centre + u a + v b with orthonormal rows a, b."""

    def __init__(self, centre: Array, rows: Array, labels: tuple[str, str], shift: Array) -> None:
        self.centre, self.rows, self.labels, self.shift = centre, rows, labels, shift

    @staticmethod
    def of(points: Mapping[str, Array], directions: Any, names: Sequence[str], unit: str) -> _Plane:
        n = len(names)
        if n < 2:
            raise InputError(f"a landscape needs two parameters, and there are {n}")
        for name, path in points.items():
            if path.shape[1] != n:
                raise InputError(f"the points of {name!r} have {path.shape[1]} entries, not {n}")
        every = np.concatenate([*points.values()]) if points else np.zeros((1, n))
        every = every[np.all(np.isfinite(every), axis=1)]
        every = every if len(every) else np.zeros((1, n))
        if isinstance(directions, str):
            if directions not in ("auto", "paths"):
                raise InputError(f"directions are two parameters, an array of shape (2, {n}), "
                                 f"'paths' or 'auto', not {directions!r}")  # fmt: skip
            if directions == "auto" and n == 2:
                directions = (0, 1)
            else:
                return _Plane._principal(every, unit)
        if isinstance(directions, tuple) and all(isinstance(d, (str, int)) for d in directions):
            return _Plane._of_parameters(every, directions, names, unit)
        rows = np.asarray(directions, dtype=float)
        if rows.shape != (2, n) or np.linalg.matrix_rank(rows) < 2:
            raise InputError(f"directions are two independent vectors of shape (2, {n})")
        rows = np.linalg.qr(rows.T)[0].T * np.sign(np.diag(np.linalg.qr(rows.T)[1]))[:, None]
        labels = (f"first direction{unit}", f"second direction{unit}")
        return _Plane(every.mean(axis=0), rows, labels, np.zeros(2))

    @staticmethod
    def _of_parameters(every: Array, directions: Any, names: Sequence[str], unit: str) -> _Plane:
        n = len(names)
        found = [list(names).index(d) if d in names else d for d in directions]
        if len(set(found)) != 2 or not all(isinstance(d, int) and -n <= d < n for d in found):
            raise InputError(f"the directions {directions} are no two of the parameters "
                             f"{', '.join(names)}")  # fmt: skip
        centre, rows = every.mean(axis=0), np.eye(n)[found]
        labels = tuple(f"{look.plain(names[d])}{unit}" for d in found)
        return _Plane(centre, rows, (labels[0], labels[1]), centre[found])

    @staticmethod
    def _principal(every: Array, unit: str) -> _Plane:
        centre = every.mean(axis=0)
        _, spread, rows = np.linalg.svd(every - centre, full_matrices=True)
        rows = rows[:2] * np.where(rows[:2].sum(axis=1) < 0, -1, 1)[:, None]
        shares = np.zeros(2)
        whole = float((spread**2).sum())
        if whole > 0:
            shares[: len(spread[:2])] = spread[:2] ** 2 / whole
        labels = [f"component {k + 1}{unit}, {100 * s:.0f} % of the spread"
                  for k, s in enumerate(shares)]  # fmt: skip
        return _Plane(centre, rows, (labels[0], labels[1]), np.zeros(2))

    def of_points(self, points: Array) -> Array:
        """(u, v) of points, shape (n, 2)."""
        return (points - self.centre) @ self.rows.T + self.shift

    def at(self, u: Array, v: Array) -> Array:
        """Points of the plane, shape (n, P)."""
        return self.centre + (np.stack([u, v], axis=1) - self.shift) @ self.rows

    def off(self, points: Array) -> float:
        """The largest distance of points from the plane."""
        back = self.at(*self.of_points(points).T)
        return float(np.linalg.norm(points - back, axis=1).max(initial=0.0))


def _grid(parts: Sequence[Array], margin: float, ends: Any, resolution: int) -> Array:
    """Places of a side of the grid: around the paths, and never nothing."""
    if ends is not None:
        return np.linspace(float(ends[0]), float(ends[1]), resolution)
    values = np.concatenate([*parts]) if parts else np.zeros(1)
    values = values[np.isfinite(values)]
    values = values if len(values) else np.zeros(1)
    low, high = float(values.min()), float(values.max())
    room = max(margin * (high - low), 0.3)
    return np.linspace(low - room, high + room, resolution)


def _trails(paths: Mapping[str, Array]) -> tuple[Trail, ...]:
    return tuple(Trail(name, np.array(path, dtype=float)) for name, path in paths.items())


def _vectors(name: str, path: ArrayLike) -> Array:
    vectors = np.atleast_2d(np.asarray(path, dtype=float))
    if vectors.ndim != 2 or vectors.shape[1] != 3:
        raise InputError(f"the path {name!r} has shape {vectors.shape}, not (n, 3)")
    return vectors
