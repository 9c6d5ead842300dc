"""What Aer knows without shots, and what it refuses."""

import pickle

import numpy as np
import pytest
from qiskit_aer import AerSimulator
from qiskit_aer.noise import NoiseModel, ReadoutError, reset_error
from qiskit_aer.primitives import SamplerV2

from qng.circuit.angle import parameter
from qng.circuit.circuit import Circuit
from qng.circuit.gate import Gate, Rotation
from qng.circuit.pauli import Pauli, PauliSum
from qng.errors import InputError, QngError
from qng.execute.qiskit.primitives import Primitives
from qng.plan.request import Density, Expectation, Request, Samples

A = parameter("a")
ONE = Circuit(2, [Rotation(Pauli.parse("X1"), A)], ["a"])
BELL = Circuit(2, [Gate("h", (0,)), Gate("cx", (0, 1))])
BOTH = Samples(Pauli.parse("Z0 Z1"))
ANGLE = np.array([[0.8]])
ONES = np.sin(0.4) ** 2


def device(*readouts, **options):
    """Aer with readout errors: a table, and the qubits that have it."""
    model = NoiseModel()
    for table, qubits in readouts:
        if qubits is None:
            model.add_all_qubit_readout_error(ReadoutError(table))
        else:
            model.add_readout_error(ReadoutError(table), qubits)
    return Primitives(AerSimulator(noise_model=model), **options)


def distribution(device, measure=BOTH):
    ((found,),) = device.run([Request(ONE, ANGLE, measure)], 0)
    assert found.is_exact
    return dict(zip(found.outcomes.tolist(), found.weights.tolist()))


def test_every_qubit_is_read_with_its_own_errors():
    """Of qubit 1, which is 1 with probability ONES; those of qubit 0 come before those of all."""
    read = distribution(device(([[0.9, 0.1], [0.3, 0.7]], None), ([[0.95, 0.05], [0, 1]], [0])))
    second = 0.1 * (1 - ONES) + 0.7 * ONES
    expected = [0.95 * (1 - second), 0.05 * (1 - second), 0.95 * second, 0.05 * second]
    assert np.allclose([read[k] for k in range(4)], expected)


def test_options_of_a_sampler_count():
    model = NoiseModel()
    model.add_all_qubit_readout_error(ReadoutError([[0.9, 0.1], [0.3, 0.7]]))
    backend = {"backend_options": {}, "run_options": {"noise_model": model}}
    sampler = Primitives(SamplerV2(options=backend))
    assert distribution(sampler, Samples(Pauli.parse("Z1")))[2] == pytest.approx(0.1 + 0.6 * ONES)


def test_readout_is_not_in_the_state():
    noisy = device(([[0.5, 0.5], [0.5, 0.5]], None))
    rho, z = noisy.run(
        [
            Request(ONE, ANGLE, Density((1,))),
            Request(ONE, ANGLE, Expectation(PauliSum({"Z1": 1.0, "I": 2.0}))),
        ],
        0,
    )
    assert rho[0, 1, 1].real == pytest.approx(ONES)
    assert z.value[0] == pytest.approx(3 - 2 * ONES)
    assert z.variance[0] == pytest.approx(4 * ONES * (1 - ONES))


def test_points_of_circuits_without_parameters():
    """Requests of different numbers of points, counted ones between them."""
    noisy = device()
    counted = Request(BELL, np.zeros((1, 0)), BOTH, shots=np.array([100]))
    three, (counts,), one, (turned,) = noisy.run(
        [
            Request(BELL, np.zeros((3, 0)), Density()),
            counted,
            Request(BELL, np.zeros((1, 0)), Density((0,))),
            Request(BELL, np.zeros((1, 0)), Samples(Pauli.parse("Y0 Y1"))),
        ],
        0,
    )
    assert three.shape == (3, 4, 4)
    assert np.allclose(one, np.eye(2) / 2)
    assert set(counts.outcomes.tolist()) == {0, 3}
    assert turned.outcomes[turned.weights > 1e-12].tolist() == [1, 2]


def test_channels_that_are_no_mixtures_of_unitaries():
    model = NoiseModel(basis_gates=["rx"])
    model.add_all_qubit_quantum_error(reset_error(0.3), ["rx"])
    noisy = pickle.loads(pickle.dumps(Primitives(AerSimulator(noise_model=model))))
    assert Density in noisy.answers
    (rho,) = noisy.run([Request(ONE, ANGLE, Density((1,)))], 0)
    assert rho[0, 1, 1].real == pytest.approx(0.7 * ONES)


def test_what_is_refused():
    together = device((np.eye(4)[[0, 1, 2, 2]], [0, 1]))
    with pytest.raises(InputError, match="readout errors of several qubits together"):
        together.run([Request(ONE, ANGLE, BOTH)], 0)
    wide = Circuit(16, [Rotation(Pauli.parse(f"Y{q}"), A) for q in range(16)], ["a"])
    with pytest.raises(InputError, match="density matrix of 16 qubits needs 64 GiB, the limit"):
        device().run([Request(wide, np.zeros((1, 16)), Density((0,)))], 0)


def test_what_aer_cannot_do_is_said():
    class Broken(AerSimulator):
        def run(self, *_, **__):
            raise ValueError("no\nmemory")

    with pytest.raises(QngError, match="gave no density matrix: no memory"):
        Primitives(Broken()).run([Request(ONE, ANGLE, Density())], 0)
