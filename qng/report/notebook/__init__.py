"""What notebooks and people see of values: HTML, drawings, pictures by name, bars.

    values     the HTML of problems, metrics, runs, comparisons, ...        printed    their text
    layout     a circuit in columns          svg, text    drawn from it
    heat       a matrix as colours, without Matplotlib
    pictures   which pictures there are of a value
    bars       progress in a terminal or a notebook

This is a door: values of every room enter it when they are looked at, and not before, so that
nothing here is imported where nothing is shown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from qng.circuit.circuit import Circuit
    from qng.circuit.pauli import PauliSum
    from qng.estimate.fubini.hadamard import CurvatureEstimate
    from qng.geometry.metric import Metric
    from qng.plan.quantities import Energy, GradientEstimate
    from qng.problem.anyproblem import AnyProblem
    from qng.report.notebook.drawing import Drawing as Drawing
    from qng.report.plots.picture import Picture as Picture
    from qng.run.comparison import Comparison
    from qng.run.diagnosis.diagnosis import Diagnosis
    from qng.run.evolution import Evolution
    from qng.run.excited.results import ExcitedStates
    from qng.run.results import Run
    from qng.run.scanned import Scan
    from qng.run.several import Comparisons
    from qng.run.trace import Trace

Moved = Callable[..., None]
"""Told (done, a note), or (done, a note, total) where that is known later only."""


def circuit_html(circuit: Circuit) -> str:
    """A circuit, drawn."""
    from qng.report.notebook.values import of_circuit

    return of_circuit(circuit).text


def observable_html(observable: PauliSum) -> str:
    """A sum of Pauli words as a table."""
    from qng.report.notebook.values import of_observable

    return of_observable(observable).text


def problem_html(problem: AnyProblem) -> str:
    """A problem: what it is, and its circuit, drawn."""
    from qng.report.notebook.values import of_problem

    return of_problem(problem).text


def metric_html(metric: Metric) -> str:
    """A metric as a heat map with its numbers."""
    from qng.report.notebook.values import of_metric

    return of_metric(metric).text


def energy_html(energy: Energy[Any]) -> str:
    """Energies with their errors."""
    from qng.report.notebook.values import of_energy

    return of_energy(energy).text


def gradient_html(gradient: GradientEstimate) -> str:
    """A gradient with its errors."""
    from qng.report.notebook.values import of_gradient

    return of_gradient(gradient).text


def curvature_html(curvature: CurvatureEstimate) -> str:
    """A Berry curvature as a heat map with its numbers."""
    from qng.report.notebook.values import of_curvature

    return of_curvature(curvature).text


def trace_html(trace: Trace) -> str:
    """Some of the rows of a trace."""
    from qng.report.notebook.values import of_trace

    return of_trace(trace).text


def run_html(run: Run) -> str:
    """A run: how it ended, its picture, its trace."""
    from qng.report.notebook.values import of_run

    return of_run(run).text


def comparison_html(comparison: Comparison) -> str:
    """A comparison: its table with what has to be known of it, and its picture."""
    from qng.report.notebook.values import of_comparison

    return of_comparison(comparison).text


def comparisons_html(comparisons: Comparisons) -> str:
    """Comparisons on several problems: who is ahead, and a picture."""
    from qng.report.notebook.values import of_comparisons

    return of_comparisons(comparisons).text


def evolution_html(evolution: Evolution) -> str:
    """An evolution in time: how it ended, its picture, some of its rows."""
    from qng.report.notebook.values import of_evolution

    return of_evolution(evolution).text


def scan_html(scan: Scan) -> str:
    """A scan: its table, and its picture."""
    from qng.report.notebook.values import of_scan

    return of_scan(scan).text


def excited_html(found: ExcitedStates) -> str:
    """Levels: their table, and their picture."""
    from qng.report.notebook.values import of_excited

    return of_excited(found).text


def diagnosis_html(diagnosis: Diagnosis) -> str:
    """A diagnosis: verdict and evidence, its picture, all findings."""
    from qng.report.notebook.values import of_diagnosis

    return of_diagnosis(diagnosis).text


def metric_text(metric: Metric) -> str:
    """What is printed of a metric: its numbers, where it is small."""
    from qng.report.notebook.printed import of_metric

    return of_metric(metric)


def comparison_text(comparison: Comparison) -> str:
    """What is printed of a comparison: the table of `qng compare`, and what has to be known."""
    from qng.report.notebook.printed import of_comparison

    return of_comparison(comparison)


def comparisons_text(comparisons: Comparisons) -> str:
    """What is printed of comparisons on several problems."""
    from qng.report.notebook.printed import of_comparisons

    return of_comparisons(comparisons)


def drawn(circuit: Circuit, most: int = 400) -> Drawing:
    """A circuit as a drawing, of at most so many operations."""
    from qng.report.notebook.drawing import Drawing

    return Drawing.of(circuit, most)


def metric_picture(metric: Metric, parameters: Sequence[str] = (), title: str = "") -> Picture:
    """The heat map of a metric with its eigenvalues."""
    from qng.report.notebook.pictures import of_metric

    return of_metric(metric, parameters, title)


def plot(value: Any, kind: str | None = None, **options: Any) -> Picture:
    """A picture of a run, a comparison, comparisons or an evolution.

    Args:
        value: It.
        kind: Of `kinds(value)`; the first by default.
        **options: Of the function of `qng.report.plots` that draws it.

    Raises:
        UnknownNameError: No such picture.
        InputError: There is none of it, or an option that it does not have.
        MissingPackageError: Matplotlib is not installed.
    """
    from qng.report.notebook.pictures import plot as made

    return made(value, kind, **options)


def kinds(value: Any) -> dict[str, Callable[..., Picture]]:
    """The pictures of a result by name; the first one is the usual."""
    from qng.report.notebook.pictures import kinds as known

    return known(value)


@contextmanager
def bar(label: str, total: int | None, unit: str = "steps") -> Iterator[Moved]:
    """A progress bar in a notebook, or on stderr where that is a terminal; else nothing.

    Args:
        label: Before it.
        total: What "done" is when all is done; None where that is not known.
        unit: Of both.

    Yields:
        A function of (done, note), or of (done, note, total) where that is known later only.
    """
    from qng.report.notebook.bars import shown

    with shown(label, total, unit) as moved:
        yield moved
