"""The Fisher matrix of layers as Kronecker products: K-FAC.

With z = W a + b in every layer and the slopes d by z of the score of a label,

    I_W = E[d d^T (x) a a^T]  ~  S (x) A,    S = E[d d^T],  A = E[a a^T],    I_b = S,

for W stored (out, in) and ravelled by rows. Labels are summed over in closed form, data averaged.
It is exact for one datum, and where d d^T and a a^T are independent; between arrays it is zero.

Reference: Martens and Grosse, ICML 2015, arXiv:1503.05671.
"""

from __future__ import annotations

import math

import numpy as np

from qng import checks
from qng.arrays import Array
from qng.geometry import Kronecker
from qng.models.learning.labels import Labels
from qng.models.learning.regression import Layered, Regression


def kronecker_fisher(
    model: Regression, labels: Labels, theta: Array, x: Array, damping: float = 0.0
) -> Kronecker:
    """S (x) A of the weights of every layer, S of its biases.

    Args:
        model: A model of layers.
        labels: How labels follow from outputs.
        theta: Shape (P,).
        x: Shape (N, features).
        damping: lambda, split between the factors of weights as sqrt(lambda)/pi to S and
            pi sqrt(lambda) to A, pi^2 = (tr A / dim A) / (tr S / dim S), as published; biases get
            it whole. Solvers have a damping of their own, which is exact.

    Cost: C backward passes, C the number of labels.
    """
    assert isinstance(model, Layered)
    checks.not_negative("damping", damping)
    rows = labels.fisher(model.outputs(theta, x))
    inputs: list[Array] = []
    outputs: list[Array] = []
    for c in range(rows.shape[1]):
        found = model.layers(theta, x, rows[:, c])
        inputs = [a for a, _ in found]
        squares = [d.T @ d / len(x) for _, d in found]
        outputs = [s + more for s, more in zip(outputs, squares)] if outputs else squares
    factors: list[tuple[Array, ...]] = []
    for a, s in zip(inputs, outputs):
        factors.append(split(s, a.T @ a / len(a), damping))
        factors += [(s + damping * np.eye(len(s)),)] if model.bias else []
    return Kronecker(factors)


def split(s: Array, a: Array, damping: float) -> tuple[Array, Array]:
    """S + sqrt(lambda)/pi and A + pi sqrt(lambda).

    Args:
        s: S, shape (out, out).
        a: A, shape (in, in).
        damping: lambda.
    """
    of_s, of_a = np.trace(s) / len(s), np.trace(a) / len(a)
    pi = math.sqrt(of_a / of_s) if of_s > 0 and of_a > 0 else 1.0
    root = math.sqrt(damping)
    return s + root / pi * np.eye(len(s)), a + pi * root * np.eye(len(a))
