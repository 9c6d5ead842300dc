"""`qng run h2 --shots 4096` on every kind of executor: the energy at the end is what it says."""

import warnings

import numpy as np
import pytest
from qiskit_aer import AerSimulator
from qiskit_aer.noise import NoiseModel, ReadoutError, depolarizing_error
from qiskit_ibm_runtime.fake_provider import FakeManilaV2

import qng
from qng.errors import NoisyMetricWarning, SurrogateWarning
from qng.execute.qiskit.primitives import Primitives
from qng.run.judge import deviations
from tests.execute.noisy import measured_energy
from tests.run.test_trend import settles

STEPS = 12


def run(executor, steps=STEPS, shots=4096):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SurrogateWarning)
        warnings.simplefilter("ignore", NoisyMetricWarning)
        return qng.minimize(
            "h2", "qng", steps=steps, shots=shots, executor=executor, seed=1, trust=np.inf
        )


@pytest.mark.parametrize("executor", ["statevector", "aer", "pennylane:lightning.qubit"])
def test_without_noise(executor):
    found = run(executor)
    exact = qng.energy("h2", found.x).value
    assert found.nit == STEPS
    assert abs(found.fun - exact) < 4 * found.std_error
    assert exact < qng.energy("h2").value - 0.2


def test_with_noise():
    problem = qng.load("h2")
    device = Primitives(FakeManilaV2())
    found = run(device, 3, shots=20_000)  # the energy at the end has a tenth of them
    phi = problem.circuit.angles(found.x)
    expected = measured_energy(device, problem.circuit, problem.observable, phi)
    assert abs(found.fun - expected) < 4 * found.std_error
    # What the noise does is more than the error bar: the reference is a noisy one.
    assert np.isfinite(expected)
    assert abs(expected - qng.energy(problem, found.x).value) > found.std_error


def test_conclusions_with_noise():
    """500 runs of 12 readings each, of a point whose gates and bits are noisy, as if on a slope.

    "Settled" is said falsely of at most 1 % of them, "solved" of 2.3 %: the bounds here are passed
    by chance once in 10^4 seeds.
    """
    noise = NoiseModel()
    noise.add_all_qubit_quantum_error(depolarizing_error(0.3, 2), ["cx"])
    noise.add_all_qubit_readout_error(ReadoutError([[0.97, 0.03], [0.08, 0.92]]))
    problem, runs, points = qng.load("textbook-2"), 500, 12
    found = qng.energy(
        problem,
        np.tile(problem.initial + 0.4, (runs * points, 1)),
        shots=400,
        seed=1,
        executor=AerSimulator(noise_model=noise),
    )
    energies, errors = (x.reshape(runs, points) for x in (found.value, found.std_error))
    spread, mean = errors.mean(), energies.mean()
    assert energies.std() / spread == pytest.approx(1.0, abs=0.05)
    for slope in (10 * spread, spread):
        falling = energies - slope * np.arange(points)
        said = [settles(run, spread, 0.999 * slope) is not None for run in falling]
        assert sum(said) <= 15
    # A method that does nothing, from twice the accuracy.
    accuracy = spread / 2
    above = energies - (mean - 2 * accuracy)
    assert np.sum(np.any(above + deviations(points) * errors <= accuracy, axis=1)) <= 26
    assert np.mean(np.any(above <= accuracy, axis=1)) > 0.9  # what readings alone would say
