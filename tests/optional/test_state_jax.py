"""States written with jax.numpy, against differences in NumPy."""

from __future__ import annotations

import numpy as np
import pytest

import qng

jax = pytest.importorskip("jax")


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
    assert not jax.config.jax_enable_x64
