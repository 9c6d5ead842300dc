"""Pictures of the geometry of an ansatz (`qng.ansatz`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from qng.arrays import Array
from qng.errors import InputError
from qng.geometry.capacity import EffectiveDimension
from qng.geometry.haar import Expressibility
from qng.geometry.tangent import TangentKernel
from qng.report.plots import look
from qng.report.plots.captions import versions_of
from qng.report.plots.field import Field
from qng.report.plots.lines import Level, Line, Lines
from qng.report.plots.matrix import Eigenvalues
from qng.report.plots.picture import Panel, Picture
from qng.report.plots.points import heat_map
from qng.run.ansatz.curvature import CurvatureMap
from qng.run.ansatz.depth import Along, Depths
from qng.run.ansatz.geodesic import Path
from qng.run.ansatz.length import PathLength
from qng.run.ansatz.spectra import Spectra
from qng.run.ansatz.summary import Geometry

_MOST_LINES = 8
"""Parameters of a geodesic that are drawn."""


def geometry(found: Geometry, title: str = "") -> Picture:
    """All of it: spectrum, ranks along the circuit, expressibility, effective dimension."""
    panels: list[Panel] = [_spectra(found.anywhere, found.here)]
    if found.along is not None:
        panels.append(replace(_ranks({"": found.along}), title="rank along the circuit"))
    if found.expressibility is not None:
        panels.append(_fidelities(found.expressibility))
    if found.effective is not None:
        panels.append(_effective({"": found.effective}))
    return Picture(
        "geometry", tuple(panels), title, _caption(f"seed {found.seed}"), columns=2,
        width=look.PAGE,
    )  # fmt: skip


def spectra(found: Spectra, title: str = "") -> Picture:
    """The eigenvalues of the metric, one above another: their median and range over the points."""
    return Picture("spectra", (_spectra(found),), title, _caption(_points(found)))


def ranks(found: Along | Depths | Mapping[str, Along | Depths], title: str = "") -> Picture:
    """Ranks against the number of parameters: along a circuit, or of families by depth.

    Args:
        found: One, or several by name.
        title: Above it.
    """
    several = found if isinstance(found, Mapping) else {_name(found): found}
    return Picture("ranks", (_ranks(several),), title, _caption(""), width=4.4)


def effective(
    found: EffectiveDimension | Mapping[str, EffectiveDimension], title: str = ""
) -> Picture:
    """The effective dimension, relative to the parameters, against the number of data."""
    several = found if isinstance(found, Mapping) else {"": found}
    said = "band: one standard error over the points"
    return Picture("effective dimension", (_effective(several),), title, _caption(said), width=4.4)


def expressibility(found: Expressibility, title: str = "") -> Picture:
    """Fidelities of random pairs, against Haar's."""
    return Picture("expressibility", (_fidelities(found),), title, _caption(""), width=4.4)


def curvature_map(found: CurvatureMap, title: str = "") -> Picture:
    """The Berry curvature over two parameters, with its total flux."""
    turns = found.total / (2 * np.pi)
    note = f"flux {found.total:.4f} = {turns:.4f} x 2 pi"
    if found.fluxes.closed:
        number = f"{found.chern}" if found.fluxes.is_sure else "not known: too coarse"
        note = f"closed surface: Chern number {number}"
    a, b = (look.plain(name) for name in found.names)
    panel = Field(found.a, found.b, found.curvature, f"{a} (rad)", f"{b} (rad)", "$F_{ab}$",
                  note=note)  # fmt: skip
    said = "F = dA with A = Im <psi|d psi>; A = i <psi|d psi> has the opposite sign"
    return Picture("curvature map", (panel,), title or "Berry curvature", _caption(said), width=4.4)


def kernel(found: TangentKernel, title: str = "") -> Picture:
    """The tangent kernel as a heat map, and its eigenvalues."""
    drawn = heat_map(found.matrix, label="entry of $K$")
    floor = found.counted.values.max(initial=0.0) * 1e-13
    panels = (*drawn.panels, Eigenvalues(found.values, float(floor)))
    return Picture("kernel", panels, title or "Tangent kernel", _caption("K = J J^T"), columns=2,
                   width=look.PAGE, shares=(1.3, 1.0))  # fmt: skip


def path(found: Path, names: tuple[str, ...] = (), title: str = "") -> Picture:
    """A geodesic in the parameters: what each does, dashed the straight line between its ends.

    Args:
        found: Of `shoot` or `connect`.
        names: Of the parameters; the eight that leave the straight line most are drawn.
        title: Above it.
    """
    t, points = found.times / found.times[-1], found.points
    line = points[0] + np.multiply.outer(t, points[-1] - points[0])
    if names and len(names) != points.shape[1]:
        raise InputError(f"{len(names)} names for {points.shape[1]} parameters")
    bent = np.argsort(-np.abs(points - line).max(axis=0), kind="stable")[:_MOST_LINES]
    drawn = [Line(names[k] if names else f"{k}", t, points[:, k]) for k in sorted(bent)]
    straight = [Line("", t, line[:, k], mark="reference") for k in sorted(bent)]
    note = f"length {found.length:.4f} rad, straight {found.straight:.4f} rad"
    if found.states.shape[1]:
        note += f", states {found.distance:.4f} rad apart"
    label = "parameter (rad)" if found.states.shape[1] else "parameter"
    panel = Lines(
        (*drawn, *straight), "time", label, note=note, x_range=(0.0, 1.0), naming="legend"
    )
    return Picture("geodesic", (panel,), title or "Geodesic", _caption(""), width=4.4)


def length(found: PathLength, title: str = "") -> Picture:
    """The length of the path of a run up to every point, and the distance from its start."""
    steps = found.kept.astype(float)
    drawn = [Line("length of the path", steps, found.along)]
    if not np.all(np.isnan(found.direct)):
        drawn.append(Line("distance from the start", steps, found.direct))
    panel = Lines(tuple(drawn), "step", "Fubini-Study length (rad)", whole=True, naming="legend")
    return Picture("path length", (panel,), title, _caption(""), width=4.4)


def _spectra(found: Spectra, here: Spectra | None = None) -> Lines:
    """Eigenvalues by their rank; what is rounding stands on the floor."""
    place = np.arange(1.0, found.values.shape[1] + 1)
    top = float(found.values.max(initial=0.0)) or 1.0
    floor = found.floor * top

    def above(values: Array) -> Array:
        return np.maximum(values, floor)

    lines = [
        Line("random points", place, above(np.median(found.values, axis=0)),
             above(found.values.min(axis=0)), above(found.values.max(axis=0)), mark="both")
    ]  # fmt: skip
    if here is not None:
        lines.append(Line("the point", place, above(here.values[0]), mark="open"))
    note = f"rank {found.dimension} of {len(found.parameters)} at random points"
    if here is not None:
        note += f", {here.dimension} at the point"
    seen = np.concatenate([found.values, here.values if here is not None else found.values[:0]])
    rounded = bool(np.any(seen <= floor))
    low = (floor if rounded else float(seen.min(initial=top)) / 10, 3 * top)
    return Lines(
        tuple(lines), "number of the eigenvalue", "eigenvalue of $g$", log_y=True,
        x_range=(0.5, place[-1] + 0.5), y_range=low,
        title="spectrum of the metric", note=f"{note}; bottom: rounding" if rounded else note,
        whole=True, naming="legend",
    )  # fmt: skip


def _ranks(several: Mapping[str, Along | Depths]) -> Lines:
    lines = [
        Line(name, found.parameters.astype(float), found.ranks.astype(float), mark="both")
        for name, found in several.items()
    ]
    levels = [
        Level(f"largest possible: {most}", float(most))
        for most in sorted({found.most for found in several.values()})
        if most <= 3 * max(line.y.max(initial=1.0) for line in lines)
    ]
    last = max(line.x.max(initial=1.0) for line in lines)
    each = Line("", np.array([0.0, last]), np.array([0.0, last]), mark="reference")
    top = 1.08 * max([line.y.max(initial=1.0) for line in lines] + [level.y for level in levels])
    return Lines(
        (*lines, each), "parameters", "rank of the metric", tuple(levels), x_range=(0.0, last),
        y_range=(0.0, float(top)), note="dashed: every parameter a direction",
        whole=True, naming="legend",
    )  # fmt: skip


def _fidelities(found: Expressibility) -> Lines:
    width = np.diff(found.edges)
    edges = found.edges
    observed = np.append(found.observed / width, np.nan)
    haar = np.append(found.expected / width, np.nan)
    value = f"KL {found.value:.4f} +- {found.std_error:.4f} nats"
    least = 1 / (found.pairs * width[0])
    seen = np.where(observed > 0, observed, np.nan)
    top = float(np.nanmax([np.nanmax(seen), np.nanmax(haar)]))
    return Lines(
        (Line("circuit", edges, seen, mark="stairs"), Line("Haar", edges, haar, mark="stairs")),
        "fidelity of two random states", "density", log_y=True, x_range=(0.0, 1.0),
        y_range=(0.3 * least, 3 * top), title="expressibility",
        note=f"{value}, {found.pairs} pairs", naming="legend",
    )  # fmt: skip


def _effective(several: Mapping[str, EffectiveDimension]) -> Lines:
    lines = []
    for name, found in several.items():
        value, error = found.normalised, found.std_error / found.parameters
        known = np.all(np.isfinite(error))
        lines.append(
            Line(name, found.data, value, value - error if known else None,
                 value + error if known else None, mark="both")
        )  # fmt: skip
    return Lines(
        tuple(lines), "number of data", "effective dimension / parameters", log_x=True,
        y_range=(0.0, 1.05), title="effective dimension",
    )  # fmt: skip


def _name(found: Along | Depths) -> str:
    return found.name if isinstance(found, Depths) else ""


def _points(found: Spectra) -> str:
    return f"{len(found.thetas)} points; median, least and largest"


def _caption(said: str) -> str:
    return f"{said}. {versions_of()}." if said else f"{versions_of()}."
