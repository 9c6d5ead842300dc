"""The geometry of an ansatz as plain data for machines."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from qng.report.data import plain
from qng.run.ansatz.curvature import SIGN, CurvatureMap
from qng.run.ansatz.depth import Depths
from qng.run.ansatz.geodesic import Path
from qng.run.ansatz.length import PathLength
from qng.run.ansatz.report import GeometryReport
from qng.run.ansatz.spectra import Spectra
from qng.run.ansatz.summary import Geometry


def geometry_data(found: Geometry) -> dict[str, Any]:
    """The same as data: everything."""
    shown: dict[str, Any] = {
        "qubits": found.n_qubits,
        "parameters": list(found.parameters),
        "theta": found.theta,
        "seed": found.seed,
        "here": _spectra_data(found.here),
        "anywhere": _spectra_data(found.anywhere) | {"thetas": found.anywhere.thetas},
        "most": found.anywhere.most,
        "redundancy": found.anywhere.redundancy,
        "berry_curvature": found.curvature,
    }
    if found.along is not None:
        shown["along"] = {
            "parameters": found.along.parameters,
            "ranks": found.along.ranks,
            "saturated": found.along.saturated,
        }
    if found.kernel is not None:
        shown["tangent_kernel"] = {
            "matrix": found.kernel.matrix,
            "eigenvalues": found.kernel.values,
            "rank": found.kernel.counted.rank,
        }
    if found.effective is not None:
        e = found.effective
        shown["effective_dimension"] = {
            "data": e.data,
            "value": e.value,
            "normalised": e.normalised,
            "std_error": e.std_error,
            "points": e.points,
            "weight": e.weight,
        }
    if found.expressibility is not None:
        x = found.expressibility
        shown["expressibility"] = {
            "value": x.value,
            "std_error": x.std_error,
            "divergence": x.divergence,
            "bias": x.bias,
            "pairs": x.pairs,
            "edges": x.edges,
            "observed": x.observed,
            "expected": x.expected,
            "frame_potentials": x.potentials,
            "frame_potential_errors": x.potential_errors,
            "haar_potentials": x.haar_potentials,
        }
    return plain(shown)


def report_data(report: GeometryReport) -> dict[str, Any]:
    """The geometry of an ansatz and what else was asked of it: everything."""
    data: dict[str, Any] = {"problem": report.problem.name} | geometry_data(report.geometry)
    if report.depths:
        data["depths"] = depths_data(report.depths)
    if report.curvature is not None:
        data["map"] = curvature_data(report.curvature)
    if report.geodesic is not None:
        data["geodesic"] = path_data(report.geodesic)
    if report.length is not None:
        data["path"] = length_data(report.length)
    return data


def depths_data(several: Mapping[str, Depths]) -> dict[str, Any]:
    """Ranks by depth as data."""
    return plain(
        {
            name: {
                "depths": found.depths,
                "parameters": found.parameters,
                "ranks": found.ranks,
                "most": found.most,
                "saturated": found.saturated,
                "clear": found.is_clear,
                "values": [spectra.values for spectra in found.spectra],
            }
            for name, found in several.items()
        }
    )


def curvature_data(found: CurvatureMap) -> dict[str, Any]:
    """A map of the Berry curvature as data; without a Chern number where there is none."""
    sure = found.fluxes.closed and found.fluxes.is_sure
    return plain(
        {
            "over": list(found.names),
            "a": found.a,
            "b": found.b,
            "flux": found.fluxes.flux,
            "curvature": found.curvature,
            "total": found.total,
            "closed": found.fluxes.closed,
            "chern": found.chern if sure else None,
            "sign": SIGN,
        }
    )


def path_data(found: Path) -> dict[str, Any]:
    """A geodesic as data, without its states."""
    return plain(
        {
            "times": found.times,
            "points": found.points,
            "length": found.length,
            "error": found.error,
            "straight": found.straight,
            "distance": found.distance,
            "message": found.message,
        }
    )


def length_data(found: PathLength) -> dict[str, Any]:
    """The length of the path of a run as data."""
    return plain(
        {
            "steps": found.kept,
            "chords": found.chords,
            "along": found.along,
            "direct": found.direct,
            "total": found.total,
            "distance": found.distance,
            "detour": found.detour,
        }
    )


def _spectra_data(found: Spectra) -> dict[str, Any]:
    return {
        "eigenvalues": found.values,
        "ranks": found.ranks,
        "gaps": [counted.gap for counted in found.counted],
        "clear": found.is_clear,
    }
