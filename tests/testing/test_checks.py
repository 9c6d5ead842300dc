"""The checks for parts of one's own: those of the package pass, and broken ones do not."""

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pytest

from qng import optimizers
from qng.estimate.table import GRADIENTS, METRICS
from qng.geometry import Dense
from qng.optimize.method import Done, State, Step
from qng.plan.estimator import Estimator
from qng.plan.quantities import By
from qng.testing import check_estimator, check_method


@pytest.mark.parametrize("name", [*optimizers.METHODS, *optimizers.CONTROLS])
def test_methods(name: str) -> None:
    check_method(optimizers.named(name), steps=2)


@dataclass
class Sloppy:
    """Gradient descent that can be spoilt in one way."""

    how: str
    calls: int = field(default=0, repr=False)

    def init(self, theta):
        return (
            State.at(theta) if self.how != "shared start" else replace(State.at(theta), theta=theta)
        )

    def next(self, objective, state, told):
        self.calls += 1
        if not told:
            if self.how == "asks otherwise" and self.calls % 2:
                return objective.energy(np.array([state.theta] * 2)).map(lambda e: (e, None))
            energy = objective.energy(state.theta[None])
            return energy.map(lambda e: (e, objective))
        if len(told) == 1:
            return objective.gradient(state.theta, By("auto"))
        change = -0.1 * told[1].value
        if self.how == "remembers":
            change = change * self.calls
        number = state.step if self.how == "does not count" else state.step + 1
        theta = state.theta + (2 * change if self.how == "moves otherwise" else change)
        after = replace(state, theta=theta, change=change, step=number)
        if self.how == "keeps an object":
            after = replace(after, memory={"x": object()})
        return Done(after, Step.at(state, told[0][0].at(0)))

    def noted(self, state, energy):
        return state


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ("shared start", "its own copy"),
        ("asks otherwise", "asks for something else"),
        ("remembers", "its step is another one"),
        ("does not count", "the state counts 0"),
        ("moves otherwise", "must move by the change"),
        ("keeps an object", "cannot be stored"),
    ],
)
def test_broken_methods(how: str, message: str) -> None:
    with pytest.raises((AssertionError, TypeError), match=message):
        check_method(Sloppy(how))


def test_a_method_in_order() -> None:
    check_method(Sloppy("not at all"))


@pytest.mark.parametrize("name", [n for n in METRICS if n not in ("implicit", "hessian")])
def test_metrics(name: str) -> None:
    if name == "observables":
        check_estimator(METRICS[name], repetitions=60, floor=0.1)
    elif METRICS[name].random:
        check_estimator(METRICS[name], repetitions=20, tolerance=0.5)
    else:
        check_estimator(METRICS[name], repetitions=60)


@pytest.mark.parametrize("name", GRADIENTS)
def test_gradients(name: str) -> None:
    if name == "finite-difference":
        check_estimator(GRADIENTS[name], repetitions=40, step=1e-2, tolerance=1e-3)
    else:
        check_estimator(GRADIENTS[name], repetitions=40)


def spoilt(what: str) -> Any:
    def estimate(circuit, theta):
        def change(metric):
            matrix, error = metric.dense(), metric.std_error
            if what == "value":
                matrix = matrix + 0.01
            if what == "symmetry":
                matrix = matrix + np.triu(np.ones_like(matrix), 1)
            if error is not None and what == "error":
                error = error / 3
            if error is not None and what == "no error":
                error = None
            return Dense(matrix, error, metric.blocks)

        return METRICS["overlaps"].sampled(circuit, theta).map(change)

    return Estimator("fubini", exact=estimate, sampled=estimate)


@pytest.mark.parametrize(
    ("what", "message"),
    [
        ("value", "the metric is off by 1.0e-02"),
        ("symmetry", "not symmetric"),
        ("error", "of what the errors claim"),
        ("no error", "has no standard errors"),
    ],
)
def test_broken_estimators(what: str, message: str) -> None:
    with pytest.raises(AssertionError, match=message):
        check_estimator(spoilt(what), repetitions=60)
