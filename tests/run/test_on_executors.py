"""`qng run h2 --shots 4096` on every kind of executor: the energy at the end is what it says."""

import warnings

import numpy as np
import pytest
from qiskit_ibm_runtime.fake_provider import FakeManilaV2

import qng
from qng.errors import NoisyMetricWarning, SurrogateWarning
from qng.execute.qiskit.primitives import Primitives
from tests.execute.noisy import measured_energy

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
