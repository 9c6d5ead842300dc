"""Readout mitigation: with readout errors alone, corrected values are those of the exact state."""

from dataclasses import replace

import numpy as np
import pytest
from qiskit.primitives import StatevectorSampler
from qiskit.providers.fake_provider import GenericBackendV2
from qiskit_aer import AerSimulator
from qiskit_aer.noise import NoiseModel, ReadoutError

import qng
from qng.circuit.ansatz import random_pauli
from qng.circuit.circuit import Circuit
from qng.circuit.gate import Gate
from qng.circuit.pauli import Pauli
from qng.errors import InputError, SurrogateWarning
from qng.execute.qiskit.calibration import physical_qubits
from qng.execute.qiskit.primitives import Primitives
from qng.plan.readout import UNREAD
from qng.plan.request import Request, Samples

CIRCUIT = random_pauli(3, 2, seed=1)
THETA = np.linspace(0.2, 1.5, 6)
PROBLEM = qng.Problem(CIRCUIT, {"Z0 Z1": 1.0, "X1 Y2": 0.7, "Z2": -0.4})
RATES = [(0.03, 0.08), (0.06, 0.02), (0.1, 0.05)]

pytestmark = pytest.mark.filterwarnings(f"ignore::{SurrogateWarning.__module__}.SurrogateWarning")


def misreading() -> AerSimulator:
    model = NoiseModel()
    for q, (a, b) in enumerate(RATES):
        model.add_readout_error(ReadoutError([[1 - a, a], [b, 1 - b]]), [q])
    return AerSimulator(noise_model=model)


def scores(device: Primitives, repetitions: int = 60) -> np.ndarray:
    exact = qng.energy(PROBLEM, THETA).value
    found = [
        qng.energy(PROBLEM, THETA, executor=device, shots=6000, seed=seed)
        for seed in range(repetitions)
    ]
    return np.array([(e.value - exact) / e.std_error for e in found])


def test_corrected_energies_are_unbiased_with_true_errors():
    z = scores(Primitives(misreading(), mitigate=3000))
    assert abs(np.mean(z)) < 4 / np.sqrt(len(z))
    assert 0.7 < np.std(z) < 1.3


def test_without_correction_they_are_not():
    assert abs(np.mean(scores(Primitives(misreading()), 10))) > 3


@pytest.mark.parametrize("estimator", ["overlaps", "blocks"])
def test_corrected_metrics_are_unbiased(estimator):
    exact = qng.metric(CIRCUIT, THETA, estimator).dense()
    device = Primitives(misreading(), mitigate=20_000)
    z = []
    for seed in range(20):
        found = qng.metric(CIRCUIT, THETA, estimator, executor=device, shots=60_000, seed=seed)
        known = np.triu(found.std_error) > 0
        z.append(((found.dense() - exact)[known]) / found.std_error[known])
    assert np.all(np.abs(np.mean(z, axis=0)) < 4.5 / np.sqrt(20))
    assert np.sqrt(np.mean(np.square(z))) < 1.3


def test_samplers_with_one_number_of_shots_are_calibrated_too():
    device = Primitives(StatevectorSampler(), mitigate=500)
    found = qng.energy(PROBLEM, THETA, executor=device, shots=3000)
    assert abs(found.value - qng.energy(PROBLEM, THETA).value) < 4 * found.std_error


def test_rates_go_by_the_names_of_physical_qubits():
    """Line 2 - 1 - 0: whatever the layout, circuits that read one qubit share its rates."""
    device = Primitives(GenericBackendV2(5, seed=1), mitigate=100)
    requests = [
        Request(Circuit(3, [Gate("cx", (0, 2))]), np.zeros((1, 0)), Samples(Pauli.parse(basis)))
        for basis in ("Z0 Z2", "Z1", "X0")
    ]
    asked = [replace(request, shots=np.array([50])) for request in requests]
    found = [counts.readout for (counts,) in device.run(asked, 0)]
    for request, readout in zip(requests, found):
        sent = device.transpiler.measured(request.circuit, request.measure.basis)
        assert [q for q, name in enumerate(readout.names) if name != UNREAD] == list(sent.qubits)
        assert tuple(readout.names[q] for q in sent.qubits) == physical_qubits(sent.circuit)
    assert {readout.shots for readout in found} == {100.0}


def test_bad_numbers_are_refused():
    with pytest.raises(InputError, match="mitigate must be a whole number of at least 0"):
        Primitives(AerSimulator(), mitigate=-1)
