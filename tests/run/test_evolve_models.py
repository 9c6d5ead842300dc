"""Evolution in time without a circuit and with noise: gradient flows, wave functions, SLD."""

import numpy as np
import pytest
import scipy.linalg

import qng
from qng import models
from qng.errors import InputError


def test_the_gaussian_toy_flows_as_in_closed_form() -> None:
    """mu' = -2 mu and (sigma^2)' = 2 (1 + mu^2 - sigma^2): natural gradient flow with g = I / 4."""
    problem = qng.load("gaussian-toy")
    mu, sigma = problem.initial
    found = qng.evolve(problem, 2.0, times=[0.7], rtol=1e-8)
    t = found.times
    square = 1 + (sigma**2 - 1 + mu**2) * np.exp(-2 * t) - mu**2 * np.exp(-4 * t)
    wanted = np.stack([mu * np.exp(-2 * t), np.sqrt(square)], axis=1)
    np.testing.assert_allclose(found.points, wanted, rtol=1e-6)
    assert np.all(np.isnan(found["residual"]))
    assert np.all(np.isnan(found["drift"]))
    assert found.exact is None


def test_a_step_of_euler_is_a_step_of_ng_on_a_model() -> None:
    method = qng.optimizers.qng(0.1, 1e-3, trust=np.inf)
    run = qng.minimize("logistic", method, steps=5)
    solve = qng.geometry.Tikhonov(1e-3)
    found = qng.evolve("logistic", 1.0, integrator="euler", step=0.2, solve=solve)
    np.testing.assert_allclose(found.points, run.trace["theta"], rtol=0, atol=1e-12)


def full(n: int) -> models.WaveFunction:
    """ln psi(x) = theta_x + i theta'_x: every state of n spins whose amplitudes are not zero."""
    size = 2**n

    def places(x: np.ndarray) -> np.ndarray:
        return ((1 - x) / 2 @ 2 ** np.arange(n)).astype(int)

    def log_psi(theta: np.ndarray, x: np.ndarray) -> np.ndarray:
        k = places(x)
        return theta[k] + 1j * theta[size + k]

    def derivatives(theta: np.ndarray, x: np.ndarray) -> np.ndarray:
        one = np.eye(size)[places(x)]
        return np.concatenate([one, 1j * one], axis=1)

    return models.WaveFunction(log_psi, n, 2 * size, derivatives)


@pytest.mark.parametrize(
    "given", [{}, {"kind": "real"}, {"kind": "real", "principle": "tdvp"}], ids=str
)
def test_a_wave_function_that_can_be_any_state_follows_exact_evolution(given: dict) -> None:
    h = qng.PauliSum({"Z0 Z1": 0.9, "X0": 0.5, "Y1": 0.4, "X0 Y1": 0.2})
    start = np.random.default_rng(1).normal(size=8)
    wave = models.vmc(h, full(2), start=start)
    found = qng.evolve(wave, 0.7, times=[], rtol=1e-8, observables=["Z0 X1"], **given)
    psi = np.exp(start[:4] + 1j * start[4:])
    psi = scipy.linalg.expm((-0.7j if given else -0.7) * h.dense(2)) @ psi
    own = np.exp(found.x[:4] + 1j * found.x[4:])
    overlap = np.vdot(psi, own) / np.linalg.norm(psi) / np.linalg.norm(own)
    assert abs(overlap) == pytest.approx(1, abs=1e-9)
    assert found.infidelities.max() < 1e-9
    assert found["residual"].max() < 1e-6
    word = qng.PauliSum({"Z0 X1": 1.0}).dense(2)
    wanted = np.vdot(psi, word @ psi).real / np.linalg.norm(psi) ** 2
    assert found.means["Z0 X1"][-1] == pytest.approx(wanted, abs=1e-5)


def test_what_is_drawn_is_refused() -> None:
    with pytest.raises(InputError, match="is sampled, and an integrator takes the scatter"):
        qng.evolve("rbm-tfim-8-sampled", 1.0)
    with pytest.raises(InputError, match="metric g, which empirical-fisher is not"):
        qng.evolve("logistic", 1.0, metric="empirical-fisher")
    with pytest.raises(InputError, match="real time needs derivatives of the state"):
        qng.evolve("logistic", 1.0, kind="real")
    with pytest.raises(InputError, match="an observable is of a circuit"):
        qng.evolve("logistic", 1.0, observables=["Z0"])


def test_imaginary_time_with_noise_is_that_of_the_sld_metric() -> None:
    """One qubit RY(t)|0>, depolarised to length r: g_sld = r^2 / 4 and E = r cos t."""
    from qiskit_aer import AerSimulator
    from qiskit_aer.noise import NoiseModel, depolarizing_error

    from qng.circuit.ansatz import real_amplitudes
    from qng.execute.qiskit.primitives import Primitives

    noise = NoiseModel()
    noise.add_all_qubit_quantum_error(depolarizing_error(0.1, 1), ["ry"])
    device = Primitives(AerSimulator(noise_model=noise), optimization_level=0)
    problem = qng.Problem(real_amplitudes(1, 0), {"Z0": 1.0}, [0.4])
    r = 1 - 0.1
    found = qng.evolve(problem, 0.5, executor=device, times=[], rtol=1e-8)
    assert found.energies[0] == pytest.approx(r * np.cos(0.4))
    # theta' = 2 sin(theta) / r, so that tan(theta / 2) grows as e^{2 tau / r}.
    wanted = 2 * np.arctan(np.tan(0.2) * np.exp(2 * 0.5 / r))
    assert found.x[0] == pytest.approx(wanted, abs=1e-6)


def test_the_flow_does_not_depend_on_coordinates() -> None:
    """(mu, sigma) and (mu, ln sigma), and a circuit whose angles are sinh of the parameters."""
    toy = qng.load("gaussian-toy")
    mu, sigma = toy.initial
    circuit = qng.load("textbook-2")
    for problem, forward, start in (
        (toy, lambda x: np.array([x[0], np.exp(x[1])]), [mu, np.log(sigma)]),
        (circuit, np.sinh, np.arcsinh(circuit.initial)),
    ):
        moved = models.reparametrised(problem, forward, start=start)
        one, other = (qng.evolve(p, 0.5, times=[0.3], rtol=1e-8) for p in (problem, moved))
        np.testing.assert_allclose(other.energies, one.energies, atol=1e-6)
        np.testing.assert_allclose(other["length"], one["length"], atol=1e-6)


def test_an_evolution_of_a_model_is_stored_with_it(tmp_path) -> None:
    found = qng.evolve("gaussian-toy", 0.2, times=[])
    found.save(tmp_path / "toy.json")
    again = qng.load_run(tmp_path / "toy.json")
    assert again.made.problem.name == "gaussian-toy"
    np.testing.assert_array_equal(again.points, found.points)
