"""What `ssvqe` and `vqd` have in common: how they minimise, from several starts, and measure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from inspect import signature
from typing import Any, Final, TypeVar

import numpy as np

from qng import checks
from qng.arrays import Array
from qng.circuit.pauli import PauliSum
from qng.errors import InputError
from qng.estimate import energy as energies
from qng.execute.names import executor as executor_of
from qng.optimize.method import Method
from qng.optimize.methods import method as method_of
from qng.plan.cloud import is_cloud
from qng.plan.executor import Executor, Service
from qng.plan.plan import Plan
from qng.plan.quantities import Energy
from qng.plan.shots import Shots
from qng.plan.shots import checked as checked_shots
from qng.problem.anyproblem import AnyProblem
from qng.problem.foreign import origin
from qng.problem.given import Ensemble
from qng.problem.problem import Problem
from qng.problem.subspace import one_circuit
from qng.run.bench import answer, answers
from qng.run.idle import Kept
from qng.run.judge import is_cheap
from qng.run.minimize import minimize
from qng.run.objective import objective_of
from qng.run.results import Goal, Run
from qng.run.starts import draw_starts, from_start
from qng.run.target import as_problem, problem_and_point
from qng.seeds import Key, extended, key_of, number_of

T = TypeVar("T")

_FINAL: Final = 3
"""Purpose: what is measured after the last step."""

# What belongs to one run with an account of its own.
_REFUSED: Final = ("journal", "ledger", "max_seconds")


@dataclass(frozen=True, eq=False)
class Settings:
    """How states are looked for.

    Args:
        method: As of `minimize`.
        starts: How many starts, of which the lowest end is kept.
        seed: Of everything that is drawn.
        device: What answers.
        shots: For all circuits of a step; None: exact.
        options: All else of `minimize`.
    """

    method: str | Method
    starts: int
    seed: Key
    device: Executor | Service
    shots: Shots | None
    options: dict[str, Any] = field(default_factory=dict)

    @staticmethod
    def of(
        method: str | Method,
        starts: int,
        seed: Any,
        executor: Any,
        shots: Any,
        options: dict[str, Any],
    ) -> Settings:
        """From what a user gives.

        Raises:
            InputError: A cloud, or an argument that belongs to a single run.
        """
        for name in _REFUSED:
            if options.get(name) is not None:
                raise InputError(
                    f"{name} is of a single run, and this takes several: minimise "
                    "qng.excited.subspace(problem) or qng.excited.Deflated(...) with qng.minimize"
                )
        device = executor_of(executor)
        if is_cloud(device):
            raise InputError(
                f"{device.name} runs jobs, of which a ledger keeps an account: minimise "
                "qng.excited.subspace(problem) with qng.minimize there"
            )
        return Settings(
            method,
            checks.whole("starts", starts, 1),
            key_of(seed),
            device,
            checked_shots(shots),
            options,
        )

    def check(self, problem: AnyProblem) -> None:
        """Refuse a method that cannot minimise a problem: its first step is planned, not asked.

        Raises:
            QngError: It cannot be asked.
        """
        own = signature(minimize).parameters
        given = {key: x for key, x in self.options.items() if key not in own and x is not None}
        chosen = method_of(self.method, given)
        inner = problem.reduced(problem.initial)
        if inner.parameters:
            objective = objective_of(inner, self.device, self.shots is not None, self.seed)
            chosen.next(objective, chosen.init(inner.initial), ())

    def lowest(self, problem: AnyProblem, number: int = 0) -> Run:
        """The run that ends lowest, of those from all starts.

        Args:
            problem: What is minimised.
            number: Of the state, for the draws.
        """
        drawn = draw_starts(problem, self.starts, number_of(extended(self.seed, number)))
        found = [
            minimize(
                problem,
                self.method,
                start=start,
                seed=extended(self.seed, number, k),
                executor=self.device,
                shots=self.shots,
                **self.options,
            )
            for k, start in enumerate(drawn)
        ]
        ends = [run.fun for run in found]
        if not np.any(np.isfinite(ends)):
            raise InputError(f"no run has ended at a finite energy: {found[0].message}")
        return found[int(np.nanargmin(ends))]

    def measured(self, plans: Sequence[Plan[T]]) -> tuple[T, ...]:
        """What plans reduce to, each with the shots of a step and draws of its own."""
        return answers(self.device, plans, number_of(extended(self.seed, _FINAL)), self.shots)

    def on(self, ensemble: Ensemble, observable: PauliSum) -> tuple[Ensemble, PauliSum]:
        """Circuits and observable as the device gets them."""
        kept = Kept.of(ensemble, self.device, observable)
        return kept.ensemble(ensemble), kept.observable(observable)

    @property
    def is_exact(self) -> bool:
        """Whether energies are those of the states themselves."""
        return self.shots is None and not self.device.noise


def whole_problem(target: Any, start: Any, what: str) -> Problem:
    """A problem of one circuit, from a start of its own or a given one.

    Raises:
        InputError: Another object, a model, or a problem of several circuits.
    """
    problem = as_problem(target, start)
    if not isinstance(problem, Problem):
        raise InputError(f"{what} is of a circuit and an observable, and the problem is a model")
    one_circuit(problem, what)
    # A QNode has its argument for a start already.
    base = problem_and_point(problem, None if origin(target) else start)[1]
    moved = from_start(problem, base)
    assert isinstance(moved, Problem)
    return moved


def goal_of(problem: Problem, levels: Array | None) -> Goal:
    """What H is called, with the lowest level for reference where levels are known."""
    goal = Goal.of(problem)
    return goal if levels is None else replace(goal, reference=float(levels[0]))


def exact_energies(ensemble: Ensemble, observable: PauliSum, points: Array) -> Array | None:
    """<H> of circuits at their points without shots and noise; None where that is not cheap."""
    if not is_cheap(ensemble, observable):
        return None
    device = executor_of("statevector", most_threads=1)
    found: list[Energy[Array]] = [
        answer(device, energies.expectation(circuit, observable, point))
        for (circuit, _), point in zip(ensemble, points)
    ]
    return np.array([float(one.value[0]) for one in found])
