"""Gates and derivatives in vectors, of one to nine qubits, against the plain loops."""

import numpy as np
import pytest

from qng.circuit.angle import parameter
from qng.circuit.circuit import Circuit
from qng.circuit.gate import Gate, Rotation
from qng.circuit.pauli import Pauli
from qng.execute.statevector.tangents import derivatives
from qng.execute.statevector.tangents.derivatives import Derivatives
from qng.execute.statevector.tangents.tangents import Meeting
from tests import dense

REAL, ANY = ("h", "x", "z"), ("h", "x", "z", "sx", "s", "y")


def layers(n, seed, axes, fixed):
    """Layers of rotations, fixed gates between them, and CX gates in a random order."""
    rng = np.random.default_rng(seed)
    ops, names = [], []
    for _ in range(3):
        for q in range(n):
            if rng.random() < 0.2:
                ops.append(Gate(str(rng.choice(fixed)), (q,)))
            if rng.random() < 0.85:
                names.append(f"t{len(names)}")
                axis = str(rng.choice(list(axes)))
                ops.append(Rotation(Pauli.parse(f"{axis}{q}"), parameter(names[-1])))
        for _ in range(n - 1):
            a, b = rng.choice(n, 2, replace=False)
            ops.append(Gate("cx", (int(a), int(b))))
        ops += [Gate("cx", (q, q + 1)) for q in range(n - 1)]
    # Turns by nothing, by half a turn and nearly so have no quotient, or a large one.
    special = [0.0, np.pi, -np.pi, np.pi + 1e-4, np.pi / 2]
    theta = rng.uniform(-np.pi, np.pi, len(names))
    some = rng.random(len(names)) < 0.3
    theta[some] = rng.choice(special, int(some.sum()))
    return Circuit(n, ops, names), theta


@pytest.mark.parametrize("n", range(1, 10))
@pytest.mark.parametrize(("axes", "fixed"), [("Y", REAL), ("YZ", REAL), ("XYZ", ANY)])
def test_layers(n, axes, fixed):
    circuit, theta = layers(n, n, axes, fixed)
    slopes = circuit.slopes(theta)
    at = circuit, circuit.angles(theta), slopes
    psi = dense.state(circuit, theta)
    rows = derivatives.pushed(*at)
    near = {"rtol": 0, "atol": 2e-13}
    tangent = Derivatives(*at)
    np.testing.assert_allclose(tangent.state, psi, **near)
    np.testing.assert_allclose(tangent.dense(), rows, **near)
    w = np.random.default_rng(0).normal(size=(2**n, 2)) @ [1, 1j]
    np.testing.assert_allclose(tangent.vjp(w), (rows.conj() @ w).real, rtol=0, atol=1e-11)
    gram, b = Meeting(*at).gram(10**6)
    np.testing.assert_allclose(gram, (rows.conj() @ rows.T).real, **near)
    np.testing.assert_allclose(b, (rows @ psi.conj()).imag, **near)
    halves, _ = Meeting(*at, single=True).gram(10**6)
    np.testing.assert_allclose(halves, gram, rtol=0, atol=2e-6)
