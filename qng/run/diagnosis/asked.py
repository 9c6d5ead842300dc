"""What the parts of a diagnosis ask, of a problem in its free parameters, exactly or from shots."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np

from qng.arrays import Array
from qng.plan.cost import Cost
from qng.plan.executor import Executor, Service
from qng.plan.plan import Plan, join
from qng.plan.quantities import By, GradientEstimate
from qng.plan.shots import PerCircuit, Shots
from qng.problem.anyproblem import AnyProblem
from qng.run.bench import answer, lowered
from qng.run.diagnosis.reading import Reading
from qng.run.objective import Asked, objective_of
from qng.seeds import Key, extended, number_of

T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class Asker:
    """Asks a device about the points of a problem.

    Args:
        problem: Without frozen parameters.
        device: What answers.
        objective: The problem's, on this device.
        shots: Of all questions together; None: exact.
        seed: Of everything that is drawn.
    """

    problem: AnyProblem
    device: Executor | Service
    objective: Asked
    shots: Shots | None
    seed: int
    _counted: list[int] = field(default_factory=list, repr=False)

    @staticmethod
    def of(
        problem: AnyProblem, device: Executor | Service, shots: Shots | None = None, seed: Key = 0
    ) -> Asker:
        """That of a problem on a device."""
        objective = objective_of(problem, device, shots is not None, seed)
        return Asker(problem, device, objective, shots, number_of(extended(seed, 0x6469)))

    def ask(self, plan: Plan[T], share: float = 1.0) -> T:
        """What a plan reduces to; every question has draws of its own.

        Args:
            plan: The question.
            share: Of the shots.
        """
        self._counted.append(plan.evaluations)
        seed = number_of(extended(self.seed, len(self._counted)))
        return answer(self.device, plan, seed, self._part(share))

    def cost(self, plan: Plan[Any], share: float = 1.0) -> Cost:
        """What the question costs."""
        return lowered(self.device, plan, self._part(share)).cost

    @property
    def evaluations(self) -> int:
        """Circuit evaluations so far; an exact sweep counts as one."""
        return sum(self._counted)

    def energies(self, points: Array, share: float = 1.0) -> list[Reading]:
        """Energies at points of shape (points, P)."""
        found = self.ask(self.objective.energy(points), share)
        errors = np.zeros(len(points)) if found.std_error is None else found.std_error
        return [Reading(float(e), float(s)) for e, s in zip(found.value, errors)]

    def gradient(self, theta: Array, share: float = 1.0) -> GradientEstimate:
        """The gradient at a point."""
        return self.ask(self.objective.gradient(theta, By("auto")), share)

    @property
    def valued(self) -> Callable[[Array], tuple[float, Array]]:
        """theta -> (E, grad), exact: what minimisers of other packages take."""

        def both(theta: Array) -> tuple[float, Array]:
            plans: dict[str, Plan[Any]] = {
                "energy": self.objective.energy(np.asarray(theta)[None]),
                "gradient": self.objective.gradient(np.asarray(theta), By("auto")),
            }
            found = self.ask(join(plans))
            return float(found["energy"].value[0]), np.asarray(found["gradient"].value)

        return both

    def _part(self, share: float) -> Shots | None:
        if self.shots is None or isinstance(self.shots, PerCircuit):
            return self.shots
        return max(1, round(self.shots * share))
