"""Steps of the linear method on arrays, and the errors of its matrix by differences."""

import math

import numpy as np
import pytest
import scipy.linalg

import qng
from qng.circuit.circuit import Circuit
from qng.errors import InputError
from qng.estimate.ritz.exact import ritz
from qng.geometry import AdaptiveShift, Before, Dense, Ritz, RitzStep, Tikhonov, combined
from qng.geometry.ritz.noise import Moves
from qng.optimize.direction import direction_error
from qng.plan.quantities import GradientEstimate

HEADER = 'OPENQASM 3.0; include "stdgates.inc"; input float a; '


def hermitian(size: int, rng: np.random.Generator) -> np.ndarray:
    h = rng.normal(size=(size, size)) + 1j * rng.normal(size=(size, size))
    return (h + h.conj().T) / 2


def drawn(seed: int = 0, size: int = 6, p: int = 4) -> Ritz:
    rng = np.random.default_rng(seed)
    psi = rng.normal(size=size) + 1j * rng.normal(size=size)
    rows = rng.normal(size=(p, size)) + 1j * rng.normal(size=(p, size))
    return ritz(psi / np.linalg.norm(psi), rows / 2, hermitian(size, rng))


@pytest.mark.parametrize("seed", range(5))
def test_a_linear_state_function_is_solved_in_one_step(seed: int) -> None:
    """psi = sum_i c_i chi_i with real c: its lowest energy by SciPy; the norm is that of c."""
    rng = np.random.default_rng(seed)
    chi, c = rng.normal(size=(3, 6)) + 1j * rng.normal(size=(3, 6)), rng.normal(size=3)
    h = hermitian(6, rng)
    lowest = scipy.linalg.eigh(
        (chi.conj() @ h @ chi.T).real, (chi.conj() @ chi.T).real, eigvals_only=True
    )[0]
    norm = np.linalg.norm(c @ chi)
    m = ritz(c @ chi / norm, chi / norm, h)
    # Real multiples of i psi are not reached by real c: of d_i only what is orthogonal to psi
    # over the reals is a direction.
    along = (chi / norm @ (c @ chi / norm).conj()).real
    rows = chi / norm - np.outer(along, c @ chi / norm)
    image = h @ (c @ chi / norm)
    m = Ritz(
        m.energy,
        (rows.conj() @ image).real,
        (rows.conj() @ h @ rows.T).real,
        (rows.conj() @ rows.T).real,
    )
    assert m.lowest == pytest.approx(lowest, abs=1e-9)
    x = -np.linalg.lstsq(m.dense(), 2 * m.slopes, rcond=1e-10)[0]
    after = c + x / (1 - along @ x)
    psi = after @ chi
    assert (psi.conj() @ h @ psi).real / (psi.conj() @ psi).real == pytest.approx(lowest, abs=1e-8)


@pytest.mark.parametrize("start", [0.3, 1.4, 2.9, -2.0])
def test_one_rotation_is_solved_in_one_step(start: float) -> None:
    """The length of a step is the angle to the state of lowest energy."""
    circuit = Circuit.from_qasm(HEADER + "qubit q; ry(a) q;")
    problem = qng.Problem(circuit=circuit, observable=qng.PauliSum({"Z0": 0.6, "X0": -0.8}))
    for name in ("linear-method", "projected-inverse"):
        run = qng.minimize(problem, name, start=[start], steps=1, damping=0.0, trust=math.inf)
        assert run.trace["energy"][1] == pytest.approx(-1.0, abs=1e-12)


def test_the_step_has_other_coordinates_and_the_same_end() -> None:
    m, a = drawn(), np.random.default_rng(1).normal(size=(4, 4)) + 2 * np.eye(4)
    there = RitzStep(0.0)(m.pullback(a), a.T @ (2 * m.slopes)).direction
    np.testing.assert_allclose(a @ there, RitzStep(0.0)(m, 2 * m.slopes).direction, atol=1e-9)


def test_short_steps_are_those_of_natural_gradient() -> None:
    m, s = drawn(), np.array([0.3, -0.2, 0.5, 0.1])
    found = AdaptiveShift(0.02, eps=1e-4)(m, s)
    expected = Tikhonov(0.02)(Dense(m.states), s).direction * 1e-4 / 2
    np.testing.assert_allclose(found.direction, expected, rtol=2e-3)
    assert found.damping == 0.02


def test_eps_follows_the_gain_and_stays_below_the_linear_method() -> None:
    m, s = drawn(), 2 * drawn().slopes
    least = 1 / (m.energy - m.lowest)
    solve = AdaptiveShift(0.03)
    first = solve(m, s)
    assert float(first.memory["eps"]) == pytest.approx(least)
    np.testing.assert_allclose(first.direction, RitzStep(0.03)(m, s).direction, atol=1e-12)
    for gain, factor in ((0.1, 0.25), (0.5, 1.0), (0.9, 1.0), (math.nan, 0.25)):
        again = solve(m, s, Before(gain=gain, memory=first.memory))
        assert float(again.memory["eps"]) == pytest.approx(factor * least)
    short = Before(gain=0.9, memory={"eps": np.array(least / 8)})
    assert float(solve(m, s, short).memory["eps"]) == pytest.approx(least / 4)


def test_a_shift_that_is_too_small_is_raised() -> None:
    m, s = drawn(), 2 * drawn().slopes
    assert m.shifted(1e-3).spectrum()[0] < 0
    np.testing.assert_allclose(
        RitzStep(0.1)(m.shifted(1e-3), s).direction, RitzStep(0.1)(m, s).direction, atol=1e-10
    )


def test_lengths_are_angles() -> None:
    m, v = drawn(), np.array([0.1, -0.2, 0.3, 0.4])
    assert m.length(v) == pytest.approx(math.sqrt(v @ m.states @ v))
    found = RitzStep(0.0)(m, 2 * m.slopes).direction
    x = np.linalg.solve(m.dense(), 2 * m.slopes)
    q = math.sqrt(x @ m.states @ x)
    np.testing.assert_allclose(found, x * math.atan(q) / q, atol=1e-9)


def test_lengths_of_measured_states_are_not_below_their_errors() -> None:
    states = np.diag([1.0, -0.2])
    source = Moves(np.zeros(1), np.zeros((1, 2)), np.zeros((1, 2, 2)), 0.3 * np.eye(2)[None])
    m = Ritz(-1.0, np.ones(2), np.eye(2), states, source=source)
    assert m.length([1.0, 0.0]) == pytest.approx(1.0)
    assert m.length([0.0, 2.0]) == pytest.approx(math.sqrt(4 * 0.3))
    assert Ritz(-1.0, np.ones(2), np.eye(2), states).length([0.0, 2.0]) == 0


def test_another_metric_is_refused() -> None:
    for solve in (RitzStep(), AdaptiveShift()):
        with pytest.raises(InputError, match="in the metrics 'linear-method'"):
            solve(Dense(np.eye(2)), np.ones(2))


@pytest.mark.parametrize("eps", [None, 0.7])
def test_errors_are_those_of_differences(eps: float | None) -> None:
    """One number moves E, s, K and g together; M follows through w and its eigenvector."""
    rng = np.random.default_rng(3)
    m, p, small = drawn(seed=2), 4, 1e-6

    def symmetric() -> np.ndarray:
        x = rng.normal(size=(p, p))
        return (x + x.T) / 2

    moves = rng.normal(), rng.normal(size=p), symmetric(), symmetric() / 10

    def moved(by: float) -> Ritz:
        parts = m.energy, m.slopes, m.curvature, m.states
        return Ritz(*(x + by * dx for x, dx in zip(parts, moves)), eps=eps)

    source = Moves(*(np.array([small * x]) for x in moves))
    noisy = Ritz(m.energy, m.slopes, m.curvature, m.states, eps=eps, source=source)
    slope = (moved(small).dense() - moved(-small).dense()) / 2
    np.testing.assert_allclose(noisy.std_error, np.abs(slope), rtol=1e-4, atol=1e-12)
    a = rng.normal(size=(p, 3))
    pulled = (moved(small).pullback(a).dense() - moved(-small).pullback(a).dense()) / 2
    np.testing.assert_allclose(noisy.pullback(a).std_error, np.abs(pulled), rtol=1e-4, atol=1e-12)
    other = drawn(seed=5)
    both = combined([0.5, 2.0], [Ritz(*_parts(other), eps=eps), noisy])
    plus, minus = (
        combined([0.5, 2.0], [Ritz(*_parts(other), eps=eps), moved(by)]).dense()
        for by in (small, -small)
    )
    np.testing.assert_allclose(both.std_error, np.abs(plus - minus) / 2, rtol=1e-4, atol=1e-12)
    wide = Ritz(*_parts(m), eps=eps).widened([(moved(small), moved(-small))])
    np.testing.assert_allclose(wide.std_error, np.abs(slope), rtol=1e-4, atol=1e-11)


@pytest.mark.parametrize("solve", [RitzStep(0.0), AdaptiveShift(0.0), AdaptiveShift(0.1, eps=0.3)])
def test_errors_of_a_step_are_those_of_differences(solve: RitzStep | AdaptiveShift) -> None:
    """Of d along itself, with the angle that it turns by; one number moves E, s and K together."""
    rng, small, m = np.random.default_rng(3), 1e-6, drawn(seed=2)
    s, x = 2 * m.slopes, rng.normal(size=(4, 4))
    moves = rng.normal(), rng.normal(size=4), x + x.T, np.zeros((4, 4))

    def moved(by: float) -> np.ndarray:
        parts = (x + by * dx for x, dx in zip(_parts(m), moves))
        return solve(Ritz(*parts), s).direction

    noisy = Ritz(*_parts(m), source=Moves(*(np.array([small * x]) for x in moves)))
    found = solve(noisy, s)
    d, other = found.direction, Before(other=True, memory=found.memory)
    claimed = direction_error(
        GradientEstimate(s), noisy, d, lambda v: solve(noisy, v, other), lambda g: g, found.inner
    )
    assert claimed is not None
    seen = (moved(small) - moved(-small)) @ d / 2 / (d @ d)
    assert claimed == pytest.approx(abs(seen), rel=1e-3)
    of_signal = small * rng.normal(size=4)
    estimate = GradientEstimate(s, np.outer(of_signal, of_signal))
    exact = solve(m, s)
    claimed = direction_error(
        estimate, m, exact.direction, lambda v: solve(m, v, other), lambda g: g, exact.inner
    )
    seen = (solve(m, s + of_signal).direction - solve(m, s - of_signal).direction) @ d / 2 / (d @ d)
    assert claimed == pytest.approx(abs(seen), rel=1e-3)


def test_the_error_of_w_is_that_of_differences() -> None:
    rng, small, m = np.random.default_rng(4), 1e-6, drawn(seed=2)
    x = rng.normal(size=(2, 4, 4))
    moves = rng.normal(), rng.normal(size=4), x[0] + x[0].T, (x[1] + x[1].T) / 10

    def moved(by: float) -> float:
        return Ritz(*(x + by * dx for x, dx in zip(_parts(m), moves))).lowest

    noisy = Ritz(*_parts(m), source=Moves(*(np.array([small * x]) for x in moves)))
    seen = abs(moved(small) - moved(-small)) / 2
    assert noisy.lowest_error == pytest.approx(seen, rel=1e-4)
    assert m.lowest_error is None


def _parts(m: Ritz) -> tuple[float, np.ndarray, np.ndarray, np.ndarray]:
    return m.energy, m.slopes, m.curvature, m.states


@pytest.mark.parametrize("form", ["dense", "products"])
def test_rounding_moves_nothing_where_all_directions_are_flat(form: str) -> None:
    """Parameters that turn a qubit which no word measures: K = E g, and w = E."""
    circuit = Circuit.from_qasm(
        f"{HEADER} input float b; qubit[2] q; ry(0.7) q[0]; ry(a) q[1]; rz(b) q[1];"
    )
    problem = qng.Problem(circuit, {"Z0": 1.3, "X0": 0.3, "I": -7.3}, start=[0.3, 0.4])
    M = qng.metric(problem, None, "linear-method", form=form)
    np.testing.assert_allclose(M.dense(), 0, atol=1e-13)
    assert abs(RitzStep()(M, [1e-17, -1e-16]).direction).max() < 1e-5
