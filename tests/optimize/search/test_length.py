"""Step sizes against their formulas."""

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from qng.errors import InputError
from qng.geometry import Dense, Identity, Metric, Solution
from qng.optimize.method import State
from qng.optimize.search.armijo import Armijo
from qng.optimize.search.descent import Descent, Search
from qng.optimize.search.length import (
    Constant,
    Cosine,
    Exponential,
    InverseTime,
    Schedule,
    TrustRegion,
)
from qng.optimize.search.post import AsIs
from qng.plan.quantities import Energy
from tests.objectives import Objective

DIRECTION = np.array([3.0, 4.0])


def descent(step: int, direction: np.ndarray, metric: Metric) -> Descent:
    """What is known where a direction is, before step 1, 2, ..."""
    state = replace(State.at(np.zeros(2)), step=step - 1)
    return Descent(
        objective=Objective(lambda x: None, lambda x: None),
        state=state,
        energy=Energy(0.0),
        gradient=direction,
        metric=metric,
        solution=Solution(direction, 2, 1.0),
        solve=lambda v: Solution(v, 2, 1.0),
        post=AsIs(),
    )


def eta(search: Search, step: int, direction: np.ndarray, metric: Metric) -> float:
    move = search(descent(step, direction, metric), ())
    np.testing.assert_allclose(move.change, -move.eta * direction, rtol=1e-12)
    return move.eta


@pytest.mark.parametrize(
    ("stepsize", "formula"),
    [
        (Constant(0.3), lambda t: 0.3),
        (Schedule(lambda t: 1 / t), lambda t: 1 / t),
        (Exponential(0.5, 0.9), lambda t: 0.5 * 0.9 ** (t - 1)),
        (InverseTime(0.5, 0.2, 0.6), lambda t: 0.5 / (1 + 0.2 * (t - 1)) ** 0.6),
        (Cosine(0.5, 8, 0.1), lambda t: 0.1 + 0.2 * (1 + math.cos(math.pi * min(t - 1, 8) / 8))),
    ],
)
def test_schedules(stepsize: Search, formula: Callable[[int], float]) -> None:
    for t in range(1, 13):
        assert eta(stepsize, t, DIRECTION, Identity(2)) == pytest.approx(formula(t), rel=1e-12)


def test_schedules_start_at_lr_and_the_half_wave_ends_at_last() -> None:
    for stepsize in (Exponential(0.5), InverseTime(0.5), Cosine(0.5, 8)):
        assert eta(stepsize, 1, DIRECTION, Identity(2)) == 0.5
    assert eta(Cosine(0.5, 8, 0.1), 9, DIRECTION, Identity(2)) == pytest.approx(0.1)


@pytest.mark.parametrize(("radius", "lr", "expected"), [(100.0, 0.7, 0.7), (0.5, 0.7, 0.05)])
def test_trust_region_limits_the_length_in_the_metric(
    radius: float, lr: float, expected: float
) -> None:
    metric = Dense([[4.0, 0.0], [0.0, 4.0]])  # d^T M d = 100
    assert eta(TrustRegion(radius, lr), 1, DIRECTION, metric) == pytest.approx(expected)
    assert eta(TrustRegion(radius, lr), 1, np.zeros(2), metric) == lr


def test_armijo_takes_the_longest_length_with_sufficient_decrease() -> None:
    search = Armijo(lr=1.0, shrink=0.5, slope=0.5, trials=4)
    assert search.lengths.tolist() == [1.0, 0.5, 0.25, 0.125]
    # E = 0 and d . grad = 1: enough is E(eta) <= -eta / 2.
    assert search.chosen(0.0, 1.0, np.array([-0.49, -0.25, -1.0, -1.0])) == 0.5
    assert search.chosen(0.0, 1.0, np.array([np.nan, -0.24, -0.13, np.nan])) == 0.25
    assert search.chosen(0.0, 1.0, np.array([-0.4, -0.2, -0.1, -0.05])) == 0.0


def test_armijo_never_accepts_an_increase() -> None:
    # Along a direction that is not one of descent the bound would lie above E.
    assert Armijo(1.0, 0.5, 0.5, 2).chosen(0.0, -1.0, np.array([0.4, 0.2])) == 0.0


@pytest.mark.parametrize(
    "make",
    [
        lambda: Constant(0.0),
        lambda: Constant(math.nan),
        lambda: Exponential(-1.0),
        lambda: Exponential(0.1, 0.0),
        lambda: InverseTime(math.inf),
        lambda: Cosine(0.1, 0),
        lambda: TrustRegion(0.0),
        lambda: TrustRegion(0.1, -1.0),
        lambda: Armijo(lr=0.0),
        lambda: Armijo(trials=0),
        lambda: Armijo(shrink=1.0),
        lambda: Armijo(slope=0.0),
        lambda: InverseTime(0.1, -5.0),
        lambda: InverseTime(0.1, math.nan),
    ],
)
def test_hyperparameters_are_checked(make: Callable[[], object]) -> None:
    with pytest.raises(InputError):
        make()
