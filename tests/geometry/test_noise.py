"""Where errors come from: variances of v^T M w, through everything that is linear."""

import numpy as np
import pytest

from qng.errors import InputError
from qng.geometry import Blocks, Dense, Diagonal, Floored, Identity, LowRank, combined, shrunk
from qng.geometry.noise import (
    Bounded,
    Independent,
    Largest,
    OnDiagonal,
    Pulled,
    Sum,
    Terms,
    Together,
    entry_errors,
    of_pairs,
    on_diagonal,
)
from qng.geometry.spectrum import decomposed

SIZE = 4
RNG = np.random.default_rng(7)


def symmetric(count: int, size: int = SIZE) -> np.ndarray:
    found = RNG.normal(size=(count, size, size))
    return found + found.swapaxes(1, 2)


TENSORS, ERRORS = symmetric(5), RNG.uniform(0.5, 2, 5)
TERMS = Terms(TENSORS, ERRORS)
V, W = RNG.normal(size=(2, SIZE, 6))


def known(tensors: np.ndarray, errors: np.ndarray, v=V, w=W) -> np.ndarray:
    """sum_k sigma_k^2 (v^T T_k w)^2, one by one."""
    return np.array(
        [
            sum((e * (x @ tensor @ y)) ** 2 for tensor, e in zip(tensors, errors))
            for x, y in zip(v.T, w.T)
        ]
    )


def single(i: int, j: int) -> np.ndarray:
    tensor = np.zeros((SIZE, SIZE))
    tensor[i, j] = tensor[j, i] = 1
    return tensor


class TestSources:
    def test_terms(self):
        np.testing.assert_allclose(TERMS.variances(V, W), known(TENSORS, ERRORS), rtol=1e-12)

    def test_independent_entries_are_terms(self):
        sigma = np.abs(symmetric(1)[0])
        entries = [(i, j) for i in range(SIZE) for j in range(i + 1)]
        tensors = np.array([single(i, j) for i, j in entries])
        errors = np.array([sigma[i, j] for i, j in entries])
        found = Independent(sigma).variances(V, W)
        np.testing.assert_allclose(found, known(tensors, errors), rtol=1e-12)
        half = sigma**2 - np.diag(np.diag(sigma**2)) / 2
        np.testing.assert_allclose(of_pairs(half, V, W), found, rtol=1e-12)

    def test_other_coordinates(self):
        a = RNG.normal(size=(SIZE, 3))
        v, w = RNG.normal(size=(2, 3, 6))
        moved = np.einsum("ia,kij,jb->kab", a, TENSORS, a)
        found = Pulled(TERMS, a).variances(v, w)
        np.testing.assert_allclose(found, known(moved, ERRORS, v, w), rtol=1e-12)

    def test_sums_are_flat(self):
        inner = Sum.of([TERMS, TERMS], [2.0, 3.0])
        total = Sum.of([inner, Pulled(TERMS, np.eye(SIZE))], [4.0, 5.0])
        assert len(total.parts) == 3
        np.testing.assert_allclose(total.variances(V, W), 25 * TERMS.variances(V, W), rtol=1e-12)

    def test_bounds_are_reached_and_hold(self):
        """All entries moving as one reach them; nothing exceeds them."""
        sigma = np.abs(symmetric(1)[0])
        bound = Bounded(sigma)
        one = Terms(sigma[None], np.ones(1))
        positive = np.abs(V), np.abs(W)
        np.testing.assert_allclose(bound.variances(*positive), one.variances(*positive))
        assert np.all(Independent(sigma).variances(V, W) <= bound.variances(V, W))
        assert np.all(TERMS.variances(V, W) <= Bounded(entry_errors(TERMS, SIZE)).variances(V, W))
        twice = Together((TERMS, TERMS), np.array([1.0, 2.0])).variances(V, W)
        np.testing.assert_allclose(twice, 9 * TERMS.variances(V, W), rtol=1e-12)
        large = Largest((TERMS, Sum.of([TERMS], [0.5]))).variances(V, W)
        np.testing.assert_array_equal(large, TERMS.variances(V, W))

    def test_errors_of_entries(self):
        expected = np.sqrt(np.tensordot(ERRORS**2, TENSORS**2, 1))
        np.testing.assert_allclose(entry_errors(TERMS, SIZE), expected, rtol=1e-12)
        many = Terms(symmetric(2, 40), np.ones(2))
        expected = np.sqrt(np.sum(many.tensors**2, axis=0))
        np.testing.assert_allclose(entry_errors(many, 40), expected, rtol=1e-12)

    @pytest.mark.parametrize("noise", [TERMS, Sum.of([TERMS, Pulled(TERMS, np.eye(SIZE))])])
    def test_the_diagonal_alone(self, noise):
        """By variances of differences of its entries, exactly."""
        own = np.diagonal(TENSORS, axis1=1, axis2=2)
        factor = len(noise.parts) if isinstance(noise, Sum) else 1
        expected = factor * (own.T * ERRORS**2) @ own
        found = on_diagonal(noise, SIZE)
        np.testing.assert_allclose(found.covariance, expected, rtol=0, atol=1e-10)
        form = np.einsum("iq,ij,jq->q", V * W, expected, V * W)
        np.testing.assert_allclose(found.variances(V, W), form, rtol=1e-10)


METRICS = [
    Dense(np.eye(SIZE), entry_errors(TERMS, SIZE), noise=TERMS),
    Blocks((tuple(range(SIZE)),), (np.eye(SIZE),), SIZE, entry_errors(TERMS, SIZE), TERMS),
]


@pytest.mark.parametrize("metric", METRICS)
def test_metrics_answer(metric):
    v, w = V[:, 0], W[:, 0]
    variance = known(TENSORS, ERRORS)[0]
    assert metric.variance_of(v, w) == pytest.approx(variance, rel=1e-12)
    assert metric.variance_of(w, v) == pytest.approx(variance, rel=1e-12)
    a = RNG.normal(size=(SIZE, 3))
    x, y = RNG.normal(size=(2, 3))
    pulled = metric.pullback(a)
    assert pulled.variance_of(x, y) == pytest.approx(metric.variance_of(a @ x, a @ y), rel=1e-12)
    own = pulled.variance_of(np.eye(3)[0], np.eye(3)[1])
    assert pulled.std_error[0, 1] == pytest.approx(np.sqrt(own), rel=1e-12)
    total = combined([2.0, -1.0], [metric, Identity(SIZE)])
    assert total.variance_of(v, w) == pytest.approx(4 * variance, rel=1e-12)
    other = metric.similar(metric.dense(), metric.std_error, Sum.of([TERMS], [9.0]))
    assert other.variance_of(v, w) == pytest.approx(9 * variance, rel=1e-12)


def test_what_is_exact_has_none():
    for metric in (Identity(2), Diagonal(np.ones(2)), Dense(np.eye(2)), LowRank(np.eye(2))):
        assert metric.variance_of([1.0, 2.0], [0.5, -1.0]) == 0.0


def test_entries_that_came_alone_are_independent():
    sigma = np.array([[1.0, 2.0], [2.0, 3.0]])
    found = Dense(np.eye(2), sigma).variance_of([1.0, 2.0], [3.0, 4.0])
    assert found == pytest.approx((1 * 3 * 1) ** 2 + (2 * 4 * 3) ** 2 + 2.0**2 * (4 + 6) ** 2)
    own = Diagonal(np.ones(2), np.diag([1.0, 3.0])).variance_of([1.0, 2.0], [3.0, 4.0])
    assert own == pytest.approx(9 + (8 * 3) ** 2)


@pytest.mark.parametrize("wrong", [[1.0], [[1.0, 2.0]], 1.0])
def test_vectors_of_another_length(wrong):
    with pytest.raises(InputError, match="takes vectors of 2 numbers"):
        Dense(np.eye(2)).variance_of(wrong, [1.0, 1.0])


def test_eigenvalues_of_entries_that_err_together():
    """All entries of an 8 x 8 matrix move as one: the largest eigenvalue by eight errors."""
    noise = Terms(np.ones((1, 8, 8)), np.array([0.01]))
    metric = Dense(np.ones((8, 8)), np.full((8, 8), 0.01), noise=noise)
    w, _, errors = decomposed(metric)
    assert (w[-1], errors[-1]) == (pytest.approx(8.0), pytest.approx(0.08))
    apart = decomposed(Dense(np.ones((8, 8)), np.full((8, 8), 0.01)))[2][-1]
    assert apart == pytest.approx(0.01 * np.sqrt(2 - 1 / 8))
    # The floor of a direction is its own error.
    flat = Dense(np.zeros((8, 8)), np.full((8, 8), 0.01), noise=noise)
    along = Floored(0.0)(flat.pullback(np.ones((8, 1)) / np.sqrt(8)), [1.0]).direction
    assert along == pytest.approx([1 / 0.08])


def test_eigenvectors_of_blocks_stay_in_them():
    """Equal eigenvalues of different blocks are not mixed."""
    noise = OnDiagonal(np.diag([1.0, 4.0, 9.0]))
    metric = Blocks(((0, 2), (1,)), (np.diag([0.3, 0.1]), np.array([[0.3]])), 3, noise=noise)
    w, v, errors = decomposed(metric)
    np.testing.assert_allclose(w, [0.1, 0.3, 0.3])
    np.testing.assert_allclose(np.sort(np.abs(v), axis=0)[:2], 0, atol=1e-15)
    assert sorted(errors.tolist()) == [1.0, 2.0, 3.0]
    rows = LowRank(RNG.normal(size=(2, 5)))
    w, v, _ = decomposed(rows)
    np.testing.assert_allclose((v * w) @ v.T, rows.dense(), atol=1e-12)
    np.testing.assert_allclose(v.T @ v, np.eye(5), atol=1e-12)


def test_what_is_shrunk_errs_by_at_most_the_sum():
    """Against terms that are shrunk one by one."""
    errors = 0.3 * entry_errors(TERMS, SIZE)
    metric = Dense(5 * np.eye(SIZE) + symmetric(1)[0], errors, noise=Sum.of([TERMS], [0.09]))
    found = shrunk(metric)
    rho = 1 - found.std_error[0, 1] / errors[0, 1]
    assert 0 < rho <= 1
    keep = np.where(np.eye(SIZE, dtype=bool), 1.0, 1 - rho)
    exact = known(keep * TENSORS, 0.3 * ERRORS)
    bound = np.array([found.variance_of(v, w) for v, w in zip(V.T, W.T)])
    assert np.all(bound >= exact * (1 - 1e-12))
    unit = np.eye(SIZE)
    assert found.variance_of(unit[0], unit[1]) == pytest.approx(found.std_error[0, 1] ** 2)
    assert found.variance_of(unit[2], unit[2]) == pytest.approx(found.std_error[2, 2] ** 2)
