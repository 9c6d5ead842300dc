"""The check of losses: those of the package pass, and broken ones are found out."""

from dataclasses import dataclass, replace

import numpy as np
import pytest

import qng
from qng.geometry import Dense
from qng.models import ModelProblem
from qng.models.library import MODELS
from qng.plan.quantities import Energy, GradientEstimate
from qng.testing import check_loss
from tests.models.bowls import Sampled, gaussian, sampled


@pytest.mark.parametrize("name", sorted(MODELS))
def test_losses_of_the_package(name):
    problem = qng.load(name)
    assert problem.name == name
    assert problem.title
    check_loss(problem, draws=10)


def test_losses_of_ones_own():
    check_loss(sampled())
    check_loss(gaussian())


@dataclass(frozen=True)
class Broken(Sampled):
    """A loss with one thing wrong."""

    how: str = ""

    @property
    def arrays(self):
        return ((3,),) if self.how == "arrays" else ((2,),)

    def drawn(self, theta, key):
        if self.how in ("slope", "negative", "askew"):
            return self
        key = 0 if self.how == "same" else key
        return super().drawn(theta, key)

    def energy(self, points):
        if self.shift is None:
            return Energy(0.5 * np.sum(points**2, axis=1))
        found = super().energy(points)
        if self.how == "shape":
            return Energy(found.value[:, None], std_error=found.std_error)
        if self.how == "bare":
            return Energy(found.value)
        factor = 3.0 if self.how == "narrow" else 1.0
        return replace(found, std_error=found.std_error / factor)

    def gradient(self, theta):
        if self.shift is None:
            return GradientEstimate(theta * (1.1 if self.how == "slope" else 1.0))
        return super().gradient(theta)

    def metric(self, theta, by):
        wrong = {"negative": [[1, 0], [0, -1]], "askew": [[1, 1], [0, 1]]}
        return Dense(np.array(wrong.get(self.how, np.eye(2)), dtype=float))


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ("arrays", "arrays hold 3 of 2"),
        ("shape", "must have the shape"),
        ("slope", "the gradient is off by"),
        ("negative", "has an eigenvalue of -1"),
        ("askew", "is not symmetric"),
        ("same", "other keys must draw otherwise"),
        ("bare", "must have a standard error"),
        ("narrow", "values scatter by"),
    ],
)
def test_broken_losses(how, said):
    with pytest.raises(AssertionError, match=said):
        check_loss(ModelProblem(Broken(0.3, how=how), [1.0, -1.0]))
