"""Small problems of learning: their labels are drawn from a model of the same kind.

So there is something to learn, and no model is right about every label: the minimum is finite and
its Fisher matrix positive. Data are made by fixed seeds.
"""

from __future__ import annotations

import numpy as np

from qng.arrays import Array
from qng.circuit.ansatz import hardware_efficient
from qng.models.learning.classifier import CircuitClassifier
from qng.models.learning.encodings import angle_encoding
from qng.models.learning.labels import labels_of
from qng.models.learning.perceptron import Perceptron, logistic_regression, softmax_regression
from qng.models.learning.regression import Regression
from qng.models.learning.supervised import supervised
from qng.models.problem import ModelProblem
from qng.seeds import generator

_DATA = 200


def logistic() -> ModelProblem:
    """Two features, one of them 30 times larger than the other: badly scaled on purpose."""
    x = _normal(2) * [0.2, 6.0]
    y = _drawn(logistic_regression(2), np.array([8.0, -0.4, 0.5]), x)
    return supervised(
        logistic_regression(2), x, y, name="logistic", title="Logistic regression, 2 features"
    )


def softmax() -> ModelProblem:
    """Three classes in the plane; one bias more than is needed."""
    x = _normal(2)
    model = softmax_regression(2, 3)
    y = _drawn(model, np.array([2.0, 0.0, -1.0, 1.5, -1.0, -1.5, 0.3, 0.0, -0.3]), x)
    return supervised(model, x, y, name="softmax", title="Softmax regression, 3 classes")


def perceptron() -> ModelProblem:
    """A disc in the plane, learned by eight hidden units."""
    x = _normal(2)
    radii = 2.0 * (1.2 - np.sum(x**2, axis=1))
    y = (generator(1).random(_DATA) < 1.0 / (1.0 + np.exp(-2.0 * radii))).astype(float)
    model = Perceptron((2, 8, 2), "tanh")
    return supervised(model, x, y, name="perceptron", title="Perceptron 2-8-2, a disc")


def circuit_classifier() -> ModelProblem:
    """Two features on two qubits, twelve angles, the parity of both bits."""
    x = generator(0).uniform(-np.pi, np.pi, (_DATA, 2))
    ansatz = hardware_efficient(2, 2, ("ry", "rz"), "cz")
    model = CircuitClassifier(angle_encoding(2), ansatz)
    y = _drawn(model, model.start(7), x)
    return supervised(model, x, y, name="circuit-classifier", title="Circuit classifier, 2 qubits")


def circuit_tasks(seed: int = 0) -> list[ModelProblem]:
    """Two tasks for one circuit of three qubits, to be learned one after the other.

    Two features say what is to be told, the sign of the first in one task and that of the second in
    the other; the third feature says which task it is.

    Args:
        seed: Of the start.
    """
    model = CircuitClassifier(angle_encoding(3), hardware_efficient(3, 3, ("ry", "rz"), "cz"))
    rng, tasks = generator(0), []
    for k, task in enumerate((0.0, np.pi)):
        x = rng.uniform(-1.2, 1.2, (40, 3))
        x[:, 2] = task + rng.normal(0.0, 0.1, 40)
        tasks.append(supervised(model, x, x[:, k] > 0, seed=seed, title=f"Task {k + 1}"))
    return tasks


def _normal(features: int) -> Array:
    return generator(0).standard_normal((_DATA, features))


def _drawn(model: Regression, theta: Array, x: Array) -> Array:
    """Labels of a teacher."""
    return labels_of(model.likelihood).drawn(model.outputs(theta, x), generator(1))
