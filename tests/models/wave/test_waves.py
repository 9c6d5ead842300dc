"""Wave functions: derivatives, local energies of any Pauli sum, and exact energies of chains."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import qng
from qng.circuit.pauli import PauliSum
from qng.errors import InputError
from qng.models import (
    RBM,
    ExactSum,
    Jastrow,
    MeanField,
    Metropolis,
    Variational,
    WaveFunction,
    marshall,
    vmc,
)
from qng.models.wave.chains import heisenberg_ring_energy, ising_ring_energy, reference
from qng.models.wave.connected import local_energies
from qng.models.wave.spins import configurations, indices
from qng.plan.quantities import By

N = 4


def bent(theta, x):
    """A wave function of nobody's: complex, with a sign that depends on the spins."""
    return np.tanh(x @ theta[:N]) * (1 + 0.3j) + 1j * theta[N] * x[:, 0] * x[:, 2]


WAVES = {
    "rbm": RBM(N, 3),
    "rbm complex": RBM(N, 2, is_complex=True),
    "jastrow": Jastrow(N),
    "jastrow ring": Jastrow(N, (1, 2), is_complex=True),
    "mean field": MeanField(N),
    "shared": MeanField(N, shared=True, is_complex=True),
    "own": WaveFunction(bent, N, N + 1),
}


@pytest.fixture(params=WAVES)
def wave(request):
    return WAVES[request.param]


def point(wave, seed=0, scale=0.4):
    return scale * np.random.default_rng(seed).normal(size=len(wave.parameters))


def state(wave, theta):
    psi = np.exp(wave.log_psi(theta, configurations(indices(N), N)))
    return psi / np.linalg.norm(psi)


def slopes(f, theta, h=1e-5):
    moves = h * np.eye(len(theta))
    return np.stack([(f(theta + d) - f(theta - d)) / (2 * h) for d in moves], axis=-1)


def test_log_derivatives(wave):
    theta, x = point(wave), configurations(indices(N), N)
    assert np.allclose(wave.log_derivatives(theta, x), slopes(lambda t: wave.log_psi(t, x), theta))
    assert sum(np.prod(shape) for shape in wave.arrays) == len(wave.parameters)
    assert len(set(wave.parameters)) == len(theta)


def test_metric_and_gradient_are_those_of_the_state(wave):
    h = PauliSum({"Z0 Z1": 1.0, "X0": 0.5, "Y1 X2": -0.7, "Y3": 0.2, "I": 0.1})
    loss, theta = Variational(wave, h), point(wave)
    psi, d = state(wave, theta), slopes(lambda t: state(wave, t), theta)
    d = d - np.outer(psi, psi.conj() @ d)
    assert np.allclose(loss.metric(theta, By("auto")).dense(), (d.conj().T @ d).real, atol=1e-8)
    matrix = h.dense(N)
    assert np.isclose(loss.energy(theta[None]).value[0], (psi.conj() @ matrix @ psi).real)
    variance = (psi.conj() @ matrix @ matrix @ psi).real - loss.energy(theta[None]).value[0] ** 2
    assert np.isclose(loss.energy(theta[None]).variance[0], variance)
    slope = slopes(lambda t: loss.energy(t[None]).value[0], theta)
    assert np.allclose(loss.gradient(theta).value, slope, atol=1e-8)


def test_fisher_is_bounded_by_the_quantum_one(wave):
    loss, theta = Variational(wave, qng.hamiltonians.tfim(N)), point(wave)
    probabilities = np.abs(state(wave, theta)) ** 2
    dp = slopes(lambda t: np.abs(state(wave, t)) ** 2, theta)
    fisher = loss.metric(theta, By("fisher")).dense()
    assert np.allclose(fisher, (dp.T / probabilities) @ dp, atol=1e-7)
    g = loss.metric(theta, By("exact")).dense()
    assert np.linalg.eigvalsh(4 * g - fisher).min() > -1e-9
    diagonal = loss.metric(theta, By("fisher-diagonal")).dense()
    assert np.allclose(diagonal, np.diag(np.diag(fisher)))


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_local_energies_of_any_pauli_sum(seed):
    rng = np.random.default_rng(seed)
    letters = rng.choice(list("IXYZ"), size=(6, N))
    words = {
        " ".join(f"{p}{q}" for q, p in enumerate(w) if p != "I") or "I": rng.normal()
        for w in letters
    }
    h, wave = PauliSum(words), WAVES["rbm complex"]
    theta, x = point(wave, seed), configurations(indices(N), N)
    psi = np.exp(wave.log_psi(theta, x))
    found = local_energies(wave, h, theta, x, np.log(psi))
    assert np.allclose(found, (h.dense(N) @ psi) / psi)


def test_metrics_by_name_agree(wave):
    loss, theta = Variational(wave, qng.hamiltonians.tfim(N)), point(wave)
    g = loss.metric(theta, By("exact")).dense()
    for name in ("auto", "sr", "minsr"):
        assert np.allclose(loss.metric(theta, By(name)).dense(), g)
    assert np.allclose(loss.metric(theta, By("diagonal")).dense(), np.diag(np.diag(g)))
    blocks, ends = np.zeros_like(g), np.cumsum([0, *(int(np.prod(s)) for s in loss.arrays)])
    for a, b in itertools.pairwise(ends):
        blocks[a:b, a:b] = g[a:b, a:b]
    assert np.allclose(loss.metric(theta, By("blocks")).dense(), blocks)
    with pytest.raises(InputError, match="unknown metric of this model 'kfac'"):
        loss.metric(theta, By("kfac"))


def test_complex_parameters_as_pairs_are_complex_reconfiguration():
    """(Re S, -Im S; Im S, Re S) (du, dv) = 2 (Re F, Im F) is S (du + i dv) = 2 F."""
    wave, h = WAVES["rbm complex"], qng.hamiltonians.heisenberg(N)
    theta, damping = point(wave), 1e-2
    half = len(theta) // 2
    cloud = Variational(wave, h).at(theta)
    x = cloud.centred[:, :half]
    s, f = x.conj().T @ x, x.conj().T @ cloud.deviations
    d = np.linalg.solve(s + damping * np.eye(half), 2 * f)
    step = qng.optimizers.sr(damping=damping, last=damping).solve
    metric, gradient = Variational(wave, h).metric(theta, By("exact")), cloud.gradient.value
    pairs = step(metric, gradient).direction
    assert np.allclose(pairs, np.concatenate([d.real, d.imag]), atol=1e-12)


def test_exact_energies_of_rings():
    for n in (4, 8):
        for h, j in ((1.0, 1.0), (0.3, -1.2), (-2.0, 0.5)):
            exact = np.linalg.eigvalsh(qng.hamiltonians.tfim(n, h, j).dense())[0]
            assert np.isclose(ising_ring_energy(n, h, j), exact, atol=1e-12)
        exact = np.linalg.eigvalsh(qng.hamiltonians.heisenberg(n).dense())[0]
        assert np.isclose(heisenberg_ring_energy(n), exact, atol=1e-12)
    # NetKet's documentation prints both.
    assert np.isclose(ising_ring_energy(20), -25.4909897, atol=5e-8)
    assert np.isclose(heisenberg_ring_energy(22), -39.147522607, atol=5e-10)
    assert reference(qng.hamiltonians.tfim(14), 14).how == "exact: free fermions"
    assert np.isclose(
        reference(qng.hamiltonians.heisenberg(14, 0.25), 14).energy, heisenberg_ring_energy(14) / 4
    )
    assert reference(qng.hamiltonians.tfim(14, periodic=False), 14) is None


def test_magnetisation():
    h = qng.hamiltonians.heisenberg(N)
    loss, theta = Variational(Jastrow(N), h, ExactSum(magnetisation=0)), point(Jastrow(N))
    index = indices(N, 0)
    psi = np.exp(Jastrow(N).log_psi(theta, configurations(index, N)))
    inside = h.dense(N)[np.ix_(index, index)]
    expected = (psi @ inside @ psi).real / (psi @ psi)
    assert len(index) == 6
    assert np.isclose(loss.energy(theta[None]).value[0], expected)


def test_marshall():
    """The same levels, a positive ground state, and a real RBM that comes near it."""
    h = qng.hamiltonians.heisenberg(6)
    turned = marshall(h, 6)
    levels, states = np.linalg.eigh(turned.dense())
    assert np.allclose(levels, np.linalg.eigvalsh(h.dense()))
    assert abs(states[:, 0].sum()) == pytest.approx(np.abs(states[:, 0]).sum())
    problem = vmc(turned, RBM(6), ExactSum(0))
    assert np.isclose(problem.reference.energy, heisenberg_ring_energy(6))
    assert problem.reference.how == "exact diagonalisation at magnetisation 0"
    assert qng.minimize(problem, "qng", steps=40).error < 0.01
    assert reference(marshall(qng.hamiltonians.heisenberg(14), 14), 14, 0).how.endswith("ansatz")


def test_divergence(wave):
    """KL(p || p') = d^T I d / 2 to third order, which is 2 d^T g d for a positive wave function."""
    loss, theta = Variational(wave, qng.hamiltonians.tfim(N)), point(wave)
    d = 1e-4 * np.random.default_rng(1).normal(size=len(theta))
    found = loss.divergence(theta, np.stack([theta, theta + d]))
    fisher = loss.metric(theta, By("fisher"))
    assert found[0] == 0
    assert np.isclose(found[1], d @ fisher.matvec(d) / 2, rtol=1e-2, atol=1e-14)
    assert np.isnan(
        Variational(wave, qng.hamiltonians.tfim(N), Metropolis()).divergence(theta, [d])
    )


def test_refusals():
    tfim = qng.hamiltonians.tfim(N)
    with pytest.raises(InputError, match="changes the magnetisation"):
        Variational(RBM(N), tfim, ExactSum(0))
    with pytest.raises(InputError, match=r"one of -4, -2, \.\.\., 4, not 1"):
        Variational(RBM(N), qng.hamiltonians.heisenberg(N), ExactSum(1))
    with pytest.raises(InputError, match="acts on 4 spins, the wave function has 3"):
        vmc(tfim, RBM(3))
    with pytest.raises(InputError, match=r"take sampler=qng.models.Metropolis\(\)"):
        vmc(qng.hamiltonians.tfim(30), "rbm")
    with pytest.raises(InputError, match="is not Hermitian"):
        vmc(PauliSum({"X0": 1j}), "mean-field")
    with pytest.raises(InputError, match="unknown wave function 'rbn'; did you mean rbm"):
        vmc(tfim, "rbn")
    with pytest.raises(InputError, match="ln psi must have the shape"):
        Variational(WaveFunction(lambda t, x: x, N, 1), tfim).gradient(np.zeros(1))
    with pytest.raises(InputError, match="take shorter steps"):
        Variational(RBM(N), tfim).energy(np.full((1, 24), np.inf))


def turning(theta, x):
    """cos t on +1 and sin t on -1."""
    with np.errstate(divide="ignore"):
        return np.log(np.where(x[:, 0] > 0, np.cos(theta[0]), np.sin(theta[0])) + 0j)


def test_derivatives_close_to_a_zero_of_psi():
    loss = Variational(WaveFunction(turning, 1, 1), PauliSum({"Z0": 1.0, "X0": 1.0}))
    for t in (0.7, 0.01, 1e-3, 1e-9, -2e-4):
        theta = np.array([t])
        slope = 2 * np.cos(2 * t) - 2 * np.sin(2 * t)
        assert np.isclose(loss.gradient(theta).value[0], slope, rtol=0, atol=1e-8)
        assert np.isclose(loss.metric(theta, By("sr")).dense()[0, 0], 1, rtol=0, atol=1e-8)


@pytest.mark.parametrize("t", [0.0, 1e-170])
def test_a_zero_of_psi_whose_derivative_is_none_is_refused(t):
    loss = Variational(WaveFunction(turning, 1, 1), PauliSum({"Z0": 1.0, "X0": 1.0}))
    found = loss.energy(np.array([[t]]))
    assert np.isclose(found.value[0], 1)
    assert np.isclose(found.variance[0], 1)
    with pytest.raises(InputError, match="start a little aside"):
        loss.gradient(np.array([t]))


@pytest.mark.parametrize("a", [1.0, 50.0, 500.0])
def test_variance_counts_where_psi_is_zero(a):
    """A product of spins that all but point up: <X0> becomes 0 and its variance 1."""
    found = Variational(MeanField(2), PauliSum({"X0": 1.0})).at(np.array([a, a]))
    assert np.isclose(found.energy.variance, 1 - 1 / np.cosh(2 * a) ** 2 if a < 100 else 1)
    assert np.allclose(found.gradient.value[1], 0)
