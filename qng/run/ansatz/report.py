"""All that was asked of the geometry of one problem's ansatz, as one value that is kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from os import PathLike
from typing import Any

from qng.arrays import Array
from qng.problem.anyproblem import AnyProblem
from qng.run.ansatz.curvature import CurvatureMap, curvature_map
from qng.run.ansatz.depth import Depths, by_depth
from qng.run.ansatz.geodesic import Path, connect
from qng.run.ansatz.length import PathLength, path_length
from qng.run.ansatz.spread import PAIRS
from qng.run.ansatz.summary import Geometry, geometry
from qng.run.made import Origin
from qng.run.recipe import machine, now, versions
from qng.run.results import Run
from qng.run.saved import save_run


@dataclass(frozen=True, eq=False)
class GeometryReport:
    """The geometry of an ansatz, and what else was asked of it.

    Args:
        problem: Whose ansatz it is.
        geometry: Ranks, spectra, curvature, dimensions, expressibility; with the point and the
            seed.
        depths: Ranks against depth, by family; empty where it was not asked for.
        curvature: A map of the Berry curvature, or None.
        geodesic: To another point, or None.
        length: Of the path of a run, or None.
        path_of: Whose path that is, in words.
        versions: Of Python and the packages that had a part in it.
        date: In UTC.
        machine: System and processor.
    """

    problem: AnyProblem
    geometry: Geometry
    depths: dict[str, Depths] = field(default_factory=dict)
    curvature: CurvatureMap | None = None
    geodesic: Path | None = None
    length: PathLength | None = None
    path_of: str = ""
    versions: dict[str, str] = field(default_factory=dict)
    date: str = ""
    machine: str = ""

    @property
    def title(self) -> str:
        """One line for tables and plots."""
        return f"{self.problem.title or self.problem.name}: geometry of the ansatz"

    @property
    def made(self) -> Origin:
        """How it was made: exactly, at its point."""
        return Origin(
            problem=self.problem,
            theta=self.geometry.theta,
            executor="statevector",
            shots=None,
            seed=self.geometry.seed,
            versions=self.versions,
            date=self.date,
            machine=self.machine,
            settings={"name": "statevector"},
        )

    def save(self, path: str | PathLike[str]) -> None:
        """Keep it in a file, which `qng.load_run` reads.

        Raises:
            QngError: The file cannot be written.
        """
        save_run(self, path)


def geometry_report(
    problem: Any,
    theta: Array,
    *,
    samples: int = 10,
    pairs: int = PAIRS,
    families: Sequence[str] = (),
    depths: Sequence[int] = (),
    over: tuple[str, str] | None = None,
    to: Array | None = None,
    run: Run | None = None,
    seed: int = 0,
) -> GeometryReport:
    """The geometry of an ansatz, and what else is asked of it.

    Args:
        problem: Without frozen parameters.
        theta: Shape (P,), radians.
        samples: Random points, of the spectra.
        pairs: Of random states, of the expressibility.
        families: Names of families of circuits of as many qubits, of which ranks are taken.
        depths: At which they are.
        over: Two parameters, of a map of the Berry curvature.
        to: The end of a geodesic, shape (P,).
        run: Whose path has a length.
        seed: Of everything that is drawn.

    Raises:
        InputError: As `geometry`, `by_depth`, `curvature_map`, `connect` and `path_length`.
    """
    began = now()
    return GeometryReport(
        problem=problem,
        geometry=geometry(problem, theta, samples=samples, pairs=pairs, seed=seed),
        depths={
            name: by_depth(name, depths, n_qubits=problem.circuit.n_qubits, seed=seed)
            for name in families
        },
        curvature=None if over is None else curvature_map(problem, over=over, theta=theta),
        geodesic=None if to is None else connect(problem, theta, to),
        length=None if run is None else path_length(run),
        path_of="" if run is None else f"{run.problem}: path of {run.method}",
        versions=versions(),
        date=began,
        machine=machine(),
    )
