"""What the structure of a circuit fixes holds at every angle."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from qng.circuit.angle import as_angle, parameter
from qng.circuit.ansatz import hardware_efficient, real_amplitudes
from qng.circuit.circuit import Circuit
from qng.circuit.gate import Gate, Rotation
from qng.circuit.pauli import Pauli
from qng.circuit.structure import structure
from qng.testing import strategies
from tests import dense


def rotation(word: str, angle) -> Rotation:
    return Rotation(Pauli.parse(word), as_angle(angle))


def free(*ops) -> Circuit:
    """A circuit on two qubits; words are rotations with a parameter each."""
    names = [f"t{k}" for k in range(len(ops))]
    made = [
        rotation(op, parameter(name)) if isinstance(op, str) else op for op, name in zip(ops, names)
    ]
    return Circuit(2, made, names)


@settings(max_examples=150)
@given(st.data())
def test_known_numbers_are_those_of_the_state(data):
    circuit = strategies.free(data.draw(strategies.circuits(max_ops=8)))
    rng = np.random.default_rng(data.draw(st.integers(0, 10**6)))
    phi = rng.uniform(-3, 3, circuit.n_rotations)
    known, tensor = structure(circuit), dense.tensor(circuit, phi)
    psi = dense.state(circuit, phi)
    rows = dense.differences(lambda t: dense.state(circuit, t), phi)
    for found, expected in (
        (known.means, -2 * (rows @ psi.conj()).imag),
        (known.products, 4 * (rows.conj() @ rows.T).real),
        (known.metric, tensor.real),
    ):
        where = ~np.isnan(found)
        np.testing.assert_allclose(found[where], expected[where], rtol=0, atol=1e-7)
    np.testing.assert_allclose(tensor.imag[known.flat], 0, atol=1e-7)
    assert np.all(known.flat | ~known.commuting)


def test_a_product_state_has_no_metric_between_its_qubits():
    circuit = hardware_efficient(3, 0)
    g = structure(circuit).metric
    # RY on |0>, and a following RZ, whose word anticommutes and whose partner has mean 0.
    assert g[0].tolist() == [0.25, 0, 0, 0, 0, 0]
    assert np.isnan(np.diag(g)[3:]).all()
    assert g[3, 4] == 0


def test_what_is_found():
    plus = Gate("h", (0,))
    known = structure(free(plus, "Z0", "Z0 Z1", "Z1", Gate("t", (1,)), "X1", "X0"))
    # Z0 and Z0 Z1 turn |+>|0> alike and Z1 does not turn it; words end at the T gate.
    assert known.means[:3].tolist() == [0, 0, 1]
    assert np.isnan(known.means[3:]).all()
    assert known.metric[:3, :3].tolist() == [[0.25, 0.25, 0], [0.25, 0.25, 0], [0, 0, 0]]
    assert known.metric[2].tolist() == [0] * 5
    assert known.commuting[0, 1]
    assert not known.commuting[0, 4]


def test_real_circuits_are_flat():
    known = structure(real_amplitudes(4, 2))
    assert known.flat.all()
    assert np.all(known.means == 0)
    assert not known.commuting.all()
    # A fixed gate that is not real ends that, for what stands behind it on its qubits.
    mixed = structure(free("Y0", "Y1", Gate("cx", (0, 1)), Gate("t", (1,)), "Y0", "Y1"))
    assert np.isnan(mixed.means[3])
    assert mixed.means[2] == 0
