"""Evolutions, levels, metrics and step reports made again from what they say of themselves."""

from __future__ import annotations

from typing import Any

import numpy as np

from qng.errors import InputError
from qng.run.adam import report_of
from qng.run.again import Given, missing
from qng.run.ansatz.report import GeometryReport, geometry_report
from qng.run.ansatz.spread import PAIRS
from qng.run.evolution import Evolution, Moment
from qng.run.evolve import evolve
from qng.run.excited.results import ExcitedStates
from qng.run.excited.ssvqe import ssvqe
from qng.run.excited.vqd import vqd
from qng.run.made import MetricResult, StepsResult, metric_result, steps_result
from qng.run.relations import AdamReport
from qng.seeds import extended, number_of

# Digits to which the length of a geodesic is known.
_CONVERGED = 5

AGAIN = 0x7265
"""Names the streams of fresh draws."""


def again_of_evolution(value: Evolution, given: Given, hamiltonian: Any = None) -> Evolution:
    """An evolution, once more, up to its last row.

    Args:
        value: The evolution.
        given: What is given again.
        hamiltonian: Of one that was driven.

    Raises:
        InputError: Something has to be given again.
    """
    made = value.made
    lost = missing((made.solve, made.metric))
    if lost:
        raise InputError(f"the evolution has {lost[0]}, which a file cannot keep: evolve it again")
    if made.hamiltonian is not None and missing(made.hamiltonian) and hamiltonian is None:
        raise InputError(
            "the Hamiltonian is a function of the time, which a file cannot keep: give it again, "
            "as hamiltonian="
        )
    times = value.times
    rows = 0

    def watch(moment: Moment) -> None:
        nonlocal rows
        rows += 1
        if rows == len(times) and times[-1] < made.time:
            raise StopIteration("as far as it went")

    return evolve(
        given.problem_of(made.problem),
        made.time,
        kind=made.kind,
        principle=made.principle,
        integrator=made.integrator.name,
        start=made.start,
        times=times,
        rtol=made.integrator.rtol,
        atol=made.integrator.atol,
        step=made.integrator.step,
        metric=made.metric,
        solve=made.solve,
        executor=given.executor_of(made, made.threads),
        observables=dict(made.observables),
        exact=False,
        watch=watch,
        hamiltonian=hamiltonian if hamiltonian is not None else made.hamiltonian,
    )


def again_of_metric(value: MetricResult, given: Given, draw: int | None = None) -> MetricResult:
    """A metric, once more.

    Args:
        value: The metric.
        given: What is given again.
        draw: Which fresh draw; None: with its own seed.
    """
    made = value.made
    return metric_result(
        given.problem_of(made.problem),
        made.theta,
        value.name,
        executor=given.executor_of(made, made.threads),
        shots=made.shots,
        seed=_seed(made.seed, draw),
        **dict(value.options),
    )


def again_of_steps(value: StepsResult, given: Given, draw: int | None = None) -> StepsResult:
    """Step reports, once more; arguments as `again_of_metric`."""
    made = value.made
    return steps_result(
        given.problem_of(made.problem),
        made.theta,
        {label: given.method_of(method, label) for label, method in value.methods.items()},
        executor=given.executor_of(made, made.threads),
        shots=made.shots,
        seed=_seed(made.seed, draw),
    )


def again_of_excited(value: ExcitedStates, given: Given, draw: int | None = None) -> ExcitedStates:
    """Levels, looked for once more; arguments as `again_of_metric`.

    Raises:
        InputError: The search was cut, or ended by a rule that a file cannot keep.
    """
    made = value.made
    if made is None:
        raise InputError("the levels do not say how they were made: they are of an older qng")
    if value.interrupted:
        raise InputError(
            f"the search was cut after {value.interrupted}: go on with it first, with the same "
            "arguments and save= (`qng excited ... --save`)"
        )
    if made.stop and given.stop is None:
        raise InputError(
            f"its runs end by the rule {made.stop}, which a file cannot keep: give it again from "
            "Python, as stop="
        )
    search = ssvqe if value.method == "ssvqe" else vqd
    found: ExcitedStates = search(
        given.problem_of(made.problem),
        made.states,
        **made.given,
        within=dict(made.within),
        method=given.method_of(made.method, made.label),
        start=made.problem.start,
        starts=made.starts,
        seed=made.seed if draw is None else extended(made.seed, AGAIN, draw),
        executor=given.executor_of(made, made.threads),
        shots=made.shots,
        steps=made.steps,
        tol=made.tol,
        stop=given.stop,
    )
    return found


def excited_numbers(value: ExcitedStates) -> Any:
    """Energies, and overlaps of all pairs."""
    return np.concatenate([value.energies, value.overlaps[np.tril_indices(len(value), -1)]])


def again_of_adam(value: AdamReport, given: Given, draw: int | None = None) -> AdamReport:
    """A report of Adam, once more; arguments as `again_of_metric`."""
    made: Any = value.made
    if made is None:
        raise InputError("the report does not say how it was made, so it cannot be made again")
    apart = np.diff(value.steps)
    return report_of(
        given.problem_of(made.problem),
        made.start,
        made.steps,
        int(apart[0]) if len(apart) else made.steps,
        made.seed if draw is None else extended(made.seed, AGAIN, draw),
        given.executor_of(made, made.threads),
        made.shots,
        given.method_of(made.method, "adam"),
    )


def again_of_geometry(
    value: GeometryReport, given: Given, draw: int | None = None
) -> GeometryReport:
    """The geometry of an ansatz, once more, without the length of a path, whose run it has not.

    Args:
        value: The report.
        given: What is given again.
        draw: There is none: its points are those of its seed.
    """
    of = value.geometry
    return geometry_report(
        given.problem_of(value.problem),
        of.theta,
        samples=len(of.anywhere.thetas),
        pairs=PAIRS if of.expressibility is None else of.expressibility.pairs,
        families=tuple(value.depths),
        depths=next(iter(value.depths.values())).depths.tolist() if value.depths else (),
        over=None if value.curvature is None else value.curvature.names,
        to=None if value.geodesic is None else value.geodesic.points[-1],
        seed=of.seed,
    )


def geometry_numbers(value: GeometryReport) -> Any:
    """Eigenvalues, ranks, curvatures and fidelities; of a geodesic the length, as far as known."""
    of = value.geometry
    found: list[Any] = [of.here.values, of.anywhere.values, of.curvature]
    found += [None if of.along is None else of.along.ranks]
    found += [None if of.effective is None else of.effective.value]
    if of.expressibility is not None:
        found += [of.expressibility.observed, of.expressibility.potentials]
    found += [None if of.kernel is None else of.kernel.jacobian]
    found += [spectra.values for depths in value.depths.values() for spectra in depths.spectra]
    found += [None if value.curvature is None else value.curvature.fluxes.flux]
    found += [None if value.geodesic is None else round(value.geodesic.length, _CONVERGED)]
    return np.concatenate([np.ravel(part) for part in found if part is not None])


def metric_numbers(value: MetricResult) -> Any:
    """The entries of a metric on and above the diagonal."""
    whole = value.metric.dense()
    return whole[np.triu_indices(len(whole))]


def adam_numbers(value: AdamReport) -> Any:
    """What Adam divides by, along its run."""
    return np.concatenate([value.energies, value.vhat.ravel(), value.hessian.ravel()])


def step_numbers(value: StepsResult) -> Any:
    """What is said of the steps of all methods."""
    return np.concatenate(
        [
            [*report.step, report.eta, report.length, report.predicted, report.actual]
            for report in value.reports
        ]
    )


def _seed(seed: int, draw: int | None) -> int:
    return seed if draw is None else number_of(extended(seed, AGAIN, draw))
