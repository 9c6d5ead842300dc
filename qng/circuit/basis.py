"""The basis in which all qubits are measured, as a word with a letter on every qubit."""

from __future__ import annotations

from qng.circuit.circuit import Circuit
from qng.circuit.derived import derived
from qng.circuit.gate import basis_change
from qng.circuit.pauli import Pauli
from qng.errors import InputError


def measured_word(n_qubits: int, basis: str) -> Pauli:
    """A measurement basis as a word with a letter on every qubit.

    Args:
        n_qubits: n.
        basis: "X", "Y" or "Z" for all qubits, or a Pauli word for some with Z on the rest.

    Raises:
        InputError: A basis that is not a Pauli word on the qubits.
    """
    if not isinstance(basis, str) or not basis.strip():
        raise InputError(f"a basis is X, Y, Z or a Pauli word such as 'X0 Y2', not {basis!r}")
    letters = (
        " ".join(f"{basis}{q}" for q in range(n_qubits)) if basis in ("X", "Y", "Z") else basis
    )
    word = Pauli.parse(letters)
    if word.support >> n_qubits:
        raise InputError(f"the basis {basis!r} names a qubit beyond the circuit's {n_qubits}")
    return Pauli(word.x, word.z | (2**n_qubits - 1) & ~word.support)


@derived
def with_basis(circuit: Circuit, basis: str) -> Circuit:
    """The circuit with gates after it that make the computational basis that of a word."""
    return circuit.then(basis_change(measured_word(circuit.n_qubits, basis)))
