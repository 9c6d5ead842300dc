"""Energy and gradient against the dense simulator, and the estimators against each other."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import qng
from qng.angle import parameter
from qng.circuit import Circuit
from qng.errors import InputError, UnknownNameError
from qng.gate import Rotation, unitary
from qng.pauli import Pauli, PauliSum
from tests import dense
from tests.strategies import CLIFFORD, gates, problems

T, P = parameter("t"), parameter("p")
BLOCH = Circuit(1, [Rotation(Pauli.parse("Y0"), T), Rotation(Pauli.parse("Z0"), P * P)], ["t", "p"])


@settings(max_examples=300, deadline=None)
@given(problems())
def test_gradient_is_the_difference_of_energies(case):
    circuit, theta, h = case
    problem = qng.Problem(circuit, h)
    np.testing.assert_allclose(
        qng.energy(problem, theta), dense.energy(circuit, h, theta), rtol=0, atol=1e-12
    )
    dense.close(qng.gradient(problem, theta).value, dense.gradient(circuit, h, theta))


@settings(max_examples=50, deadline=None)
@given(problems())
def test_estimators_agree(case):
    """Adjoint = parameter shift = 2 Re <d psi|H|psi>; central differences to order step^2."""
    circuit, theta, h = case
    problem = qng.Problem(circuit, h)
    exact = qng.gradient(problem, theta).value
    shifted = qng.gradient(problem, theta, "parameter-shift")
    dense.close(shifted.value, exact, 1e-12, 1.0)
    assert shifted.std_error is None
    dense.close(qng.gradient(problem, theta, "finite-difference").value, exact, 1e-6, 1.0)
    d = dense.differences(lambda t: dense.state(circuit, t), theta)
    image = dense.pauli_sum(h, circuit.n_qubits) @ dense.state(circuit, theta)
    dense.close(exact, 2 * (d.conj() @ image).real)


@settings(max_examples=30, deadline=None)
@given(problems(), st.floats(-3, 3), st.data())
def test_phase_and_clifford_in_both_circuit_and_observable(case, phase, data):
    """<C psi|H|C psi> = <psi|C^dagger H C|psi>."""
    circuit, theta, h = case
    tail = data.draw(st.lists(gates(circuit.n_qubits, CLIFFORD), max_size=4))
    terms = []
    for pauli, c in h:
        for gate in reversed(tail):
            sign, pauli = gate.conjugate(pauli)
            c *= sign
        terms.append((pauli, c))
    phased = circuit.then([unitary(np.exp(1j * phase) * np.eye(2), (0,)), *tail])
    found = qng.gradient(qng.Problem(phased, h), theta).value
    expected = qng.gradient(qng.Problem(circuit, PauliSum(terms)), theta).value
    dense.close(found, expected, 1e-12, 1.0)


@pytest.mark.parametrize("estimator", ["exact", "parameter-shift", "finite-difference"])
def test_closed_form(estimator):
    """<X> = sin t cos p^2."""
    found = qng.gradient(qng.Problem(BLOCH, {"X0": 1.0}), [0.7, 0.4], estimator).value
    expected = np.cos(0.7) * np.cos(0.16), -np.sin(0.7) * np.sin(0.16) * 0.8
    np.testing.assert_allclose(found, expected, atol=1e-9)


@pytest.mark.parametrize("estimator", ["exact", "parameter-shift", "finite-difference"])
def test_points_that_cannot_be_used(estimator):
    problem = qng.Problem(BLOCH, {"X0": 1.0})
    for theta, message in (
        ([0.1], "1 value"),
        ([0.1, np.inf], "p is not"),
        ([[0.1, 0.2], [0.3, 0.4]], "one point"),
    ):
        with pytest.raises(InputError, match=message):
            qng.gradient(problem, theta, estimator)
        with pytest.raises(InputError, match=message):
            qng.energy(problem, theta)


def test_unknown_estimator():
    with pytest.raises(UnknownNameError, match="did you mean parameter-shift"):
        qng.gradient(qng.Problem(BLOCH, {"X0": 1.0}), [0, 0], "parametershift")


def test_no_parameters():
    problem = qng.Problem(Circuit(1), {"Z0": 2.0, "I": 0.5})
    assert qng.energy(problem) == 2.5
    for estimator in ("exact", "parameter-shift", "finite-difference"):
        assert qng.gradient(problem, estimator=estimator).value.shape == (0,)
