"""Losses that are solved by hand, and one of a user's own that draws."""

from dataclasses import dataclass, replace

import numpy as np

from qng.models import ModelProblem, function
from qng.models.loss import metric_by
from qng.plan.quantities import Energy, GradientEstimate
from qng.seeds import generator

AMARI = {"mu": 1.0, "sigma": 2.0}


def kl(t):
    """KL(N(0, 1) || N(mu, sigma))."""
    return np.log(t[1]) + (1 + t[0] ** 2) / (2 * t[1] ** 2) - 0.5


def slope(t):
    return np.array([t[0] / t[1] ** 2, 1 / t[1] - (1 + t[0] ** 2) / t[1] ** 3])


def curvature(t):
    cross, last = -2 * t[0] / t[1] ** 3, -1 / t[1] ** 2 + 3 * (1 + t[0] ** 2) / t[1] ** 4
    return np.array([[1 / t[1] ** 2, cross], [cross, last]])


def information(t):
    return np.diag([1 / t[1] ** 2, 2 / t[1] ** 2])


def gaussian(start=None, **options):
    """The divergence of two normal distributions, with all that is known of it."""
    options = {"reference": 0.0, "name": "toy", **options}
    return function(kl, start or AMARI, slope, curvature, fisher=information, **options)


@dataclass(frozen=True)
class Sampled:
    """|theta|^2 / 2 with noise of the samples, each of which is a point shifted by x."""

    scale: float
    size: int = 100
    shift: np.ndarray | None = None

    parameters = ("a", "b")
    arrays = ((2,),)

    def drawn(self, theta, key):
        return replace(self, shift=self.scale * generator(key).normal(size=(self.size, 2)))

    def energy(self, points):
        values = 0.5 * np.sum((points[:, None] + self.shift) ** 2, axis=2)
        return Energy(values.mean(axis=1), std_error=values.std(axis=1) / np.sqrt(self.size))

    def gradient(self, theta):
        rows = theta + self.shift
        return GradientEstimate(rows.mean(axis=0), np.cov(rows.T) / self.size)

    def metric(self, theta, by):
        return metric_by(self, theta, by, {"auto": lambda theta: np.eye(2) + 0 * self.shift[0, 0]})

    def exact(self, points):
        return 0.5 * np.sum(points**2, axis=1) + self.scale**2


def sampled(scale=0.3):
    return ModelProblem(Sampled(scale), [1.0, -1.0], scale**2, name="sampled", accuracy=0.05)
