"""The HTML of values: the tables of the terminal, a drawing or a picture.

Whatever comes from a value is text (`qng.report.markup`); nothing is computed that is not cheap.
Without Matplotlib the picture is left out.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from rich.console import RenderableType

from qng.circuit.circuit import Circuit
from qng.circuit.pauli import PauliSum
from qng.errors import QngError
from qng.geometry.metric import Metric
from qng.geometry.spectrum import decomposed, measured, spectrum
from qng.plan.quantities import Energy, GradientEstimate
from qng.problem.anyproblem import AnyProblem
from qng.problem.problem import Problem
from qng.report import cells
from qng.report.compared import comparison_notes, comparison_table
from qng.report.diagnosis import evidence_lines, findings_table, verdict_lines
from qng.report.evolution import evolution_summary, evolution_table
from qng.report.excited import excited_grid, excited_lines
from qng.report.grid import rich
from qng.report.markup import Child, Html, joined, of_terminal, paragraphs, tag
from qng.report.notebook.drawing import Drawing
from qng.report.notebook.heat import MOST_NUMBERS, heat_map
from qng.report.scan import scan_grid, scan_lines
from qng.report.several import by_problem, several_notes, several_table
from qng.report.tables import problem_summary, run_summary, run_table
from qng.run.comparison import Comparison
from qng.run.diagnosis.diagnosis import Diagnosis
from qng.run.evolution import Evolution
from qng.run.excited.results import ExcitedStates
from qng.run.results import Run
from qng.run.scanned import Scan
from qng.run.several import Comparisons
from qng.run.trace import Trace

if TYPE_CHECKING:
    from qng.estimate.fubini.hadamard import CurvatureEstimate
    from qng.report.plots.picture import Picture

# Twice the class: pages have rules of their own for the tables in an output.
_STYLE: Final = """
.qng.qng table{border-collapse:collapse;margin:.3em 0;font-variant-numeric:tabular-nums}
.qng.qng caption{text-align:left;font-weight:bold;caption-side:top;white-space:nowrap}
.qng.qng th,.qng.qng td{text-align:left;padding:.15em .7em .15em 0;vertical-align:top;border:none;
background:none;white-space:pre-wrap;max-width:60em}
.qng.qng thead th{border-bottom:1px solid currentColor;vertical-align:bottom}
.qng.qng .number{text-align:right}
.qng .notes{font-size:85%;opacity:.8;margin:.2em 0;padding-left:1.2em;max-width:70em}
.qng.qng .qng-heat th{text-align:center;padding:.15em .4em;border:none;font-weight:normal;
opacity:.7}
.qng.qng .qng-heat td{text-align:right;padding:.2em .45em;border:1px solid #fff;font-size:90%;
min-width:4.2em;box-sizing:border-box}
.qng .beside{display:flex;flex-wrap:wrap;gap:0 2.5em;align-items:flex-start}
.qng summary{cursor:pointer}
"""

_ROWS: Final = 12
_TERMS: Final = 20
_DRAWN: Final = 200
_QUBITS: Final = 40
"""Rows of a trace, words of a sum, operations and qubits of a circuit that are shown."""

_SMALL: Final = (8, 80)
"""Qubits and operations up to which the circuit of a problem is not folded away."""

_LARGEST: Final = 512
"""Metrics of more parameters are not drawn; of circuits of more rotations little is computed."""


def of_circuit(circuit: Circuit) -> Html:
    """A circuit, drawn."""
    return _box(tag("div", circuit_in_words(circuit)), _drawing(circuit))


def circuit_in_words(circuit: Circuit) -> str:
    """Such as "4 qubits, 12 parameters, 16 operations (12 rotations with parameters)"."""
    return (
        f"{_counted(circuit.n_qubits, 'qubit')}, {_counted(circuit.n_parameters, 'parameter')}, "
        f"{_counted(len(circuit.ops), 'operation')} "
        f"({_counted(circuit.n_rotations, 'rotation')} with parameters)"
    )


def _counted(count: int, what: str) -> str:
    return f"{count} {what}{'s' if count != 1 else ''}"


def of_observable(observable: PauliSum) -> Html:
    """A sum of Pauli words: its largest terms."""
    terms = observable.terms
    order = sorted(range(len(terms)), key=lambda k: -abs(terms[k][1]))[:_TERMS]
    table = cells.frame()
    table.add_column("coefficient", justify="right")
    table.add_column("word")
    for k in sorted(order):
        word, c = terms[k]
        cells.add(table, [f"{c.real:+.6g}" if c.imag == 0 else f"{c:.6g}", str(word)])
    n, count = observable.n_qubits, len(terms)
    head = f"{count} Pauli word{'s' if count != 1 else ''} on {n} qubit{'s' if n != 1 else ''}"
    left = f"the {_TERMS} largest terms; {count - _TERMS} more" if count > _TERMS else ""
    return _box(tag("div", head), of_terminal(table), tag("div", left) if left else Html(""))


def of_problem(problem: AnyProblem) -> Html:
    """A problem: what it is, and its circuit, drawn."""
    large = isinstance(problem, Problem) and problem.circuit.n_rotations > _LARGEST
    summary = _summary(problem) if large else problem_summary(problem)
    parts: list[Child] = [tag("b", problem.name or "a problem"), of_terminal(summary)]
    if isinstance(problem, Problem):
        circuit = problem.circuit
        small = circuit.n_qubits <= _SMALL[0] and len(circuit.ops) <= _SMALL[1]
        parts.append(_folded("circuit", _drawing(circuit), unfolded=small))
    return _box(*parts)


def _summary(problem: AnyProblem) -> RenderableType:
    """A problem of which much is not cheap: its blocks, its ground energy, all its parameters."""
    circuit = problem.circuit if isinstance(problem, Problem) else None
    start = zip(problem.parameters, problem.initial)
    values = [f"{name} = {value:.4g}" for name, value in islice(start, _TERMS)]
    more = len(problem.parameters) - len(values)
    return cells.pairs(
        [
            ("title", problem.title or "-"),
            ("source", " ".join(problem.source.split()) or "-"),
            ("circuit", "" if circuit is None else circuit_in_words(circuit)),
            ("parameters", ", ".join(values) + (f", ... {more} more" if more > 0 else "")),
            ("frozen", f"{len(problem.frozen)}" if problem.frozen else "none"),
        ]
    )


def of_metric(metric: Metric) -> Html:
    """A metric as a heat map with its numbers."""
    name, size = type(metric).__name__, metric.size
    exact = metric.std_error is None
    head = f"{name} metric of {size} parameters, {'exact' if exact else 'with standard errors'}"
    if not metric.has_matrix:
        return _box(tag("div", f"{head}; known by its products, dense() makes the matrix"))
    if size > _LARGEST:
        return _box(tag("div", f"{head}; too large to be drawn"))
    known = measured(metric)
    lines = [_eigenvalues(metric)] if size else []
    if not known.all():
        lines.append(f"grey: zero by decision, {int(known.sum())} of {size**2} entries computed")
    if not exact and size <= MOST_NUMBERS:
        lines.append("in brackets: the standard error of the last two digits")
    matrix = metric.dense()
    if size > MOST_NUMBERS:
        largest = float(np.abs(matrix).max(initial=0.0))
        lines.append(f"red: positive, blue: negative, white: 0; at most {largest:.3g}")
    return _box(tag("div", head), heat_map(matrix, known, metric.std_error), paragraphs(lines))


def of_curvature(curvature: CurvatureEstimate) -> Html:
    """A Berry curvature as a heat map with its numbers."""
    value, errors = curvature.value, curvature.std_error
    exact = "exact" if errors is None else "with standard errors"
    head = f"Berry curvature in {_counted(len(value), 'parameter')}, {exact}"
    if len(value) > _LARGEST:
        return _box(tag("div", f"{head}; too large to be drawn"))
    known = np.ones(value.shape, dtype=bool)
    lines = [f"red: positive, blue: negative, white: 0; at most {np.abs(value).max(initial=0):.3g}"]
    return _box(tag("div", head), heat_map(value, known, errors), paragraphs(lines))


def _eigenvalues(metric: Metric) -> str:
    """What a reader of a metric wants to know first."""
    if metric.std_error is None:
        values, floor = spectrum(metric)
        rank = int((np.abs(values) > floor).sum())
        least, most = (f"{x:.3g}" if abs(x) > floor else "0" for x in (values[-1], values[0]))
        return f"rank {rank} of {metric.size}; eigenvalues from {least} to {most}"
    values, _, errors = decomposed(metric)
    least, most = (cells.with_error(float(values[k]), float(errors[k])) for k in (0, -1))
    return f"eigenvalues from {least} to {most}"


def of_energy(energy: Energy[Any]) -> Html:
    """Energies with their errors."""
    errors = None if energy.std_error is None else np.atleast_1d(energy.std_error)
    return _numbers("energy", np.atleast_1d(energy.value), errors)


def of_gradient(gradient: GradientEstimate) -> Html:
    """A gradient with its errors; of several points their lengths."""
    value, errors = gradient.value, gradient.std_error
    if value.ndim == 1:
        length = f"gradient of {len(value)} parameters, length {np.linalg.norm(value):.4g}"
        return _box(tag("div", length), _numbers("dE/dtheta", value, errors))
    head = f"gradients at {len(value)} points, of {value.shape[-1]} parameters"
    return _box(tag("div", head), _numbers("length", np.linalg.norm(value, axis=-1), None))


def _numbers(what: str, values: Any, errors: Any) -> Html:
    """Numbers in their order; the single one alone."""
    shown = [
        cells.with_error(float(x), None if errors is None else float(errors[k]), 8)
        for k, x in enumerate(values[:_TERMS])
    ]
    if len(values) == 1:
        return _box(tag("div", f"{what} {shown[0]}"))
    table = cells.frame()
    table.add_column("")
    table.add_column(what, justify="right")
    for k, words in enumerate(shown):
        cells.add(table, [f"{k}", words])
    more = len(values) - len(shown)
    return _box(of_terminal(table), tag("div", f"{more} more") if more else Html(""))


def of_trace(trace: Trace) -> Html:
    """Some of the rows of a trace."""
    columns: tuple[tuple[str, Callable[[Any], str]], ...] = (
        ("step", lambda row: f"{row.step}"),
        ("energy", lambda row: cells.with_error(row.energy, row.std_error, 8)),
        ("|grad|", lambda row: cells.shown(row.gradient_norm, "{:.1e}")),
        ("length", lambda row: cells.shown(row.length, "{:.1e}")),
        ("evals", lambda row: f"{row.evaluations}"),
        ("shots", lambda row: f"{row.shots}" if row.shots else "-"),
    )
    table = cells.frame()
    for head, _ in columns:
        table.add_column(head, justify="right")
    for k in cells.thinned(len(trace), _ROWS):
        cells.add(table, [words(trace.rows[k]) for _, words in columns])
    n = len(trace)
    return _box(tag("div", f"{n} row{'s' if n != 1 else ''}, one a point"), of_terminal(table))


def of_run(run: Run) -> Html:
    """A run: how it ended, its picture, its trace."""
    title = tag("b", cells.headed(run.goal.title or run.problem, run.method))
    trace = _folded(f"trace of {len(run.trace)} points", of_terminal(run_table(run, _ROWS)))
    return _box(title, _beside(of_terminal(run_summary(run)), _picture(run)), trace)


def of_comparison(comparison: Comparison) -> Html:
    """A comparison: its table with what has to be known of it, and its picture."""
    if not any(comparison.runs.values()):
        return _box(tag("div", cells.headed(comparison.problem, "no run is done")))
    notes = paragraphs(comparison_notes(comparison))
    return _box(_table(comparison_table(comparison)), notes, _picture(comparison))


def of_comparisons(comparisons: Comparisons) -> Html:
    """Comparisons on several problems: who is ahead, and a picture."""
    if not comparisons.methods:
        return _box(tag("div", "no run is done"))
    tables = _table(several_table(comparisons)), _table(by_problem(comparisons))
    return _box(*tables, paragraphs(several_notes(comparisons)), _picture(comparisons))


def of_evolution(evolution: Evolution) -> Html:
    """An evolution in time: how it ended, its picture, some of its rows."""
    rows = _folded(f"{len(evolution)} times", of_terminal(evolution_table(evolution, _ROWS)))
    title = tag("b", evolution.goal.title or evolution.goal.name)
    summary = of_terminal(evolution_summary(evolution))
    return _box(title, _beside(summary, _picture(evolution)), rows)


def of_scan(scan: Scan) -> Html:
    """A scan: its table with how it ended, and its picture."""
    lines = of_terminal(cells.pairs(scan_lines(scan)))
    return _box(_table(rich(scan_grid(scan))), _beside(lines, _picture(scan)))


def of_excited(found: ExcitedStates) -> Html:
    """Levels: their table with what is to be distrusted, and their picture."""
    lines = of_terminal(cells.pairs(excited_lines(found)))
    return _box(_table(rich(excited_grid(found))), _beside(lines, _picture(found)))


def of_diagnosis(found: Diagnosis) -> Html:
    """A diagnosis: verdict and evidence, its picture, all findings."""
    verdict = of_terminal(cells.pairs(verdict_lines(found)))
    evidence = of_terminal(cells.pairs(evidence_lines(found.evidence)))
    rules = _folded("findings and their rules", of_terminal(findings_table(found)))
    notes = tag("ul", *(tag("li", note) for note in found.evidence.notes), class_="notes")
    return _box(
        tag("b", found.title), _beside(joined(verdict, evidence), _picture(found)), rules, notes
    )


def _table(shown: RenderableType) -> Html:
    return of_terminal(shown)


def _drawing(circuit: Circuit) -> Html:
    if circuit.n_qubits > _QUBITS:
        return tag("div", "too many qubits to be drawn here: circuit.draw() draws them")
    return Html(Drawing.of(circuit, _DRAWN).svg)


def _beside(*children: Child) -> Html:
    return tag("div", *children, class_="beside")


def _folded(summary: str, *children: Child, unfolded: bool = False) -> Html:
    opened = "open" if unfolded else None
    return tag("details", tag("summary", summary), *children, open=opened)


def _picture(value: Any) -> Html:
    """The picture of a result; nothing where Matplotlib is missing, or there is none of it."""
    try:
        from qng.report.notebook.pictures import plot

        return _image(plot(value))
    except QngError as error:
        return tag("div", f"no picture: {error}", class_="notes")


def _image(picture: Picture) -> Html:
    from qng.report.plots.picture import SCALE

    drawn = base64.b64encode(picture.png()).decode()
    return tag(
        "img",
        src=f"data:image/png;base64,{drawn}",
        width=f"{SCALE * picture.width:.0f}",
        alt=picture.title or picture.kind,
        style="max-width:100%",
    )


def _box(*children: Child) -> Html:
    return tag("div", tag("style", Html(_STYLE)), *children, class_="qng")
