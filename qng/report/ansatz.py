"""The geometry of an ansatz as tables for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
from rich.console import RenderableType
from rich.table import Table

from qng.geometry.tangent import TangentKernel
from qng.report import cells
from qng.run.ansatz.curvature import SIGN, CurvatureMap
from qng.run.ansatz.depth import Along, Depths
from qng.run.ansatz.geodesic import Path
from qng.run.ansatz.length import PathLength
from qng.run.ansatz.report import GeometryReport
from qng.run.ansatz.spectra import Spectra
from qng.run.ansatz.summary import Geometry

_VALUES: Final = 12
"""Eigenvalues that are printed, at most."""

# Curvature below this is rounding.
_FLAT: Final = 1e-12


def report_tables(report: GeometryReport) -> list[RenderableType]:
    """The geometry of an ansatz and what else was asked of it, one table each."""
    shown: list[RenderableType] = [geometry_table(report.geometry, report.title)]
    if report.depths:
        shown.append(depths_table(report.depths))
    if report.curvature is not None:
        shown.append(curvature_table(report.curvature))
    if report.geodesic is not None:
        shown.append(path_table(report.geodesic))
    if report.length is not None:
        shown.append(length_table(report.length, report.path_of))
    return shown


def geometry_table(found: Geometry, title: str) -> RenderableType:
    """What an ansatz is like, for a terminal."""
    return cells.titled(title, cells.pairs(geometry_lines(found)))


def geometry_lines(found: Geometry) -> list[tuple[str, str]]:
    """What an ansatz is like, one line a property."""
    size = len(found.parameters)
    lines = [("parameters", f"{size}")]
    if found.n_qubits is not None:
        lines.insert(0, ("qubits", f"{found.n_qubits}"))
    lines += [
        ("rank at the point, G_C", f"{found.here.dimension} of {size}{_unclear(found.here)}"),
        ("rank at random points, D_C", _anywhere(found.anywhere)),
        ("redundancy", f"{found.anywhere.redundancy:.1%} of the parameters"),
    ]
    if found.along is not None:
        lines.append(("rank along the circuit", _along(found.along)))
    lines += [
        ("eigenvalues at the point", _values(found.here.values[0], found.here.dimension)),
        (
            "median at random points",
            _values(np.median(found.anywhere.values, axis=0), found.anywhere.dimension),
        ),
    ]
    if found.curvature is not None:
        lines.append(("Berry curvature", _curvature(found.curvature, found.parameters)))
    if found.kernel is not None:
        lines.append(("tangent kernel", _kernel(found.kernel)))
    if found.effective is not None:
        for k in (0, len(found.effective.data) - 1):
            lines.append((f"effective dimension, {found.effective.data[k]:,.0f} data",
                          _effective(found, k)))  # fmt: skip
    if found.expressibility is not None:
        lines += _expressibility(found)
    return lines


def depths_table(several: Mapping[str, Depths]) -> RenderableType:
    """Ranks by depth, a column a family."""
    table = cells.frame()
    table.add_column("depth", justify="right")
    for name in several:
        table.add_column(f"{name}\nparameters", justify="right")
        table.add_column("\nrank", justify="right")
    first = next(iter(several.values()))
    for k, depth in enumerate(first.depths.tolist()):
        row = [f"{depth}"]
        for found in several.values():
            row += [f"{found.parameters[k]}", f"{found.ranks[k]}{_unclear(found.spectra[k])}"]
        cells.add(table, row)
    return cells.titled("Rank of the metric against depth", table)


def curvature_table(found: CurvatureMap) -> Table:
    """The flux through a map of the Berry curvature, and its Chern number."""
    turns = found.total / (2 * np.pi)
    lines = [
        ("surface", f"{' x '.join(found.names)}, {_shape(found)} plaquettes"),
        ("curvature F", f"{found.curvature.min():.4g} to {found.curvature.max():.4g}"),
        ("flux", f"{cells.rounded(found.total, 6)} = {cells.rounded(turns, 6)} x 2 pi"),
        ("Chern number", _chern(found)),
        ("sign", SIGN),
    ]
    return cells.pairs(lines)


def path_table(found: Path) -> Table:
    """A geodesic: its length beside that of the straight line and of no path at all."""
    return cells.pairs(
        [
            ("length of the geodesic", f"{cells.with_error(found.length, found.error, 8)} rad"),
            ("length of the straight line", f"{found.straight:.8f} rad"),
            *(
                [("distance of the states", f"{found.distance:.8f} rad")]
                if found.states.shape[1]
                else []
            ),
            ("found by", found.message),
        ]
    )


def length_table(found: PathLength, title: str) -> RenderableType:
    """The length of the path of a run."""
    direct = found.distance
    lines = [
        ("points", f"{len(found.kept)}"),
        ("length of the path", f"{found.total:.6f} rad"),
        ("distance of its ends", "not known" if np.isnan(direct) else f"{direct:.6f} rad"),
        ("length / distance", cells.shown(found.detour, "{:.3f}")),
    ]
    return cells.titled(title, cells.pairs(lines))


def _unclear(found: Spectra) -> str:
    return "" if found.is_clear else " (not clear: eigenvalues near rounding)"


def _anywhere(found: Spectra) -> str:
    least, largest = int(found.ranks.min()), found.dimension
    said = f"{largest}" if least == largest else f"{least} to {largest}"
    if found.most is not None:
        kind = "states of real amplitudes" if found.real else "states"
        qubits = "1 qubit" if found.n_qubits == 1 else f"{found.n_qubits} qubits"
        said += f"; {kind} of {qubits} have {found.most} directions"
    return said + _unclear(found)


def _along(found: Along) -> str:
    places = [f"{p}: {r}" for p, r in zip(found.parameters.tolist(), found.ranks.tolist())]
    if len(places) > _VALUES:
        places = [places[k] for k in cells.thinned(len(places), _VALUES)]
    end = found.saturated
    said = "grows to the end" if end is None else f"grows up to {end} parameters"
    return f"{'  '.join(places)} (parameters: rank); {said}"


def _values(values: Any, rank: int) -> str:
    """The eigenvalues that are no rounding."""
    kept = [f"{value:.3g}" for value in values[: max(rank, 1)] if value > 0]
    if len(kept) > _VALUES:
        kept = [*kept[: _VALUES // 2], "...", *kept[-_VALUES // 2 :]]
    return "  ".join(kept) or "none"


def _curvature(matrix: Any, parameters: Sequence[str]) -> str:
    size = np.abs(matrix)
    if size.max(initial=0.0) < _FLAT:
        return "zero at the point"
    i, j = divmod(int(size.argmax()), len(size))
    return f"largest at the point: F[{parameters[i]}, {parameters[j]}] = {matrix[i, j]:.4g}"


def _kernel(found: TangentKernel) -> str:
    rank, count = found.counted.rank, len(found.jacobian)
    condition = cells.shown(found.condition, "{:.2e}")
    return f"rank {rank} of the {count} words of the observable, condition {condition}"


def _effective(found: Geometry, k: int) -> str:
    e = found.effective
    assert e is not None
    error = float(e.std_error[k])
    value = cells.with_error(float(e.value[k]), error if error > 1e-6 else None, 2)
    said = f"{value} = {e.normalised[k]:.3f} of the parameters"
    if found.n_qubits is not None:
        said += ", measured in Z"
    return said if e.weight[k] < 0.5 else f"{said} (one of {e.points} points rules)"


def _expressibility(found: Geometry) -> list[tuple[str, str]]:
    x = found.expressibility
    assert x is not None
    haar = "; not told from Haar's" if x.is_haar else ""
    potentials = [
        f"{cells.with_error(float(ratio), float(error), 3)}"
        for ratio, error in zip(
            x.potentials / x.haar_potentials, x.potential_errors / x.haar_potentials
        )
    ]
    return [
        (
            "expressibility",
            f"KL {cells.with_error(x.value, x.std_error)} nats from Haar's fidelities{haar} "
            f"({x.pairs} pairs; bias {x.bias:.4f} taken off)",
        ),
        ("frame potentials / Haar's", "  ".join(potentials) + f" (orders 1 to {len(potentials)})"),
    ]


def _shape(found: CurvatureMap) -> str:
    return " x ".join(map(str, found.fluxes.flux.shape))


def _chern(found: CurvatureMap) -> str:
    if not found.fluxes.closed:
        return "none: the surface is not closed"
    return f"{found.chern}" if found.fluxes.is_sure else "not known: the lattice is too coarse"
