r"""Words for the span that a circuit's derivative states are in, from its light cones.

A word S with S psi = psi makes of the generator K of a rotation a Hermitian one,

    -i K psi = -(i/2) [K, S] psi - (i/2) {K, S} psi,

and at |0...0> these are S = Z_q. So all S and K are walked along: a rotation about P divides a word
W that anticommutes with P into W and i P W, by the cosine and the sine of its angle, and a word of
S that does so gives the new word i P W of the derivative states. Followed are the squares of what
words are multiplied by, on the mean over all angles, 1/2 and 1/2, in which different ways to a word
do not interfere; the recommended words are the heaviest at the end.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from qng import checks
from qng.circuit.circuit import Circuit, Op
from qng.circuit.derived import derived
from qng.circuit.gate import Gate, Rotation, pauli_matrix
from qng.circuit.pauli import Pauli, moved
from qng.errors import InputError, shown

MOST: Final = 256
"""Recommended words, by default."""

_FOLLOWED: Final = 4
_LIGHT: Final = 1e-12

Weights = dict[Pauli, float]


def recommended(circuit: Circuit, most: int = MOST) -> tuple[Pauli, ...]:
    """Words whose derivatives say most of the metric, by the circuit's structure alone.

    Args:
        circuit: The circuit.
        most: How many at most; the metric of the words comes the closer to g, the more there are.

    Returns:
        The words, heaviest first. They are few where the circuit is shallow.

    Raises:
        InputError: No circuit, or no whole number.

    Cost: about 4 `most` words walked through the circuit.

    Example:
        >>> from qng.circuit.ansatz import hardware_efficient
        >>> [str(word) for word in recommended(hardware_efficient(1, 0), 2)]
        ['Z0', 'X0']
    """
    if not isinstance(circuit, Circuit):
        raise InputError(f"words are recommended for a Circuit, not for {shown(circuit)}")
    return _recommended(circuit, checks.whole("most", most, 1))


@derived
def _recommended(circuit: Circuit, most: int) -> tuple[Pauli, ...]:
    kept = _FOLLOWED * most
    stabilisers: Weights = {Pauli(0, 1 << q): 1.0 for q in range(circuit.n_qubits)}
    found: Weights = {}
    for op in circuit.ops:
        stabilisers, found = (_heaviest(_through(op, w), kept) for w in (stabilisers, found))
        if isinstance(op, Rotation) and not op.is_fixed:
            for word, weight in stabilisers.items():
                if not op.pauli.commutes(word):
                    _add(found, op.pauli.times(word)[1], weight)
    ordered = sorted(_heaviest(found, most).items(), key=lambda item: (-item[1], item[0].weight))
    return tuple(word for word, _ in ordered)


def _add(weights: Weights, word: Pauli, weight: float) -> None:
    weights[word] = weights.get(word, 0.0) + weight


def _heaviest(weights: Weights, most: int) -> Weights:
    """The heaviest words."""
    if len(weights) <= most:
        return weights
    ordered = sorted(weights.items(), key=lambda item: (-item[1], item[0].x, item[0].z))
    return dict(ordered[:most])


def _through(op: Op, weights: Weights) -> Weights:
    """Mean squares of the coefficients of U W U^dagger."""
    after: Weights = {}
    back = op.inverse()
    for word, weight in weights.items():
        found = back.conjugate(word)
        if found is not None:
            _add(after, found[1], weight)
        elif isinstance(op, Gate):
            for image, square in _images(op, word).items():
                _add(after, image, weight * square)
        else:
            _add(after, word, weight * _stays(op))
            _add(after, op.pauli.times(word)[1], weight * (1 - _stays(op)))
    return after


def _stays(op: Rotation) -> float:
    """The mean of cos^2 of the angle."""
    return float(np.cos(op.angle.value({})) ** 2) if op.is_fixed else 0.5


def _images(gate: Gate, word: Pauli) -> Weights:
    """Squares of the coefficients of U W U^dagger of a gate that is not Clifford."""
    qubits, rest = gate.qubits, ~gate.support
    local = Pauli(*(_gathered(mask, qubits) for mask in (word.x, word.z)))
    u, n = gate.array(), len(qubits)
    image = u @ pauli_matrix(local, n) @ u.conj().T
    found: Weights = {}
    for x in range(2**n):
        for z in range(2**n):
            c = np.vdot(pauli_matrix(Pauli(x, z), n), image).real / 2**n
            if c**2 > _LIGHT:
                at = (word.x & rest) | moved(x, qubits), (word.z & rest) | moved(z, qubits)
                _add(found, Pauli(*at), float(c**2))
    return found


def _gathered(mask: int, qubits: tuple[int, ...]) -> int:
    return sum((mask >> q & 1) << k for k, q in enumerate(qubits))
