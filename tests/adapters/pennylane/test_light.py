"""Gates that are copies are the gates that PennyLane makes."""

import numpy as np
import pennylane as qml
import pytest

from qng.adapters.pennylane.light import light

GATES = [
    *(lambda kind=kind: kind(0.3, wires=1) for kind in (qml.RX, qml.RY, qml.RZ, qml.PhaseShift)),
    *(lambda kind=kind: kind(np.float64(0.3), [2, 0]) for kind in (qml.IsingXX, qml.IsingXY)),
    *(lambda kind=kind: kind(0) for kind in (qml.Hadamard, qml.X, qml.Y, qml.Z, qml.S, qml.T)),
    *(lambda kind=kind: kind(wires=(0, 2)) for kind in (qml.SWAP, qml.CNOT, qml.CZ, qml.CY)),
    lambda: qml.Rot(0.1, 0.2, 0.3, wires=0),
    lambda: qml.BasisState(np.array([1, 0, 1]), wires=range(3)),
    # These are made as PennyLane does.
    lambda: qml.RX(np.array([0.1, 0.2]), 0),
    lambda: qml.RX(qml.numpy.array(0.3), 0),
    lambda: qml.RX(1, 0),
    lambda: qml.RX(phi=0.3, wires=0),
    lambda: qml.RX(0.3, "a"),
    lambda: qml.RX(0.3, qml.wires.Wires(1)),
    lambda: qml.BasisState([1, 0, 1], wires=range(3)),
    lambda: qml.CRX(0.3, [0, 1]),
]


def state(value):
    """All that an operator holds."""
    if isinstance(value, qml.operation.Operator):
        return type(value), state(vars(value))
    if isinstance(value, dict):
        return {key: state(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value), [state(item) for item in value]
    if isinstance(value, np.ndarray):
        return type(value), value.dtype, value.tolist()
    return type(value), value


def queued(make):
    with qml.queuing.AnnotatedQueue() as queue, light():
        made = [make(), make()]
    assert all(a is b for a, b in zip(queue.queue, made, strict=True))
    return made


@pytest.mark.parametrize("make", GATES)
def test_all_that_they_hold_is_the_same(make):
    queued(make)
    expected = state(make())
    for gate in queued(make):
        assert state(gate) == expected
        assert qml.equal(gate, make())


def test_numbers_are_those_that_are_given():
    gates = [queued(lambda angle=angle: qml.RX(angle, 5))[1] for angle in (0.1, 0.2)]
    assert [gate.data for gate in gates] == [(0.1,), (0.2,)]
    bits = [queued(lambda k=k: qml.BasisState(np.array([k, 1]), [5, 6]))[1] for k in (0, 1)]
    assert [gate.data[0].tolist() for gate in bits] == [[0, 1], [1, 1]]


def test_wires_are_not_taken_for_equal_ones():
    wires = [queued(lambda wire=wire: qml.RX(0.1, wire))[1].wires[0] for wire in (1, True, 1.0)]
    assert [type(wire) for wire in wires] == [int, bool, float]


@pytest.mark.parametrize(
    "change",
    [
        lambda gate: gate.hyperparameters.update(a=1),
        lambda gate: gate.grad_recipe.append(None),
        lambda gate: setattr(gate, "_wires", qml.wires.Wires(7)),
    ],
)
@pytest.mark.parametrize("make", [lambda: qml.RX(0.3, 0), lambda: qml.CNOT([0, 1])])
def test_they_share_nothing(make, change):
    before = state(make())
    change(queued(make)[1])
    assert state(queued(make)[1]) == before


def test_parts_of_them_are_not_shared():
    first, second = queued(lambda: qml.CNOT([0, 1]))
    first.hyperparameters["control_values"][0] = False
    first.base.grad_recipe.append(1)
    assert second.hyperparameters["control_values"] == [True]
    assert second.base.grad_recipe == []


def test_errors_are_those_of_pennylane():
    with pytest.raises(Exception, match="must be different") as theirs:
        qml.CNOT([0, 0])
    with pytest.raises(type(theirs.value), match="must be different"):
        queued(lambda: qml.CNOT([0, 0]))
    with pytest.raises(ValueError, match="0s and 1s"):
        queued(lambda: qml.BasisState(np.array([0, 2]), [0, 1]))


def test_what_makes_gates_may_be_replaced(monkeypatch):
    def tenth(self, phi, wires, id=None):
        qml.operation.Operation.__init__(self, phi / 10, wires=wires)

    assert queued(lambda: qml.RX(0.5, 0))[1].data == (0.5,)
    monkeypatch.setattr(qml.RX, "__init__", tenth)
    assert queued(lambda: qml.RX(0.5, 0))[1].data == (0.05,)


def test_afterwards_gates_are_made_as_before():
    meta = next(kind for kind in type(qml.RX).__mro__ if "__call__" in vars(kind))
    before = vars(meta)["__call__"]
    with pytest.raises(ZeroDivisionError):
        queued(lambda: 1 / 0)
    assert vars(meta)["__call__"] is before
