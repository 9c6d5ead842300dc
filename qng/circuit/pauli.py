"""Pauli words and their sums: H = sum_P c_P P.

Words are in `word`; what stands for a sum is read in `convert.sums`.
"""

from __future__ import annotations

import cmath
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from numbers import Number
from os import PathLike
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from qng import checks
from qng.circuit.word import MOST_QUBITS as MOST_QUBITS
from qng.circuit.word import Pauli as Pauli
from qng.circuit.word import bits as bits
from qng.circuit.word import commuting as commuting
from qng.circuit.word import moved as moved
from qng.circuit.word import qubit_number as qubit_number
from qng.errors import InputError

if TYPE_CHECKING:
    from scipy.sparse import csr_array

# Imaginary parts up to this fraction of the largest coefficient are rounding of products.
_HERMITIAN: Final = 1e-12
_ROUNDING: Final = 1e-14

# Words of a sum that is shown as the code that makes it.
_SHOWN: Final = 8


@dataclass(frozen=True, init=False, repr=False)
class PauliSum:
    """A linear combination of Pauli words.

    Args:
        terms: Coefficients by word or by its text; the constant is the key "I". Words that are
            given twice are added, the order of first appearance is kept. Pairs of both, text such
            as "0.5 [X0 Y1] + 2 []" (OpenFermion's) or "0.5 X0 Y1 + 2 I", and operators of Qiskit,
            PennyLane (whose wires are numbers) and OpenFermion will do as well.

    Raises:
        InputError: None of these, a word that cannot be read, or a coefficient that is not a
            finite number.

    Example:
        >>> h = PauliSum({"Z0 Z1": 1.0, "X0": 0.5})
        >>> str(h @ h)
        '1.25 I'
        >>> 1 - h / 2
        PauliSum({'I': 1.0, 'Z0 Z1': -0.5, 'X0': -0.25})
    """

    terms: tuple[tuple[Pauli, complex], ...]

    # A number of numpy's leaves the arithmetic to the sum.
    __array_ufunc__ = None

    def __init__(self, terms: Any) -> None:
        from qng.circuit.convert.sums import terms_of

        collected: dict[Pauli, complex] = {}
        for word, c in terms_of(terms):
            collected[word] = collected[word] + c if word in collected else c
        for word, c in collected.items():
            if not cmath.isfinite(c):
                raise InputError(f"the coefficient of {word} must be finite, not {c}")
        object.__setattr__(self, "terms", tuple((p, c) for p, c in collected.items() if c != 0))

    def __hash__(self) -> int:
        return self._hash

    @cached_property
    def _hash(self) -> int:
        return hash(self.terms)

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

    @staticmethod
    def from_hamlib(path: str | PathLike[str], key: str | None = None) -> PauliSum:
        """A sum from a file of HamLib: HDF5, or the ZIP archive in which it comes.

        Args:
            path: The file.
            key: Which of its Hamiltonians, such as "ham_JW10"; None where there is one only. A
                wrong one is refused with those that there are.

        Raises:
            InputError: Another file, or a key that is missing or holds something else.
            MissingPackageError: h5py is not installed.
        """
        from qng.circuit.convert.hamlib import read_hamlib

        return read_hamlib(path, key)

    def __iter__(self) -> Iterator[tuple[Pauli, complex]]:
        return iter(self.terms)

    def __len__(self) -> int:
        return len(self.terms)

    def __add__(self, other: PauliSum | complex) -> PauliSum:
        terms = _added(other)
        return NotImplemented if terms is None else PauliSum([*self.terms, *terms])

    def __radd__(self, other: complex) -> PauliSum:
        terms = _added(other)
        return NotImplemented if terms is None else PauliSum([*terms, *self.terms])

    def __neg__(self) -> PauliSum:
        return -1.0 * self

    def __sub__(self, other: PauliSum | complex) -> PauliSum:
        terms = _added(other)
        if terms is None:
            return NotImplemented
        return PauliSum([*self.terms, *((p, -c) for p, c in terms)])

    def __rsub__(self, other: complex) -> PauliSum:
        return (-self).__radd__(other)

    def __mul__(self, factor: complex | PauliSum) -> PauliSum:
        if isinstance(factor, PauliSum):
            raise InputError("the operator product of two sums is written a @ b")
        if not _is_number(factor):
            return NotImplemented
        return PauliSum([(p, factor * c) for p, c in self.terms])

    def __rmul__(self, factor: complex) -> PauliSum:
        return self * factor

    def __truediv__(self, divisor: complex) -> PauliSum:
        if not _is_number(divisor):
            return NotImplemented
        if divisor == 0:
            raise InputError("a sum of Pauli words cannot be divided by 0")
        return PauliSum([(p, c / divisor) for p, c in self.terms])

    def __matmul__(self, other: PauliSum) -> PauliSum:
        """The operator product."""
        if not isinstance(other, PauliSum):
            return NotImplemented
        products: list[tuple[Pauli, complex]] = []
        for p, c in self.terms:
            for q, d in other.terms:
                phase, word = p.times(q)
                products.append((word, phase * c * d))
        return PauliSum(products)

    def __str__(self) -> str:
        text = " + ".join(f"{_number(c)} {p}" for p, c in self.terms) or "0"
        return text.replace(" + -", " - ")

    def __repr__(self) -> str:
        first = self.terms if len(self.terms) <= _SHOWN else self.terms[: _SHOWN // 2]
        terms = ", ".join(f"{str(p)!r}: {c if c.imag else c.real!r}" for p, c in first)
        if len(self.terms) <= _SHOWN:
            return f"PauliSum({{{terms}}})"
        digest = sha256(repr([(p.x, p.z, c) for p, c in self.terms]).encode()).hexdigest()[:12]
        return (
            f"PauliSum({{{terms}, ...}}, words={len(self.terms)}, qubits={self.n_qubits}, "
            f"digest={digest!r})"
        )

    def _repr_html_(self) -> str:
        from qng.report.notebook import observable_html

        return observable_html(self)

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
        """Whether every coefficient is real up to rounding (`hermitian`)."""
        return self._not_real() is None

    @property
    def remainder(self) -> float:
        """sum_P |Im c_P|, which bounds the norm of (H - H^dagger) / 2; 0 where all are real."""
        return float(sum(abs(c.imag) for _, c in self.terms))

    def hermitian(self) -> PauliSum:
        """(H + H^dagger) / 2, the sum with real coefficients, where that is H up to rounding.

            |Im c_P| <= 1e-12 max_Q |c_Q|,    the constant apart from the other words

        Products of sums round: U A U^dagger has coefficients such as 0.3 + 2e-17i. What is left
        out is `remainder`; there is a warning where it is more than rounding explains.

        Raises:
            InputError: A coefficient is not real.
        """
        word = self._not_real()
        if word is not None:
            c = dict(self.terms)[word]
            raise InputError(
                f"the observable is not Hermitian: the coefficient of {word} is {c}; make it real"
            )
        if self.remainder == 0:
            return self
        if self.remainder > _ROUNDING * sum(abs(c) for _, c in self.terms):
            warnings.warn(
                f"the coefficients of the observable have imaginary parts of {self.remainder:.1e} "
                "in all, which are left out",
                stacklevel=2,
            )
        return PauliSum([(p, c.real) for p, c in self.terms])

    def _not_real(self) -> Pauli | None:
        """A word whose coefficient is not real; None where all are."""
        sizes = {p: abs(c) for p, c in self.terms}
        largest = max((size for p, size in sizes.items() if p.support), default=0.0)
        for p, c in self.terms:
            if abs(c.imag) > _HERMITIAN * max(largest, 0.0 if p.support else sizes[p]):
                return p
        return None

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
        bases: list[tuple[int, int]] = []
        for p, c in sorted(self.terms, key=lambda term: -abs(term[1])):
            if p.support == 0:
                continue
            # Words that fit the letters of all words of a group together fit each of them.
            for k, (x, z) in enumerate(bases):
                if ((p.x ^ x) | (p.z ^ z)) & p.support & (x | z) == 0:
                    groups[k].append((p, c))
                    bases[k] = x | p.x, z | p.z
                    break
            else:
                groups.append([(p, c)])
                bases.append((p.x, p.z))
        return tuple(PauliSum(g) for g in groups)

    def matrix(self, n_qubits: int | None = None) -> csr_array:
        """The sparse matrix, shape (2^n, 2^n); qubit 0 is the least significant bit.

        Args:
            n_qubits: n, at least `self.n_qubits` (the default).

        Cost: 2^n times the number of terms.
        """
        from scipy.sparse import csr_array

        n = self._checked_size(n_qubits)
        checks.memory(f"the matrix on {n} qubits", 32 * 2**n * len({p.x for p, _ in self.terms}))
        diagonals = self._diagonals(n)
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
        n = self._checked_size(n_qubits)
        checks.memory(f"the matrix on {n} qubits", 16 * 4**n)
        diagonals = self._diagonals(n)
        index = np.arange(2**n)
        matrix = np.zeros((2**n, 2**n), dtype=complex)
        for x, diagonal in diagonals.items():
            matrix[index ^ x, index] = diagonal
        return matrix

    def _checked_size(self, n_qubits: int | None) -> int:
        n = self.n_qubits if n_qubits is None else checks.whole("n_qubits", n_qubits)
        if n < self.n_qubits:
            raise InputError(f"the observable acts on {self.n_qubits} qubits, not on {n}")
        return n

    def _diagonals(self, n: int) -> dict[int, np.ndarray]:
        """The entries <i ^ x|H|i> for every x, shape (2^n,)."""
        index = np.arange(2**n)
        diagonals: dict[int, np.ndarray] = {}
        for p, c in self.terms:
            sign = 1.0 - 2.0 * (np.bitwise_count(index & p.z) & 1)
            diagonal = c * 1j ** (p.x & p.z).bit_count() * sign
            diagonals[p.x] = diagonals.get(p.x, 0.0) + diagonal
        return diagonals


def _added(other: Any) -> tuple[tuple[Pauli, complex], ...] | None:
    """The terms of what is added: a sum, or a number times the identity."""
    if isinstance(other, PauliSum):
        return other.terms
    return ((Pauli(0, 0), other),) if _is_number(other) else None


def _is_number(value: Any) -> bool:
    return isinstance(value, Number) or (isinstance(value, np.ndarray) and value.ndim == 0)


def _number(c: complex) -> str:
    return f"{c.real:.12g}" if c.imag == 0 else f"({c:.12g})"
