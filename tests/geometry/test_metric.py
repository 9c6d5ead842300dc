"""Every kind of metric is the matrix that it stands for."""

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qng.errors import InputError
from qng.geometry.metric import Blocks, Dense, Diagonal, Identity, Implicit, LowRank
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
        np.testing.assert_allclose(picked, expected, rtol=1e-14)
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
