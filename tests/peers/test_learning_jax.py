"""A perceptron's derivatives and matrices against those of JAX, which differentiates by itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from qng.models.learning.perceptron import Perceptron
from qng.models.learning.supervised import Supervised
from qng.models.objective import metric_of
from qng.plan.quantities import By

jax = pytest.importorskip("jax", reason="the extra `peers` is missing")
jnp = pytest.importorskip("jax.numpy")

RNG = np.random.default_rng(0)
X, CLASSES = RNG.normal(size=(12, 3)), RNG.integers(0, 2, 12)
MODEL = Perceptron((3, 4, 2), "tanh")


@pytest.fixture(autouse=True)
def double_precision() -> Iterator[None]:
    before = jax.config.jax_enable_x64
    jax.config.update("jax_enable_x64", True)
    yield
    jax.config.update("jax_enable_x64", before)


def outputs(theta: Any, x: Any) -> Any:
    w1, b1 = theta[:12].reshape(4, 3), theta[12:16]
    w2, b2 = theta[16:24].reshape(2, 4), theta[24:]
    return jnp.tanh(x @ w1.T + b1) @ w2.T + b2


def loss(theta: Any) -> Any:
    logs = jax.nn.log_softmax(outputs(theta, X), axis=1)
    return -jnp.mean(logs[jnp.arange(12), CLASSES])


def divergence(theta: Any, other: Any) -> Any:
    p, q = (jax.nn.log_softmax(outputs(at, X), axis=1) for at in (theta, other))
    return jnp.mean(jnp.sum(jnp.exp(p) * (p - q), axis=1))


def test_gradient_hessian_and_fisher_matrix_are_those_of_jax() -> None:
    """The Fisher matrix as the second derivative of the KL divergence."""
    theta, ours = RNG.normal(size=26), Supervised(MODEL, X, CLASSES)
    value, gradient = jax.jit(jax.value_and_grad(loss))(theta)
    hessian = np.asarray(jax.jit(jax.hessian(loss))(theta))
    fisher = np.asarray(jax.jit(jax.hessian(lambda other: divergence(theta, other)))(theta))
    jacobian = np.asarray(jax.jit(jax.jacobian(lambda at: outputs(at, X)))(theta))
    assert ours.energy(theta[None]).value[0] == pytest.approx(float(value), abs=1e-13)
    np.testing.assert_allclose(ours.gradient(theta).value, gradient, atol=1e-13)
    np.testing.assert_allclose(MODEL.jacobian(theta, X), jacobian, atol=1e-13)
    np.testing.assert_allclose(ours.metric(theta, By("fisher")).dense(), fisher, atol=1e-12)
    found = metric_of(ours, theta, By("hessian")).dense()
    np.testing.assert_allclose(found, hessian, atol=1e-8)
