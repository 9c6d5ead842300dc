"""The perceptron: derivatives of outputs, shapes, starts."""

from __future__ import annotations

import numpy as np
import pytest

from qng.errors import InputError, UnknownNameError
from qng.models.learning.perceptron import (
    ACTIVATIONS,
    Perceptron,
    linear_regression,
    logistic_regression,
    softmax_regression,
)

RNG = np.random.default_rng(0)
X = RNG.normal(size=(5, 3))
MODELS = [Perceptron((3, 4, 2), name) for name in ACTIVATIONS] + [
    Perceptron((3, 4, 3, 2), "tanh", last="tanh", bias=False),
    softmax_regression(3, 2),
]


@pytest.mark.parametrize("model", MODELS, ids=str)
def test_the_jacobian_is_that_of_the_outputs(model: Perceptron) -> None:
    theta = np.random.default_rng(2).normal(size=len(model.parameters))
    moves = 1e-6 * np.eye(len(theta))
    found = [(model.outputs(theta + h, X) - model.outputs(theta - h, X)) / 2e-6 for h in moves]
    np.testing.assert_allclose(model.jacobian(theta, X), np.moveaxis(found, 0, 2), atol=1e-8)


@pytest.mark.parametrize("model", MODELS, ids=str)
def test_pulling_back_is_a_product_with_the_jacobian(model: Perceptron) -> None:
    theta, v = RNG.normal(size=len(model.parameters)), RNG.normal(size=(5, 2))
    each = np.einsum("nk,nkp->np", v, model.jacobian(theta, X))
    np.testing.assert_allclose(model.pulled(theta, X, v), each, atol=1e-12)
    np.testing.assert_allclose(model.pull(theta, X, v), each.sum(axis=0), atol=1e-12)


def test_theta_ravels_weights_by_rows_and_then_biases() -> None:
    model = Perceptron((2, 3, 1), "linear")
    assert model.arrays == ((3, 2), (3,), (1, 3), (1,))
    assert model.parameters[:7] == (
        *(f"w1[{i},{j}]" for i in range(3) for j in range(2)),
        "b1[0]",
    )
    w1, b1 = np.arange(6.0).reshape(3, 2), np.array([1.0, 0.0, -1.0])
    w2, b2 = np.array([[2.0, 0.5, 1.0]]), np.array([0.25])
    theta = np.concatenate([w1.ravel(), b1, w2.ravel(), b2])
    x = np.array([[1.0, -2.0]])
    np.testing.assert_allclose(model.outputs(theta, x), (x @ w1.T + b1) @ w2.T + b2)


@pytest.mark.parametrize("activation", ["relu", "tanh"])
def test_starts_keep_the_size_of_signals(activation: str) -> None:
    model = Perceptron((200, 300, 1), activation)
    w = model.start(1)[: 200 * 300]
    gain = 2.0 if activation == "relu" else 1.0
    assert w.std() == pytest.approx(np.sqrt(gain / 200), rel=0.02)
    assert np.array_equal(model.start(1), model.start(1))


def test_linear_models_start_at_zero_and_say_that_they_are_linear() -> None:
    for model in (logistic_regression(3), softmax_regression(3, 4), linear_regression(3, 2)):
        assert model.is_linear
        assert not model.start().any()
    assert not Perceptron((3, 2, 1)).is_linear
    assert not Perceptron((3, 1), last="tanh").is_linear


def test_the_likelihood_follows_from_the_number_of_outputs() -> None:
    assert Perceptron((2, 3)).likelihood == "softmax"
    assert Perceptron((2, 1)).likelihood == "bernoulli"


def test_what_is_no_perceptron_is_refused() -> None:
    with pytest.raises(InputError, match="at least"):
        Perceptron((3,))
    with pytest.raises(InputError, match="size of a perceptron"):
        Perceptron((3, 0))
    with pytest.raises(UnknownNameError, match="relu"):
        Perceptron((3, 2), "rellu")
    with pytest.raises(UnknownNameError, match="softmax"):
        Perceptron((3, 2), likelihood="softmaxx")
    with pytest.raises(InputError, match=r"shape \(data, 3\)"):
        Perceptron((3, 2)).outputs(np.zeros(8), np.zeros((4, 2)))
