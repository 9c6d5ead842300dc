"""Values at many points in one call are those at each of them."""

import numpy as np
import pytest

import qng
from qng.errors import InputError

H2 = qng.load("h2")
POINTS = H2.initial + np.random.default_rng(0).normal(size=(6, len(H2.initial)))


def test_exact_values_at_many_points():
    energies, gradients = qng.energy(H2, POINTS), qng.gradient(H2, POINTS)
    metrics = qng.metric(H2, POINTS)
    assert (energies.value.shape, gradients.value.shape) == ((6,), POINTS.shape)
    assert (energies.std_error, gradients.covariance) == (None, None)
    for k, x in enumerate(POINTS):
        assert energies.value[k] == pytest.approx(qng.energy(H2, x).value, abs=1e-12)
        np.testing.assert_allclose(gradients.value[k], qng.gradient(H2, x).value, atol=1e-12)
        np.testing.assert_allclose(metrics[k].dense(), qng.metric(H2, x).dense(), atol=1e-12)


@pytest.mark.parametrize("executor", ["statevector", "aer"])
def test_sampled_values_at_many_points(executor):
    at = {"shots": 20_000, "seed": 3, "executor": executor}
    energies, gradients = qng.energy(H2, POINTS, **at), qng.gradient(H2, POINTS, **at)
    metrics = qng.metric(H2, POINTS, "blocks", **at)
    # 6 + 72 + 6 x 14 numbers or so: five standard errors are passed by chance once in 10^4 runs.
    exact = qng.energy(H2, POINTS).value
    assert np.all(np.abs(energies.value - exact) < 5 * energies.std_error)
    slopes = qng.gradient(H2, POINTS).value
    assert gradients.covariance.shape == (6, 12, 12)
    assert np.all(np.abs(gradients.value - slopes) < 5 * gradients.std_error + 1e-9)
    for metric, whole in zip(metrics, qng.metric(H2, POINTS, "blocks")):
        assert np.all(np.abs(metric.dense() - whole.dense()) < 5 * metric.std_error + 1e-9)
    again = qng.energy(H2, POINTS, **at)
    np.testing.assert_array_equal(again.value, energies.value)


def test_shots_are_those_of_every_point():
    one, many = (qng.energy(H2, x, shots=3000, seed=1) for x in (POINTS[0], POINTS))
    assert many.std_error[0] == pytest.approx(one.std_error, rel=0.2)


def test_no_points():
    empty = POINTS[:0]
    assert qng.energy(H2, empty).value.shape == (0,)
    assert qng.gradient(H2, empty).value.shape == (0, 12)
    assert qng.metric(H2, empty) == ()


@pytest.mark.parametrize("f", [qng.energy, qng.gradient, qng.metric])
@pytest.mark.parametrize("shape", [(2, 3), (2, 2, 12), (13,), ()])
def test_wrong_shapes(f, shape):
    with pytest.raises(InputError, match="12 parameter"):
        f(H2, np.zeros(shape))


@pytest.mark.parametrize("f", [qng.hessian, qng.berry_curvature])
def test_what_takes_one_point_says_so(f):
    with pytest.raises(InputError, match=r"one point is expected, not an array of shape \(6, 12\)"):
        f(H2, POINTS)


def test_every_point_draws_its_own_directions():
    """Points that drew the same directions would have errors in common."""
    twice = np.stack([H2.initial, H2.initial])
    for draw in (
        lambda x: [m.dense() for m in qng.metric(H2, x, "stein", seed=4)],
        lambda x: qng.gradient(H2, x, "spsa", seed=4).value,
    ):
        first, second = draw(twice)
        assert not np.allclose(first, second)
        np.testing.assert_allclose(draw(twice[:1])[0], first, atol=1e-12)
    one = qng.metric(H2, H2.initial, "stein", seed=4).dense()
    np.testing.assert_allclose(qng.metric(H2, twice, "stein", seed=4)[0].dense(), one, atol=1e-12)
