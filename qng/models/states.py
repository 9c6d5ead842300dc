"""States of many inputs at once, with their derivatives, for circuits of few qubits.

Every operation but a general gate moves and multiplies amplitudes: (W psi)_i = f_i psi_{m(i)}, with
W a word of a rotation or a gate such as CX. Neighbours of that kind are one; what is left is a
handful of passes over an array of states, whatever their number.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from qng import checks
from qng.arrays import Amplitudes, Array
from qng.circuit.circuit import Circuit
from qng.circuit.derived import derived
from qng.circuit.gate import Gate, Rotation, pauli_matrix

_MOST_QUBITS: Final = 12

Places = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Monomial:
    """(W psi)_i = f_i psi_{m(i)}.

    Args:
        places: m, shape (2^n,).
        factors: f, shape (2^n,).
    """

    places: Places
    factors: Amplitudes

    def __call__(self, psi: Amplitudes) -> Amplitudes:
        """W psi, shape (..., 2^n)."""
        moved: Amplitudes = psi[..., self.places] * self.factors
        return moved

    def after(self, first: Monomial) -> Monomial:
        """The product with what acts before."""
        return Monomial(first.places[self.places], self.factors * first.factors[self.places])


@dataclass(frozen=True, eq=False)
class Turn:
    """exp(-i phi W/2).

    Args:
        word: W.
        slot: Which of the R angles; None: `angle`.
        angle: Of a fixed rotation, radians.
    """

    word: Monomial
    slot: int | None
    angle: float = 0.0

    def __call__(self, psi: Amplitudes, angle: Array | float) -> Amplitudes:
        """The rotation of states of shape (..., 2^n)."""
        half = np.asarray(angle)[..., None] / 2
        turned: Amplitudes = np.cos(half) * psi - 1j * np.sin(half) * self.word(psi)
        return turned


@dataclass(frozen=True, eq=False)
class General:
    """A gate that mixes amplitudes.

    Args:
        matrix: Shape (2^k, 2^k).
        places: Indices of the amplitudes of every local state, shape (2^k, 2^(n-k)).
    """

    matrix: Amplitudes
    places: Places

    def __call__(self, psi: Amplitudes) -> Amplitudes:
        """The gate on states of shape (..., 2^n)."""
        out = np.empty_like(psi)
        out[..., self.places] = self.matrix @ psi[..., self.places]
        return out


@derived
def passes(circuit: Circuit) -> tuple[Monomial | Turn | General, ...]:
    """The operations of a circuit as passes over amplitudes.

    Raises:
        InputError: More than 12 qubits.
    """
    checks.within("the qubits of a circuit of many inputs", circuit.n_qubits, 1, _MOST_QUBITS)
    found: list[Monomial | Turn | General] = []
    slot = 0
    for op in circuit.ops:
        if isinstance(op, Rotation):
            word = _monomial(pauli_matrix(op.pauli, circuit.n_qubits))
            assert word is not None
            if op.is_fixed:
                found.append(Turn(word, None, op.angle.value({})))
            else:
                found.append(Turn(word, slot))
                slot += 1
            continue
        one = _of_gate(op, circuit.n_qubits)
        last = found[-1] if found else None
        if isinstance(one, Monomial) and isinstance(last, Monomial):
            found[-1] = one.after(last)
        else:
            found.append(one)
    return tuple(found)


def evolved(circuit: Circuit, psi: Amplitudes, phi: Array) -> Amplitudes:
    """U(phi) psi of several states.

    Args:
        circuit: n qubits, R rotations.
        psi: Shape (B, 2^n).
        phi: Angles, radians; shape (R,), or (B, R) where every state has its own.
    """
    for one in passes(circuit):
        if isinstance(one, Turn):
            psi = one(psi, one.angle if one.slot is None else phi[..., one.slot])
        else:
            psi = one(psi)
    return psi


def pushed(circuit: Circuit, psi: Amplitudes, phi: Array) -> tuple[Amplitudes, Amplitudes]:
    """U(phi) psi and its derivatives by the angles.

    Args:
        circuit: n qubits, R rotations.
        psi: Shape (B, 2^n).
        phi: Angles, radians; shape (R,).

    Returns:
        Shapes (B, 2^n) and (R, B, 2^n).

    Raises:
        InputError: The derivatives do not fit into the memory.

    Cost: one sweep of R B / 2 states.
    """
    size = (circuit.n_rotations + 1, *psi.shape)
    checks.memory("the derivative states of a circuit classifier", 3 * 16 * int(np.prod(size)))
    # Row 0 is the state, row r + 1 its derivative by angle r.
    rows = np.empty(size, dtype=complex)
    rows[0] = psi
    known = 1
    for one in passes(circuit):
        live = rows[:known]
        if not isinstance(one, Turn):
            rows[:known] = one(live)
        elif one.slot is None:
            rows[:known] = one(live, one.angle)
        else:
            rows[:known] = one(live, float(phi[one.slot]))
            rows[known] = -0.5j * one.word(rows[0])
            known += 1
    return rows[0], rows[1:]


def ground(circuit: Circuit, count: int) -> Amplitudes:
    """|0...0> so many times, shape (count, 2^n)."""
    psi = np.zeros((count, 2**circuit.n_qubits), dtype=complex)
    psi[:, 0] = 1.0
    return psi


def _monomial(matrix: Amplitudes) -> Monomial | None:
    """The matrix as moves and factors; None where it mixes."""
    places = np.argmax(np.abs(matrix), axis=1)
    factors = matrix[np.arange(len(matrix)), places]
    return Monomial(places, factors) if np.count_nonzero(matrix) == len(matrix) else None


def _of_gate(gate: Gate, n_qubits: int) -> Monomial | General:
    """A gate on all amplitudes."""
    index = np.arange(2**n_qubits)
    local = sum((index >> q & 1) << k for k, q in enumerate(gate.qubits))
    rest = index & ~gate.support
    offsets = np.array(
        [
            sum((j >> k & 1) << q for k, q in enumerate(gate.qubits))
            for j in range(2 ** len(gate.qubits))
        ]
    )
    small = _monomial(gate.array())
    if small is not None:
        return Monomial(rest | offsets[small.places[local]], small.factors[local])
    return General(gate.array(), (offsets[:, None] | np.unique(rest)).astype(np.intp))
