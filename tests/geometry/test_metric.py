"""Every kind of metric is the matrix that it stands for."""

from dataclasses import dataclass, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qng.errors import InputError
from qng.geometry import Blocks, Dense, Diagonal, Identity, Implicit, LowRank, Metric, combined
from tests import dense

SIZE = 5


@dataclass(frozen=True)
class Derivatives:
    """A state and derivative states that keep its norm, as columns."""

    state: np.ndarray
    j: np.ndarray

    @classmethod
    def random(cls, rng, amplitudes=4):
        psi, j = (
            rng.normal(size=(amplitudes, k)) + 1j * rng.normal(size=(amplitudes, k))
            for k in (1, SIZE)
        )
        psi /= np.linalg.norm(psi)
        return cls(psi[:, 0], j - psi * (psi.conj().T @ j).real)

    def jvp(self, v):
        return self.j @ v

    def vjp(self, w):
        return (self.j.conj().T @ w).real

    def gram(self):
        return (self.j.conj().T @ self.j).real, (self.state.conj() @ self.j).imag

    @property
    def metric(self):
        """Re of the quantum geometric tensor, with the projector as a matrix."""
        projector = np.eye(len(self.state)) - np.outer(self.state, self.state.conj())
        return (self.j.conj().T @ projector @ self.j).real


@st.composite
def metrics(draw):
    """(metric, its matrix)."""
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    kind = draw(
        st.sampled_from(
            ["identity", "diagonal", "dense", "blocks", "few rows", "many rows", "implicit"]
        )
    )
    if kind == "identity":
        return Identity(SIZE), np.eye(SIZE)
    if kind == "diagonal":
        values = rng.normal(size=SIZE)
        return Diagonal(values), np.diag(values)
    if kind.endswith("rows"):
        x = rng.normal(size=(2 if kind == "few rows" else 9, SIZE))
        return LowRank(x), x.T @ x
    if kind == "implicit":
        tangent = Derivatives.random(rng)
        return Implicit.of(tangent), tangent.metric
    factor = rng.normal(size=(SIZE, SIZE))
    full = factor + factor.T
    if kind == "dense":
        return Dense(full), full
    order = draw(st.permutations(range(SIZE)))
    cut = sorted(draw(st.sets(st.integers(1, SIZE), min_size=1)))
    index = tuple(tuple(order[a:b]) for a, b in zip([0, *cut], cut))  # some rows may be left out
    mask = np.zeros((SIZE, SIZE), dtype=bool)
    for block in index:
        mask[np.ix_(block, block)] = True
    return Blocks(index, tuple(full[np.ix_(b, b)] for b in index), SIZE), np.where(mask, full, 0)


@settings(max_examples=100)
@given(metrics(), st.integers(0, 10**6))
def test_every_view_of_the_matrix(case, seed):
    metric, full = case
    rng = np.random.default_rng(seed)
    v = rng.normal(size=SIZE)
    same = {"rtol": 1e-12, "atol": 1e-12}
    assert metric.size == SIZE
    assert metric.std_error is None
    np.testing.assert_allclose(metric.dense(), full, **same)
    np.testing.assert_allclose(metric.matvec(v), full @ v, **same)
    np.testing.assert_allclose(metric.diagonal(), np.diag(full), **same)
    np.testing.assert_allclose(metric.spectrum(), np.linalg.eigvalsh(full), **same)
    inside = np.zeros((SIZE, SIZE), dtype=bool)
    for block in metric.blocks:
        inside[np.ix_(block, block)] = True
    assert not full[~inside].any()


@settings(max_examples=100)
@given(metrics(), st.integers(0, 10**6))
def test_functions_of_the_matrix(case, seed):
    """V f(w) V^T, where f sees the eigenvalues in any order."""
    metric, full = case
    s = np.random.default_rng(seed).normal(size=SIZE)
    w, v = np.linalg.eigh(full)
    eigen = metric.eigen()
    np.testing.assert_allclose(np.sort(eigen.values), w, rtol=1e-11, atol=1e-11)
    for f in (np.abs, lambda x: 1 / (1 + x**2), lambda x: np.where(x > 1e-9, 2.0, 0.5)):
        expected = (v * f(w)) @ v.T
        gains = f(eigen.values)
        np.testing.assert_allclose(eigen.matrix(gains), expected, rtol=0, atol=1e-9)
        np.testing.assert_allclose(eigen.act(gains, s), expected @ s, rtol=0, atol=1e-9)


@settings(max_examples=100)
@given(metrics(), st.integers(0, 10**6))
def test_lengths(case, seed):
    metric, full = case
    v = np.random.default_rng(seed).normal(size=SIZE)
    assert metric.length(v) == pytest.approx(np.sqrt(max(v @ full @ v, 0)), rel=1e-10, abs=1e-7)
    assert metric.length(list(v)) == metric.length(v)
    assert metric.length(np.zeros(SIZE)) == 0


def test_lengths_in_a_measured_matrix_are_not_below_their_errors():
    """(v^T M v)^2 is at least its variance, that of v_i v_j M_ij with independent entries."""
    matrix, error = np.array([[0.1, 0.2], [0.2, 0.3]]), np.array([[0.2, 0.1], [0.1, 0.05]])
    measured = Dense(matrix, error)
    v = np.array([1.0, -1.0])  # 0.1 - 0.4 + 0.3 = 0
    variance = 0.2**2 + (2 * 0.1) ** 2 + 0.05**2
    assert measured.length(v) == pytest.approx(variance**0.25)
    assert measured.length(10 * v) == pytest.approx(10 * variance**0.25)
    assert measured.length([0.0, 1.0]) == pytest.approx(np.sqrt(0.3))
    assert Dense(matrix).length(v) == 0
    assert measured.length([0.0, 0.0]) == 0


@settings(max_examples=100)
@given(metrics(), st.booleans())
def test_other_entries_in_the_same_form(case, exact):
    metric, full = case
    errors = None if exact else np.eye(SIZE)
    other = metric.similar(2 * full, errors)
    assert other.is_diagonal == metric.is_diagonal
    assert other.blocks == metric.blocks
    assert other.std_error is errors
    np.testing.assert_allclose(other.dense(), 2 * full, rtol=1e-12)
    if metric.is_diagonal:
        assert not metric.dense()[~np.eye(SIZE, dtype=bool)].any()


@settings(max_examples=100)
@given(st.lists(metrics(), min_size=1, max_size=4), st.integers(0, 10**6))
def test_weighted_sums(cases, seed):
    """Var(sum_k w_k M_k) = sum_k w_k^2 Var(M_k)."""
    rng = np.random.default_rng(seed)
    found, matrices, errors = [], [], []
    for metric, full in cases:
        noisy = not isinstance(metric, (LowRank, Implicit)) and rng.random() < 0.7
        errors.append(rng.uniform(0, 1, (SIZE, SIZE)) * full.astype(bool) if noisy else None)
        found.append(metric if errors[-1] is None else with_errors(metric, errors[-1]))
        matrices.append(full)
    weights = rng.normal(size=len(cases))
    total = combined(weights, found)
    np.testing.assert_allclose(total.dense(), np.tensordot(weights, matrices, 1), atol=1e-12)
    variances = [w**2 * e**2 for w, e in zip(weights, errors) if e is not None]
    if variances:
        np.testing.assert_allclose(total.std_error, np.sqrt(np.sum(variances, axis=0)), rtol=1e-12)
    else:
        assert total.std_error is None
    assert total.is_diagonal == all(metric.is_diagonal for metric in found)
    assert set(total.blocks) == {block for metric in found for block in metric.blocks}


def with_errors(metric: Metric, errors: np.ndarray) -> Metric:
    if isinstance(metric, Dense):
        return Dense(metric.matrix, errors, metric.blocks)
    return replace(metric, std_error=errors)


@pytest.mark.parametrize("wrong", [np.nan, np.inf])
def test_what_is_not_finite(wrong):
    matrix = np.array([[1.0, 0], [0, wrong]])
    tangent = Derivatives.random(np.random.default_rng(0))
    broken = replace(tangent, j=tangent.j * np.array([1, 1, wrong, 1, 1]))
    pairs = [
        (Diagonal(np.ones(2)), Diagonal(np.diag(matrix))),
        (Dense(np.eye(2)), Dense(matrix)),
        (LowRank(np.eye(2)), LowRank(matrix)),
        (Blocks(((1, 0),), (np.eye(2),), 2), Blocks(((1, 0),), (matrix,), 2)),
    ]
    for good, bad in pairs:
        assert good.is_finite()
        assert not bad.is_finite()
    assert Identity(2).is_finite()
    assert Implicit.of(tangent).is_finite()
    with np.errstate(invalid="ignore"):
        assert not Implicit.of(broken).is_finite()


def test_only_products_are_no_matrix():
    assert not Implicit.of(Derivatives.random(np.random.default_rng(0))).has_matrix
    for metric in (Identity(2), Diagonal(np.ones(2)), Dense(np.eye(2)), LowRank(np.eye(2))):
        assert metric.has_matrix


@settings(max_examples=100)
@given(metrics(), st.integers(0, 10**6), st.integers(1, 4), st.floats(0, 1))
def test_pullback(case, seed, columns, density):
    """A^T M A, and what it says of itself: Blocks only where they do not overlap."""
    metric, full = case
    rng = np.random.default_rng(seed)
    a = rng.normal(size=(SIZE, columns)) * (rng.random((SIZE, columns)) < density)
    pulled = metric.pullback(a)
    dense.close(pulled.dense(), a.T @ full @ a, 1e-12, 1.0)
    v = rng.normal(size=columns)
    np.testing.assert_allclose(pulled.matvec(v), pulled.dense() @ v, rtol=0, atol=1e-11)
    np.testing.assert_allclose(pulled.diagonal(), np.diag(pulled.dense()), rtol=0, atol=1e-11)
    assert pulled.size == columns
    twice = pulled.pullback(np.ones((columns, 1))).dense()
    np.testing.assert_allclose(twice, [[pulled.dense().sum()]], rtol=0, atol=1e-10)
    if isinstance(metric, Blocks):
        touched = [set(np.flatnonzero(a[list(b)].any(axis=0)).tolist()) for b in metric.blocks]
        assert [set(block) for block in pulled.blocks] == [t for t in touched if t]
        overlap = sum(map(len, touched)) > len(set().union(*touched))
        assert isinstance(pulled, Dense if overlap else Blocks)


@settings(max_examples=100)
@given(st.lists(st.sets(st.integers(0, SIZE - 1), min_size=1), max_size=4), st.booleans())
def test_a_matrix_inside_blocks(chosen, exact):
    """Blocks where they are disjoint, else Dense, with the same entries and errors."""
    blocks = [tuple(sorted(block)) for block in chosen]
    inside = np.zeros((SIZE, SIZE), dtype=bool)
    for block in blocks:
        inside[np.ix_(block, block)] = True
    full = np.where(inside, np.arange(SIZE)[:, None] + np.arange(SIZE) + 1.0, 0.0)
    errors = None if exact else 0.1 * full
    metric = Blocks.of(full, blocks, errors)
    overlap = any(a & b for k, a in enumerate(chosen) for b in chosen[:k])
    assert isinstance(metric, Dense if overlap else Blocks)
    assert (metric.blocks, metric.std_error is errors) == (tuple(blocks), True)
    np.testing.assert_array_equal(metric.dense(), full)


def test_errors_of_a_pullback_are_bounds():
    """|A|^T E |A|: exact for one entry a column, else at least the true error."""
    rng = np.random.default_rng(0)
    errors = np.abs(rng.normal(size=(4, 4)))
    errors += errors.T
    inside = np.kron(np.eye(2), np.ones((2, 2)))
    kinds = [
        Dense(np.ones((4, 4)), errors),
        Blocks(((0, 1), (2, 3)), (np.eye(2), np.eye(2)), 4, errors * inside),
        Diagonal(np.ones(4), np.diag(np.diag(errors))),
    ]
    order = np.array([[0, -2.0], [0, 0], [3.0, 0], [0, 0]])
    mixed = rng.normal(size=(4, 3))
    for metric in kinds:
        picked = metric.pullback(order).std_error
        expected = np.array([[9, 6], [6, 4]]) * metric.std_error[np.ix_([2, 0], [2, 0])]
        np.testing.assert_allclose(picked, expected, rtol=1e-12)
        # Independent entries, (i, j) and (j, i) being one.
        weights = np.einsum("ri,sj->ijrs", mixed, mixed)
        weights = np.triu(weights + weights.swapaxes(2, 3)) - weights * np.eye(4)
        true = np.sqrt(np.sum((weights * metric.std_error) ** 2, axis=(2, 3)))
        assert np.all(metric.pullback(mixed).std_error >= true - 1e-12)


def test_a_dense_pullback_keeps_what_was_measured():
    overlapping = Dense(np.eye(3), np.ones((3, 3)), [(0, 1), (1, 2)])
    a = np.array([[1.0, 0, 0], [0, 0, 0], [0, 0, 2.0]])
    assert overlapping.pullback(a).blocks == ((0,), (2,))
    assert Dense(np.eye(3)).pullback(np.ones((3, 2))).blocks == ((0, 1),)


def test_blocks_that_every_kind_reports():
    assert Identity(2).blocks == Diagonal(np.ones(2)).blocks == ((0,), (1,))
    assert Dense(np.eye(2)).blocks == ((0, 1),)
    assert Dense(np.zeros((0, 0))).blocks == ()
    assert LowRank(np.ones((1, 2))).blocks == ((0, 1),)


@pytest.mark.parametrize("matrix", [np.zeros(3), np.zeros((2, 3)), 1.0])
def test_a_dense_metric_is_square(matrix):
    with pytest.raises(InputError, match="square matrix, not an array of shape"):
        Dense(matrix)


def test_jacobian_of_the_wrong_height():
    blocks = Blocks(((0,), (1,)), (np.eye(1), np.eye(1)), 2)
    with pytest.raises(InputError, match="3 rows, the metric 2"):
        blocks.pullback(np.ones((3, 1)))
