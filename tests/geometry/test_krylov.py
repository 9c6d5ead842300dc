"""Conjugate gradients against dense solves."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qng.errors import SingularMetricError
from qng.geometry.krylov import conjugate_gradients


def positive(rng, w):
    q, _ = np.linalg.qr(rng.normal(size=(len(w), len(w))))
    return (q * w) @ q.T


@settings(max_examples=100)
@given(
    st.lists(st.floats(1e-3, 10), min_size=1, max_size=12),
    st.integers(0, 10**6),
    st.sampled_from([0.5, 1e-2, 1e-8]),
    st.booleans(),
)
def test_residual_descent_and_condition(w, seed, tolerance, warm):
    rng = np.random.default_rng(seed)
    a, s, start = positive(rng, np.array(w)), rng.normal(size=len(w)), rng.normal(size=len(w))
    seen = []

    def product(v):
        seen.append(v)
        return a @ v

    found = conjugate_gradients(
        product, s, tolerance=tolerance, most=100, start=start if warm else None
    )
    assert np.linalg.norm(a @ found.x - s) <= 1.01 * tolerance * np.linalg.norm(s)
    assert found.x @ s > 0
    assert found.products == len(seen)
    if found.products > warm:
        assert 1 - 1e-6 <= found.condition <= max(w) / min(w) * (1 + 1e-6)
    else:
        assert np.isnan(found.condition)


def test_as_many_products_as_different_eigenvalues():
    rng = np.random.default_rng(0)
    a = positive(rng, np.repeat([1.0, 4.0, 9.0], 5))
    s = rng.normal(size=15)
    found = conjugate_gradients(lambda v: a @ v, s, tolerance=1e-10, most=3)
    np.testing.assert_allclose(found.x, np.linalg.solve(a, s), rtol=1e-8)
    assert found.products == 3
    assert found.condition == pytest.approx(9.0)


def test_nothing_to_solve():
    found = conjugate_gradients(lambda v: v, np.zeros(3), tolerance=1e-2, most=5)
    assert (found.x.tolist(), found.products) == ([0.0] * 3, 0)


def test_errors():
    a, s = np.diag([1.0, 10.0, 100.0]), np.ones(3)
    with pytest.raises(SingularMetricError, match=r"after 2 products, not at 1e-10; raise the"):
        conjugate_gradients(lambda v: a @ v, s, tolerance=1e-10, most=2)
    with pytest.raises(SingularMetricError, match=r"v M v is -3\.0e\+00"):
        conjugate_gradients(lambda v: -v, s, tolerance=1e-2, most=5)
    for wrong in (lambda v: np.nan * v, lambda v: np.inf * v):
        with pytest.raises(SingularMetricError, match=r"v M v is (nan|inf)"):
            conjugate_gradients(wrong, s, tolerance=1e-2, most=5)
    with pytest.raises(SingularMetricError, match="nan"):
        conjugate_gradients(lambda v: v, np.nan * s, tolerance=1e-2, most=5)
