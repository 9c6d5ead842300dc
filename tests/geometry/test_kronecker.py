"""Kronecker metrics against their matrices, and the nearest one to a matrix."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qng.errors import InputError
from qng.geometry import Dense, Floored, Kronecker, Marquardt, PseudoInverse, Tikhonov, shapes
from qng.geometry.nearest import factored, nearest_kronecker
from qng.geometry.noise import Terms, entry_errors


def positive(rng: np.random.Generator, size: int, rank: int | None = None) -> np.ndarray:
    root = rng.normal(size=(size, size if rank is None else rank))
    return root @ root.T


def product(seed: int) -> Kronecker:
    """Several arrays: of one, two and three dimensions, with matrices and diagonals."""
    rng = np.random.default_rng(seed)
    return Kronecker(
        [
            (positive(rng, 3), positive(rng, 2, 1)),
            (rng.uniform(1, 2, 2),),
            (rng.uniform(1, 2, 2), positive(rng, 3)),
            (positive(rng, 2), positive(rng, 2), rng.uniform(1, 2, 2)),
        ]
    )


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=8, deadline=None)
def test_it_is_its_matrix(seed: int) -> None:
    metric, rng = product(seed), np.random.default_rng(seed)
    matrix, v = metric.dense(), rng.normal(size=metric.size)
    size = np.linalg.norm(matrix)
    np.testing.assert_allclose(metric.matvec(v), matrix @ v, atol=1e-12 * size)
    np.testing.assert_allclose(metric.diagonal(), np.diag(matrix), atol=1e-12 * size)
    np.testing.assert_allclose(metric.spectrum(), np.linalg.eigvalsh(matrix), atol=1e-12 * size)
    eigen = metric.eigen()
    np.testing.assert_allclose(eigen.matrix(eigen.values), matrix, atol=1e-12 * size)
    np.testing.assert_allclose(
        eigen.act(eigen.values, v), eigen.vectors @ (eigen.values * (eigen.vectors.T @ v))
    )
    assert metric.length(v) == pytest.approx(math.sqrt(v @ matrix @ v))
    a = rng.normal(size=(metric.size, 4))
    np.testing.assert_allclose(metric.pullback(a).dense(), a.T @ matrix @ a, rtol=1e-9)
    mask = np.zeros_like(matrix, dtype=bool)
    for block in metric.blocks:
        mask[np.ix_(block, block)] = True
    assert not matrix[~mask].any()


@pytest.mark.parametrize("solve", [Tikhonov(0.1), Floored(0.1), Marquardt(0.1), PseudoInverse()])
def test_solvers_need_no_matrix_of_all_parameters(solve) -> None:
    metric = product(3)
    s = np.random.default_rng(4).normal(size=metric.size)
    ours, whole = solve(metric, s), solve(Dense(metric.dense()), s)
    np.testing.assert_allclose(ours.direction, whole.direction, rtol=1e-8, atol=1e-10)
    assert ours.rank == whole.rank


def test_the_inverse_is_that_of_the_factors() -> None:
    """(A (x) B)^-1 vec(G) = vec(A^-1 G B^-T): W <- W - eta A^-1 G B^-1."""
    rng = np.random.default_rng(0)
    a, b, g = positive(rng, 4), positive(rng, 3), rng.normal(size=(4, 3))
    found = Tikhonov(0.0)(Kronecker([(a, b)]), g.ravel()).direction
    expected = np.linalg.inv(a) @ g @ np.linalg.inv(b)
    np.testing.assert_allclose(found, expected.ravel(), rtol=1e-8)


def test_the_nearest_product_of_a_product_is_itself() -> None:
    rng = np.random.default_rng(1)
    matrix = np.kron(positive(rng, 3), positive(rng, 4))
    b, c = nearest_kronecker(matrix, (3, 4))
    np.testing.assert_allclose(np.kron(b, c), matrix, atol=1e-12 * np.linalg.norm(matrix))
    assert np.trace(b) / 3 == pytest.approx(np.trace(c) / 4)


@given(st.integers(0, 2**32 - 1), st.sampled_from([(2, 3), (3, 2), (4, 4), (1, 5), (5, 1)]))
@settings(max_examples=10, deadline=None)
def test_the_nearest_product_is_positive_and_no_other_is_nearer(seed, shape) -> None:
    rng = np.random.default_rng(seed)
    size = math.prod(shape)
    matrix = positive(rng, size, max(size // 2, 1))
    b, c = nearest_kronecker(matrix, shape)
    for factor in (b, c):
        np.testing.assert_allclose(factor, factor.T)
        assert np.linalg.eigvalsh(factor).min() >= -1e-9 * np.linalg.norm(matrix)
    off = np.linalg.norm(matrix - np.kron(b, c))
    for factor, other, first in ((b, c, True), (c, b, False)):
        moved = factor + 1e-3 * positive(rng, len(factor))
        pair = (moved, other) if first else (other, moved)
        assert np.linalg.norm(matrix - np.kron(*pair)) >= off * (1 - 1e-12)


def test_flat_arrays_keep_their_block_and_deep_ones_are_matrices() -> None:
    rng = np.random.default_rng(2)
    matrix = positive(rng, 3 + 8)
    found = factored(Dense(matrix), ((3,), (2, 2, 2)))
    assert found.shapes == ((3,), (2, 4))
    np.testing.assert_array_equal(found.factors[0][0], matrix[:3, :3])
    np.testing.assert_allclose(
        np.kron(*found.factors[1]), np.kron(*nearest_kronecker(matrix[3:, 3:], (2, 4)))
    )


@pytest.mark.parametrize("shape", [(2, 3), (3, 2), (2, 2)])
def test_errors_are_carried_over_to_first_order(shape) -> None:
    """Var(v^T dM w) for independent sources x_k T_k, by differences of the nearest product."""
    rng, size = np.random.default_rng(6), math.prod(shape)
    matrix, errors = positive(rng, size), rng.uniform(0.5, 1.0, 3)
    tensors = np.array([positive(rng, size) - np.eye(size) for _ in range(3)])
    noise, step = Terms(tensors, errors), 1e-6
    found = factored(Dense(matrix, entry_errors(noise, size), noise=noise), (shape,))
    moved = [
        (np.kron(*nearest_kronecker(matrix + step * t, shape))
         - np.kron(*nearest_kronecker(matrix - step * t, shape))) / (2 * step)
        for t in tensors
    ]  # fmt: skip
    v, w = rng.normal(size=(2, size))
    expected = errors**2 @ np.array([v @ m @ w for m in moved]) ** 2
    assert found.variance_of(v, w) == pytest.approx(expected, rel=1e-5)
    everywhere = np.sqrt(np.tensordot(errors**2, np.array(moved) ** 2, 1))
    np.testing.assert_allclose(found.std_error, everywhere, rtol=1e-5, atol=1e-9)


def test_errors_of_several_arrays_hang_together() -> None:
    rng = np.random.default_rng(7)
    tensor = positive(rng, 6)
    noise = Terms(tensor[None], np.array([0.3]))
    metric = Dense(positive(rng, 6), entry_errors(noise, 6), noise=noise)
    found = factored(metric, ((2,), (2, 2)))
    np.testing.assert_allclose(found.std_error[:2, :2], 0.3 * np.abs(tensor[:2, :2]), rtol=1e-6)
    assert not found.std_error[:2, 2:].any()
    both = found.variance_of(np.ones(6), np.ones(6))
    apart = [found.variance_of(v, v) for v in (np.r_[1, 1, np.zeros(4)], np.r_[0, 0, np.ones(4)])]
    # One source: the standard errors add up or cancel.
    roots = np.sqrt([*apart, both])
    assert min(abs(roots[0] + roots[1] - roots[2]), abs(abs(roots[0] - roots[1]) - roots[2])) < 1e-7


def test_refusals() -> None:
    for factors in ([([[1.0, 2.0]],)], [(np.ones((2, 2, 2)),)], [(np.zeros(0),)]):
        with pytest.raises(InputError, match="factor of a Kronecker product"):
            Kronecker(factors)
    with pytest.raises(InputError, match="the vector has shape"):
        product(0).matvec(np.ones(3))
    with pytest.raises(InputError, match="nearest product"):
        nearest_kronecker(np.eye(5), (2, 3))
    with pytest.raises(InputError, match="shape=4x3 is 12 parameter"):
        factored(Dense(np.eye(8)), ((4, 3),))


@pytest.mark.parametrize("text", ["4*3", "x", "", "4x", "4x3,"])
def test_shapes_of_no_arrays(text: str) -> None:
    with pytest.raises(InputError, match="shape must be 'auto'"):
        shapes.given(text)
    with pytest.raises(InputError, match="a size of shape"):
        shapes.given((4, 0))
