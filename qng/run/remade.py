"""Evolutions, metrics and step reports made again from what they say of themselves."""

from __future__ import annotations

from typing import Any

from qng.errors import InputError
from qng.run.again import Given, missing
from qng.run.evolution import Evolution, Moment
from qng.run.evolve import evolve
from qng.run.made import MetricResult, StepsResult, metric_result, steps_result
from qng.seeds import extended, number_of

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


def _seed(seed: int, draw: int | None) -> int:
    return seed if draw is None else number_of(extended(seed, AGAIN, draw))
