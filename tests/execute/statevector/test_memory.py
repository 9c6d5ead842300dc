"""What is held at once is what a request was let in with."""

import tracemalloc
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from qng.circuit.angle import parameter
from qng.circuit.circuit import Circuit
from qng.circuit.gate import Rotation
from qng.circuit.pauli import Pauli
from qng.errors import InputError
from qng.execute.statevector.executor import Statevector
from qng.plan.request import Request, Samples, Tangent

N = 12
OF_A_STATE = 16 * 2**N
W = np.ones(2**N, dtype=complex)

# Complex and real states, and phases with a table that is as long as a state.
KINDS = {
    "complex": [f"{c}{q}" for q in range(N) for c in "YZ"],
    "real": [f"Y{q}" for q in range(N)],
    "phases": [f"Y{q}" for q in range(N)] + [f"Z{q} Z{(q + 1) % N}" for q in range(N)],
}


def of(words: list[str]) -> Circuit:
    """A rotation about each of some words."""
    names = [f"t{k}" for k in range(len(words))]
    ops = [Rotation(Pauli.parse(word), parameter(name)) for word, name in zip(words, names)]
    return Circuit(N, ops, names)


def products(circuit: Circuit, memory: int) -> Any:
    phi = np.linspace(0.1, 1.0, circuit.n_rotations)
    request = Request(circuit, phi[None], Tangent(np.eye(len(phi))))
    (tangent,) = Statevector(threads=1, memory=memory).run([request], 0)
    tangent.vjp(W)
    tangent.jvp(phi)
    return tangent.state


def distributions(circuit: Circuit, memory: int) -> Any:
    phi = np.linspace(0.1, 1.0, 3 * circuit.n_rotations).reshape(3, -1)
    request = Request(circuit, phi, Samples(Pauli(0, 2**N - 1)))
    return Statevector(threads=1, memory=memory).run([request], 0)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("ask", "least"),
    [
        (products, {"complex": 6, "real": 3, "phases": 7}),
        (distributions, {"complex": 6, "real": 6, "phases": 6}),
    ],
    ids=["products", "distributions"],
)
def test_peaks(ask: Callable[[Circuit, int], Any], least: dict[str, int], kind: str) -> None:
    """Refused before anything is computed; what is enough is not exceeded."""
    circuit, memory = of(KINDS[kind]), least[kind] * OF_A_STATE
    with pytest.raises(InputError, match="states of 12 qubits need"):
        ask(circuit, memory - OF_A_STATE)
    ask(circuit, memory)  # compiled, and derived from the circuit
    tracemalloc.start()
    ask(circuit, memory)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    # Gates take some kilobytes beside the states.
    assert 0.6 * memory < peak < memory + 0.3 * OF_A_STATE
