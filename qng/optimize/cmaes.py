"""CMA-ES: a population around the mean, drawn by a covariance that is learnt from ranks.

Energies only, no gradient and no metric: what is learnt takes the place of an inverse Hessian. The
strategy itself is that of the package `cma`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Final
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import ArrayLike

from qng import checks
from qng.arrays import Array
from qng.errors import need
from qng.optimize.method import Done, End, NotFiniteError, State, Step
from qng.plan.plan import Plan
from qng.plan.quantities import Energy, Objective
from qng.seeds import DIRECTIONS, extended, generator, of_name, words_of

# Criteria by which the strategy would end where energies have errors, or long before a run does.
_PATIENT: Final = {
    "maxiter": math.inf,
    "tolfun": 0.0,
    "tolfunhist": 1e-13,  # rounding, in which ranks are noise and the spread would drift away
    "tolflatfitness": 10**9,
    "tolstagnation": 10**9,
}

_NARROW: Final = 1e-12
"""Of the first spread: where a population is a point."""

_NUMERICAL: Final = End("its covariance is as narrow as rounding allows")
_REASONS: Final = {
    "tolx": End(f"its points are {_NARROW:g} times as far apart as at first", met=True),
    "tolxstagnation": End("its mean no longer moves", met=True),
    "tolfunhist": End("its best energies no longer change", met=True),
    "tolfacupx": End(
        "its spread has grown a thousandfold, as where there is no minimum, or none near: give a "
        "larger sigma, or another start",
        failed=True,
    ),
    "tolconditioncov": _NUMERICAL,
    "noeffectaxis": _NUMERICAL,
    "noeffectcoord": _NUMERICAL,
}
"""Why the strategy ends, by its names of criteria."""


@dataclass(frozen=True)
class CMAES:
    """A step is a generation; theta is the mean of the distribution.

    Args:
        sigma: Standard deviation of the first population, radians.
        population: How many points a generation has; None: 4 + 3 ln P.

    Raises:
        InputError: sigma not positive, fewer than 4 points.
        MissingPackageError: Without the package `cma`, the extra `cma`.

    Cost: population + 1 energies a step, one batch: the first is that of the mean, which is
    reported and not used.

    Reference: Hansen, Ostermeier, Evol. Comput. 9, 159 (2001); Hansen, arXiv:1604.00772.
    """

    sigma: float = 0.5
    population: int | None = None

    at_most: ClassVar[bool] = False

    def __post_init__(self) -> None:
        need("cma", "the method cma-es", extra="cma")
        checks.positive("sigma", self.sigma)
        if self.population is not None:
            checks.whole("population", self.population, 4)

    def init(self, theta: ArrayLike) -> State:
        """The state before the first generation; theta has shape (P,)."""
        state = State.at(np.asarray(theta, dtype=float))
        return state.but(memory={"start": {"theta": state.theta}})

    def next(
        self, objective: Objective, state: State, told: Sequence[Any]
    ) -> Plan[Energy[Array]] | Done | End:
        """The energies at the mean and at the population, or the next mean.

        Raises:
            NotFiniteError: An energy is a NaN or an infinity.
        """
        start: Mapping[str, Any] = state.memory["start"]
        if "words" not in start:
            words = words_of(extended(objective.key, DIRECTIONS, of_name("cma-es")))
            start = {**start, "words": words}
        evolution = _EVOLUTIONS.get(state)
        if evolution is None or len(evolution.heard) != state.step:
            evolution = _EVOLUTIONS[state] = self._repeated(start, state)
        if not told:
            if (end := evolution.over) is not None:
                noisy = bool(state.memory["heard"]["noisy"][0])
                message = f"CMA-ES ended: {end.message}"
                return replace(end, message=message, met=end.met and not noisy)
            return objective.energy(np.vstack([state.theta, evolution.population]))
        found: Energy[Array] = told[0]
        if not np.all(np.isfinite(found.value)):
            raise NotFiniteError
        energy = found.at(0)
        theta = evolution.told(found.value[1:])
        after = state.but(
            theta=theta,
            step=state.step + 1,
            change=theta - state.theta,
            energy=energy.value,
            memory={
                **state.memory,
                "start": start,
                "heard": {
                    "energies": np.array(evolution.heard),
                    "noisy": np.array([bool(energy.error)]),
                },
            },
        )
        _EVOLUTIONS[after] = evolution
        return Done(after, Step.at(state, energy))

    def batches(self, objective: Objective, theta: Array) -> Sequence[Plan[Any]]:
        """A generation."""
        asked = self.next(objective, self.init(theta), ())
        assert isinstance(asked, Plan)
        return (asked,)

    def noted(self, state: State, energy: Energy[float]) -> State:
        """The state as it is: no step is undone."""
        return state

    def _repeated(self, start: Mapping[str, Array], state: State) -> _Evolution:
        """The strategy as it is in a state, told once more what it was told.

        Its draws are those of the run that began it, whoever goes on with it.
        """
        evolution = _Evolution(self, start["theta"], start["words"])
        for energies in state.memory.get("heard", {}).get("energies", ()):
            evolution.told(energies)
        return evolution


class _Evolution:
    """The strategy, and the population that it asks for.

    Attributes:
        heard: The energies of every generation so far, shape (population,) each.
        population: Shape (population, P).
    """

    def __init__(self, method: CMAES, start: Array, words: Array) -> None:
        import cma

        draw = generator([int(word) for word in words])
        options: dict[str, Any] = {
            **_PATIENT,
            "tolx": _NARROW * min(method.sigma, 1.0),
            "randn": lambda *shape: draw.standard_normal(shape),
            "seed": math.nan,
            "verbose": -9,
        }
        if method.population is not None:
            options["popsize"] = method.population
        self._strategy = cma.CMAEvolutionStrategy(start, method.sigma, options)
        self.heard: list[Array] = []
        self.population = np.array(self._strategy.ask())

    @property
    def over(self) -> End | None:
        """Why the strategy has ended; None while it has not. A failure counts before others."""
        ends = [_REASONS.get(name, End(name)) for name in self._strategy.stop()]
        return max(ends, key=lambda end: (end.failed, not end.met), default=None)

    def told(self, energies: Array) -> Array:
        """The next mean, shape (P,), from the energies of the population."""
        self._strategy.tell(list(self.population), energies.tolist())
        self.heard.append(energies)
        self.population = np.array(self._strategy.ask())
        return np.array(self._strategy.mean)


# Those that can go on, by the state that they have reached.
_EVOLUTIONS: Final[WeakKeyDictionary[State, _Evolution]] = WeakKeyDictionary()
