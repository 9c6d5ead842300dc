"""What devices say of their noise, and energies of Hartree-Fock states where there is some."""

import numpy as np
import pytest
from qiskit.primitives import BackendSamplerV2, StatevectorSampler
from qiskit.providers.basic_provider import BasicSimulator
from qiskit.providers.fake_provider import GenericBackendV2
from qiskit_aer import AerSimulator
from qiskit_aer.noise import NoiseModel, ReadoutError, depolarizing_error
from qiskit_aer.primitives import SamplerV2

import qng
from qng.execute.qiskit.devices import noise_of
from qng.execute.qiskit.primitives import Primitives
from tests.execute.noisy import density_matrix_energy


def depolarising(p: float) -> NoiseModel:
    model = NoiseModel()
    model.add_all_qubit_quantum_error(depolarizing_error(p, 2), ["cx"])
    return model


@pytest.mark.parametrize("p", [0.1, 1.0])
def test_a_hartree_fock_energy_is_that_of_the_noise(p):
    """h2 with all angles fixed at 0, where without noise every word is known.

    Changes of basis have no CX, so that they have no noise. A false alarm at 4.5 errors is one in
    100,000.
    """
    whole = qng.load("h2")
    circuit = whole.circuit.bind(dict.fromkeys(whole.circuit.parameters, 0.0))
    observable = whole.observable
    problem = qng.Problem(circuit, observable)
    assert qng.energy(problem, [], shots=100).std_error == 0
    device = Primitives(AerSimulator(noise_model=depolarising(p)))
    expected = density_matrix_energy(device, circuit, observable, np.zeros(0))
    assert abs(expected - qng.energy(problem, []).value) > 0.05
    found = qng.energy(problem, [], executor=device, shots=100_000, seed=3)
    assert abs(found.value - expected) < 4.5 * found.std_error
    assert 0 < found.std_error < 0.01


def misreading() -> NoiseModel:
    model = NoiseModel()
    model.add_all_qubit_readout_error(ReadoutError([[0.9, 0.1], [0.2, 0.8]]))
    return model


@pytest.mark.parametrize(
    ("device", "noisy"),
    [
        (AerSimulator(), False),
        (AerSimulator(noise_model=NoiseModel()), False),
        (AerSimulator(noise_model=depolarising(0.1)), True),
        (AerSimulator(noise_model=misreading()), True),
        (AerSimulator(method="extended_stabilizer"), True),
        (AerSimulator(matrix_product_state_max_bond_dimension=2), True),
        (SamplerV2(), False),
        (SamplerV2(options={"backend_options": {"noise_model": depolarising(0.1)}}), True),
        (SamplerV2(options={"run_options": {"noise_model": depolarising(0.1)}}), True),
        (StatevectorSampler(), False),
        (BasicSimulator(), False),
        (GenericBackendV2(2), True),
        (BackendSamplerV2(backend=AerSimulator(noise_model=misreading())), True),
        (BackendSamplerV2(backend=GenericBackendV2(2)), True),
    ],
)
def test_devices_say_what_disturbs_them(device, noisy):
    assert bool(noise_of(device)) == noisy
    assert bool(Primitives(device).noise) == noisy


def test_a_sampler_nobody_knows_is_noisy():
    class Theirs(StatevectorSampler):
        """May do anything."""

    device = Primitives(Theirs())
    assert device.noise == "unknown noise of Theirs"
    assert Primitives(Theirs(), noise="").noise == ""
    problem = qng.Problem(qng.Circuit(1, (), ()), {"Z0": 1.0})
    assert qng.energy(problem, [], executor=device, shots=100).std_error > 0
    silent = Primitives(Theirs(), noise="")
    assert qng.energy(problem, [], executor=silent, shots=100).std_error == 0
