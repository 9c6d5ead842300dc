"""Which qubit of a transpiled circuit stands for which qubit of the circuit before.

A transpiler places virtual qubits on physical ones, moves them about by swaps, and leaves swaps
out by moving names instead. Circuits begin in |0...0>, so that only the end counts: after the last
operation virtual qubit k is physical qubit `layout.final_index_layout()[k]`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from qiskit import QuantumCircuit
from qiskit.exceptions import QiskitError

from qng.circuit.circuit import Circuit
from qng.circuit.convert.qiskit.moves import without_moves
from qng.circuit.idle import relabelled, used
from qng.circuit.pauli import bits
from qng.errors import CircuitError, InputError

VIRTUAL: Final = "virtual"
PHYSICAL: Final = "physical"


def places_of(circuit: QuantumCircuit, qubits: str | Sequence[int] = VIRTUAL) -> list[int] | None:
    """Where in `circuit.qubits` qubits 0, 1, ... are after the last operation.

    Args:
        circuit: The circuit.
        qubits: "virtual", "physical", or the places themselves.

    Returns:
        The places; None where every qubit keeps its number.

    Raises:
        CircuitError: A layout that is not of this circuit.
        InputError: Neither of the words, nor distinct places.
    """
    n = circuit.num_qubits
    if not isinstance(qubits, str):
        return _given(qubits, n)
    if qubits not in (VIRTUAL, PHYSICAL):
        raise InputError(
            f"qubits must be {VIRTUAL!r}, {PHYSICAL!r} or a number for every qubit, not {qubits!r}"
        )
    if qubits == PHYSICAL or circuit.layout is None:
        return None
    try:
        places = [int(place) for place in circuit.layout.final_index_layout()]
    except (QiskitError, LookupError, TypeError, AttributeError) as error:
        raise CircuitError(
            f"the layout of the circuit cannot be read ({type(error).__name__}: {error}); give "
            "qubits='physical', or the place of every qubit at the end"
        ) from error
    if not _distinct(places, n):
        raise CircuitError(
            f"the layout of the circuit puts its qubits at {places}, which are not distinct qubits "
            f"of its {n}; give qubits='physical', or the place of every qubit at the end"
        )
    return places


def numbered(circuit: Circuit, places: Sequence[int] | None) -> Circuit:
    """The circuit with what is at places[k] as qubit k.

    Qubits that are used and have no such number come after these, unless others were only carried
    across them (`moves.py`); the rest is dropped.
    """
    if places is None:
        return circuit
    if any(q not in places for q in bits(used(circuit))):
        circuit, where = without_moves(circuit)
        places = [where[place] for place in places]
    order = [*places, *(q for q in bits(used(circuit)) if q not in places)]
    return relabelled(circuit, {place: k for k, place in enumerate(order)}, len(order))


def _given(qubits: Any, n: int) -> list[int]:
    try:
        places = list(qubits)
    except TypeError:
        places = []
    whole = all(isinstance(q, (int, np.integer)) and not isinstance(q, bool) for q in places)
    if not places or not whole or not _distinct(places, n):
        raise InputError(
            f"qubits must be {VIRTUAL!r}, {PHYSICAL!r} or distinct numbers from 0 to {n - 1}, the "
            f"places of qubits 0, 1, ... in circuit.qubits, not {qubits!r}"
        )
    return [int(q) for q in places]


def _distinct(places: Sequence[int], n: int) -> bool:
    return len(set(places)) == len(places) > 0 and all(0 <= place < n for place in places)
