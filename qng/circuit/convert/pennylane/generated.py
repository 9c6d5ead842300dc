"""Operations that are known by a generator G and a matrix, U(x) = exp(i x G) U(0).

Where the Pauli words of G commute, U is a product of their rotations. Elsewhere it is one in the
basis of eigenvectors, G = V D V^dagger with D a sum of words of Z.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, Final

import numpy as np
import pennylane as qml

from qng.arrays import Amplitudes
from qng.circuit.angle import Angle
from qng.circuit.convert.lowering import Element, Turn, scaled
from qng.circuit.convert.matrices import matrix_gate
from qng.circuit.convert.pennylane.paulis import terms
from qng.circuit.convert.pennylane.reader import Reader, compact
from qng.circuit.convert.pennylane.refuse import what
from qng.circuit.convert.pennylane.source import bound
from qng.circuit.convert.pennylane.table import diagonal
from qng.circuit.pauli import Pauli, PauliSum, commuting
from qng.errors import CircuitError

_MATRIX_QUBITS: Final = 8
_TINY: Final = 1e-10
# Radians at which U is compared with its exponential.
_PLACES: Final = (0.7321, -1.9173, 4.0459)


def is_generated(op: Any) -> bool:
    """Whether an operation of one number says its generator and its matrix."""
    return (
        len(op.data) == 1
        and qml.math.ndim(op.data[0]) == 0
        and op.has_generator
        and op.has_matrix
        and len(op.wires) <= _MATRIX_QUBITS
    )


def generated(op: Any, angle: Angle, qubit: Callable[[Hashable], int]) -> list[Element]:
    """The elements of exp(i x G) U(0).

    Args:
        op: An operation for which `is_generated` holds.
        angle: x.
        qubit: The qubit of a wire label.

    Raises:
        CircuitError: Its matrix is not this exponential.
    """
    qubits = [qubit(label) for label in reversed(op.wires)]  # the first is the most significant
    with qml.QueuingManager.stop_recording():
        found = terms(qml.generator(op, format="observable"), Reader(), qubit)
        first = _matrix(op, 0.0)
        local = {q: k for k, q in enumerate(qubits)}
        moved = {
            p.moved([local.get(q, 0) for q in range(p.support.bit_length())]): c.re.number
            for p, c in found
        }
        g = PauliSum({p: c for p, c in moved.items() if c is not None}).matrix(len(qubits))
        levels, basis = np.linalg.eigh(g.toarray())
        for x in _PLACES:
            expected = (basis * np.exp(1j * x * levels)) @ basis.conj().T @ first
            if not np.allclose(_matrix(op, x), expected, atol=_TINY):
                raise CircuitError(
                    f"{what(op)} has no decomposition, and its matrix is not exp(i x G) of its "
                    "generator G: write it as gates that are rotations"
                )
    start = [] if np.allclose(first, np.eye(len(first)), atol=_TINY) else _gate(first, qubits)
    source = object()
    if commuting([word for word, _ in found]):
        return [
            *start,
            *(
                Turn(word, compact(scaled(angle, -2.0 * (c.re.number or 0.0))), source)
                for word, c in found
            ),
        ]
    words = ((Pauli.on(w, qubits[::-1]), c) for w, c in diagonal(levels.tolist()))
    turns = [Turn(word, compact(scaled(angle, c)), source) for word, c in words]
    return [*start, *_gate(basis.conj().T, qubits), *turns, *_gate(basis, qubits)]


def _matrix(op: Any, x: float) -> Amplitudes:
    """U(x) with the last wire as the least significant bit."""
    return np.asarray(qml.math.toarray(bound(op, [x]).matrix()), dtype=complex)


def _gate(matrix: Amplitudes, qubits: list[int]) -> list[Element]:
    return [matrix_gate(matrix, tuple(qubits))]
