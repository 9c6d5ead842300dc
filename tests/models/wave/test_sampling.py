"""Metropolis samples, their energies with errors, and autocorrelation."""

from collections import Counter

import numpy as np
import pytest
from scipy.signal import lfilter

import qng
from qng.errors import InputError
from qng.models import RBM, DirectSampling, Jastrow, Metropolis, Variational, WaveFunction, vmc
from qng.models.wave.correlated import autocorrelation_time
from qng.models.wave.spins import configurations, indices
from qng.plan.quantities import By

N = 4
TFIM = qng.hamiltonians.tfim(N)


def point(wave, seed=0, scale=0.3):
    return scale * np.random.default_rng(seed).normal(size=len(wave.parameters))


@pytest.mark.parametrize(
    ("sampler", "magnetisation"),
    [
        (Metropolis(8000, chains=200, burn=10), None),
        (Metropolis(8000, chains=200, burn=10, magnetisation=0), 0),
        (DirectSampling(8000), None),
    ],
)
def test_samples_are_of_the_state(sampler, magnetisation):
    """Frequencies within 5 of their errors, 16 of them: a false alarm in 1e5; errors times 1.3."""
    wave = RBM(N, 2, is_complex=True)
    theta, index = point(wave), indices(N, magnetisation)
    weights = np.abs(np.exp(wave.log_psi(theta, configurations(index, N)))) ** 2
    weights /= weights.sum()
    drawn = sampler.draw(wave, theta, 5)
    bits = (1 - drawn.x.reshape(-1, N)) / 2 @ 2 ** np.arange(N)
    found = Counter(bits.astype(int).tolist())
    assert set(found) <= set(index.tolist())
    assert 0 < drawn.acceptance <= 1
    frequencies = np.array([found[k] / len(bits) for k in index.tolist()])
    errors = np.sqrt(weights * (1 - weights) / len(bits))
    assert np.all(np.abs(frequencies - weights) < 5 * 1.3 * errors)


def test_equal_keys_draw_equally():
    wave, sampler = RBM(N), Metropolis(64)
    first, again, other = (sampler.draw(wave, point(wave), key).x for key in (1, 1, (1, 2)))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_acceptance_of_a_flat_state_is_one():
    assert Metropolis(64).draw(Jastrow(N), np.zeros(6), 0).acceptance == 1.0


@pytest.mark.parametrize(("rho", "chains", "draws"), [(0.0, 16, 63), (0.7, 16, 63), (0.9, 4, 500)])
def test_coverage_of_means_of_chains(rho, chains, draws):
    """600 repetitions: of intervals of 1.96 errors 0.95 hold, 0.90 to 0.985 for finite chains."""
    noise = np.random.default_rng(3).normal(size=(600, draws, chains))
    noise[:, 0] /= np.sqrt(1 - rho**2)
    found = lfilter([1.0], [1.0, -rho], noise, axis=1)
    times = np.array([autocorrelation_time(one) for one in found])
    errors = np.sqrt(times * found.var(axis=(1, 2), ddof=1) / (draws * chains))
    held = np.mean(np.abs(found.mean(axis=(1, 2))) < 1.96 * errors)
    assert 0.90 < held < 0.985
    assert np.isclose(np.median(times), (1 + rho) / (1 - rho), rtol=0.25)


def test_chains_that_are_stuck_have_large_errors():
    """Each chain stays near a value of its own: the samples of a chain count as one."""
    rng = np.random.default_rng(0)
    values = rng.normal(size=16) + 0.01 * rng.normal(size=(63, 16))
    assert autocorrelation_time(values) > 0.8 * 63


def test_coverage_without_autocorrelation_is_low():
    """What the errors are for: with tau = 1 only 0.34 of the intervals would hold at rho = 0.9."""
    noise = np.random.default_rng(4).normal(size=(600, 500, 4))
    found = lfilter([1.0], [1.0, -0.9], noise, axis=1)
    errors = np.sqrt(found.var(axis=(1, 2)) / 2000)
    assert np.mean(np.abs(found.mean(axis=(1, 2))) < 1.96 * errors) < 0.5


def test_coverage_of_sampled_energies():
    """500 repetitions of 12 chains of 20 samples each, walked together."""
    wave = Jastrow(N, (1, 2))
    theta = np.array([0.4, -0.2])
    loss = Variational(wave, TFIM)
    exact = loss.energy(theta[None]).value[0]
    walk = Metropolis(20 * 12 * 500, chains=12 * 500, thin=1, burn=6).draw(wave, theta, 7)
    x = walk.x.reshape(20, 500, 12, N)
    local = dict(zip(map(tuple, configurations(indices(N), N)), loss.at(theta).energies))
    energies = np.array([local[s] for s in map(tuple, x.reshape(-1, N))]).real.reshape(x.shape[:3])
    held = []
    for run in range(500):
        values = energies[:, run]
        error = np.sqrt(autocorrelation_time(values) * values.var(ddof=1) / values.size)
        held.append(abs(values.mean() - exact) < 1.96 * error)
    assert 0.90 < np.mean(held) < 0.985


def test_sampled_quantities_agree_with_sums():
    """Gradient, metric and energy within 5 errors; the seed is fixed."""
    wave = RBM(N, 2, is_complex=True)
    h = TFIM + qng.PauliSum({"Y0 X1": 0.5})
    theta, exact = point(wave), Variational(wave, h)
    drawn = Variational(wave, h, Metropolis(6000, chains=300, burn=10)).drawn(theta, 3)
    energy, gradient = drawn.energy(theta[None]), drawn.gradient(theta)
    assert abs(energy.value[0] - exact.energy(theta[None]).value[0]) < 5 * energy.std_error[0]
    z = (gradient.value - exact.gradient(theta).value) / gradient.std_error
    assert np.all(np.abs(z) < 5)
    assert 0.4 < np.std(z) < 2
    metric = drawn.metric(theta, By("auto")).dense()
    assert np.allclose(metric, exact.metric(theta, By("auto")).dense(), atol=0.05)
    # Energy, gradient and metric of one step see the same samples.
    assert drawn.energy(theta[None]).value == energy.value
    assert drawn.exact(theta[None]) == exact.energy(theta[None]).value


def test_coverage_of_metrics_and_gradients():
    """600 runs of 150 independent samples: v^T g w, an entry, and a slope."""
    wave = RBM(N, 1, is_complex=True)
    theta, by = point(wave), By("sr")
    exact = Variational(wave, TFIM)
    v, w = np.random.default_rng(0).normal(size=(2, len(theta)))
    g, slope = exact.metric(theta, by).dense(), exact.gradient(theta).value
    loss, z = Variational(wave, TFIM, DirectSampling(150)), []
    for key in range(600):
        drawn = loss.drawn(theta, key)
        metric, gradient = drawn.metric(theta, by), drawn.gradient(theta)
        found = metric.dense()
        z.append([
            v @ (found - g) @ w / np.sqrt(metric.variance_of(v, w)),
            (found - g)[1, 2] / metric.std_error[1, 2],
            (gradient.value - slope)[3] / gradient.std_error[3],
        ])  # fmt: skip
    held = np.mean(np.abs(z) < 1.96, axis=0)
    assert np.all((held > 0.91) & (held < 0.98)), held
    unit = np.eye(len(theta))
    assert np.isclose(metric.std_error[1, 2] ** 2, metric.variance_of(unit[1], unit[2]))


def test_state_without_variance_has_no_error():
    h = qng.PauliSum({"X0": -1.0, "X1": -1.0})
    drawn = Variational(Jastrow(2), h, Metropolis(64)).drawn(np.zeros(1), 0)
    found = drawn.energy(np.zeros((1, 1)))
    assert np.isclose(found.value[0], -2)
    assert np.isclose(found.std_error[0], 0)


def test_chains_that_find_nothing_are_refused():
    with np.errstate(divide="ignore"):
        empty = WaveFunction(lambda t, x: np.where(x[:, 0] > 2, 0.0, -np.inf), N, 1)
    with pytest.raises(InputError, match="psi is zero wherever a chain came"):
        Metropolis(16).draw(empty, np.zeros(1), 0)
    with pytest.raises(InputError, match="flips change the magnetisation"):
        Metropolis(moves="flip", magnetisation=0)
    with pytest.raises(InputError, match="say which one is meant"):
        Metropolis(moves="exchange")
    with pytest.raises(InputError, match="moves are one of flip, exchange"):
        Metropolis(moves="jump")


def neighbours(theta, x):
    """Zero where two neighbours are -1."""
    down = (1 - x) / 2
    return np.where(np.sum(down[:, 1:] * down[:, :-1], axis=1) > 0, -np.inf, down @ theta)


def test_chains_that_start_at_zeros_leave_them():
    """Also where all moves lead to further zeros."""
    loss = Variational(WaveFunction(neighbours, N, N), TFIM, Metropolis(4000, chains=40))
    theta = np.array([0.3, -0.5, 0.2, 0.1])
    found = loss.at(theta, 1).energy
    assert abs(found.value - loss.exact(theta[None])[0]) < 5 * found.std_error
    at_once = Variational(WaveFunction(neighbours, N, N), TFIM, Metropolis(400, burn=0, thin=1))
    with pytest.raises(InputError, match="psi is zero wherever a chain came"):
        at_once.at(theta, 1)


def test_run_from_samples():
    problem = vmc(TFIM, "rbm", Metropolis(256, chains=32, burn=5))
    run = qng.minimize(problem, "sr", steps=12, seed=1, lr=0.1)
    assert run.std_error is not None
    assert run.fun < problem.reference.energy + 0.5
    again = qng.minimize(problem, "sr", steps=12, seed=1, lr=0.1)
    assert np.array_equal(run.x, again.x)
