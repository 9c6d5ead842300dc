"""Results as tables for people, to be printed by Rich."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from rich.console import RenderableType
from rich.table import Table

from qng.geometry import Metric
from qng.geometry.spectrum import measured as measured_entries
from qng.plan.shots import PerCircuit
from qng.problem.anyproblem import AnyProblem
from qng.problem.problem import Problem
from qng.report import cells
from qng.report.data import metric_data, problem_data
from qng.report.grid import DOT, Grid, measured, number, rich, row
from qng.report.statistics import accuracy_name, ground_in_words
from qng.run.results import Run, StepReport
from qng.run.target import is_of_models

if TYPE_CHECKING:
    from qng.run.preview import Preview

LARGEST_PRINTED: Final = 12
"""A metric of more parameters than this is printed as a summary."""

_TERMS_SHOWN: Final = 20


def _circuit(problem: Problem) -> list[tuple[str, str]]:
    """The circuit of a problem in words."""
    circuit = problem.circuit
    operations = (
        f"{circuit.n_rotations} rotations with parameters, "
        f"{len(circuit.ops) - circuit.n_rotations} gates without, "
        f"{len(circuit.blocks())} blocks of commuting rotations"
    )
    return [("qubits", str(circuit.n_qubits)), ("operations", operations)]


def run_table(run: Run, rows: int = 12) -> RenderableType:
    """The trace of a run for a terminal, one row a point; columns without a number are left out.

    Args:
        run: The run.
        rows: About how many; the first and the last point are always there.
    """
    return rich(run_grid(run, rows))


def run_grid(run: Run, rows: int = 12) -> Grid:
    """The trace of a run, one row a point; columns without a number are left out.

    Args:
        run: The run.
        rows: About how many; the first and the last point are always there.
    """
    known = run.reference is not None
    errors = run.judgement.errors.tolist() if known else [math.nan] * len(run.trace)
    word = "loss" if run.made is not None and is_of_models(run.made.problem) else "energy"
    energy = f"{word}{f' ({run.unit})' if run.unit else ''}"
    candidates: list[tuple[str, Callable[[Any], float], str]] = [
        ("step", lambda r: r.step, "{:d}"),
        (energy, lambda r: r.energy, "{:.8f}"),
        ("error", lambda r: errors[r.step], "{:.1e}"),
        ("|grad|", lambda r: r.gradient_norm, "{:.1e}"),
        ("length", lambda r: r.length, "{:.1e}"),
        ("rank", lambda r: r.rank or math.nan, "{:d}"),
        ("cond.", lambda r: r.condition, "{:.1e}"),
        ("fidelity", lambda r: r.fidelity, "{:.4f}"),
        ("evals", lambda r: r.evaluations, "{:d}"),
        ("shots", lambda r: r.shots or math.nan, "{:d}"),
    ]
    columns = [
        column
        for column in candidates
        if any(not math.isnan(column[1](of)) for of in run.trace.rows)
    ]
    chosen = [run.trace.rows[k] for k in cells.thinned(len(run.trace), rows)]
    return Grid(
        title=cells.headed(run.problem, run.method),
        heads=tuple(head for head, _, _ in columns),
        rows=tuple(
            tuple(
                measured(of.energy, of.std_error, 8) if head == energy else number(value(of), form)
                for head, value, form in columns
            )
            for of in chosen
        ),
        name=f"run-{run.problem}-{run.method}",
        words=0,
    )


def run_summary(run: Run) -> Table:
    """How a run ended, for a terminal."""
    return cells.pairs(run_lines(run))


def run_lines(run: Run) -> list[tuple[str, str]]:
    """How a run ended: its energy and error, what it cost, and why it ended."""
    unit = f" {run.unit}" if run.unit else ""
    exact = f"{run.fun:.10g}"
    fun = cells.with_error(run.fun, run.std_error) if run.std_error else exact
    model = run.made is not None and is_of_models(run.made.problem)
    evaluations = "evaluations" if model else "circuit evaluations"
    lines = [("loss" if model else "energy", f"{fun}{unit}")]
    if run.reference is not None and run.error is not None:
        step = run.steps_to()
        when = "not reached" if step is None else f"reached at step {step}"
        lines += [
            ("reference", f"{run.reference:.10g}{unit}"),
            ("error", f"{run.error:.3g}{unit}"),
            (accuracy_name(run.accuracy, run.unit), when),
        ]
        if words := ground_in_words(run):
            lines.append(("judged", words))
    asked = run.made is None or run.made.tol is not None
    unmet = "; tol was not met" if asked and not (run.success or run.failed) else ""
    return [
        *lines,
        ("steps", f"{run.nit}"),
        *_form(run),
        (evaluations, f"{run.nfev}"),
        *([("shots", f"{run.shots}")] if run.shots else []),
        ("seconds", f"{run.seconds:.2f}"),
        ("failed" if run.failed else "ended", run.message + unmet),
    ]


def _form(run: Run) -> list[tuple[str, str]]:
    """The form of the metric, where there was a choice, and the products of an iterative solve."""
    names = {"Implicit": "by products, no matrix", "LowRank": "low rank", "Dense": "dense"}
    found = sorted({names[name] for name in run.trace["metric"] if name in names})
    if not found:
        return []
    products = int(np.sum(run.trace["iterations"]))
    return [("metric", "; ".join(found) + (f" ({products} products)" if products else ""))]


def steps_table(reports: Sequence[StepReport], title: str, unit: str = "") -> RenderableType:
    """What each method would do at one point, for a terminal, one row a method.

    Args:
        reports: One a method.
        title: Above it.
        unit: Of the energies.
    """
    return rich(steps_grid(reports, title, unit))


def steps_grid(reports: Sequence[StepReport], title: str, unit: str = "") -> Grid:
    """The same as a value."""
    suffix = f"\n({unit})" if unit else ""
    heads = ("lr", "length\n(rad)", "angle to\nqng (deg)", "KL", f"predicted\ndecrease{suffix}")
    return Grid(
        title=title,
        heads=("method", *heads, f"actual\ndecrease{suffix}"),
        rows=tuple(
            row(
                r.method,
                number(r.eta, "{:g}"),
                number(r.length, "{:.4f}"),
                number(r.angle, "{:.2f}"),
                *(number(value, "{:.3e}") for value in (r.kl, r.predicted, r.actual)),
            )
            for r in reports
        ),
        name="steps",
    )


MODEL_STEPS_NOTE: Final = (
    "length: sqrt(d^T g d), g the Fubini-Study metric of the amplitudes; KL: of the distributions "
    "of the model, d^T I d / 2 = 2 length^2 to second order where I = 4 g"
)

STEPS_NOTE: Final = (
    "length: sqrt(d^T g d), g the Fubini-Study metric; KL: of measuring every qubit in the "
    "computational basis, d^T I d / 2 <= 2 length^2 to second order, because I <= 4 g"
)


def metric_table(metric: Metric, parameters: Sequence[str], title: str) -> RenderableType:
    """The matrix for a terminal; see `metric_grid`."""
    return rich(metric_grid(metric, parameters, title))


def metric_grid(metric: Metric, parameters: Sequence[str], title: str) -> Grid:
    """The matrix: a dot is zero by decision, a number was computed, in brackets its error.

    Args:
        metric: Of P parameters, at most `LARGEST_PRINTED` of them for a table that can be read.
        parameters: Their names.
        title: Above it.
    """
    matrix, known, errors = metric.dense(), measured_entries(metric), metric.std_error
    if errors is None:
        errors = np.zeros_like(matrix)
    rows = []
    for name, *of in zip(parameters, matrix, errors, known, strict=True):
        entries = [
            measured(value, error) if computed else DOT
            for value, error, computed in zip(*of, strict=True)
        ]
        rows.append(row(name, *entries))
    return Grid(title, ("", *parameters), tuple(rows), name="metric")


def metric_summary(metric: Metric, parameters: Sequence[str]) -> Table:
    """What a metric is like, for a terminal; see `metric_lines`."""
    return cells.pairs(metric_lines(metric, parameters))


def metric_lines(metric: Metric, parameters: Sequence[str]) -> list[tuple[str, str]]:
    """What a metric is like: its blocks, eigenvalues with their errors, rank and condition.

    Args:
        metric: Of P parameters.
        parameters: Their names.

    Cost: one eigenvalue decomposition.
    """
    data = metric_data(metric, parameters)
    condition = cells.shown(data["condition"], "{:.3e}")
    values = [f"{v:.4g}" for v in data["eigenvalues"]]
    if data["eigenvalue_errors"] is not None:
        pairs = zip(data["eigenvalues"], data["eigenvalue_errors"])
        values = [cells.with_error(value, error) for value, error in pairs]
    if len(values) > LARGEST_PRINTED:
        values = [*values[:6], "...", *values[-3:]]
    filled = int(measured_entries(metric).sum())
    blocks = ["{" + ", ".join(cells.shortened(block, 8)) + "}" for block in data["blocks"]]
    return [
        ("parameters", f"{metric.size}"),
        ("entries computed", f"{filled} of {metric.size**2}"),
        (f"blocks ({len(blocks)})", " ".join(cells.shortened(blocks, 16)) or "none"),
        ("eigenvalues", "  ".join(values) or "none"),
        ("rank", f"{data['rank']} of {metric.size}"),
        ("condition", f"{condition} (of the nonzero eigenvalues)"),
        ("trace", f"{float(metric.diagonal().sum()):.6g}"),
    ]


def preview_table(preview: Preview) -> RenderableType:
    """What a step costs: one row a quantity, and one for the whole step."""
    table = cells.frame()
    table.add_column("")
    for head in ("circuits", "points", "shots", "two-qubit\ndepth"):
        table.add_column(head, justify="right")
    for name, cost in {**preview.parts, "one step": preview.step}.items():
        shots = f"{cost.shots}" if preview.shots is not None else "exact"
        cells.add(table, [name, f"{cost.circuits}", f"{cost.points}", shots, f"{cost.depth}"])
    return cells.titled(f"{preview.problem}: {preview.method} on {preview.executor}", table)


def preview_notes(preview: Preview, steps: int) -> list[str]:
    """What a reader of `preview_table` has to know, one line each.

    Args:
        preview: Of one step.
        steps: Of the run whose shots are totalled.
    """
    notes = [
        "one step: equal circuits are run once; a circuit is one with its measurement basis, a "
        "point one with its angles; depth in CX gates, before any transpilation"
    ]
    if preview.shots is not None:
        each = isinstance(preview.shots, PerCircuit)
        if each:
            notes.append("shots: as many for every point")
        elif "gradient" in preview.parts:
            notes.append(
                "shots: energy 10 %, the rest half and half; from the second step on they are "
                "split for the smallest error of the step"
            )
        if preview.search and "energies" in preview.parts:
            notes.append(
                f"one step: the first of its {1 + len(preview.search)} batches; the others take "
                f"{_spaced(sum(preview.search))} shots"
            )
        elif preview.search:
            shares = " and ".join(map(_spaced, preview.search))
            notes.append(
                f"the rounds of the search take {shares} more shots a step"
                if each
                else f"of the shots of a step the search keeps {shares} for its rounds"
            )
        batches = steps * (1 + len(preview.search)) + 1
        notes.append(
            f"{steps} steps and the energy at the end ({preview.closing.shots} shots): "
            f"{'at most ' if preview.at_most else ''}{batches} batches, "
            f"{_spaced(preview.total(steps))} shots"
        )
    return notes


def _spaced(number: int) -> str:
    return f"{number:_}".replace("_", " ")


def problems_table(problems: Sequence[AnyProblem]) -> Table:
    """The problems of a list, one row each."""
    table = cells.frame()
    for head in ("name", "qubits", "parameters", "terms", "reference energy", "title"):
        words = head in ("name", "title")
        table.add_column(head, justify="left" if words else "right", overflow="fold")
    for problem in problems:
        data = problem_data(problem)
        energy = cells.shown(data["reference"]["energy"], "{:.8f}") if data["reference"] else "-"
        unit = f" {problem.unit}" if problem.unit else "   "
        counts = [
            "-" if data[key] is None else str(data[key])
            for key in ("qubits", "parameters", "terms")
        ]
        cells.add(table, [problem.name, *counts, energy + unit, problem.title])
    return table


def problem_summary(problem: AnyProblem) -> Table:
    """One problem in detail: its circuit, start, observable and reference."""
    reference = problem.reference_energy()
    unit = f" {problem.unit}" if problem.unit else ""
    known = f"{reference.energy:.10g}{unit} ({reference.how})" if reference else "unknown"
    start = zip(problem.parameters, problem.initial, strict=True)
    values = [f"{name} = {value:.4g}" for name, value in start]
    made, observable = [("kind", "a model, without circuits")], []
    if isinstance(problem, Problem):
        terms = [f"{c.real:+.6g} {word}" for word, c in problem.observable]
        words = "  ".join(cells.shortened(terms, _TERMS_SHOWN))
        made, observable = _circuit(problem), [(f"observable ({len(terms)} terms)", words)]
        if problem.symmetries:
            observable.append(("symmetries", ", ".join(name for name, _ in problem.symmetries)))
    else:
        values = cells.shortened(values, _TERMS_SHOWN)
    return cells.pairs(
        [
            ("title", problem.title or "-"),
            ("source", " ".join(problem.source.split()) or "-"),
            *made,
            (f"parameters ({len(problem.parameters)})", ", ".join(values)),
            ("frozen", ", ".join(problem.frozen) or "none"),
            *observable,
            ("reference", known),
            ("solved within", accuracy_name(problem.accuracy, problem.unit)),
        ]
    )
