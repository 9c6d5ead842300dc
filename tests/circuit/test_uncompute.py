"""What is left of a circuit and its inverse; that overlaps survive is tested in test_sampling."""

import numpy as np
import pytest

from qng.circuit.angle import as_angle, parameter
from qng.circuit.ansatz import hardware_efficient
from qng.circuit.circuit import Circuit
from qng.circuit.depth import two_qubit_depth
from qng.circuit.gate import Gate, Rotation
from qng.circuit.pauli import Pauli
from qng.circuit.uncompute import return_trip


def rotation(word: str, angle) -> Rotation:
    return Rotation(Pauli.parse(word), as_angle(angle))


def chain(*ops) -> Circuit:
    """Words are rotations with a parameter each."""
    names = [f"t{k}" for k in range(len(ops))]
    made = [rotation(op, parameter(t)) if isinstance(op, str) else op for op, t in zip(ops, names)]
    return Circuit(3, made, names)


H, CZ = tuple(Gate("h", (q,)) for q in range(3)), (Gate("cz", (0, 1)), Gate("cz", (1, 2)))


@pytest.mark.parametrize("changed", [0, 1, 2])
def test_a_layer_of_commuting_rotations_cancels_but_for_the_changed_one(changed):
    trip = return_trip(chain(*H, "Z0 Z1", "Z1 Z2", "Z0 Z2", *H, "X0"), (changed,))
    assert sum(isinstance(op, Rotation) for op in trip.circuit.ops) == 1
    assert two_qubit_depth(trip.circuit) == 2
    assert trip.basis.weight == 2
    here, there = np.arange(4.0), np.array([0.0, 1.5, 1.0, 3.0])
    assert trip.angles(here, there).tolist() == [(here - there)[changed]]


def test_the_last_rotation_is_one_by_the_difference():
    trip = return_trip(chain("X0 X1", "Y1 Y2"), (0, 1))
    assert two_qubit_depth(trip.circuit) == 6
    here, there = np.array([1.0, 2.0]), np.array([0.5, 0.25])
    # Forth, turn, back; a rotation back has its sign in the angle.
    assert trip.angles(here, there).tolist() == [1.0, 1.75, -0.5]
    assert [str(op.pauli) for op in trip.circuit.ops] == ["X0 X1", "Y1 Y2", "X0 X1"]


def test_diagonal_gates_cancel_in_front_of_diagonal_rotations():
    assert len(return_trip(chain(*CZ, "Z1"), (0,)).circuit.ops) == 1
    # Behind the first CZ the second one meets an X1.
    kept = return_trip(chain(*CZ, "X0"), (0,)).circuit.ops
    assert kept == (CZ[0], kept[1], CZ[0])


def test_what_stands_behind_or_outside_the_light_cone_cancels():
    circuit = hardware_efficient(4, 3)
    first = return_trip(circuit, (0,))
    assert len(first.circuit.ops) == 1
    assert first.basis == Pauli.parse("Z0")
    last = return_trip(circuit, (circuit.n_rotations - 1,))
    assert two_qubit_depth(last.circuit) <= 2 * two_qubit_depth(circuit)
