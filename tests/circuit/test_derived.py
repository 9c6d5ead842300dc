"""What follows from a circuit is computed once, shared by equal circuits, and goes with them."""

import gc
import pickle
import weakref

import numpy as np
import pytest

from qng.circuit.ansatz import hardware_efficient
from qng.circuit.blocks import blocks
from qng.circuit.circuit import Circuit
from qng.circuit.depth import two_qubit_depth
from qng.circuit.derived import derived
from qng.circuit.gate import Gate
from qng.circuit.heisenberg import known_mean
from qng.circuit.pauli import Pauli
from qng.circuit.structure import structure
from qng.circuit.uncompute import return_trip
from qng.execute.statevector.fused.fuse import fused
from qng.execute.statevector.program import compiled


class Thing:
    """What can be followed by a weak reference."""


def made() -> Circuit:
    """A circuit that no other test has, whose values would live as long as that."""
    plain = hardware_efficient(2, 1)
    return Circuit(2, [Gate("sdg", [1]), *plain.ops, Gate("sxdg", [0])], plain.parameters)


def counting():
    calls = []

    @derived
    def thing(circuit: Circuit, *rest) -> Thing:
        calls.append(rest)
        return Thing()

    return thing, calls


def test_it_is_computed_once_a_circuit_and_arguments():
    thing, calls = counting()
    circuit = made()
    assert thing(circuit, 1) is thing(circuit, 1)
    assert thing(circuit, 2) is not thing(circuit, 1)
    assert thing(circuit.prefix(1), 1) is not thing(circuit, 1)
    assert calls == [(1,), (2,), (1,)]


def test_functions_do_not_mix_and_none_is_a_value():
    first, second = counting()[0], counting()[0]
    circuit, calls = made(), []
    assert first(circuit) is not second(circuit)
    nothing = derived(lambda circuit: calls.append(circuit))
    assert nothing(circuit) is nothing(circuit) is None
    assert len(calls) == 1


def test_equal_circuits_share_it_whichever_goes_first():
    thing, calls = counting()
    one, other = made(), made()
    assert one.derived is other.derived
    value = thing(one)
    del one
    gc.collect()
    assert thing(other) is value
    assert thing(pickle.loads(pickle.dumps(other))) is value
    assert len(calls) == 1


def test_it_goes_with_the_last_circuit():
    thing, _ = counting()
    one, other = made(), made()
    value = weakref.ref(thing(one))
    assert thing(other) is value()
    del one
    gc.collect()
    assert value() is not None
    del other
    gc.collect()
    assert value() is None


def test_a_value_may_hold_the_circuit():
    @derived
    def itself(circuit: Circuit) -> Circuit:
        return circuit

    circuit = made()
    assert itself(circuit) is circuit
    gone = weakref.ref(circuit)
    del circuit
    gc.collect()
    assert gone() is None


def test_an_error_is_not_kept():
    calls = []

    @derived
    def failing(circuit: Circuit) -> int:
        calls.append(1)
        raise ValueError("always")

    circuit = made()
    for _ in range(2):
        with pytest.raises(ValueError, match="always"):
            failing(circuit)
    assert len(calls) == 2


def test_the_hash_is_computed_once(monkeypatch):
    circuit = made()
    expected = hash(circuit)

    def refused(self):
        raise AssertionError("hashed again")

    monkeypatch.setattr(Pauli, "__hash__", refused)
    assert hash(circuit) == expected
    thing, calls = counting()
    assert thing(circuit) is thing(circuit)
    assert len(calls) == 1


USES = {
    "blocks": lambda c: blocks(c, "commuting"),
    "structure": structure,
    "return_trip": lambda c: return_trip(c, (0, 3)),
    "compiled": compiled,
    "fused": fused,
}


@pytest.mark.parametrize("use", USES.values(), ids=USES)
def test_the_caches_of_the_package_are_of_this_kind(use):
    circuit = made()
    assert use(circuit) is use(made())
    gone = weakref.ref(circuit.derived)
    del circuit
    gc.collect()
    assert gone() is None


def test_numbers_are_kept_too():
    circuit = made()
    before = len(circuit.derived)
    two_qubit_depth(circuit)
    known_mean(circuit, Pauli.parse("Z0"))
    known_mean(circuit, Pauli.parse("Z0"))
    assert len(circuit.derived) == before + 2


def test_an_entry_of_a_trip_is_small():
    """Trips share their operations: what a further one adds are references and its parameters."""
    import tracemalloc

    circuit = hardware_efficient(6, 2)
    assert circuit.n_rotations == 36
    return_trip(circuit, (0, 1))
    tracemalloc.start()
    trips = [return_trip(circuit, (r, s)) for s in range(36) for r in range(s)]
    size, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert size < 1500 * len(trips)
    theta = np.linspace(-1, 1, 36)
    assert len(trips[0].angles(theta, -theta)) == trips[0].circuit.n_rotations
