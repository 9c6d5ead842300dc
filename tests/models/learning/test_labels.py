"""Labels given outputs: slopes, curvature, Fisher matrix, draws and divergence."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import softmax

from qng.arrays import Array
from qng.errors import InputError, UnknownNameError
from qng.models.learning.labels import LABELS, GaussianLabels, Labels, labels_of

KINDS = {
    "bernoulli": LABELS["bernoulli"],
    "categorical": LABELS["categorical"],
    "gaussian": GaussianLabels(0.7),
    "softmax": LABELS["softmax"],
}
SAME = ("bernoulli", "gaussian", "softmax")
SETTINGS = settings(max_examples=15, deadline=None)


def drawn(name: str, seed: int, count: int = 4) -> tuple[Labels, Array, Array]:
    """Labels, outputs and classes."""
    rng = np.random.default_rng(seed)
    f = rng.normal(size=(count, 3))
    if name == "categorical":
        f = softmax(f, axis=1)
    return KINDS[name], f, KINDS[name].drawn(f, rng)


def moved(f: Array, k: int, h: float) -> Array:
    g = f.copy()
    g[:, k] += h
    return g


@pytest.mark.parametrize("name", KINDS)
@SETTINGS
@given(seed=st.integers(0, 1000))
def test_slopes_are_derivatives_of_the_loss(name: str, seed: int) -> None:
    labels, f, y = drawn(name, seed)
    h = 1e-6
    for k in range(3):
        slope = (labels.loss(moved(f, k, h), y) - labels.loss(moved(f, k, -h), y)) / (2 * h)
        np.testing.assert_allclose(labels.slopes(f, y)[:, k], slope, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("name", KINDS)
@SETTINGS
@given(seed=st.integers(0, 1000))
def test_curvature_is_the_derivative_of_the_slopes(name: str, seed: int) -> None:
    labels, f, y = drawn(name, seed)
    rows = labels.curvature(f, y)
    square, h = np.einsum("nck,ncl->nkl", rows, rows), 1e-6
    for k in range(3):
        bend = (labels.slopes(moved(f, k, h), y) - labels.slopes(moved(f, k, -h), y)) / (2 * h)
        np.testing.assert_allclose(square[:, k], bend, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("name", ["categorical", "softmax"])
@SETTINGS
@given(seed=st.integers(0, 1000))
def test_the_fisher_matrix_is_the_mean_over_labels(name: str, seed: int) -> None:
    labels, f, _ = drawn(name, seed)
    p = softmax(f, axis=1) if name == "softmax" else f
    mean = np.zeros((4, 3, 3))
    for c in range(3):
        s = labels.slopes(f, np.full(4, float(c)))
        mean += p[:, c, None, None] * s[:, :, None] * s[:, None, :]
    rows = labels.fisher(f)
    np.testing.assert_allclose(np.einsum("nck,ncl->nkl", rows, rows), mean, atol=1e-12)


@pytest.mark.parametrize("name", SAME)
def test_gauss_newton_is_natural_gradient_where_labels_have_a_natural_parameter(name: str) -> None:
    labels, f, y = drawn(name, 3)
    np.testing.assert_array_equal(labels.curvature(f, y), labels.fisher(f))


@pytest.mark.parametrize("name", KINDS)
def test_draws_have_the_fisher_matrix_as_mean_square_of_their_slopes(name: str) -> None:
    labels, f, _ = drawn(name, 5, 1)
    many = np.repeat(f, 40000, axis=0)
    s = labels.slopes(many, labels.drawn(many, np.random.default_rng(0)))
    rows = labels.fisher(f)[0]
    exact, error = rows.T @ rows, np.sqrt(np.var(s[:, :, None] * s[:, None], axis=0) / len(many))
    assert np.all(np.abs(s.T @ s / len(many) - exact) < 5 * error + 1e-12)


@pytest.mark.parametrize("name", KINDS)
def test_divergence_is_half_the_fisher_form(name: str) -> None:
    labels, f, _ = drawn(name, 7)
    step = 1e-4 * np.random.default_rng(1).normal(size=f.shape)
    if name == "categorical":
        step -= step.mean(axis=1, keepdims=True)
    form = np.sum((labels.fisher(f) @ step[:, :, None])[..., 0] ** 2, axis=1) / 2
    np.testing.assert_allclose(labels.divergence(f, f + step), form, rtol=2e-3)
    np.testing.assert_allclose(labels.divergence(f, f), 0.0, atol=1e-15)


def test_large_outputs_do_not_overflow() -> None:
    f = np.array([[800.0, -800.0, 0.0]])
    assert LABELS["softmax"].loss(f, np.array([1.0]))[0] == pytest.approx(1600.0)
    assert LABELS["bernoulli"].loss(f, np.array([[0.0, 1.0, 1.0]]))[0] == pytest.approx(
        1600.0 + np.log(2)
    )


def test_a_label_that_cannot_be_has_an_infinite_loss() -> None:
    assert np.isinf(LABELS["categorical"].loss(np.array([[1.0, 0.0]]), np.array([1.0]))[0])


@pytest.mark.parametrize(
    ("name", "y", "says"),
    [
        ("softmax", [0, 1], "y has 3 classes"),
        ("softmax", [0, 1, 2], "from 0 to 1"),
        ("softmax", [0, 0.5, 1], "whole numbers"),
        ("bernoulli", [[0, 1], [1, 2], [0, 0]], "0 and 1"),
        ("gaussian", [1.0, 2.0, 3.0], r"shape \(3, 2\)"),
    ],
)
def test_what_are_no_labels_is_refused(name: str, y: object, says: str) -> None:
    with pytest.raises(InputError, match=says):
        labels_of(name).checked(y, 3, 2)


def test_comparisons_are_labels() -> None:
    assert LABELS["softmax"].checked(np.array([True, False]), 2, 2).tolist() == [1.0, 0.0]


def test_an_unknown_likelihood_is_named() -> None:
    with pytest.raises(UnknownNameError, match="softmax"):
        labels_of("softmaxx")
