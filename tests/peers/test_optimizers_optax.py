"""AdaBelief and Adam against Optax, step by step, in double precision.

Optax is no dependency of the tests; where it is installed these run.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import qng
from qng import optimizers
from qng.optimize.optimizer import Optimizer

jax = pytest.importorskip("jax", reason="Optax and JAX come with the extra `peers`")
optax = pytest.importorskip("optax", reason="Optax comes with the extra `peers`")


@pytest.fixture(autouse=True)
def double_precision() -> Iterator[None]:
    before = jax.config.jax_enable_x64
    jax.config.update("jax_enable_x64", True)
    yield
    jax.config.update("jax_enable_x64", before)


STARTS = np.random.default_rng(5).uniform(-np.pi, np.pi, (3, 4))


@pytest.mark.parametrize("start", STARTS, ids=range(len(STARTS)))
@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (optimizers.adabelief(0.05, 0.8, 0.95, 1e-8),
         optax.adabelief(0.05, 0.8, 0.95, eps=1e-8, eps_root=0.0)),
        (optimizers.adam(0.05, 0.8, 0.95, 1e-8),
         optax.adam(0.05, 0.8, 0.95, eps=1e-8, eps_root=0.0)),
    ],
    ids=["adabelief", "adam"],
)  # fmt: skip
def test_adaptive_methods(ours: Optimizer, theirs: Any, start: np.ndarray) -> None:
    problem, steps = qng.load("textbook-2"), 40
    run = qng.minimize(problem, ours, steps=steps, start=start)
    x = jax.numpy.array(start)
    state, path = theirs.init(x), [start]
    for _ in range(steps):
        gradient = jax.numpy.array(qng.gradient(problem, np.array(x)).value)
        update, state = theirs.update(gradient, state)
        x = optax.apply_updates(x, update)
        path.append(np.array(x))
    np.testing.assert_allclose(run.trace["theta"], path, rtol=0, atol=1e-9)
