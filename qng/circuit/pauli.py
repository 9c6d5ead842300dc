"""Pauli words and their sums.

A word is two bit masks: P = i^|x & z| X^x Z^z, so qubit q carries X, Y or Z where the bits
(x, z) are (1, 0), (1, 1), (0, 1). Text is sparse, "Z0 Y3", and leaves no endianness to guess;
"I" is the identity.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from qng.errors import InputError

if TYPE_CHECKING:
    from scipy.sparse import csr_array

_FACTOR: Final = re.compile(r"([XYZ])(\d+)")

# Words whose products with all others are held at one time.
_ROWS: Final = 1000


@dataclass(frozen=True, slots=True, order=True)
class Pauli:
    """One Pauli word.

    Args:
        x: Mask of the qubits that carry X or Y.
        z: Mask of the qubits that carry Z or Y.

    Example:
        >>> Pauli.parse("Z0 Y3")
        Pauli('Z0 Y3')
        >>> Pauli.parse("X0").commutes(Pauli.parse("Z0"))
        False
    """

    x: int
    z: int

    @staticmethod
    def parse(text: str) -> Pauli:
        """A word from its text, such as "Z0 Y3" or "I".

        Raises:
            InputError: The text is not a Pauli word, or names a qubit twice.
        """
        x = z = 0
        for factor in text.split():
            if factor == "I":
                continue
            match = _FACTOR.fullmatch(factor)
            if match is None:
                raise InputError(
                    f"{text!r} is not a Pauli word; write letters with qubit numbers, as 'Z0 Y3'"
                )
            bit = 1 << int(match[2])
            if (x | z) & bit:
                raise InputError(f"the Pauli word {text!r} names qubit {match[2]} twice")
            x |= bit if match[1] in "XY" else 0
            z |= bit if match[1] in "YZ" else 0
        return Pauli(x, z)

    @staticmethod
    def on(letters: Iterable[str], qubits: Iterable[int]) -> Pauli:
        """A word from letters I, X, Y, Z and the qubits that carry them."""
        x = z = 0
        for letter, q in zip(letters, qubits):
            x |= (letter in "XY") << q
            z |= (letter in "YZ") << q
        return Pauli(x, z)

    def __str__(self) -> str:
        return " ".join(f"{self.letter(q)}{q}" for q in self.qubits) or "I"

    def __repr__(self) -> str:
        return f"Pauli({str(self)!r})"

    @property
    def support(self) -> int:
        """Mask of the qubits on which the word acts."""
        return self.x | self.z

    @property
    def qubits(self) -> tuple[int, ...]:
        """The qubits on which the word acts, ascending."""
        return bits(self.support)

    @property
    def weight(self) -> int:
        """How many qubits the word acts on."""
        return self.support.bit_count()

    def letter(self, qubit: int) -> str:
        """The letter I, X, Y or Z on one qubit."""
        return "IXZY"[(self.x >> qubit & 1) + 2 * (self.z >> qubit & 1)]

    def moved(self, places: Sequence[int] | Mapping[int, int]) -> Pauli:
        """The word with the letter of qubit k on qubit places[k]."""
        return Pauli(moved(self.x, places), moved(self.z, places))

    def commutes(self, other: Pauli) -> bool:
        """Whether the two words commute."""
        return ((self.x & other.z).bit_count() + (self.z & other.x).bit_count()) % 2 == 0

    def commutes_qubitwise(self, other: Pauli) -> bool:
        """Whether the letters agree on every qubit where both act."""
        both = self.support & other.support
        return (self.x ^ other.x) & both == 0 and (self.z ^ other.z) & both == 0

    def times(self, other: Pauli) -> tuple[complex, Pauli]:
        """(phase, word) of the product self other."""
        x, z = self.x ^ other.x, self.z ^ other.z
        # Moving Z^z1 past X^x2 costs (-1)^|z1 & x2|; the i's of the Y letters are collected.
        power = (
            (self.x & self.z).bit_count()
            + (other.x & other.z).bit_count()
            + 2 * (self.z & other.x).bit_count()
            - (x & z).bit_count()
        ) % 4
        return (1, 1j, -1, -1j)[power], Pauli(x, z)


@dataclass(frozen=True, init=False)
class PauliSum:
    """A linear combination of Pauli words.

    Args:
        terms: Coefficients by word or by its text; the constant is the key "I". Words that are
            given twice are added, the order of first appearance is kept.

    Raises:
        InputError: A word cannot be read, or a coefficient is not finite.

    Example:
        >>> h = PauliSum({"Z0 Z1": 1.0, "X0": 0.5})
        >>> str(h @ h)
        '1.25 I'
    """

    terms: tuple[tuple[Pauli, complex], ...]

    def __init__(
        self,
        terms: Mapping[str, complex] | Mapping[Pauli, complex] | Iterable[tuple[Pauli, complex]],
    ) -> None:
        collected: dict[Pauli, complex] = {}
        pairs = terms.items() if isinstance(terms, Mapping) else terms
        for word, coefficient in pairs:
            pauli = Pauli.parse(word) if isinstance(word, str) else word
            try:
                number = complex(coefficient)
            except (TypeError, ValueError) as error:
                raise InputError(
                    f"the coefficient of {pauli} must be a number, not {coefficient!r}"
                ) from error
            if not np.isfinite(number):
                raise InputError(f"the coefficient of {pauli} must be finite, not {coefficient}")
            collected[pauli] = collected.get(pauli, 0.0) + number
        object.__setattr__(self, "terms", tuple((p, c) for p, c in collected.items() if c != 0))

    @staticmethod
    def from_qiskit(operator: Any) -> PauliSum:
        """A sum from a Qiskit SparsePauliOp, Pauli or SparseObservable.

        Raises:
            InputError: Another type, or coefficients that hold parameters.
        """
        from qng.circuit.convert.qiskit.paulis import to_pauli_sum

        return to_pauli_sum(operator)

    def to_qiskit(self, n_qubits: int | None = None) -> Any:
        """The sum as a Qiskit SparsePauliOp on n qubits (by default as few as it needs).

        Raises:
            InputError: n is too small.
        """
        from qng.circuit.convert.qiskit.paulis import to_sparse_pauli_op

        return to_sparse_pauli_op(self, n_qubits)

    @staticmethod
    def from_pennylane(observable: Any, wires: Sequence[Any] | None = None) -> PauliSum:
        """A sum from an operator of PennyLane: words, Hamiltonian, Projector, Hermitian, ...

        Args:
            observable: The operator; a matrix is decomposed on at most 8 wires.
            wires: The labels of qubits 0, 1, ...; by default wires are numbers, the qubits'.

        Raises:
            InputError: Not an operator, or a wire that is not among them.
            CircuitError: An operator without Pauli form.
        """
        from qng.circuit.convert.pennylane.paulis import from_pennylane

        return from_pennylane(observable, wires)

    def to_pennylane(self, wires: Sequence[Any] | None = None) -> Any:
        """The sum as a Hamiltonian of PennyLane.

        Args:
            wires: The labels of qubits 0, 1, ...; by default the numbers themselves.

        Raises:
            InputError: Fewer wires than qubits.
        """
        from qng.circuit.convert.pennylane.paulis import to_pennylane

        return to_pennylane(self, wires)

    def __iter__(self) -> Iterator[tuple[Pauli, complex]]:
        return iter(self.terms)

    def __len__(self) -> int:
        return len(self.terms)

    def __add__(self, other: PauliSum) -> PauliSum:
        return PauliSum([*self.terms, *other.terms])

    def __sub__(self, other: PauliSum) -> PauliSum:
        return self + (-1.0) * other

    def __mul__(self, factor: complex) -> PauliSum:
        return PauliSum([(p, factor * c) for p, c in self.terms])

    __rmul__ = __mul__

    def __matmul__(self, other: PauliSum) -> PauliSum:
        """The operator product."""
        products: list[tuple[Pauli, complex]] = []
        for p, c in self.terms:
            for q, d in other.terms:
                phase, word = p.times(q)
                products.append((word, phase * c * d))
        return PauliSum(products)

    def __str__(self) -> str:
        return " + ".join(f"{_number(c)} {p}" for p, c in self.terms) or "0"

    @property
    def n_qubits(self) -> int:
        """One more than the highest qubit that occurs."""
        return max((p.support.bit_length() for p, _ in self.terms), default=0)

    @property
    def constant(self) -> complex:
        """The coefficient of the identity."""
        return dict(self.terms).get(Pauli(0, 0), 0.0)

    @property
    def is_hermitian(self) -> bool:
        """Whether every coefficient is real."""
        return all(c.imag == 0 for _, c in self.terms)

    @property
    def is_diagonal(self) -> bool:
        """Whether only I and Z letters occur."""
        return all(p.x == 0 for p, _ in self.terms)

    def qubitwise_groups(self) -> tuple[PauliSum, ...]:
        """The terms in groups that one measurement basis serves, without the constant.

        Greedy, largest coefficients first: within a group any two words have the same letter on
        every qubit where both act.
        """
        groups: list[list[tuple[Pauli, complex]]] = []
        for p, c in sorted(self.terms, key=lambda term: -abs(term[1])):
            if p.support == 0:
                continue
            fitting = (g for g in groups if all(p.commutes_qubitwise(q) for q, _ in g))
            group = next(fitting, None)
            if group is None:
                groups.append([(p, c)])
            else:
                group.append((p, c))
        return tuple(PauliSum(g) for g in groups)

    def matrix(self, n_qubits: int | None = None) -> csr_array:
        """The sparse matrix, shape (2^n, 2^n); qubit 0 is the least significant bit.

        Args:
            n_qubits: n, at least `self.n_qubits` (the default).

        Cost: 2^n times the number of terms.
        """
        from scipy.sparse import csr_array

        n, diagonals = self._diagonals(n_qubits)
        if not diagonals:
            return csr_array((2**n, 2**n), dtype=complex)
        index = np.arange(2**n)
        rows = np.concatenate([index ^ x for x in diagonals])
        columns = np.tile(index, len(diagonals))
        values = np.concatenate(list(diagonals.values()))
        return csr_array((values, (rows, columns)), shape=(2**n, 2**n))

    def dense(self, n_qubits: int | None = None) -> np.ndarray:
        """The matrix, shape (2^n, 2^n); qubit 0 is the least significant bit.

        Args:
            n_qubits: n, at least `self.n_qubits` (the default).

        Cost: 4^n numbers, and 2^n times the number of terms.
        """
        n, diagonals = self._diagonals(n_qubits)
        index = np.arange(2**n)
        matrix = np.zeros((2**n, 2**n), dtype=complex)
        for x, diagonal in diagonals.items():
            matrix[index ^ x, index] = diagonal
        return matrix

    def _diagonals(self, n_qubits: int | None) -> tuple[int, dict[int, np.ndarray]]:
        """(n, the entries <i ^ x|H|i> for every x, shape (2^n,))."""
        n = self.n_qubits if n_qubits is None else n_qubits
        if n < self.n_qubits:
            raise InputError(f"the observable acts on {self.n_qubits} qubits, not on {n}")
        index = np.arange(2**n)
        diagonals: dict[int, np.ndarray] = {}
        for p, c in self.terms:
            sign = 1.0 - 2.0 * (np.bitwise_count(index & p.z) & 1)
            diagonal = c * 1j ** (p.x & p.z).bit_count() * sign
            diagonals[p.x] = diagonals.get(p.x, 0.0) + diagonal
        return n, diagonals


def bits(mask: int) -> tuple[int, ...]:
    """The positions of the set bits, ascending."""
    return tuple(q for q in range(mask.bit_length()) if mask >> q & 1)


def moved(mask: int, places: Sequence[int] | Mapping[int, int]) -> int:
    """The mask with bit k at places[k]."""
    return sum(1 << places[k] for k in bits(mask))


def commuting(words: Sequence[Pauli]) -> bool:
    """Whether all words commute with each other. Cost: a product of matrices of their bits."""
    if not any(p.x for p in words):
        return True
    n = max(p.support.bit_length() for p in words)
    x, z = (
        np.array([[mask >> q & 1 for q in range(n)] for mask in masks], dtype=float)
        for masks in ([p.x for p in words], [p.z for p in words])
    )
    for k in range(0, len(words), _ROWS):
        rows = slice(k, k + _ROWS)
        if np.any((x[rows] @ z.T + z[rows] @ x.T) % 2):
            return False
    return True


def _number(c: complex) -> str:
    return f"{c.real:.12g}" if c.imag == 0 else f"({c:.12g})"
