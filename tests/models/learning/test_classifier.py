"""The circuit classifier: states, outputs and derivatives against other ways to the same."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import qng
from qng.arrays import Array
from qng.circuit.ansatz import hardware_efficient, real_amplitudes
from qng.circuit.circuit import Circuit
from qng.circuit.gate import Gate, unitary
from qng.errors import InputError
from qng.execute.statevector import state
from qng.models.learning.classifier import CircuitClassifier
from qng.models.learning.encodings import angle_encoding, z_feature_map, zz_feature_map
from qng.models.learning.supervised import Supervised
from qng.models.states import evolved, ground, pushed
from qng.plan.quantities import By
from qng.testing.strategies import circuits

RNG = np.random.default_rng(0)


def fubini(model: CircuitClassifier, theta: Array, x: Array) -> Array:
    """The mean of the Fubini-Study metrics of the states of all inputs."""
    psi, rows = model.tangents(theta, x)
    berry = np.einsum("nz,pnz->np", psi.conj(), rows).imag
    products = np.einsum("pnz,qnz->pq", rows.conj(), rows).real
    mean: Array = (products - berry.T @ berry) / len(x)
    return mean


@settings(max_examples=20, deadline=None)
@given(circuit=circuits(), seed=st.integers(0, 100))
def test_states_are_those_of_the_executor(circuit: Circuit, seed: int) -> None:
    theta = np.random.default_rng(seed).uniform(-3, 3, circuit.n_parameters)
    phi = circuit.angles(theta)
    psi, rows = pushed(circuit, ground(circuit, 1), phi)
    np.testing.assert_allclose(psi[0], state(circuit, phi), atol=1e-12)
    np.testing.assert_allclose(evolved(circuit, ground(circuit, 2), phi)[1], psi[0], atol=1e-12)
    h = 1e-6 * np.eye(len(phi))
    slopes = [(state(circuit, phi + d) - state(circuit, phi - d)) / 2e-6 for d in h]
    np.testing.assert_allclose(rows[:, 0], np.reshape(slopes, (len(phi), len(psi[0]))), atol=1e-8)


def test_circuits_of_qiskit_will_do() -> None:
    library = pytest.importorskip("qiskit.circuit.library")
    maps = library.zz_feature_map(2, reps=1), library.real_amplitudes(2, reps=1)
    theirs = CircuitClassifier(*maps)
    ours = CircuitClassifier(zz_feature_map(2, 1), real_amplitudes(2, 1))
    x, theta = RNG.normal(size=(3, 2)), RNG.normal(size=4)
    np.testing.assert_allclose(theirs.outputs(theta, x), ours.outputs(theta, x), atol=1e-12)
    with pytest.raises(InputError, match="must be a Circuit"):
        CircuitClassifier(3, maps[1])


def test_gates_that_mix_act_on_their_qubits() -> None:
    turn = np.linalg.qr(RNG.normal(size=(4, 4)) + 1j * RNG.normal(size=(4, 4)))[0]
    circuit = Circuit(3, [Gate("h", (1,)), unitary(turn, (2, 0)), Gate("cx", (2, 1))])
    found = evolved(circuit, ground(circuit, 1), np.zeros(0))[0]
    np.testing.assert_allclose(found, state(circuit, np.zeros(0)), atol=1e-13)


@pytest.mark.parametrize("kind", ["z", "zz"])
def test_feature_maps_are_qiskits(kind: str) -> None:
    library = pytest.importorskip("qiskit.circuit.library")
    ours = (z_feature_map if kind == "z" else zz_feature_map)(3, 2)
    theirs = Circuit.from_qiskit(getattr(library, f"{kind}_feature_map")(3, reps=2))
    x = RNG.normal(size=3)
    overlap = np.vdot(state(ours, ours.angles(x)), state(theirs, theirs.angles(x)))
    assert abs(overlap) == pytest.approx(1.0, abs=1e-12)


@pytest.mark.parametrize("count", [3, 20])
@pytest.mark.parametrize("readout", ["parity", "qubit", ("Z0", "Z0 Z2", "Z1")])
def test_the_jacobian_is_that_of_the_outputs(readout: str | tuple[str, ...], count: int) -> None:
    """With fewer inputs than amplitudes, and with more."""
    model = CircuitClassifier(zz_feature_map(3), hardware_efficient(3, 1), readout)
    theta, x = model.start(1), RNG.normal(size=(count, 3))
    h = 1e-6 * np.eye(len(theta))
    slopes = [(model.outputs(theta + d, x) - model.outputs(theta - d, x)) / 2e-6 for d in h]
    np.testing.assert_allclose(model.jacobian(theta, x), np.moveaxis(slopes, 0, 2), atol=1e-8)


def test_outputs_are_energies_of_bound_circuits() -> None:
    encoding, ansatz = angle_encoding(2, "X"), real_amplitudes(2, 1)
    model = CircuitClassifier(encoding, ansatz, ("Z0", {"Z0 Z1": 0.5, "Z1": 1.0}))
    theta, x = model.start(3), np.array([[0.3, -0.8]])
    whole = Circuit(2, (*encoding.ops, *ansatz.ops), (*encoding.parameters, *ansatz.parameters))
    point = np.concatenate([x[0], theta])
    for k, words in enumerate(({"Z0": 1.0}, {"Z0 Z1": 0.5, "Z1": 1.0})):
        energy = qng.energy(qng.Problem(whole, words), point).value
        assert model.outputs(theta, x)[0, k] == pytest.approx(energy)


def test_parity_is_born_probability() -> None:
    model = CircuitClassifier(angle_encoding(2), real_amplitudes(2, 1))
    psi = model.tangents(model.start(1), np.array([[0.2, 0.9]]))[0][0]
    odd = abs(psi[1]) ** 2 + abs(psi[2]) ** 2
    outputs = model.outputs(model.start(1), np.array([[0.2, 0.9]]))
    np.testing.assert_allclose(outputs, [[1 - odd, odd]])


@pytest.mark.parametrize("theta", [[0.0, 0.0], [0.4, -1.1], [np.pi, 0.0]])
def test_the_fisher_matrix_is_four_times_fubini_study_where_amplitudes_are_real(
    theta: list[float],
) -> None:
    """Every outcome is a class; also where some of them do not occur."""
    ansatz = real_amplitudes(2, 0)
    model = CircuitClassifier(angle_encoding(2), ansatz, np.eye(4))
    x = np.zeros((1, 2))
    fisher = Supervised(model, x, [0]).metric(np.array(theta), By("fisher")).dense()
    np.testing.assert_allclose(fisher, 4 * fubini(model, np.array(theta), x), atol=1e-12)


def test_the_fisher_matrix_of_classes_is_at_most_that_of_outcomes() -> None:
    """Data processing: a class is a function of the outcome; and of outcomes at most 4 g."""
    encoding, ansatz = angle_encoding(2), hardware_efficient(2, 1)
    x, theta = RNG.normal(size=(6, 2)), RNG.normal(size=8)

    def fisher(readout: str | Array) -> Array:
        model = CircuitClassifier(encoding, ansatz, readout)
        return Supervised(model, x, np.zeros(6)).metric(theta, By("fisher")).dense()

    outcomes = fisher(np.eye(4))
    assert np.linalg.eigvalsh(outcomes - fisher("parity")).min() > -1e-12
    model = CircuitClassifier(encoding, ansatz)
    g = Supervised(model, x, np.zeros(6)).metric(theta, By("fubini-study")).dense()
    np.testing.assert_allclose(g, fubini(model, theta, x), atol=1e-13)
    assert np.linalg.eigvalsh(4 * g - outcomes).min() > -1e-12


def test_theta_is_an_array_of_layers_and_qubits() -> None:
    model = CircuitClassifier(angle_encoding(2), real_amplitudes(2, 2))
    assert model.arrays == ((3, 2),)
    assert model.likelihood == "categorical"
    assert CircuitClassifier(angle_encoding(2), real_amplitudes(2, 2), ("Z0",)).likelihood == (
        "gaussian"
    )


def test_what_is_no_classifier_is_refused() -> None:
    with pytest.raises(InputError, match="2 qubits and the ansatz 3"):
        CircuitClassifier(angle_encoding(2), real_amplitudes(3, 1))
    with pytest.raises(InputError, match="words of Z"):
        CircuitClassifier(angle_encoding(2), real_amplitudes(2, 1), ("X0",))
    with pytest.raises(InputError, match=r"\(outputs, 4\)"):
        CircuitClassifier(angle_encoding(2), real_amplitudes(2, 1), np.eye(3))
    with pytest.raises(InputError, match=r"shape \(inputs, 2\)"):
        CircuitClassifier(angle_encoding(2), real_amplitudes(2, 1)).states(np.zeros((4, 3)))
    with pytest.raises(InputError, match="12"):
        evolved(Circuit(13), ground(Circuit(1), 1), np.zeros(0))
