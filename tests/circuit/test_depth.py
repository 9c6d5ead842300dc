"""The two-qubit depth of a circuit, counted by hand."""

import numpy as np
import pytest

from qng.circuit.angle import as_angle, parameter
from qng.circuit.ansatz import hardware_efficient
from qng.circuit.circuit import Circuit
from qng.circuit.depth import two_qubit_depth
from qng.circuit.gate import Gate, Rotation, unitary
from qng.circuit.pauli import Pauli


def turn(text: str, angle=0.3) -> Rotation:
    return Rotation(Pauli.parse(text), as_angle(angle))


@pytest.mark.parametrize(
    ("ops", "depth"),
    [
        ([], 0),
        ([Gate("h", (0,)), turn("X2"), Gate("t", (1,))], 0),
        ([Gate("cx", (0, 1)), Gate("cz", (2, 3))], 1),
        ([Gate("cx", (0, 1)), Gate("cz", (1, 2)), Gate("cy", (0, 3))], 2),
        ([Gate("swap", (0, 1)), Gate("iswap", (1, 2))], 5),
        ([Gate("ccx", (0, 1, 2)), Gate("cswap", (2, 3, 0))], 14),
        ([turn("Z0 Z1"), turn("X0 Y1 Z2 X3")], 2 + 6),
        ([turn("Z0 Z1"), turn("Z2 Z3")], 2),
        ([unitary(np.eye(4), (0, 1)), unitary(np.eye(8), (1, 2, 3))], 3 + 30),
        ([unitary(np.eye(2), (0,))], 0),
    ],
)
def test_depth(ops, depth):
    assert two_qubit_depth(Circuit(4, ops)) == depth


def test_angles_do_not_matter():
    free = Circuit(2, [turn("X0 X1", parameter("t"))], ["t"])
    assert two_qubit_depth(free) == two_qubit_depth(free.bind({"t": 0.0})) == 2


def test_a_ladder_is_a_chain():
    assert two_qubit_depth(hardware_efficient(5, 1)) == 4
    assert two_qubit_depth(hardware_efficient(6, 1, pattern="pairwise")) == 2
