"""Every solver against dense linear algebra, for every kind of metric that holds the matrix."""

from collections.abc import Callable

import numpy as np
import pytest
import scipy.linalg

from qng.errors import InputError, SingularMetricError
from qng.geometry import (
    AbsoluteEigenvalues,
    AdaptiveTikhonov,
    Before,
    Blocks,
    Dense,
    Diagonal,
    Direct,
    Floored,
    Identity,
    Implicit,
    LeastSquares,
    LowRank,
    Marquardt,
    Metric,
    PseudoInverse,
    ShiftedEigenvalues,
    Shrunk,
    SmoothCutoff,
    Solver,
    SpectralCutoff,
    Tikhonov,
)
from qng.geometry.solve import filtered

SIZE = 6
SPLIT = ((0, 3), (5, 1, 2))  # index 4 is in no block: a zero row
CUTOFF = 0.05


def symmetric(size: int, rank: int, indefinite: bool, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    q, _ = np.linalg.qr(rng.normal(size=(size, size)))
    w = np.zeros(size)
    w[:rank] = rng.uniform(0.1, 3.0, rank)
    if indefinite:
        w[: rank // 2] *= -1
    return (q * w) @ q.T


def cases(rank_lost: int, indefinite: bool) -> list[tuple[Metric, np.ndarray]]:
    """The same matrices as different kinds of metric, and as arrays."""
    found: list[tuple[Metric, np.ndarray]] = []
    for seed in range(3):
        full = symmetric(SIZE, SIZE - rank_lost, indefinite, seed)
        found.append((Dense(full), full))
        parts = [
            symmetric(len(b), len(b) - (rank_lost > 0), indefinite, seed + 10 * k)
            for k, b in enumerate(SPLIT)
        ]
        blocks, matrices, size = list(SPLIT), list(parts), SIZE
        if not rank_lost:
            blocks.append((4,))
            matrices.append(np.array([[1.7]]))
        block_metric = Blocks(tuple(blocks), tuple(matrices), size)
        whole = np.zeros((SIZE, SIZE))
        for b, part in zip(blocks, matrices):
            whole[np.ix_(b, b)] = part
        found += [(block_metric, whole), (Dense(whole), whole)]
        w = np.linalg.eigvalsh(full)
        w[np.abs(w) < 1e-12] = 0.0
        found += [(Diagonal(w), np.diag(w)), (Dense(np.diag(w)), np.diag(w))]
    if not rank_lost and not indefinite:
        found.append((Identity(SIZE), np.eye(SIZE)))
    if not indefinite:
        found += [(LowRank(x), x.T @ x) for x in factors(SIZE - rank_lost)]
    return found


@pytest.mark.parametrize("rank_lost", [0, 2])
@pytest.mark.parametrize("indefinite", [False, True])
def test_a_matrix_is_solved_as_any_metric(rank_lost: int, indefinite: bool) -> None:
    """What is known of eigenvalues in order is what is found by looking at all of them."""
    signal = np.linspace(-1, 2, SIZE)
    for damping in (0.0, 1e-3, 5.0):
        solver = Tikhonov(damping)
        for seed in range(3):
            metric = Dense(symmetric(SIZE, SIZE - rank_lost, indefinite, seed))
            if metric.spectrum()[0] + damping <= 1e-13:
                with pytest.raises(SingularMetricError, match="eigenvalues are positive"):
                    solver(metric, signal)
                continue
            expected = filtered(metric, signal, solver.inverse, damping)
            solution = solver(metric, signal)
            np.testing.assert_array_equal(solution.direction, expected.direction)
            for name in ("rank", "condition", "damping", "iterations"):
                assert getattr(solution, name) == getattr(expected, name)
    identity = Direct()(Identity(SIZE), signal)
    np.testing.assert_array_equal(identity.direction, signal)
    assert (identity.rank, identity.condition) == (SIZE, 1.0)


def factors(rank: int) -> list[np.ndarray]:
    """X of this rank: rows that are independent, and one that is not."""
    x = np.random.default_rng(11).normal(size=(rank, SIZE))
    return [x, np.vstack([x, x[0] - x[1]])]


def absolute(m: np.ndarray) -> np.ndarray:
    """|M| = (M^2)^(1/2), the positive factor of the polar decomposition."""
    return scipy.linalg.polar(m)[1]


def cut(m: np.ndarray, keep: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """The inverse on the eigenvectors that are kept."""
    w, v = scipy.linalg.eigh(m)
    good = keep(w)
    return (v[:, good] / w[good]) @ v[:, good].T


def marquardt(m: np.ndarray) -> np.ndarray:
    d = np.diag(m)
    return np.linalg.inv(m + 0.3 * np.diag(np.where(d > 0, d, 1.0)))


def shifted(m: np.ndarray) -> np.ndarray:
    lowest = np.linalg.eigvalsh(m)[0]
    return np.linalg.inv(m + max(0.2 - lowest, 0.0) * np.eye(len(m)))


ONE = np.eye(SIZE)
# Solver, the inverse that it stands for, and on which matrices: (rank lost, indefinite).
REGULAR, SINGULAR, INDEFINITE, BOTH = (0, False), (2, False), (0, True), (2, True)
TABLE: list[tuple[Solver, Callable[[np.ndarray], np.ndarray], list[tuple[int, bool]]]] = [
    (Direct(), np.linalg.inv, [REGULAR]),
    (Tikhonov(0.0), np.linalg.inv, [REGULAR]),
    (Tikhonov(0.3), lambda m: np.linalg.inv(m + 0.3 * ONE), [REGULAR, SINGULAR]),
    (Tikhonov(4.0), lambda m: np.linalg.inv(m + 4.0 * ONE), [INDEFINITE, BOTH]),
    (Tikhonov(), lambda m: np.linalg.inv(m + 1e-3 * ONE), [REGULAR, SINGULAR]),
    (AdaptiveTikhonov(0.3), lambda m: np.linalg.inv(m + 0.3 * ONE), [REGULAR, SINGULAR]),
    (Marquardt(0.3), marquardt, [REGULAR, SINGULAR]),
    (SpectralCutoff(CUTOFF), lambda m: cut(m, lambda w: w > CUTOFF), [REGULAR, SINGULAR, BOTH]),
    (SmoothCutoff(1e-6), scipy.linalg.pinvh, [REGULAR, SINGULAR, INDEFINITE, BOTH]),
    (PseudoInverse(), scipy.linalg.pinvh, [REGULAR, SINGULAR, INDEFINITE, BOTH]),
    (LeastSquares(1e-10), np.linalg.pinv, [REGULAR, SINGULAR, INDEFINITE, BOTH]),
    (LeastSquares(), np.linalg.inv, [REGULAR, INDEFINITE]),
    (AbsoluteEigenvalues(0.0), lambda m: np.linalg.inv(absolute(m)), [REGULAR, INDEFINITE]),
    (AbsoluteEigenvalues(0.3), lambda m: np.linalg.inv(absolute(m) + 0.3 * ONE), [BOTH]),
    (ShiftedEigenvalues(0.2), shifted, [REGULAR, SINGULAR, INDEFINITE, BOTH]),
]
ROWS = [
    pytest.param(solver, inverse, kind, id=f"{solver}-rank_lost={kind[0]}-indefinite={kind[1]}")
    for solver, inverse, kinds in TABLE
    for kind in kinds
]


@pytest.mark.parametrize(("solver", "inverse", "kind"), ROWS)
def test_direction_is_that_of_the_dense_inverse(
    solver: Solver, inverse: Callable[[np.ndarray], np.ndarray], kind: tuple[int, bool]
) -> None:
    signal = np.random.default_rng(7).normal(size=SIZE)
    for metric, matrix in cases(*kind):
        # pinv and pinvh need a cutoff above the rounding of these matrices.
        pseudo = inverse in (np.linalg.pinv, scipy.linalg.pinvh)
        expected = (inverse(matrix, rtol=1e-10) if pseudo else inverse(matrix)) @ signal
        solution = solver(metric, signal)
        np.testing.assert_allclose(solution.direction, expected, rtol=1e-9, atol=1e-10)
        shift = max(0.2 - np.linalg.eigvalsh(matrix)[0], 0.0)
        damping = shift if isinstance(solver, ShiftedEigenvalues) else 0.0
        assert solution.damping == pytest.approx(getattr(solver, "damping", damping))


@pytest.mark.parametrize(("solver", "inverse", "kind"), ROWS)
def test_rank_is_that_of_the_metric(
    solver: Solver, inverse: Callable[[np.ndarray], np.ndarray], kind: tuple[int, bool]
) -> None:
    for metric, matrix in cases(*kind):
        assert solver(metric, np.ones(SIZE)).rank == np.linalg.matrix_rank(matrix, tol=1e-9)


def test_condition_is_that_of_what_was_inverted() -> None:
    m = Diagonal(np.array([4.0, -2.0, 1.0, 1e-4]))
    for solver, condition in [
        (AbsoluteEigenvalues(0.0), 4e4),
        (SpectralCutoff(1e-3), 4.0),
        (PseudoInverse(1e-3), 4.0),
        (SmoothCutoff(1e-3), 4.0),
        (LeastSquares(1e-3), 4.0),
        (ShiftedEigenvalues(0.5), 6.5 / 0.5),
        (Tikhonov(3.0), 7.0),
    ]:
        assert solver(m, np.ones(4)).condition == pytest.approx(condition)
    assert Tikhonov()(Identity(3), np.ones(3)).condition == 1.0
    assert Marquardt(0.1)(Diagonal(np.array([1.0, 1e6])), np.ones(2)).condition == pytest.approx(1)


@pytest.mark.parametrize(
    "solver", [SpectralCutoff(), SmoothCutoff(), PseudoInverse(), LeastSquares()]
)
def test_a_metric_of_rank_zero_gives_no_step(solver: Solver) -> None:
    solution = solver(Dense(np.zeros((2, 2))), np.ones(2))
    assert solution.direction.tolist() == [0.0, 0.0]
    assert (solution.rank, solution.condition) == (0, np.inf)


def test_the_smooth_cutoff_is_its_formula_at_every_size() -> None:
    sizes = np.array([1.0, 1e-3, 2e-6, 1e-6, 5e-7, 1e-7, 1e-12, 0.0])
    wanted = sizes**5 / (sizes**6 + 1e-36)
    for scale in (1.0, 1e-200, 1e200):
        found = SmoothCutoff(1e-6)(Diagonal(scale * sizes), np.ones(8)).direction
        np.testing.assert_allclose(found * scale, wanted, rtol=1e-12, atol=1e-3)


def test_without_damping_tikhonov_tends_to_the_inverse_and_with_much_to_the_gradient() -> None:
    m, s = symmetric(SIZE, SIZE, False, 1), np.random.default_rng(2).normal(size=SIZE)
    exact = np.linalg.solve(m, s)
    errors = [np.linalg.norm(Tikhonov(d)(Dense(m), s).direction - exact) for d in (1e-4, 1e-6)]
    assert errors[1] == pytest.approx(errors[0] / 100, rel=1e-2)
    np.testing.assert_allclose(1e8 * Tikhonov(1e8)(Dense(m), s).direction, s, rtol=1e-6)


def test_on_the_range_tikhonov_tends_to_the_pseudo_inverse() -> None:
    m = symmetric(SIZE, 3, False, 5)
    s = m @ np.arange(1.0, 7.0)
    shortest = PseudoInverse()(Dense(m), s).direction
    np.testing.assert_allclose(Tikhonov(1e-9)(Dense(m), s).direction, shortest, rtol=1e-5)


def test_marquardt_does_not_depend_on_the_scale_of_a_parameter() -> None:
    m, s = symmetric(SIZE, SIZE, False, 3), np.arange(1.0, 7.0)
    scale = np.diag([1e-3, 1.0, 5.0, 1e2, 0.1, 2.0])
    direction = Marquardt(0.1)(Dense(m), s).direction
    scaled = Marquardt(0.1)(Dense(scale @ m @ scale), scale @ s).direction
    np.testing.assert_allclose(scale @ scaled, direction, rtol=1e-9)
    # A parameter without a metric is damped by lambda itself.
    assert Marquardt(0.1)(Diagonal(np.array([0.0, 2.0])), [1.0, 1.0]).direction == pytest.approx(
        [10.0, 1 / 2.2]
    )


@pytest.mark.parametrize(
    ("metric", "positive"),
    [
        (Dense(symmetric(SIZE, 4, False, 0)), "4 of 6"),
        (Dense(symmetric(SIZE, SIZE, True, 0)), "3 of 6"),
        (Blocks(((0, 1),), (np.eye(2),), 3), "2 of 3"),
        (Diagonal(np.array([1.0, 1e-15])), "1 of 2"),
        (Dense(np.zeros((2, 2))), "0 of 2"),
    ],
)
def test_a_singular_metric_without_damping_is_an_error(metric: Metric, positive: str) -> None:
    s = np.ones(metric.size)
    with pytest.raises(SingularMetricError, match=f"singular: {positive} eigenvalues.*raise the"):
        Tikhonov(0.0)(metric, s)


def products(matrix: np.ndarray) -> Implicit:
    """An implicit metric of this matrix, with b = 0."""

    class Root:
        state = np.zeros(len(matrix), dtype=complex)

        def jvp(self, v: np.ndarray) -> np.ndarray:
            return scipy.linalg.sqrtm(matrix) @ v + 0j

        def vjp(self, w: np.ndarray) -> np.ndarray:
            return (scipy.linalg.sqrtm(matrix) @ w).real

        def gram(self) -> tuple[np.ndarray, np.ndarray]:
            return matrix, np.zeros(len(matrix))

    return Implicit.of(Root())


@pytest.mark.parametrize("rank", [SIZE, 4])
@pytest.mark.parametrize("damping", [1e-3, 0.3])
def test_products_give_the_same_direction_as_the_matrix(rank: int, damping: float) -> None:
    matrix = symmetric(SIZE, rank, False, 4)
    s = np.random.default_rng(7).normal(size=SIZE)
    w = np.linalg.eigvalsh(matrix) + damping
    for solver in (Tikhonov(damping, 1e-13), Floored(damping), AdaptiveTikhonov(damping)):
        found = solver(products(matrix), s)
        left = matrix @ found.direction + damping * found.direction - s
        tolerance = getattr(solver, "tolerance", 1e-2)
        assert np.linalg.norm(left) <= max(tolerance, 1e-12) * np.linalg.norm(s)
        assert (found.rank, found.damping) == (None, damping)
        # P + 1 in exact arithmetic; down to rounding some directions are met a second time.
        assert 0 < found.iterations <= (SIZE + 1 if tolerance > 1e-6 else 2 * SIZE)
        assert found.condition <= w[-1] / w[0] * (1 + 1e-6)
    tight = Tikhonov(damping, 1e-13)
    direction = Tikhonov(damping)(Dense(matrix), s).direction
    np.testing.assert_allclose(tight(products(matrix), s).direction, direction, rtol=1e-9)
    assert tight(products(matrix), s).condition == pytest.approx(w[-1] / w[0], rel=1e-6)


def test_a_start_along_the_solution_is_enough() -> None:
    matrix, s = symmetric(SIZE, SIZE, False, 4), np.arange(1.0, 7.0)
    direction = Tikhonov(0.1)(Dense(matrix), s).direction
    warm = Tikhonov(0.1)(products(matrix), s, Before(change=-0.03 * direction))
    assert warm.iterations == 1
    assert np.isnan(warm.condition)
    np.testing.assert_allclose(warm.direction, direction, rtol=1e-9)
    cold = Tikhonov(0.1)(products(matrix), s, Before(change=np.zeros(SIZE)))
    usual = Tikhonov(0.1)(products(matrix), s)
    np.testing.assert_array_equal(cold.direction, usual.direction)
    assert (cold.iterations, cold.condition) == (usual.iterations, usual.condition)
    for solver in (Floored(0.1), AdaptiveTikhonov(0.1)):
        assert solver(products(matrix), s, Before(change=direction)).iterations == 1


@pytest.mark.parametrize(
    "solver",
    [
        Marquardt(),
        SpectralCutoff(),
        PseudoInverse(),
        LeastSquares(),
        AbsoluteEigenvalues(),
        ShiftedEigenvalues(),
    ],
)
def test_solvers_that_need_the_matrix_say_so(solver: Solver) -> None:
    with pytest.raises(InputError, match=r"needs the matrix.*metric='exact'.*Tikhonov"):
        solver(products(np.eye(SIZE)), np.ones(SIZE))


@pytest.mark.parametrize(("solver", "inverse", "kind"), ROWS)
def test_who_needs_the_matrix(
    solver: Solver, inverse: Callable[[np.ndarray], np.ndarray], kind: tuple[int, bool]
) -> None:
    """Those that need none solve with products alone, the others refuse."""
    metric = products(symmetric(SIZE, SIZE, False, 0))
    if solver.needs_matrix:
        with pytest.raises((InputError, SingularMetricError), match="metric='exact'"):
            solver(metric, np.ones(SIZE))
    else:
        assert solver(metric, np.ones(SIZE)).iterations > 0


@pytest.mark.parametrize("kind", [Tikhonov, AdaptiveTikhonov, Floored])
def test_damping_makes_products_enough(kind: Callable[[float], Solver]) -> None:
    assert [kind(damping).needs_matrix for damping in (0.0, 1e-3)] == [True, False]
    assert Shrunk(kind(1e-3)).needs_matrix


def test_products_cannot_do_without_damping() -> None:
    for solver in (Tikhonov(0.0), Direct()):
        with pytest.raises(SingularMetricError, match=r"with damping only.*metric='exact'"):
            solver(products(np.eye(SIZE)), np.ones(SIZE))
    with pytest.raises(InputError, match=r"shape \(2,\), the metric 6 rows"):
        Tikhonov()(products(np.eye(SIZE)), np.ones(2))


@pytest.mark.parametrize("tolerance", [0.0, 1.0, -1.0, np.nan])
def test_the_tolerance_is_a_fraction(tolerance: float) -> None:
    with pytest.raises(InputError, match="tolerance must be a number between 0 and 1"):
        Tikhonov(1e-3, tolerance)


@pytest.mark.parametrize("damping", [1e-2, 1e-6, 1e-9])
def test_more_parameters_than_rows(damping: float) -> None:
    """In the range of X^T the formula of minSR, at right angles to it s/lambda."""
    rng = np.random.default_rng(3)
    x, e, s = rng.normal(size=(2, 5)), rng.normal(size=2), rng.normal(size=5)
    s -= np.linalg.pinv(x) @ (x @ s)
    found = Tikhonov(damping)(LowRank(x), x.T @ e + s)
    expected = x.T @ np.linalg.solve(x @ x.T + damping * np.eye(2), e) + s / damping
    np.testing.assert_allclose(found.direction, expected, rtol=0, atol=1e-14 / damping)
    w = np.linalg.eigvalsh(x @ x.T)
    assert (found.rank, found.damping) == (2, damping)
    assert found.condition == pytest.approx((w[-1] + damping) / damping)


def test_errors_say_what_is_wrong() -> None:
    with pytest.raises(SingularMetricError, match=r"not positive, its smallest .* -2.00e\+00"):
        Direct()(Diagonal(np.array([1.0, -2.0])), np.ones(2))
    with pytest.raises(SingularMetricError):
        AbsoluteEigenvalues(0.0)(Dense(symmetric(SIZE, 4, False, 0)), np.ones(SIZE))
    for solver in (Tikhonov(), Direct(), Marquardt(), LeastSquares(), PseudoInverse()):
        with pytest.raises(InputError, match=r"shape \(3,\), the metric 2 rows"):
            solver(Identity(2), np.ones(3))
        for number in (np.nan, np.inf):
            with pytest.raises(InputError, match="the signal has entries that are NaN or infinite"):
                solver(Identity(2), np.array([1.0, number]))
            broken = np.array([[1.0, 0.0], [0.0, number]])
            for metric in (
                Dense(broken),
                Diagonal(np.diag(broken)),
                Blocks(((0, 1),), (broken,), 2),
            ):
                with pytest.raises(SingularMetricError, match="metric has entries that are NaN"):
                    solver(metric, np.ones(2))


@pytest.mark.parametrize("value", [-1.0, np.nan, np.inf])
@pytest.mark.parametrize(
    "solver",
    [Tikhonov, Marquardt, SpectralCutoff, PseudoInverse, AbsoluteEigenvalues, ShiftedEigenvalues],
)
def test_regularisation_is_a_number_that_is_not_negative(
    solver: Callable[[float], Solver], value: float
) -> None:
    with pytest.raises(InputError, match="not negative"):
        solver(value)


def test_damping_follows_the_gain_between_its_limits() -> None:
    solver = AdaptiveTikhonov(low=0.25, high=0.75, factor=3.0, smallest=0.1, largest=10.0)
    gains = {0.1: 3.0, -5.0: 3.0, np.nan: 3.0, np.inf: 3.0, 0.25: 1.0, 0.5: 1.0, 0.75: 1.0}
    for gain, damping in {**gains, 0.8: 1 / 3, 2.0: 1 / 3}.items():
        assert solver.adjusted(1.0, gain) == pytest.approx(damping)
    assert (solver.adjusted(9.0, 0.0), solver.adjusted(0.2, 1.0)) == (10.0, 0.1)


def test_damping_is_carried_from_solve_to_solve() -> None:
    """lambda of the first step, then lambda times or over the factor, as the gains say."""
    solver, metric = AdaptiveTikhonov(0.1, factor=2.0), Diagonal(np.array([1.0, 3.0]))
    memory, seen = {}, []
    for gain in (None, 0.0, np.nan, 0.5, 0.9, None):
        solution = solver(metric, [1.0, 1.0], Before(gain=gain, memory=memory))
        expected = Tikhonov(solution.damping)(metric, [1.0, 1.0])
        np.testing.assert_allclose(solution.direction, expected.direction, rtol=1e-12)
        memory = solution.memory
        seen.append(solution.damping)
    np.testing.assert_allclose(seen, [0.1, 0.2, 0.4, 0.4, 0.2, 0.2], rtol=1e-12)
    assert all(isinstance(value, np.ndarray) for value in memory.values())
    assert Tikhonov(0.1)(metric, [1.0, 1.0]).memory == {}


def test_marquardt_damps_a_rounding_level_diagonal_by_lambda():
    metric = Dense(np.diag([1.0, 1e-34]))
    direction = Marquardt(0.5)(metric, [1.0, 1.0]).direction
    np.testing.assert_allclose(direction, [1 / 1.5, 1 / 0.5])


@pytest.mark.parametrize("wrong", [{"factor": 0.5}, {"damping": -1.0}, {"low": 2.0, "high": 1.0}])
def test_adaptive_damping_refuses_what_inverts_it(wrong):
    with pytest.raises(InputError, match="damping"):
        AdaptiveTikhonov(**wrong)
