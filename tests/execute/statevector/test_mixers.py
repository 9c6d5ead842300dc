"""Layers of rotations about X, which become rotations about Y."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from qng.circuit.angle import parameter
from qng.circuit.ansatz import qaoa
from qng.circuit.circuit import Circuit
from qng.circuit.gate import Gate, Rotation
from qng.circuit.pauli import Pauli, PauliSum
from qng.execute.statevector.fused.fuse import fused
from qng.execute.statevector.kernels.kinds import PHASE, SHUFFLE, TURN
from tests.execute.statevector.test_tangents import agree, products_agree


def layer(axis, names, n):
    return [
        Rotation(Pauli.parse(f"{axis}{q}"), parameter(name)) for q, name in zip(range(n), names)
    ]


@settings(max_examples=80)
@given(st.data())
def test_what_comes_between_layers(data):
    """Phases let the quarter turns wait; gates and rotations about other axes do not."""
    n = data.draw(st.integers(3, 4))
    ops, names = [], [f"t{q}" for q in range(n)]
    for _ in range(data.draw(st.integers(1, 4))):
        about = data.draw(st.sampled_from(["X", "X", "X", "Y", "Z"]))
        ops += layer(about, data.draw(st.permutations(names)), n)
        for _ in range(data.draw(st.integers(0, 3))):
            name = data.draw(
                st.sampled_from(["cx", "cz", "swap", "s", "h", "x", "iswap", "rx", "xy"])
            )
            a, b = data.draw(st.permutations(range(n)))[:2]
            if name == "rx":
                ops.append(Rotation(Pauli.parse(f"X{a}"), 2 * parameter("t0") + 0.3))
            elif name == "xy":
                ops.append(Rotation(Pauli.parse(f"X{a} Y{b}"), parameter("t1")))
            else:
                ops.append(Gate(name, (a, b) if name in ("cx", "cz", "swap", "iswap") else (a,)))
    circuit = Circuit(n, ops, names)
    agree(circuit, np.linspace(0.4, 1.7, n))
    products_agree(circuit, np.linspace(0.4, 1.7, n), 0)


def test_all_mixers_of_qaoa_are_real():
    """Between two of them nothing is left of the quarter turns."""
    cost = PauliSum({f"Z{q} Z{(q + 1) % 5}": 1.0 for q in range(5)})
    circuit = qaoa(cost, 3)
    found = fused(circuit)
    assert found.kinds.tolist() == [TURN] + [PHASE, TURN] * 3 + [PHASE]
    turning = found.elements[found.starts[1] :]
    assert set(turning[:, 1]) <= {1, 2}
    sizes = np.diff(found.starts)[found.kinds == PHASE]
    # The words of the cost, at first with those that begin; at last those that end.
    assert sizes.tolist() == [10, 5, 5, 5]
    for k in np.flatnonzero(found.kinds == TURN)[1:]:
        assert set(found.elements[found.starts[k] : found.starts[k + 1], 1]) == {2}
    agree(circuit, np.linspace(0.2, 1.3, 6))


def test_few_rotations_about_x_stay():
    """And those that share their qubit with others in their pass."""
    few = layer("X", ["a", "b"], 2)
    assert fused(Circuit(2, few, "ab")).kinds.tolist() == [TURN]
    mixed = [op for axis in "XYX" for op in layer(axis, "aaaa", 4)]
    assert fused(Circuit(4, mixed, "a")).kinds.tolist() == [TURN]
    # S^dagger of controls goes through CX, where that of the next layer meets it.
    chain = [Gate("cx", (q, q + 1)) for q in range(2)]
    layers = [*layer("X", "aaa", 3), *chain, *layer("X", "bbb", 3)]
    found = fused(Circuit(3, layers, "ab"))
    assert found.kinds.tolist() == [PHASE, TURN, PHASE, SHUFFLE, TURN, PHASE]
