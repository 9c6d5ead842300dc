"""Layers about random axes against Qiskit, and against printed numbers (tests/reproduce)."""

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit.library import XXPlusYYGate
from qiskit.quantum_info import Statevector

from qng import Circuit
from qng.circuit.random_layers import gacon, haug, random_axes
from qng.errors import CircuitError, InputError, UnknownNameError
from qng.execute.statevector.states import state

AXES = ("XYZXY", "ZZYXX", "YXXYZ")


def theirs(kind: str, theta: np.ndarray) -> np.ndarray:
    n, angles = len(AXES[0]), iter(theta)
    circuit = QuantumCircuit(n)
    every = kind == "gacon"
    for layer, word in enumerate(AXES):
        if every or layer == 0:
            circuit.ry(np.pi / 4, range(n))
        for q, letter in enumerate(word):
            getattr(circuit, f"r{letter.lower()}")(next(angles), q)
        if every and layer == len(AXES) - 1:
            break
        for a in [*range(0, n - 1, 2), *range(1, n - 1, 2)]:
            if kind == "sqrt_iswap":
                circuit.append(XXPlusYYGate(-np.pi / 2), [a, a + 1])
            else:
                getattr(circuit, "cz" if every else kind)(a, a + 1)
    return Statevector(circuit).data


@pytest.mark.parametrize("kind", ["cx", "cz", "sqrt_iswap", "gacon"])
def test_layers_are_those_of_qiskit(kind: str) -> None:
    circuit = gacon(AXES) if kind == "gacon" else haug(AXES, kind)
    assert circuit.n_parameters == 15
    theta = np.random.default_rng(3).uniform(-np.pi, np.pi, 15)
    ours = state(circuit, circuit.angles(theta))
    np.testing.assert_allclose(ours, theirs(kind, theta), atol=1e-12)


def test_every_layer_is_written_as_openqasm() -> None:
    circuit = haug(AXES, "sqrt_iswap")
    assert Circuit.from_qasm(circuit.to_qasm()).n_parameters == 15


def test_axes_are_drawn_uniformly_and_by_their_seed() -> None:
    axes = random_axes(30, 100, seed=5)
    assert axes == random_axes(30, 100, np.random.default_rng(5)) != random_axes(30, 100, 6)
    counts = [sum(word.count(letter) for word in axes) for letter in "XYZ"]
    assert max(abs(c - 1000) for c in counts) < 5 * np.sqrt(3000 * 2 / 9)


@pytest.mark.parametrize(
    ("build", "error", "says"),
    [
        (lambda: haug([]), CircuitError, "axes are words of X, Y and Z"),
        (lambda: haug(["XA"]), CircuitError, "words of 2 letters"),
        (lambda: gacon(["XX", "X"]), CircuitError, "words of 2 letters"),
        (lambda: gacon(3), CircuitError, "axes are words"),
        (lambda: haug(["XX"], "ecr"), UnknownNameError, "ecr"),
        (lambda: random_axes(0, 1), InputError, "n_qubits"),
        (lambda: random_axes(1, 1, seed="a"), InputError, "seed"),
    ],
)
def test_what_cannot_be_built_is_refused(build: object, error: type, says: str) -> None:
    with pytest.raises(error, match=says):
        build()
