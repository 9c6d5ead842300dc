"""A picture of what Adam divides by, beside the Fisher matrix and the Hessian."""

from __future__ import annotations

import numpy as np

from qng.arrays import Array
from qng.report.plots import look
from qng.report.plots.captions import versions_of
from qng.report.plots.lines import Level, Line, Lines
from qng.report.plots.picture import Picture
from qng.run.relations import CURVATURE, EMPIRICAL, FISHER, ROOT, AdamReport

# Panels, as names of relations with their two axes.
_AXES = {
    FISHER: ("$I_{ii}$", r"$\hat v_i$"),
    EMPIRICAL: ("mean square of the data's gradients", r"$\hat v_i$"),
    CURVATURE: ("$|H|_{ii}$", r"$\hat v_i$"),
    ROOT: ("$|H|_{ii}$", r"$\hat v_i^{1/2}$"),
}


def adam(report: AdamReport, title: str | None = None, width: float = look.PAGE) -> Picture:
    """The ratios along the run, and every parameter in the last row.

    In the first panel a relation that holds with factor 1 is at 1, and its band, a standard
    deviation of the logarithms over the parameters, is thin. In the others a relation that holds is
    a line of slope 1; the dashed one is through the geometric mean.

    Args:
        report: Of `qng.adam_report`.
        title: Above it; by default the problem's name.
        width: Inches.
    """
    relations = {relation.name: relation for relation in report.relations}
    courses = tuple(
        Line(name, report.steps, r.ratio, r.ratio / r.spread, r.ratio * r.spread)
        for name, r in relations.items()
        if name != CURVATURE
    )
    first = Lines(
        courses,
        "step",
        "ratio",
        levels=(Level("equal", 1.0),),
        log_y=True,
        whole=True,
        naming="legend",
        title="mean over the parameters",
        note="band: their scatter",
    )
    panels = [first, *(_scatter(report, name) for name in (FISHER, ROOT) if name in relations)]
    name = report.problem or "a problem"
    several = "" if len(report.parameters) == 1 else "s"
    caption = (
        f"{name}, {len(report.parameters)} parameter{several}, Adam with beta2 = {report.beta:g}; "
        f"points: parameters in step {int(report.steps[-1])}. {versions_of()}."
    )
    heading = f"{name}: what Adam divides by" if title is None else title
    return Picture("adam", tuple(panels), heading, caption, columns=len(panels), width=width)


def _scatter(report: AdamReport, name: str) -> Lines:
    """Every parameter at the last point, with the line of slope 1 through the mean."""
    relation = report.relation(name)
    y, x = report.pair(name)
    x_label, y_label = _AXES[name]
    lines = [Line("", *_seen(x[-1], y[-1]), mark="points", like=name)]
    if name == FISHER and report.empirical is not None:
        own = _seen(report.empirical[-1], y[-1])
        lines.append(Line("", *own, mark="open", like=EMPIRICAL))
    inside = _seen(x[-1], y[-1])[0]
    if len(inside):
        ends = np.array([inside.min() / 2, inside.max() * 2])
        lines.append(Line("", ends, relation.ratio[-1] * ends, mark="reference"))
    slope = relation.slope[-1]
    note = f"slope {slope:.2f}, scatter x/÷ {relation.spread[-1]:.3g}"
    if not np.isfinite(slope):
        note = f"scatter x/÷ {relation.spread[-1]:.3g}"
    return Lines(tuple(lines), x_label, y_label, log_x=True, log_y=True, naming="none",
                 title=f"{name} = {relation.ratio[-1]:.3g}", note=note)  # fmt: skip


def _seen(x: Array, y: Array) -> tuple[Array, Array]:
    """What can be drawn on logarithmic axes."""
    used = (x > 0) & (y > 0) & np.isfinite(x) & np.isfinite(y)
    return x[used], y[used]
