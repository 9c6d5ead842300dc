"""A diagnosis as tables for people, and as data for machines."""

from __future__ import annotations

import math
from dataclasses import asdict, fields, replace
from typing import Any, Final

import numpy as np
from rich.console import RenderableType

from qng.plan.cost import Cost
from qng.report import cells
from qng.report.data import plain
from qng.report.grid import Grid, lines_grid, row
from qng.run.diagnosis.diagnosis import Diagnosis
from qng.run.diagnosis.evidence import Evidence
from qng.run.diagnosis.finding import Finding
from qng.run.diagnosis.reading import LEVEL, Reading, root

_MOST_VALUES: Final = 8


def diagnosis_tables(found: Diagnosis, rules: bool = False) -> list[RenderableType]:
    """The verdict, the evidence, and all findings.

    Args:
        found: Of `qng.diagnose`.
        rules: Whether the rules of the findings are shown.
    """
    shown: list[RenderableType] = [
        cells.titled(found.title, cells.pairs(verdict_lines(found))),
        cells.titled("Evidence", cells.pairs(evidence_lines(found.evidence))),
        findings_table(found, rules),
    ]
    return shown + [f"note: {note}" for note in found.evidence.notes]


def verdict_lines(found: Diagnosis) -> list[tuple[str, str]]:
    """The first number, the verdict, what else holds, what to change."""
    e = found.evidence
    lines = [
        ("grad . g^-1 . grad", _first(e)),
        ("verdict", found.words),
        ("change", found.change),
    ]
    lines += [("also", f"{f.title}: {f.says}") for f in found.held[1:]]
    if e.ground == "shots":
        open_ = ", ".join(f.title for f in found.open)
        lines.append(("not decided", open_ or "nothing"))
        lines.append(("level", f"each decision is wrong in at most {LEVEL:.1%} of cases"))
    return lines


def evidence_lines(e: Evidence) -> list[tuple[str, str]]:
    """What is known of the point, one line a number."""
    lines = [("energy", _shown(e.energy, e.unit, 8))]
    if e.error is not None:
        lines.append(("above the reference", _shown(e.error, e.unit)))
    if e.read is not None and e.noise:
        lines.append((f"read by {e.executor}", _shown(e.read, e.unit, 8)))
    if e.state is not None:
        lines.append(("noiseless state", _shown(e.state, e.unit, 8)))
    if e.variance is not None:
        lines.append(
            ("<H^2> - <H>^2", f"{_shown(e.variance)}  (root {root(e.variance.value):.4g})")
        )
        if e.captured is not None:
            lines.append(
                ("of imaginary time", f"{e.captured:.1%} of its way is open to the parameters")
            )
    lines.append(("gradient", _gradient(e)))
    if len(e.metric):
        lines.append(("metric", f"{_values(e.metric, e.metric_error)}{_rank(e)}"))
    if len(e.hessian):
        lines.append(("Hessian", _values(e.hessian, None)))
    if e.left is not None:
        lines.append(("left by curvature", _shown(e.left, e.unit)))
    if e.drop is not None:
        lines.append(("down negative curvature", f"falls by {_shown(e.drop, e.unit)}"))
    if e.share is not None:
        lines.append(("share of the slope", _share(e)))
    if e.bottom is not None:
        lines.append(("minimised from here", f"{e.bottom:.8g} {e.unit}".strip()))
    if len(e.bottoms):
        ends = np.sort(e.bottoms)
        lines.append(
            ("from random starts", f"{ends[0]:.8g} to {ends[-1]:.8g} in {len(ends)} minimisations")
        )
    if e.step_noise is not None:
        lines.append(
            ("noise of a step", f"{e.step_noise:.3g} beside {e.step_slope:.3g}, of {e.shots} shots")
        )
    lines.append(("cost", f"{e.evaluations} evaluations"))
    return lines


def findings_table(found: Diagnosis, rules: bool = True) -> RenderableType:
    """All findings, with their rules where these are asked for."""
    table = cells.frame()
    names = ("holds", "finding", "evidence", *(("rule",) if rules else ()))
    for name in names:
        table.add_column(name)
    for f in found.findings:
        cells.add(table, [_holds(f), f.title, f.says, f.rule][: len(names)])
    return cells.titled("Findings", table)


def diagnosis_grids(found: Diagnosis) -> tuple[Grid, ...]:
    """Verdict, evidence and findings as tables for documents."""
    rows = [row(_holds(f), f.title, f.says) for f in found.findings]
    return (
        replace(
            lines_grid(verdict_lines(found), found.title, "verdict"), notes=found.evidence.notes
        ),
        lines_grid(evidence_lines(found.evidence), "Evidence", "evidence"),
        Grid("Findings", ("holds", "finding", "evidence"), tuple(rows), name="findings", words=3),
    )


def evidence_rows(e: Evidence) -> list[dict[str, Any]]:
    """The numbers in long form: quantity, name or number within it, value, standard error."""
    rows: list[dict[str, Any]] = []

    def add(quantity: str, of: Any, value: Any, error: Any = None) -> None:
        known = None if value is None else float(value)
        std_error = math.nan if error is None else float(error)
        rows.append({"quantity": quantity, "of": of, "value": known, "std_error": std_error})

    named = {f.name: getattr(e, f.name) for f in fields(e)}
    named = {"slope": e.slope} | named | {"error": e.error}
    for name, value in named.items():
        if isinstance(value, Reading):
            add(name, "", value.value, value.std_error)
    for name in ("accuracy", "reference", "bottom", "damping", "captured", "share_elsewhere"):
        if (value := getattr(e, name)) is not None:
            add(name, "", value)
    for of, errors in (("gradient", e.gradient_error), ("metric", e.metric_error)):
        names = e.parameters if of == "gradient" else range(len(e.metric))
        for k, key in enumerate(names):
            add(of, str(key), getattr(e, of)[k], None if errors is None else errors[k])
    for of in ("hessian", "bottoms"):
        for k, value in enumerate(getattr(e, of)):
            add(of, str(k), value)
    return rows


def _holds(finding: Finding) -> str:
    return "yes" if finding.holds else "no" if finding.holds is False else "open"


def cost_line(cost: Cost) -> str:
    """What a diagnosis from shots will cost, in a line."""
    return f"{cost.circuits} circuits at {cost.points} points, {cost.shots} shots"


def diagnosis_data(found: Diagnosis) -> dict[str, Any]:
    """Everything."""
    return plain(
        {
            "problem": found.made.problem.name,
            "theta": found.made.theta,
            "executor": found.made.executor,
            "shots": found.made.shots,
            "seed": found.made.seed,
            "slope": asdict(found.evidence.slope),
            "verdict": found.verdict,
            "words": found.words,
            "change": found.change,
            "held": [f.name for f in found.held],
            "open": [f.name for f in found.open],
            "escape": found.escape,
            "level": LEVEL,
            "findings": [asdict(f) | {"change": found.advice(f)} for f in found.findings],
            "evidence": {
                name: asdict(value) if isinstance(value, Reading) else value
                for name, value in vars(found.evidence).items()
            },
        }
    )


def _first(e: Evidence) -> str:
    """The squared slope with its error, and what it is measured by."""
    unit = f" {e.unit}^2" if e.unit else ""
    g = f"g by {e.metric_by}" if e.metric_by else "g"
    how = f", {g} damped by {e.damping:.2g}" if e.damping else f", on the range of {g}"
    steep = f": {root(e.slope.value):.4g} {e.unit}".rstrip() + " a radian of the path of states"
    if not e.slope.std_error and 0 <= root(e.slope.value) <= e.rounding:
        return f"0 to rounding{how if len(e.metric) else ''}"
    said = _shown(e.slope)
    return f"{said}{unit}{steep}{how if len(e.metric) else ''}"


def _shown(reading: Reading, unit: str = "", digits: int = 4) -> str:
    value, error = reading.value, reading.std_error
    said = cells.with_error(value, error) if error else f"{value:.{digits}g}"
    return f"{said} {unit}".strip()


def _gradient(e: Evidence) -> str:
    norm = float(np.linalg.norm(e.gradient))
    if not len(e.gradient):
        return "there are no parameters"
    k = int(np.abs(e.gradient).argmax())
    error = "" if e.gradient_error is None else f" +- {e.gradient_error[k]:.2g}"
    return f"norm {norm:.4g}; largest {e.parameters[k]}: {e.gradient[k]:.4g}{error}"


def _rank(e: Evidence) -> str:
    if e.rank is None:
        return ""
    said = f"; rank {e.rank} of {len(e.parameters)}"
    return said if e.rank_elsewhere is None else f"{said}, {e.rank_elsewhere} at random points"


def _values(values: Any, errors: Any) -> str:
    """Eigenvalues, the largest first, with errors where there are any."""
    known = errors is not None and bool(np.any(errors))
    each = [
        f"{value:.3g}" + (f" +- {errors[k]:.1g}" if known else "") for k, value in enumerate(values)
    ]
    if len(each) > _MOST_VALUES:
        each = [*each[: _MOST_VALUES // 2], "...", *each[-_MOST_VALUES // 2 :]]
    return "  ".join(each)


def _share(e: Evidence) -> str:
    assert e.share is not None
    said = f"{root(e.share.value):.2g}"
    if e.bend is not None and math.isfinite(e.bend.value):
        said += f", of the curvature {root(e.bend.value):.2g}"
    if e.share_elsewhere is not None:
        said += f"; at random points {root(e.share_elsewhere):.2g}"
    return said
