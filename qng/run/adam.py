r"""Adam's running squares beside the Fisher matrix and the Hessian, along a run.

Adam divides by sqrt(vhat), vhat_i the running mean of grad_i^2. Two readings of it are measured:

    diagonal Fisher      vhat_i ~ I_ii            gradients of -ln p of single samples of the model
    square of Hessian    sqrt(vhat_i) ~ sigma |H|_ii    theta about an optimum, at random with
                                                        the standard deviation sigma

and the one between them, vhat_i ~ sigma^2 |H|_ii, which is that of squared errors with residuals of
variance sigma^2. Each holds for the gradients that it says and not for others: gradients of all
data have no noise, data of another distribution have other squares (those of the empirical Fisher
matrix, which is no Fisher matrix), mini-batches of B have those of one sample divided by B. Neither
makes Adam a natural gradient, which divides by I and not by its root.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

import numpy as np

from qng import checks
from qng.arrays import Array
from qng.errors import InputError, UnknownNameError
from qng.geometry import Metric
from qng.models.objective import metric_of
from qng.models.problem import ModelProblem
from qng.optimize.methods import named
from qng.optimize.optimizer import Optimizer
from qng.optimize.precondition import AveragedSquares
from qng.plan.executor import Executor
from qng.plan.quantities import By
from qng.plan.shots import Shots
from qng.plan.shots import checked as checked_shots
from qng.problem.anyproblem import AnyProblem
from qng.run.bench import Bench, answer
from qng.run.driver import steps as steps_of
from qng.run.objective import objective_of
from qng.run.recipe import Recipe, machine, now, settings_of, threads_of, versions
from qng.run.relations import AdamReport
from qng.run.results import Run
from qng.run.target import device_for, problem_and_point
from qng.seeds import extended, number_of

_ROWS: Final = 25
"""How many rows a report has, where nothing is said."""


def adam_report(
    target: Any,
    *,
    start: Any = None,
    steps: int = 200,
    every: int | None = None,
    seed: int = 0,
    executor: str | Executor | Any = "statevector",
    shots: Shots | None = None,
    **hyperparameters: Any,
) -> AdamReport:
    """Run Adam, and lay its running squares beside Fisher matrix and Hessian.

    Fisher matrix, its empirical namesake and Hessian are those of all data and of exact states,
    whatever the gradients of the run were made of.

    Args:
        target: A problem of any kind, its name or a folder; or a run of Adam, which is repeated.
        start: Shape (P,); the problem's by default.
        steps: How many updates.
        every: A row every so many steps; by default about 25 rows.
        seed: Of everything that is drawn.
        executor: By name or as an object.
        shots: For all circuits of one step together, or `PerCircuit(N)`; None: exact.
        hyperparameters: Of Adam: lr, beta1, beta2, eps.

    Returns:
        The report; `qng.report.plots.adam` draws it.

    Raises:
        UnknownNameError: A hyperparameter that Adam does not have.
        InputError: Bad input, a run of another method, or a run that does not say how it was made.

    Cost: that of the run, and of every row a Hessian and a Fisher matrix.

    Reference: Kingma and Ba, arXiv:1412.6980; Kunstner, Balles and Hennig, arXiv:1905.12558, for
    what the empirical Fisher matrix is not; Molybog et al., arXiv:2304.09871, for the Hessian.

    Example:
        >>> import qng
        >>> report = qng.adam_report("one-qubit", steps=20)
        >>> report.vhat.shape == report.fisher.shape
        True
    """
    if isinstance(target, Run):
        return _repeated(target, every, executor)
    method = named("adam", **hyperparameters)
    return report_of(target, start, steps, every, seed, executor, shots, method)


def _repeated(run: Run, every: int | None, executor: Any) -> AdamReport:
    made = run.made
    if made is None:
        raise InputError("the run does not say how it was made, so it cannot be repeated")
    seed: Any = made.seed
    return report_of(
        made.problem, made.start, run.nit, every, seed, executor, made.shots, made.method
    )


def report_of(
    target: Any,
    start: Any,
    steps: int,
    every: int | None,
    seed: Any,
    executor: Any,
    shots: Shots | None,
    method: Any,
) -> AdamReport:
    """The report of a run of a method that divides as Adam does; arguments as `adam_report`.

    Args:
        target: The problem.
        start: Shape (P,).
        steps: How many updates.
        every: A row every so many steps.
        seed: Of everything that is drawn.
        executor: By name or as an object.
        shots: For all circuits of a step; None: exact.
        method: Adam, with its hyperparameters.
    """
    beta = _beta(method)
    checks.whole("steps", steps, 1)
    apart = max(1, steps // _ROWS) if every is None else checks.whole("every", every, 1)
    whole, base = problem_and_point(target, start)
    device, shots = device_for(whole, executor, shots), checked_shots(shots)
    began = now()
    inner, key = whole.reduced(base), extended(seed if isinstance(seed, tuple) else number_of(seed))
    goal = objective_of(inner, device, shots is not None, key)
    going = steps_of(method, goal, Bench(device, shots, key), method.init(inner.initial))
    points: list[tuple[float, float, Array]] = []
    truths: list[_Truth] = []
    for state, step in islice(going, steps):
        if step.step % apart == 0 or step.step == steps - 1:
            vhat = state.memory["metric"]["v"] / (1 - beta ** (step.step + 1))
            points.append((step.step, step.energy, vhat))
            truths.append(_Truth.at(inner, step.theta))
    if not points:
        raise InputError(f"{whole.name or 'the problem'} has nothing to train: no step was taken")
    numbers, energies, vhats = (np.array(column) for column in zip(*points))
    return AdamReport(
        problem=whole.name,
        parameters=tuple(inner.parameters),
        beta=beta,
        steps=numbers,
        energies=energies,
        vhat=vhats,
        fisher=_stacked([truth.fisher for truth in truths]),
        empirical=_stacked([truth.empirical for truth in truths]),
        hessian=np.array([truth.hessian for truth in truths]),
        curvature=np.array([truth.curvature for truth in truths]),
        made=Recipe(
            problem=whole,
            method=method,
            start=base,
            steps=steps,
            tol=None,
            seed=seed if isinstance(seed, tuple) else number_of(seed),
            executor=device.name,
            shots=shots,
            versions=versions(),
            date=began,
            threads=threads_of(device),
            machine=machine(),
            settings=settings_of(executor, device),
        ),
    )


@dataclass(frozen=True, eq=False)
class _Truth:
    """The diagonals at one point, of all data and without shots; see `AdamReport`."""

    fisher: Array | None
    empirical: Array | None
    hessian: Array
    curvature: Array

    @staticmethod
    def at(problem: AnyProblem, theta: Array) -> _Truth:
        """Those of a problem without frozen parameters."""
        hessian = _measured(problem, theta, "hessian")
        eigen = hessian.eigen()
        size = eigen.matrix(np.abs(eigen.values))
        return _Truth(
            _diagonal(problem, theta, "fisher-diagonal"),
            _diagonal(problem, theta, "empirical-fisher"),
            np.diag(size).copy(),
            hessian.diagonal(),
        )


def _measured(problem: AnyProblem, theta: Array, name: str) -> Metric:
    if isinstance(problem, ModelProblem):
        return metric_of(problem.loss, theta, By(name))
    device = device_for(problem, "statevector")
    return answer(device, objective_of(problem, device, False).metric(theta, By(name)))


def _diagonal(problem: AnyProblem, theta: Array, name: str) -> Array | None:
    """The diagonal of a metric; None where the problem has no such metric."""
    try:
        return _measured(problem, theta, name).diagonal()
    except UnknownNameError:
        return None


def _stacked(diagonals: Sequence[Array | None]) -> Array | None:
    known = [diagonal for diagonal in diagonals if diagonal is not None]
    return np.array(known) if len(known) == len(diagonals) else None


def _beta(method: Any) -> float:
    """beta_2 of a method that divides by the root of running squares, corrected for their start.

    Raises:
        InputError: Another method.
    """
    metric = getattr(method, "precondition", None)
    if not isinstance(method, Optimizer) or not isinstance(metric, AveragedSquares):
        raise InputError(
            "the report is of Adam's running squares: give a run of adam, or a problem"
        )
    return metric.beta
