"""K-FAC: Kronecker products of layers against the Fisher matrix and the published formulas."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

import qng
from qng.errors import InputError
from qng.geometry import Kronecker
from qng.models.learning.factors import kronecker_fisher, split
from qng.models.learning.perceptron import Perceptron, linear_regression
from qng.models.learning.supervised import Supervised, supervised
from qng.plan.quantities import By

RNG = np.random.default_rng(0)
X = RNG.normal(size=(30, 3))
CLASSES = RNG.integers(0, 2, 30)


def arrays_of(matrix: np.ndarray, loss: Supervised) -> list[np.ndarray]:
    """The blocks of the arrays of parameters."""
    ends = np.cumsum([0, *(int(np.prod(shape)) for shape in loss.arrays)])
    return [matrix[a:b, a:b] for a, b in pairwise(ends)]


def test_it_is_exact_for_one_datum_inside_every_array() -> None:
    loss = Supervised(Perceptron((3, 4, 2), "tanh"), X[:1], CLASSES[:1])
    theta = RNG.normal(size=len(loss.parameters))
    fisher, kfac = (loss.metric(theta, By(name)).dense() for name in ("fisher", "kfac"))
    for exact, found in zip(arrays_of(fisher, loss), arrays_of(kfac, loss)):
        np.testing.assert_allclose(found, exact, atol=1e-13)


def test_a_linear_layer_of_normal_errors_is_exact_for_all_data() -> None:
    """S is the same for every datum there, so that it is independent of a a^T."""
    loss = Supervised(linear_regression(3, 2, bias=False), X, X[:, :2])
    theta = RNG.normal(size=6)
    fisher, kfac = (loss.metric(theta, By(name)).dense() for name in ("fisher", "kfac"))
    np.testing.assert_allclose(kfac, fisher, atol=1e-13)
    np.testing.assert_allclose(kfac, np.kron(np.eye(2), X.T @ X / 30), atol=1e-13)


def test_a_step_is_the_published_one() -> None:
    """dW = (S + sqrt(lambda)/pi)^-1 grad (A + pi sqrt(lambda))^-1, W of shape (out, in)."""
    loss = Supervised(Perceptron((3, 4, 2), "tanh", bias=False), X, CLASSES)
    theta, damping = RNG.normal(size=20), 0.05
    gradient = loss.gradient(theta).value[:12].reshape(4, 3)
    metric = loss.metric(theta, By("kfac", damping=damping))
    assert isinstance(metric, Kronecker)
    plain = kronecker_fisher(loss.model, loss.labels, theta, X).factors[0]
    s, a = plain
    pi = np.sqrt((np.trace(a) / 3) / (np.trace(s) / 4))
    root = np.sqrt(damping)
    left, right = s + root / pi * np.eye(4), a + pi * root * np.eye(3)
    expected = np.linalg.inv(left) @ gradient @ np.linalg.inv(right)
    whole = loss.gradient(theta).value
    step = np.linalg.solve(metric.dense(), whole)[:12].reshape(4, 3)
    np.testing.assert_allclose(step, expected, rtol=1e-8)
    for found, factor in zip(split(s, a, damping), (left, right)):
        np.testing.assert_allclose(found, factor)


def test_weights_of_shape_out_in_are_ravelled_by_rows() -> None:
    loss = Supervised(Perceptron((3, 2), bias=False), X, CLASSES)
    s, a = kronecker_fisher(loss.model, loss.labels, np.zeros(6), X).factors[0]
    assert s.shape == (2, 2)
    np.testing.assert_allclose(a, X.T @ X / 30)
    metric, g = loss.metric(np.zeros(6), By("kfac")), RNG.normal(size=(2, 3))
    np.testing.assert_allclose(metric.matvec(g.ravel()), (s @ g @ a).ravel())


def test_it_learns() -> None:
    x = RNG.normal(size=(60, 2))
    problem = supervised(Perceptron((2, 6, 2), "tanh"), x, np.sum(x**2, axis=1) > 1.2)
    start = problem.loss.energy(problem.initial[None]).value[0]
    kfac, gd = (qng.minimize(problem, name, steps=40).fun for name in ("kfac", "gd"))
    assert kfac < gd < start


def test_a_negative_damping_is_refused() -> None:
    loss = Supervised(Perceptron((3, 2)), X, CLASSES)
    with pytest.raises(InputError, match="damping"):
        loss.metric(np.zeros(8), By("kfac", damping=-1.0))
