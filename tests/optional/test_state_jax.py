"""States written with jax.numpy, against differences in NumPy."""

from __future__ import annotations

import numpy as np
import pytest

import qng
from qng.errors import InputError

jax = pytest.importorskip("jax")
jnp = jax.numpy


def written(numpy):
    def state(t):
        return numpy.array(
            [
                numpy.cos(t[0]) * numpy.cos(t[1]),
                1j * numpy.sin(t[0]) * numpy.exp(1j * t[1]),
                numpy.cos(t[0]) * numpy.sin(t[1]) * numpy.exp(2j * t[2]),
                t[0] * t[1],
            ]
        )

    return state


def test_it_is_in_double_precision_whatever_is_the_default():
    before = jax.config.jax_enable_x64
    theta = np.array([0.3, 0.4, 0.5])
    ours = qng.StateFunction(written(jax.numpy), 3, "jax")
    theirs = qng.StateFunction(written(np), 3)
    np.testing.assert_allclose(
        qng.metric(ours, theta).dense(), qng.metric(theirs, theta).dense(), atol=1e-11
    )
    observable = {"Z0 Z1": 1.0, "X0": 0.5, "X1": 0.5}
    runs = [
        qng.minimize(state.problem(observable, theta), "qng", steps=10) for state in (ours, theirs)
    ]
    np.testing.assert_allclose(runs[0].x, runs[1].x, atol=1e-7)
    assert jax.config.jax_enable_x64 == before


def test_lists_of_what_jax_traces():
    state = qng.StateFunction(lambda t: (jnp.cos(t[0]), jnp.sin(t[0])), 1, "jax")
    np.testing.assert_allclose(state.metric([0.3]).dense(), [[1.0]], atol=1e-12)


@pytest.mark.parametrize(
    "function",
    [
        lambda t: np.array([np.cos(t[0]), np.sin(t[0])]),
        lambda t: jnp.array([jnp.cos(float(t[0])), jnp.sin(t[0])]),
        lambda t: [jnp.cos(t[0]), np.multiply(t, 2, out=t)[0]],
    ],
)
def test_what_jax_cannot_follow_is_said_in_one_line(function):
    with pytest.raises(InputError, match="JAX cannot follow this function: write it with") as said:
        qng.StateFunction(function, 1, "jax").metric([0.3])
    assert "\n" not in str(said.value)


def test_derivatives_that_jax_was_told_to_leave_out_are_noticed():
    stopped = lambda t: jnp.array([jnp.cos(jax.lax.stop_gradient(t[0])), 1.0])  # noqa: E731
    with pytest.raises(InputError, match="not those of the state"):
        qng.StateFunction(stopped, 1, "jax").metric([0.3])
