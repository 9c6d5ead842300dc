"""What is said of curvature and of running averages, as numbers (seed 004, its sections named)."""

import math
from itertools import pairwise

import numpy as np
import pytest

import qng
from qng import optimizers
from qng.geometry import Dense, Kronecker
from qng.models.library import model
from qng.optimize.precondition import AveragedSquares, SummedSquares
from qng.optimize.signal import AveragedGradient
from qng.plan.plan import Plan
from qng.plan.quantities import Energy, GradientEstimate
from tests.objectives import Objective, run


def quadratic(h) -> Objective:
    """E = x^T H x / 2, with the gradient and, where asked for, H."""
    return Objective(
        energy=lambda x: Plan((), lambda _: Energy(np.einsum("ki,ij,kj->k", x, h, x) / 2)),
        gradient=lambda x: Plan((), lambda _: GradientEstimate(h @ x)),
        metric=lambda x: Plan((), lambda _: Dense(h)),
        arrays=((len(h),),),
    )


def distances(method, h, steps, start):
    states, _ = run(method, quadratic(h), steps, np.array(start))
    return np.array([np.linalg.norm(state.theta) for state in states])


def test_newton_converges_quadratically() -> None:
    """2.3: |x_{t+1} - x*| <= C |x_t - x*|^2 with one C, from a logistic regression's start."""
    problem = model("logistic")
    found = qng.minimize(problem, "newton", steps=8, damping=0.0, trust=math.inf)
    off = np.linalg.norm(found.trace["theta"] - found.x, axis=1)
    off = off[(off > 1e-7) & (off < 1)]
    assert len(off) >= 3
    ratios = off[1:] / off[:-1] ** 2
    assert np.max(ratios) < 3 * np.min(ratios)
    assert np.all(np.diff(np.log(off)) < np.log(0.3))


def test_gradient_descent_converges_by_the_condition_number() -> None:
    """1.3: (kappa - 1)/(kappa + 1) a step at the best rate 2/(largest + smallest)."""
    h = np.diag([20.0, 3.0, 1.0])
    kappa = np.linalg.cond(h)
    off = distances(optimizers.gd(2 / 21), h, 12, [1.0, 0.0, 1.0])
    np.testing.assert_allclose(off[1:] / off[:-1], (kappa - 1) / (kappa + 1), rtol=1e-9)
    assert distances(optimizers.gd(2.01 / 20), h, 200, [1.0, 0.0, 1.0])[-1] > 1  # lr above 2/20


def test_curvature_in_the_metric_makes_all_directions_equal() -> None:
    """3.3: with M = H every entry shrinks by 1 - lr, whatever its curvature."""
    h = np.diag([100.0, 1.0])
    off = distances(optimizers.newton(0.2, 0.0, math.inf), h, 5, [1.0, 1.0])
    np.testing.assert_allclose(off, math.sqrt(2) * 0.8 ** np.arange(6), rtol=1e-9)
    # SGD is Newton with H = 1/lr: there it ends in one step.
    assert distances(optimizers.gd(0.1), 10 * np.eye(2), 1, [1.0, 1.0])[-1] < 1e-15


def test_a_saddle_repels_newton_with_absolute_eigenvalues_and_attracts_it_without() -> None:
    """10.4: indefinite H; the regularised method leaves, the plain inverse goes there."""
    h, start = np.diag([1.0, -1.0]), np.array([1.0, 0.1])
    states, _ = run(optimizers.newton(0.5, 0.0, math.inf), quadratic(h), 1, start)
    assert abs(states[1].theta[1]) > 0.1
    assert np.linalg.norm(start - np.linalg.solve(h, h @ start)) < 1e-12


def test_gradients_about_an_optimum_show_the_square_of_the_hessian() -> None:
    """Eq. 8, 4.1: E[g g^T] = sigma^2 H H^T for theta ~ N(theta*, sigma^2), on a circuit; and its
    root is sigma |H|. AdaBelief's covariance shows it where theta* is no optimum."""
    problem, sigma = qng.load("textbook-2"), 0.01
    optimum = qng.minimize(problem, "bfgs").x
    rng = np.random.default_rng(0)
    for centre in (optimum, optimum + 0.7):
        points = centre + sigma * rng.normal(size=(2000, 4))
        g = qng.gradient(problem, points).value
        h = qng.hessian(problem, centre).dense()
        expected = sigma**2 * h @ h.T
        # A covariance of 2000 draws is off by 3 % of itself.
        room = 0.12 * np.abs(expected).max()
        np.testing.assert_allclose(np.cov(g.T, ddof=0), expected, atol=room)
        if centre is optimum:
            np.testing.assert_allclose(g.T @ g / len(g), expected, atol=room)
            w, v = np.linalg.eigh(g.T @ g / len(g))
            size, u = np.linalg.eigh(h)
            root, absolute = (v * np.sqrt(np.maximum(w, 0))) @ v.T, (u * np.abs(size)) @ u.T
            np.testing.assert_allclose(
                root, sigma * absolute, atol=0.12 * sigma * np.abs(absolute).max()
            )


def test_gradients_of_squared_errors_show_the_hessian_itself() -> None:
    """The eq. before 'more connections': E[g g^T] = s^2 J^T J for residuals of variance s^2."""
    rng, s = np.random.default_rng(1), 0.5
    j = rng.normal(size=(20_000, 3)) * [1.0, 2.0, 0.5]
    g = j * s * rng.normal(size=(20_000, 1))
    expected = s**2 * j.T @ j / len(j)
    np.testing.assert_allclose(g.T @ g / len(g), expected, atol=0.06 * np.abs(expected).max())


def test_adagrad_slows_down_as_one_over_the_root_of_time() -> None:
    """5.2: for gradients of mean square s^2, lr/M = lr/(s sqrt(t)); 5.4: by the steps seen."""
    rng, part, memory = np.random.default_rng(2), SummedSquares(0.0), {}
    sparse = np.zeros(2)
    for t in range(1, 2001):
        g = np.array([2.0 * rng.choice([-1, 1]), 2.0 if t % 100 == 0 else 0.0])
        metric, memory = part(None, None, g, memory, t)
        sparse += g != 0
        assert metric.diagonal()[0] == pytest.approx(2.0 * math.sqrt(t))
    assert metric.diagonal()[1] == pytest.approx(2.0 * math.sqrt(sparse[1]))
    assert sparse[1] == 20


def test_rmsprop_forgets_with_the_time_constant_of_its_beta() -> None:
    """6.2: after a jump the error of v falls as beta^t, by 1/e in 1/(1 - beta) steps."""
    for beta in (0.9, 0.99):
        part, memory = AveragedSquares(beta, 0.0, corrected=False), {"v": np.array([9.0])}
        constant = round(1 / (1 - beta))
        for t in range(1, constant + 1):
            metric, memory = part(None, None, np.array([1.0]), memory, t)
            assert memory["v"][0] - 1 == pytest.approx(8.0 * beta**t)
        assert beta**constant == pytest.approx(1 / math.e, rel=0.06)
        assert metric.diagonal()[0] == pytest.approx(math.sqrt(1 + 8 * beta**constant))


def test_adams_averages_are_unbiased_from_the_first_step() -> None:
    """4.2: vhat of constant squares is that square at every t; v alone is (1 - beta^t) of it."""
    part, memory = AveragedSquares(0.999, 0.0), {}
    for t in range(1, 6):
        metric, memory = part(None, None, np.array([3.0]), memory, t)
        assert metric.diagonal()[0] == pytest.approx(3.0)
        assert memory["v"][0] == pytest.approx(9.0 * (1 - 0.999**t))


def test_momentum_reduces_the_variance_by_its_window() -> None:
    """6.3: Var m = (1 - beta)/(1 + beta) Var g, from the weights and over 4000 draws."""
    beta, steps, draws = 0.9, 120, 4000
    weights = (1 - beta) * beta ** np.arange(steps)
    assert np.sum(weights**2) == pytest.approx((1 - beta) / (1 + beta), rel=1e-9)
    part, memory = AveragedGradient(beta), {}
    rng = np.random.default_rng(3)
    for t in range(1, steps + 1):
        m, memory = part(rng.normal(size=draws), memory, t)
    assert np.var(m) == pytest.approx((1 - beta) / (1 + beta), rel=0.12)


def test_long_averages_suit_squares_and_not_gradients() -> None:
    """4.4: about an optimum mhat -> 0 as beta_1 -> 1, and vhat -> E[g^2]: so beta_1 < beta_2."""
    g = np.random.default_rng(4).normal(size=(20_000, 1))
    means, errors = [], []
    for beta in (0.0, 0.9, 0.999):
        signal, squares, memories = AveragedGradient(beta), AveragedSquares(beta, 0.0), ({}, {})
        seen, sizes = [], []
        for t, one in enumerate(g[:3000], 1):
            m, first = signal(one, memories[0], t)
            metric, second = squares(None, None, one, memories[1], t)
            memories = (first, second)
            seen.append(abs(m[0]))
            sizes.append(abs(metric.diagonal()[0] ** 2 - 1))
        means.append(np.mean(seen[1000:]))
        errors.append(np.mean(sizes[1000:]))
    assert means[0] > 3 * means[1] > 9 * means[2]
    assert errors[0] > 3 * errors[1] > 9 * errors[2]


def test_adam_can_step_uphill() -> None:
    """10.4 has it that sqrt(v) keeps every step downhill; with momentum one goes up."""
    method = optimizers.adam(0.3)
    states, rows = run(method, quadratic(np.array([[1.0]])), 12, np.array([1.0]))
    moves = [after.theta - before.theta for before, after in pairwise(states)]
    slopes = [float(move @ state.theta) for move, state in zip(moves, states)]
    assert max(slopes) > 0
    still = optimizers.adam(0.3, beta1=0.0)
    states, rows = run(still, quadratic(np.array([[1.0]])), 12, np.array([1.0]))
    assert all(row.predicted >= 0 for row in rows)


def test_the_error_of_a_kronecker_inverse_is_bounded_by_that_of_the_product() -> None:
    """8.4: |H^-1 - (A (x) S)^-1| <= |H - A (x) S| / (lowest of H times lowest of A (x) S)."""
    rng = np.random.default_rng(5)
    roots = [rng.normal(size=(n, n)) for n in (2, 3)]
    a, s = (r @ r.T + np.eye(len(r)) for r in roots)
    product = Kronecker([(a, s)])
    for size in (1e-3, 1e-2, 1e-1):
        move = rng.normal(size=(6, 6))
        h = product.dense() + size * (move + move.T)
        off = np.linalg.norm(np.linalg.inv(h) - np.linalg.inv(product.dense()), 2)
        lows = np.linalg.eigvalsh(h)[0] * product.spectrum()[0]
        assert off <= np.linalg.norm(h - product.dense(), 2) / lows


def test_the_cubic_newton_schulz_of_the_text_converges_to_the_root_of_muon() -> None:
    """9.3: X <- X (3 - A X^2)/2 from X = 1/|A|, to A^(-1/2): quadratically, not in third order."""
    v = np.random.default_rng(6).normal(size=(3, 5))
    a = v @ v.T
    w, u = np.linalg.eigh(a)
    true = (u / np.sqrt(w)) @ u.T
    x, off = np.eye(3) / np.sqrt(np.linalg.norm(a)), []
    for _ in range(14):
        x = x @ (3 * np.eye(3) - a @ x @ x) / 2
        off.append(np.linalg.norm(x @ u * np.sqrt(w) - u))
    off = np.array(off)
    small = off[(off < 0.2) & (off > 1e-9)]
    orders = np.log(small[1:]) / np.log(small[:-1])
    assert off[-1] < 1e-8
    assert np.all(orders > 1.6)
    assert np.all(orders < 2.4)
    left, _, right = np.linalg.svd(v, full_matrices=False)
    np.testing.assert_allclose(true @ v, left @ right, atol=1e-9)


def test_the_newton_step_is_the_best_in_the_norm_of_the_hessian() -> None:
    """9.2: x - H^-1 g is the minimum of |x - x*|_H for a quadratic; seed 000, eq. 7: of all steps
    of one length in M, d = M^-1 g goes down the most."""
    rng = np.random.default_rng(7)
    root = rng.normal(size=(3, 3))
    h, g = root @ root.T + np.eye(3), rng.normal(size=3)
    d = np.linalg.solve(h, g)
    u = rng.normal(size=(500, 3))
    others = u / np.sqrt(np.einsum("ki,ij,kj->k", u, h, u))[:, None]
    assert g @ d / math.sqrt(d @ h @ d) >= np.max(others @ g) - 1e-12
