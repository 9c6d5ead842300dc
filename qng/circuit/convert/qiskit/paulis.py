"""Qiskit's Pauli operators to sums of words and back.

Both put qubit 0 at the least significant bit; Qiskit's labels are written from the last qubit to
the first, words name their qubits.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from qiskit.quantum_info import Pauli as QiskitPauli
from qiskit.quantum_info import SparseObservable, SparsePauliOp

from qng import checks
from qng.circuit.pauli import Pauli, PauliSum
from qng.errors import InputError

Term = tuple[Pauli, float]

# A letter as a sum of Pauli letters with weights; the letters after Z are projectors.
_LETTERS: Final[dict[str, tuple[tuple[str, float], ...]]] = {
    **{letter: ((letter, 1.0),) for letter in "IXYZ"},
    **{
        name: (("I", 0.5), (letter, sign * 0.5))
        for letter, pair in (("Z", "01"), ("X", "+-"), ("Y", "rl"))
        for name, sign in zip(pair, (1.0, -1.0))
    },
}


def to_pauli_sum(operator: Any) -> PauliSum:
    """A sum of words from an operator of Qiskit.

    Args:
        operator: A SparsePauliOp, a Pauli (its phase becomes the coefficient) or a
            SparseObservable.

    Returns:
        The sum; terms with coefficient 0 are left out, and equal words are added.

    Raises:
        InputError: Another type, or coefficients that hold parameters.
    """
    if isinstance(operator, QiskitPauli):
        operator = SparsePauliOp(operator)
    if isinstance(operator, SparseObservable):
        operator = SparsePauliOp.from_sparse_observable(operator)
    if not isinstance(operator, SparsePauliOp):
        raise InputError(
            f"a SparsePauliOp, a Pauli or a SparseObservable is expected, "
            f"not {type(operator).__name__}"
        )
    try:
        coefficients = [complex(c) for c in operator.coeffs]
    except TypeError as error:
        raise InputError(
            "a coefficient of the SparsePauliOp holds a parameter; assign it a number, parameters "
            "belong into the circuit"
        ) from error
    words = zip(operator.paulis.x, operator.paulis.z)
    return PauliSum([(Pauli(_mask(x), _mask(z)), c) for (x, z), c in zip(words, coefficients)])


def to_sparse_pauli_op(terms: PauliSum, n_qubits: int | None = None) -> Any:
    """A SparsePauliOp from a sum of words.

    Args:
        terms: The sum.
        n_qubits: n, at least `terms.n_qubits` (the default, and at least 1).

    Raises:
        InputError: n is too small.
    """
    n = max(terms.n_qubits, 1) if n_qubits is None else checks.whole("n_qubits", n_qubits, 1)
    if n < terms.n_qubits:
        raise InputError(f"the observable acts on {terms.n_qubits} qubits, not on {n}")
    sparse = [("".join(map(p.letter, p.qubits)), p.qubits, c) for p, c in terms]
    return SparsePauliOp.from_sparse_list(sparse or [("", (), 0.0)], n)


def word(pauli: QiskitPauli, qubits: Sequence[int]) -> Pauli:
    """A Pauli of Qiskit, without its phase, on the given qubits."""
    pairs = [(1 << q, x, z) for q, x, z in zip(qubits, pauli.x, pauli.z)]
    return Pauli(sum(b for b, x, _ in pairs if x), sum(b for b, _, z in pairs if z))


def expanded(letters: str, qubits: Sequence[int], factor: float) -> list[Term]:
    """A product of letters times a factor as words, with projectors as sums of two letters."""
    terms: list[Term] = [(Pauli(0, 0), factor)]
    for letter, q in zip(letters, qubits):
        terms = [
            (Pauli(p.x | one.x, p.z | one.z), c * weight)
            for p, c in terms
            for one, weight in ((Pauli.on(name, [q]), weight) for name, weight in _LETTERS[letter])
        ]
    return terms


def _mask(flags: Iterable[bool]) -> int:
    return sum(1 << q for q, flag in enumerate(flags) if flag)
