"""Metrics of density matrices: closed forms, other definitions, and what noise may do to them."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import expm, solve_sylvester, sqrtm

from qng.errors import InputError, UnknownNameError
from qng.geometry import mixed
from qng.geometry.monotone import FUNCTIONS, checked
from tests import dense

SEEDS = st.integers(0, 2**32 - 1)
ORDERED = ("sld", "wigner-yanase", "bkm", "rld")


def hermitian(rng, n):
    a = rng.normal(size=(n, n)) + 1j * rng.normal(size=(n, n))
    return (a + a.conj().T) / 2


def unitary_family(rng, n, rank, parameters=3):
    """A state of some rank and its derivatives -i [G_k, rho]."""
    p = np.zeros(n)
    p[:rank] = rng.dirichlet(np.ones(rank))
    u = expm(1j * hermitian(rng, n))
    rho = (u * p) @ u.conj().T
    g = [hermitian(rng, n) for _ in range(parameters)]
    return rho, np.array([-1j * (x @ rho - rho @ x) for x in g])


def channel(rng, n, kraus=3):
    """A random channel, by an isometry."""
    a = rng.normal(size=(kraus * n, n)) + 1j * rng.normal(size=(kraus * n, n))
    q, _ = np.linalg.qr(a)
    parts = q.reshape(kraus, n, n)
    return lambda x: sum(k @ x @ k.conj().T for k in parts)


def measurement(rng, n, outcomes=5):
    parts = [a @ a.conj().T for a in (hermitian(rng, n) for _ in range(outcomes))]
    root = np.linalg.inv(sqrtm(sum(parts)))
    return np.array([root @ e @ root for e in parts])


def least(matrix):
    return np.linalg.eigvalsh(matrix)[0]


@given(SEEDS, st.integers(2, 6))
@settings(max_examples=20, deadline=None)
def test_sld_is_that_of_the_lyapunov_equation(seed, n):
    rho, d = unitary_family(np.random.default_rng(seed), n, n)
    logs = [solve_sylvester(rho, rho, 2 * x) for x in d]
    expected = [[np.trace(rho @ (a @ b + b @ a)).real / 2 for b in logs] for a in logs]
    assert np.allclose(mixed.sld(rho, d), expected, rtol=1e-6, atol=1e-9)


@given(SEEDS, st.integers(2, 6))
@settings(max_examples=20, deadline=None)
def test_pure_states(seed, n):
    rng = np.random.default_rng(seed)
    psi = rng.normal(size=n) + 1j * rng.normal(size=n)
    psi /= np.linalg.norm(psi)
    turned = np.array([-1j * hermitian(rng, n) @ psi for _ in range(3)])
    rho = np.outer(psi, psi.conj())
    d = np.array([np.outer(t, psi.conj()) + np.outer(psi, t.conj()) for t in turned])
    moved = turned - np.outer(turned @ psi.conj(), psi)
    four_g = 4 * (moved.conj() @ moved.T).real
    assert np.allclose(mixed.sld(rho, d), four_g, atol=1e-9)
    assert np.allclose(mixed.hilbert_schmidt(rho, d), four_g, atol=1e-9)
    assert np.allclose(mixed.petz(rho, d, "wigner-yanase"), 2 * four_g, atol=1e-9)
    for name in ("bkm", "rld"):
        with pytest.raises(InputError, match=rf"{name} is infinite here: f\(0\) = 0, the state ha"):
            mixed.petz(rho, d, name)


@given(SEEDS, st.integers(2, 5))
@settings(max_examples=25, deadline=None)
def test_no_measurement_shows_more_and_no_reading_adds(seed, n):
    rng = np.random.default_rng(seed)
    rho, d = unitary_family(rng, n, rng.integers(1, n + 1))
    noise, effects = channel(rng, n), measurement(rng, n)
    rho, d = noise(rho), np.array([noise(x) for x in d])
    bound = mixed.sld(rho, d)
    shown = mixed.born(rho, d, effects)
    misread = rng.dirichlet(np.ones(4), len(effects)).T
    assert least(bound - shown) > -1e-9 * np.trace(bound)
    assert least(shown - mixed.born(rho, d, effects, misread)) > -1e-9 * np.trace(bound)
    assert least(bound - mixed.born(rho, d)) > -1e-9 * np.trace(bound)


@given(SEEDS, st.integers(2, 5))
@settings(max_examples=25, deadline=None)
def test_monotone_metrics_are_ordered_and_shrink_under_channels(seed, n):
    rng = np.random.default_rng(seed)
    rho, d = unitary_family(rng, n, n)
    noise = channel(rng, n)
    before = {name: mixed.petz(rho, d, name) for name in ORDERED}
    after = {n: mixed.petz(noise(rho), np.array([noise(x) for x in d]), n) for n in ORDERED}
    for small, large in pairwise(ORDERED):
        assert least(before[large] - before[small]) > -1e-8 * np.trace(before[large])
    for name in ORDERED:
        assert least(before[name] - after[name]) > -1e-8 * np.trace(before[name])


def test_all_are_fishers_where_everything_commutes():
    p, slopes = np.array([0.5, 0.3, 0.2]), np.array([[0.2, -0.3, 0.1], [0.1, 0.1, -0.2]])
    rho, d = np.diag(p), np.array([np.diag(row) for row in slopes])
    for name in FUNCTIONS:
        assert np.allclose(mixed.petz(rho, d, name), (slopes / p) @ slopes.T)
    assert np.allclose(mixed.born(rho, d), (slopes / p) @ slopes.T)


@pytest.mark.parametrize("r", [0.0, 0.3, 0.9, 1.0])
def test_a_qubit_that_is_turned(r):
    """Of rho = (1 + r X)/2 turned about Z: r^2 of the SLD, 2 r^2/(1 + r^2) of Hilbert-Schmidt."""
    rho, d = (dense.I2 + r * dense.X) / 2, np.array([r * dense.Y / 2])
    assert mixed.sld(rho, d)[0, 0] == pytest.approx(r**2)
    assert mixed.hilbert_schmidt(rho, d)[0, 0] == pytest.approx(2 * r**2 / (1 + r**2))
    wigner_yanase = 4 * (1 - np.sqrt(1 - r**2))
    assert mixed.petz(rho, d, "wigner-yanase")[0, 0] == pytest.approx(wigner_yanase / 2)
    if 0 < r < 1:
        bkm = r * np.arctanh(r)
        assert mixed.petz(rho, d, "bkm")[0, 0] == pytest.approx(bkm)
        assert mixed.petz(rho, d, "rld")[0, 0] == pytest.approx(r**2 / (1 - r**2))


@given(SEEDS, st.integers(2, 4))
@settings(max_examples=15, deadline=None)
def test_bures_distance_is_the_length_of_a_step(seed, n):
    rng = np.random.default_rng(seed)
    rho, _ = unitary_family(rng, n, n)
    rho = 0.7 * rho + 0.3 * np.eye(n) / n
    g = hermitian(rng, n)
    d = -1j * (g @ rho - rho @ g)
    f, step = mixed.sld(rho, d[None])[0, 0], 1e-3
    u = expm(-1j * step * g)
    there = u @ rho @ u.conj().T
    assert mixed.bures_distance(rho, there) == pytest.approx(step * np.sqrt(f) / 2, rel=2e-2)
    assert mixed.bures_angle(rho, there) == pytest.approx(step * np.sqrt(f) / 2, rel=2e-2)
    by_roots = np.trace(sqrtm(sqrtm(rho) @ there @ sqrtm(rho))).real ** 2
    assert mixed.fidelity(rho, there) == pytest.approx(by_roots, abs=1e-7)


def test_distances_of_pure_and_of_orthogonal_states():
    zero, plus, one = np.diag([1, 0]), np.full((2, 2), 0.5), np.diag([0, 1])
    assert mixed.fidelity(zero, plus) == pytest.approx(0.5)
    assert mixed.bures_angle(zero, plus) == pytest.approx(np.pi / 4)
    assert mixed.bures_distance(zero, one) == pytest.approx(np.sqrt(2))
    assert mixed.bures_distance(plus, plus) == pytest.approx(0, abs=1e-7)


def test_the_jump_where_the_rank_changes():
    """RY(t) in front of dephasing by c has F = 1, but c^2 of the formula at t = 0."""
    c = 0.6

    def at(t):
        rho = (dense.I2 + c * np.sin(t) * dense.X + np.cos(t) * dense.Z) / 2
        return rho, np.array([(c * np.cos(t) * dense.X - np.sin(t) * dense.Z) / 2])

    assert mixed.sld(*at(1e-3))[0, 0] == pytest.approx(1.0)
    assert mixed.sld(*at(0.0))[0, 0] == pytest.approx(c**2)
    rho, d = at(0.0)
    second = -(c * np.sin(0.0) * dense.X + np.cos(0.0) * dense.Z) / 2
    growth = np.trace(mixed.kernel(rho) @ second).real
    assert mixed.sld(rho, d, [[growth]])[0, 0] == pytest.approx(1.0)


def square_root(t):
    return np.sqrt(t)


def heinz(t):
    return t**0.25 * (1 + np.sqrt(t)) / 2


def too_large(t):
    return (1 + t**2) / (1 + t)


def wavy(t):
    """Between the bounds and symmetric, and not monotone."""
    x = np.log(t)
    return np.sqrt(t) * np.cosh(x / 4) * (1 + 0.02 * np.sin(3 * x) ** 2)


def test_functions_of_ones_own():
    rho, d = unitary_family(np.random.default_rng(1), 3, 3)
    for f in (square_root, heinz):
        value = mixed.petz(rho, d, f)
        assert least(value - mixed.sld(rho, d)) > 0
        assert least(mixed.petz(rho, d, "rld") - value) > 0
    for name, known in FUNCTIONS.items():
        own = checked(known.function)
        assert own.at_zero == pytest.approx(known.at_zero, abs=1e-12), name
        assert np.allclose(mixed.petz(rho, d, known.function), mixed.petz(rho, d, name))


STATE = np.diag([0.6, 0.4])
SLOPE = np.array([[[0, 0.1], [0.1, 0]]])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: mixed.petz(STATE, SLOPE, too_large), "too_large is not operator monotone"),
        (lambda: mixed.petz(STATE, SLOPE, wavy), "wavy is not operator monotone"),
        (lambda: mixed.petz(STATE, SLOPE, lambda t: 2 * t), r"f\(1\) = 1, <lambda> has 2"),
        (lambda: mixed.petz(STATE, SLOPE, lambda t: t), r"has f\(t\) = t f\(1/t\), <lambda> doe"),
        (lambda: mixed.petz(STATE, SLOPE, lambda t: t - 2), "a positive number for every t"),
        (lambda: mixed.petz(STATE, SLOPE, lambda t: t + "a"), "takes an array of t > 0"),
        (lambda: mixed.petz(STATE, SLOPE, 3), "a name or a function of t, not 3"),
        (lambda: mixed.sld(2 * STATE, SLOPE), "is Hermitian and has trace 1"),
        (lambda: mixed.sld("a", SLOPE), "a density matrix: an array of numbers is expected"),
        (lambda: mixed.sld(STATE, [[1.0], [2.0, 3.0]]), "derivatives of a state: an array"),
        (lambda: mixed.sld(np.diag([1.2, -0.2]), SLOPE), "no negative eigenvalues, here is -2"),
        (lambda: mixed.sld(STATE[0], SLOPE), "a square matrix, not of shape"),
        (lambda: mixed.sld(STATE, SLOPE[0]), r"have the shape \(P, 2, 2\)"),
        (lambda: mixed.sld(STATE, 1j * SLOPE), "derivatives of a density matrix are Hermitian"),
        (lambda: mixed.sld(STATE, [np.eye(2)]), "have trace 0"),
        (lambda: mixed.born(STATE, SLOPE, readout=np.ones((2, 2))), "must add up to 1"),
        (lambda: mixed.born(STATE, SLOPE, readout=np.ones((2, 3))), r"of 2 outcomes x"),
        (lambda: mixed.born(STATE, SLOPE, [np.eye(2)] * 2), "add up to the identity"),
        (lambda: mixed.fidelity(STATE, np.eye(3) / 3), "states of one size"),
    ],
)
def test_what_is_refused(call, message):
    with pytest.raises(InputError, match=message) as caught:
        call()
    assert "\n" not in str(caught.value)


def test_unknown_functions():
    with pytest.raises(UnknownNameError, match="did you mean bures"):
        mixed.petz(STATE, SLOPE, "burse")
