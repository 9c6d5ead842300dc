"""Muon against Optax, step by step, in double precision.

Optax is no dependency of the tests; where it is installed these run. Its momentum with `nesterov`
has other weights in the first steps (a correction for their start), so it is compared without.
"""

from collections.abc import Iterator

import numpy as np
import pytest

import qng
from qng import optimizers

jax = pytest.importorskip("jax", reason="Optax and JAX come with the extra `peers`")
optax = pytest.importorskip("optax", reason="Optax comes with the extra `peers`")


@pytest.fixture(autouse=True)
def double_precision() -> Iterator[None]:
    before = jax.config.jax_enable_x64
    jax.config.update("jax_enable_x64", True)
    yield
    jax.config.update("jax_enable_x64", before)


@pytest.mark.parametrize(("shape", "iterations"), [((3, 4), 5), ((4, 3), 2)])
def test_muon(shape: tuple[int, int], iterations: int) -> None:
    """Optax scales by sqrt(columns/rows) where there are more columns, as its matrices are turned.

    Its eps, 1e-8 beside |V|, is about the difference.
    """
    problem, steps, lr = qng.load("h2"), 20, 0.05
    start = np.random.default_rng(3).uniform(-1, 1, 12)
    ours = optimizers.muon(lr, 0.8, ahead=False, iterations=iterations, shape=shape)
    run = qng.minimize(problem, ours, steps=steps, start=start)
    scale = max(1.0, shape[1] / shape[0]) ** 0.5
    theirs = optax.contrib.muon(
        lr / scale, beta=0.8, eps=1e-12, ns_steps=iterations, nesterov=False
    )
    x = jax.numpy.array(start).reshape(shape)
    state, path, update_of = theirs.init(x), [start], jax.jit(theirs.update)
    for _ in range(steps):
        gradient = qng.gradient(problem, np.array(x).ravel()).value
        update, state = update_of(jax.numpy.array(gradient).reshape(shape), state, x)
        x = optax.apply_updates(x, update)
        path.append(np.array(x).ravel())
    np.testing.assert_allclose(run.trace["theta"], path, rtol=0, atol=1e-8)
