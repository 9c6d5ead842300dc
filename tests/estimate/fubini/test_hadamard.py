"""Metric and Berry curvature from Hadamard tests."""

import numpy as np
import pytest
from hypothesis import given, settings

from qng.circuit.angle import as_angle, parameter
from qng.circuit.ansatz import hardware_efficient, real_amplitudes
from qng.circuit.circuit import Circuit
from qng.circuit.depth import two_qubit_depth
from qng.circuit.gate import Gate, Rotation
from qng.circuit.pauli import Pauli
from qng.estimate.fubini import exact as fubini
from qng.estimate.fubini import hadamard
from qng.execute.statevector.executor import Statevector
from qng.plan.lower import sampled
from qng.plan.readout import Readout
from qng.run.bench import answer
from qng.testing import strategies
from tests import dense, scores

EXACT = Statevector()
A, B, C, D = (parameter(name) for name in "abcd")


def rotation(word: str, angle) -> Rotation:
    return Rotation(Pauli.parse(word), as_angle(angle))


# A state that no structure simplifies.
START = [rotation("Y0", 0.7), rotation("Z0", 0.4), rotation("X1", 0.5), rotation("Z1", -0.8)]
START += [Gate("cx", (1, 0)), Gate("t", (0,)), rotation("X0", 0.4), rotation("Y1", -0.6)]


def circuit_of(parameters: str, *ops) -> Circuit:
    """Pairs (word, angle) are rotations."""
    made = [op if isinstance(op, Gate) else rotation(*op) for op in ops]
    return Circuit(2, [*START, *made], parameters)


CX = Gate("cx", (0, 1))
FREE = circuit_of("abcd", ("X0", A), ("Z1", B), CX, ("Y0", C), ("X1", D))
# Blocks with several rotations of a parameter: means and products share shots.
SHARED = circuit_of(
    "ab", ("X0", A), ("Y1", A), ("X0 Y1", B), CX, ("Z0", 2 * B - A), ("Z0 Z1", A), ("Y1", B)
)


def exact(circuit: Circuit, theta) -> np.ndarray:
    return answer(EXACT, fubini.exact(circuit, theta)).dense()


def curvature(circuit: Circuit, theta) -> np.ndarray:
    return answer(EXACT, fubini.berry_curvature(circuit, theta))


@settings(max_examples=100)
@given(strategies.cases(max_ops=8))
def test_in_the_limit_of_many_shots(case):
    circuit, theta = case
    r = circuit.n_rotations
    plan = hadamard.full(circuit, theta)
    assert plan.evaluations <= r * (r + 1) / 2
    found = answer(EXACT, plan)
    np.testing.assert_allclose(found.dense(), exact(circuit, theta), rtol=0, atol=1e-12)
    assert found.std_error is None
    plan = hadamard.berry_curvature(circuit, theta)
    assert plan.evaluations <= r * (r - 1) / 2
    found = answer(EXACT, plan)
    tensor = dense.tensor(circuit, theta)
    dense.close(found.value, 2 * tensor.imag)
    np.testing.assert_allclose(found.value, curvature(circuit, theta), rtol=0, atol=1e-12)
    assert found.std_error is None


class TestCost:
    def test_one_circuit_for_a_rotation_and_a_later_block(self):
        circuit = hardware_efficient(5, 3)
        theta = np.random.default_rng(3).uniform(-3, 3, 40)
        plan = hadamard.full(circuit, theta)
        # Blocks of five: 35 + 30 + ... + 5 circuits with an ancilla at most, and 8 states.
        assert plan.evaluations <= 5 * 28 + 8
        cost = sampled(plan, 10**6).cost
        assert cost.points == plan.evaluations
        assert cost.depth <= two_qubit_depth(circuit) + 1

    def test_without_means_or_curvature_nothing_is_measured_for_them(self):
        circuit = real_amplitudes(4, 2)
        theta = np.random.default_rng(3).uniform(-3, 3, 12)
        assert hadamard.berry_curvature(circuit, theta).requests == ()
        with_ancilla = [r.circuit.n_qubits == 5 for r in hadamard.full(circuit, theta).requests]
        # Four rotations before the second block, eight before the third; one state for each.
        assert sum(with_ancilla) <= 4 + 8
        assert with_ancilla.count(False) <= 2

    def test_what_the_structure_fixes_takes_no_circuit(self):
        plan = hadamard.full(Circuit(2, [rotation("X0", A), rotation("Y1", B)], "ab"), [0.3, 0.4])
        assert plan.requests == ()
        found = answer(EXACT, plan, shots=1)
        assert found.dense().tolist() == [[0.25, 0], [0, 0.25]]

    def test_circuits_hold_what_influences_the_outcome(self):
        far = Circuit(3, [*START, rotation("X0", A), rotation("X2", C), rotation("Y1", B)], "abc")
        qubits = {
            q
            for request in hadamard.full(far, [0.1, 0.2, 0.3]).requests
            for op in request.circuit.ops
            for q in op.qubits
        }
        assert 2 not in qubits


class TestErrors:
    @pytest.mark.parametrize("circuit", [FREE, SHARED], ids=["free", "shared"])
    def test_scores_are_unit_normal(self, circuit):
        theta = np.linspace(0.4, 1.3, circuit.n_parameters)
        values, errors = scores.repeated(hadamard.full(circuit, theta), 10_000)
        scores.unit_normal(values, errors, exact(circuit, theta))

    @pytest.mark.parametrize("circuit", [FREE, SHARED], ids=["free", "shared"])
    def test_scores_of_the_curvature(self, circuit):
        theta = np.linspace(0.4, 1.3, circuit.n_parameters)
        plan = hadamard.berry_curvature(circuit, theta)
        values, errors = scores.repeated(plan, 10_000, lambda found: found.value)
        upper = np.triu_indices(len(theta), 1)
        known = np.all(errors[(slice(None), *upper)] == 0, axis=0)
        assert known.sum() < len(known)
        pairs = tuple(index[~known] for index in upper)
        every = (slice(None), *pairs)
        scores.unit_normal(values[every], errors[every], curvature(circuit, theta)[pairs])
        assert np.array_equal(values, -values.transpose(0, 2, 1))

    def test_few_shots_are_unbiased(self):
        theta = np.linspace(0.4, 1.3, 2)
        plan = hadamard.full(SHARED, theta)
        values, errors = scores.repeated(plan, 8 * plan.evaluations)
        deviation = values.mean(axis=0) - exact(SHARED, theta)
        assert np.all(np.abs(deviation) < 4 * values.std(axis=0) / np.sqrt(scores.REPETITIONS))
        assert np.all(errors.mean(axis=0) > 0.7 * values.std(axis=0))

    @pytest.mark.parametrize("mean", [0.0, 1e-3, 1.0])
    def test_intervals_hold_where_variances_vanish(self, mean):
        # <Z> is the mean, after gates whose structure tells nothing.
        start = [rotation("Y0", 0.3), rotation("Y0", np.arccos(mean) - 0.3)]
        circuit = Circuit(1, [*start, rotation("Z0", A), rotation("X0", B)], "ab")
        plan = hadamard.full(circuit, [0.0, 0.0])
        values, errors = scores.repeated(plan, 400)
        scores.covered(values, errors, exact(circuit, [0.0, 0.0]))

    def test_intervals_hold_at_the_origin(self):
        circuit = hardware_efficient(2, 1)
        plan = hadamard.full(circuit, np.zeros(8))
        values, errors = scores.repeated(plan, 200 * plan.evaluations)
        scores.covered(values, errors, exact(circuit, np.zeros(8)))

    def test_bits_corrected_for_readout_errors(self):
        """The metric of the state before it is read, with errors that the correction enlarges."""
        theta = np.linspace(0.4, 1.3, 2)
        readout = Readout(np.array([0.03, 0.08, 0.02]), np.array([0.05, 0.02, 0.1]))
        plan = hadamard.full(SHARED, theta)
        values, errors = scores.repeated(plan, 10_000, readout=readout)
        scores.unit_normal(values, errors, exact(SHARED, theta))

    def test_errors_of_the_readout_rates_are_added(self):
        theta = np.linspace(0.4, 1.3, 2)
        plan, rates = hadamard.full(SHARED, theta), (np.full(3, 0.1), np.full(3, 0.05))
        # The same shots, the rates known exactly and from 100 shots.
        known, rough = (
            scores.repeated(plan, 10**6, readout=Readout(*rates, shots=n), repetitions=1)[1][0]
            for n in (np.inf, 100.0)
        )
        assert np.all(rough > 3 * known)
