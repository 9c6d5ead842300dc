"""The two kinds of operation: Pauli rotations, and gates without parameters.

A rotation is exp(-i phi P/2). Everything parametrised is made of rotations, so that every
estimator is written once. A gate is a fixed unitary, by name or by matrix; qubits[0] is the least
significant bit of its matrix, as in Qiskit.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import Any, Final

import numpy as np

from qng.arrays import Amplitudes
from qng.circuit.angle import Angle
from qng.circuit.pauli import MOST_QUBITS, Pauli, moved, qubit_number
from qng.errors import CircuitError, UnknownNameError


@dataclass(frozen=True, slots=True)
class Rotation:
    """exp(-i phi P/2) about a Pauli word by an angle.

    An angle without parameters makes it a fixed operation: it counts as a gate everywhere and is
    kept in this form because a word of any weight stays one operation.

    Args:
        pauli: P, not the identity.
        angle: phi, in radians.
        same_gate: Whether it belongs to the same source gate as the rotation before it (a
            controlled rotation is several); only the wire rule for blocks looks at it.

    Example:
        >>> from qng.circuit import Pauli, parameter
        >>> Rotation(Pauli.parse("Z0 X1"), 2 * parameter("a")).qubits
        (0, 1)
    """

    pauli: Pauli
    angle: Angle
    same_gate: bool = False

    def __post_init__(self) -> None:
        if not isinstance(self.pauli, Pauli):
            raise CircuitError(f"a rotation is about a Pauli, not {type(self.pauli).__name__}")
        if not isinstance(self.angle, Angle):
            raise CircuitError(
                f"the angle of a rotation is an Angle (parameter('t'), as_angle(0.1)), not "
                f"{type(self.angle).__name__}"
            )
        if self.pauli.support >> MOST_QUBITS:
            raise CircuitError(f"a rotation acts on qubits below {MOST_QUBITS}")
        if self.pauli.support == 0:
            raise CircuitError("a rotation about the identity is a global phase; leave it out")

    @property
    def qubits(self) -> tuple[int, ...]:
        """The qubits it acts on, ascending."""
        return self.pauli.qubits

    @property
    def support(self) -> int:
        """Mask of the qubits it acts on."""
        return self.pauli.support

    @property
    def is_fixed(self) -> bool:
        """Whether its angle holds no parameter."""
        return not self.angle.parameters()

    def conjugate(self, pauli: Pauli) -> tuple[int, Pauli] | None:
        """U^dagger W U of a word W as (sign, word); None where it is not a single word.

        A word that commutes is passed at any angle, and every word by a fixed quarter turn:
        exp(i phi P/2) W exp(-i phi P/2) = cos(phi) W + i sin(phi) P W where they anticommute.
        """
        if self.pauli.commutes(pauli):
            return 1, pauli
        quarters = 2 * self.angle.value({}) / np.pi if self.is_fixed else 0.5
        turn = round(quarters) % 4
        if abs(quarters - round(quarters)) > 1e-12:
            return None
        if turn % 2 == 0:
            return 1 - turn, pauli
        phase, word = self.pauli.times(pauli)
        return (2 - turn) * round((1j * phase).real), word

    def inverse(self) -> Rotation:
        """The rotation by the opposite angle."""
        return Rotation(self.pauli, -self.angle, self.same_gate)


@dataclass(frozen=True, slots=True)
class Gate:
    """A fixed unitary.

    Args:
        name: A name from `NAMED`, or "unitary" together with a matrix.
        qubits: The qubits it acts on, controls first; the first is the least significant bit.
        matrix: Rows of the matrix, only for "unitary"; `unitary` makes it from an array.

    Raises:
        CircuitError: Unknown name, wrong number of qubits, a qubit twice, or not unitary.

    Example:
        >>> Gate("cx", (0, 1)).qubits
        (0, 1)
    """

    name: str
    qubits: tuple[int, ...]
    matrix: tuple[tuple[complex, ...], ...] | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if not isinstance(self.qubits, (tuple, list, range)):
            raise CircuitError(f"gate {self.name} acts on a tuple of qubits, not {self.qubits!r}")
        object.__setattr__(self, "qubits", tuple(map(qubit_number, self.qubits)))
        if len(set(self.qubits)) != len(self.qubits):
            raise CircuitError(f"gate {self.name} names a qubit twice: {self.qubits}")
        if self.matrix is None:
            if self.name not in NAMED:
                raise UnknownNameError("gate", self.name, NAMED)
            expected = NAMED[self.name].shape[0].bit_length() - 1
            if len(self.qubits) != expected:
                raise CircuitError(
                    f"gate {self.name} acts on {expected} qubit(s), {len(self.qubits)} were given"
                )

    @property
    def support(self) -> int:
        """Mask of the qubits it acts on."""
        return sum(1 << q for q in self.qubits)

    def array(self) -> Amplitudes:
        """Its matrix, shape (2^k, 2^k)."""
        return NAMED[self.name] if self.matrix is None else np.array(self.matrix)

    def inverse(self) -> Gate:
        """The inverse gate, by name where there is one."""
        if self.matrix is None:
            name = inverse_name(self.name)
            if name is not None:
                return Gate(name, self.qubits)
        return unitary(self.array().conj().T, self.qubits)

    def conjugate(self, pauli: Pauli) -> tuple[int, Pauli] | None:
        """U^dagger P U as (sign, word); None where it is not a single word.

        This is how a Pauli walks back through a gate: any word through a Clifford gate, and the
        words that commute with it (among others) through any other gate.
        """
        if pauli.support & self.support == 0:
            return 1, pauli
        local = Pauli(_gather(pauli.x, self.qubits), _gather(pauli.z, self.qubits))
        found = _conjugate(self.name, self.matrix, local)
        if found is None:
            return None
        sign, word = found
        rest = ~self.support
        return sign, Pauli(
            (pauli.x & rest) | moved(word.x, self.qubits),
            (pauli.z & rest) | moved(word.z, self.qubits),
        )


def unitary(matrix: Any, qubits: tuple[int, ...]) -> Gate:
    """A gate from its matrix.

    Args:
        matrix: Shape (2^k, 2^k); qubits[0] is its least significant bit.
        qubits: k distinct qubits.

    Raises:
        CircuitError: Wrong shape, NaN, or not unitary to 1e-9.
    """
    array = np.asarray(matrix, dtype=complex)
    size = 2 ** len(qubits)
    if array.shape != (size, size):
        raise CircuitError(
            f"a gate on {len(qubits)} qubit(s) needs a {size} x {size} matrix, not {array.shape}"
        )
    if not np.allclose(array @ array.conj().T, np.eye(size), rtol=0, atol=1e-9):
        raise CircuitError(f"the matrix given for a gate on qubits {qubits} is not unitary")
    return Gate("unitary", tuple(qubits), tuple(tuple(map(complex, row)) for row in array))


def controlled(matrix: Amplitudes, n_controls: int = 1) -> Amplitudes:
    """The matrix with controls, at the least significant bits."""
    for _ in range(n_controls):
        size = matrix.shape[0]
        grown = np.zeros((2 * size, 2 * size), dtype=complex)
        grown[0::2, 0::2] = np.eye(size)
        grown[1::2, 1::2] = matrix
        matrix = grown
    return matrix


def without_control(matrix: Amplitudes) -> Amplitudes | None:
    """U where the matrix is U controlled by its first qubit, to 1e-12; else None."""
    if len(matrix) < 4:
        return None
    idle, active = matrix[0::2, 0::2], matrix[1::2, 1::2]
    apart = not matrix[0::2, 1::2].any() and not matrix[1::2, 0::2].any()
    is_idle = np.allclose(idle, np.eye(len(idle)), rtol=0, atol=1e-12)
    return active if apart and is_idle else None


@cache
def inverse_name(name: str) -> str | None:
    """The name of the inverse of a named gate; None where it has none."""
    wanted = NAMED[name].conj().T
    for candidate in (name, f"{name}dg", name.removesuffix("dg")):
        if candidate in NAMED and np.allclose(NAMED[candidate], wanted, atol=1e-14):
            return candidate
    return None


def basis_change(basis: Pauli) -> tuple[Gate, ...]:
    """The gates after which measuring Z measures the letters of a word."""
    gates: list[Gate] = []
    for q in basis.qubits:
        if basis.letter(q) == "Y":
            gates.append(Gate("sdg", (q,)))
        if basis.letter(q) in "XY":
            gates.append(Gate("h", (q,)))
    return tuple(gates)


def pauli_matrix(pauli: Pauli, n_qubits: int) -> Amplitudes:
    """The dense matrix of a word, shape (2^n, 2^n)."""
    index = np.arange(2**n_qubits)
    matrix = np.zeros((2**n_qubits, 2**n_qubits), dtype=complex)
    phase = 1j ** (pauli.x & pauli.z).bit_count()
    matrix[index ^ pauli.x, index] = phase * (1 - 2.0 * (np.bitwise_count(index & pauli.z) & 1))
    return matrix


@lru_cache(maxsize=4096)  # ten times what all named gates need
def _conjugate(
    name: str, matrix: tuple[tuple[complex, ...], ...] | None, local: Pauli
) -> tuple[int, Pauli] | None:
    u = NAMED[name] if matrix is None else np.array(matrix)
    n = u.shape[0].bit_length() - 1
    image = u.conj().T @ pauli_matrix(local, n) @ u
    # A word has one entry in column 0, at row x; the entry at column 2^q differs from it by the
    # sign that bit q of z gives.
    x = int(np.argmax(np.abs(image[:, 0])))
    z = sum(1 << q for q in range(n) if (image[x ^ 1 << q, 1 << q] / image[x, 0]).real < 0)
    word = Pauli(x, z)
    for sign in (1, -1):
        if np.allclose(image, sign * pauli_matrix(word, n), rtol=0, atol=1e-12):
            return sign, word
    return None


def _gather(mask: int, qubits: tuple[int, ...]) -> int:
    return sum((mask >> q & 1) << k for k, q in enumerate(qubits))


def _named() -> dict[str, Amplitudes]:
    one = {
        "id": np.eye(2),
        "x": np.array([[0, 1], [1, 0]]),
        "y": np.array([[0, -1j], [1j, 0]]),
        "z": np.diag([1, -1]),
        "h": np.array([[1, 1], [1, -1]]) / np.sqrt(2),
        "s": np.diag([1, 1j]),
        "sdg": np.diag([1, -1j]),
        "t": np.diag([1, np.exp(0.25j * np.pi)]),
        "tdg": np.diag([1, np.exp(-0.25j * np.pi)]),
        "sx": np.array([[1 + 1j, 1 - 1j], [1 - 1j, 1 + 1j]]) / 2,
        "sxdg": np.array([[1 - 1j, 1 + 1j], [1 + 1j, 1 - 1j]]) / 2,
    }
    table = {name: np.asarray(m, dtype=complex) for name, m in one.items()}
    for name in ("x", "y", "z", "h", "s", "sdg", "sx"):
        table[f"c{name}"] = controlled(table[name])
    table["swap"] = np.eye(4, dtype=complex)[[0, 2, 1, 3]]
    table["iswap"] = table["swap"] @ np.diag([1, 1j, 1j, 1])
    table["ccx"] = controlled(table["x"], 2)
    table["ccz"] = controlled(table["z"], 2)
    table["cswap"] = controlled(table["swap"])
    for matrix in table.values():
        matrix.setflags(write=False)
    return table


NAMED: Final[dict[str, Amplitudes]] = _named()
