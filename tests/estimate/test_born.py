"""Born probabilities and their derivatives against those of an independent simulator."""

import numpy as np
import pytest
from hypothesis import given, settings

from qng.circuit.ansatz import real_amplitudes
from qng.circuit.circuit import Circuit
from qng.estimate import born
from qng.execute.statevector.executor import Statevector
from qng.plan.plan import Plan
from qng.run.bench import answer, answers
from qng.testing.strategies import cases
from tests import dense

DEVICE = Statevector(threads=1)


def probabilities(circuit: Circuit, points) -> np.ndarray:
    return np.abs(dense.state(circuit, points)) ** 2


def slopes(circuit: Circuit, points) -> np.ndarray:
    found = dense.differences(lambda x: probabilities(circuit, x), points)
    return np.moveaxis(found, 0, -1)


@settings(max_examples=40)
@given(cases(max_qubits=3))
def test_values_and_derivatives(case) -> None:
    circuit, theta = case
    p, first = answer(DEVICE, born.slopes(circuit, theta))
    many = answer(DEVICE, born.probabilities(circuit, theta + np.zeros((2, 1))))
    dense.close(many, probabilities(circuit, theta + np.zeros((2, 1))))
    dense.close(p, probabilities(circuit, theta))
    dense.close(first, slopes(circuit, theta))
    of_second = answer(DEVICE, born.curvature(circuit, theta))
    dense.close(of_second[0], p)
    dense.close(of_second[1], first, 1e-9)
    expected = np.moveaxis(dense.differences(lambda x: slopes(circuit, x), theta), 0, -1)
    dense.close(of_second[2], expected, 1e-6, 0.05)


@settings(max_examples=20)
@given(cases(max_qubits=3, max_ops=6))
def test_counts_without_noise_of_shots_are_the_same(case) -> None:
    circuit, theta = case
    p, first = answer(DEVICE, born.slopes(circuit, theta))
    dense.close(answer(DEVICE, born.frequencies(circuit, theta)), p, 1e-9)
    dense.close(answer(DEVICE, born.counted_slopes(circuit, theta)), first, 1e-9)


def test_nothing_moves_without_parametrised_rotations() -> None:
    found = answer(DEVICE, born.counted_slopes(Circuit(2, [], ["a"]), [0.3]), shots=10)
    np.testing.assert_array_equal(found, np.zeros((4, 1)))


def test_from_shots_they_are_unbiased() -> None:
    """Means of 400 draws of 100 shots; at 5 sigma of 12 means one run in 10^5 would fail."""
    circuit, theta = real_amplitudes(2, 0), np.array([0.4, 1.1])
    p, first = answer(DEVICE, born.slopes(circuit, theta))
    cases: list[tuple[Plan[np.ndarray], np.ndarray]] = [
        (born.frequencies(circuit, theta), p),
        (born.counted_slopes(circuit, theta), first),
    ]
    for plan, expected in cases:
        drawn = np.array(answers(DEVICE, [plan] * 400, seed=7, shots=100))
        error = drawn.std(axis=0) / np.sqrt(len(drawn))
        assert np.all(np.abs(drawn.mean(axis=0) - expected) <= 5 * error)
        assert error.max() < 0.01
    with pytest.raises(ValueError, match="shots"):
        answer(DEVICE, born.frequencies(circuit, theta), shots=1)
