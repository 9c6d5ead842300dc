"""Molecules as problems.

Electron integrals and the Jordan-Wigner image of the electronic Hamiltonian come from PennyLane,
which is loaded when a molecule is asked for. Qubits are spin orbitals,
spin up and down alternating, lowest energy first; the first N are occupied in the Hartree-Fock
state.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike

from qng.circuit.angle import parameter
from qng.circuit.ansatz import hardware_efficient
from qng.circuit.circuit import Circuit, Op
from qng.circuit.gate import Gate, Rotation
from qng.circuit.pauli import Pauli, PauliSum
from qng.errors import InputError, MissingPackageError, UnknownNameError, need
from qng.problem.problem import Problem, Reference

_ANSATZE: Final = ("hardware-efficient", "h2")
_METHODS: Final = ("dhf", "pyscf")

# Coefficients below this are rounding noise of the integrals (in Hartree).
_NOISE: Final = 1e-12
_LARGEST_REFERENCE: Final = 12


def molecule(
    symbols: Sequence[str],
    coordinates: ArrayLike,
    *,
    charge: int = 0,
    active_electrons: int | None = None,
    active_orbitals: int | None = None,
    basis: str = "sto-3g",
    method: str = "dhf",
    ansatz: Circuit | str = "hardware-efficient",
    layers: int = 2,
    start: ArrayLike | None = None,
) -> Problem:
    """The ground state of a closed-shell molecule, in Hartree.

    The signs of the orbitals are those of the Hartree-Fock solver, so that terms with an odd
    number of X and Y letters in one orbital can differ in sign between two methods; the spectrum
    does not.

    Args:
        symbols: One element a atom, such as ["Li", "H"].
        coordinates: Positions in Angstrom, shape (atoms, 3).
        charge: Net charge in units of the elementary charge.
        active_electrons: N, the electrons outside the frozen core; all by default.
        active_orbitals: Orbitals that are neither core nor discarded; all by default.
        basis: A basis set that PennyLane knows.
        method: The Hartree-Fock solver: "dhf" (PennyLane's own) or "pyscf".
        ansatz: A circuit; or "hardware-efficient", `layers` of RY, RZ and CZ on the Hartree-Fock
            state; or "h2", RZ RY RZ on each of four qubits and CNOTs (2,3), (2,0), (3,1).
        layers: Only for "hardware-efficient".
        start: Shape (P,), radians; by default `default_rng(0).uniform(-0.1, 0.1, P)` (the
            Hartree-Fock state itself, at zero, is a stationary point), and zeros for a circuit.

    Returns:
        A problem on two qubits an orbital. Up to 12 qubits its reference is the lowest
        eigenvalue of the Hamiltonian, and `how` tells the number of electrons it belongs to.

    Raises:
        InputError: PySCF is asked for and not installed, an odd number of electrons, or a
            molecule, an active space or a basis that PennyLane refuses.
        UnknownNameError: An unknown method or ansatz.

    Cost: Hartree-Fock takes seconds for small molecules, and longer with "dhf" than with
    "pyscf"; the reference diagonalises one matrix a number of electrons, at most 924 wide.

    Reference:
        Arrazola et al., arXiv:2111.09967 (the differentiable solver); Kandala et al., Nature 549,
        242 (2017) (the ansatz).
    """
    if method not in _METHODS:
        raise UnknownNameError("method", method, _METHODS)
    if isinstance(ansatz, str) and ansatz not in _ANSATZE:
        raise UnknownNameError("ansatz", ansatz, _ANSATZE)
    names = [str(symbol) for symbol in symbols]
    positions = _positions(coordinates, len(names))
    hamiltonian, n_qubits, total = _hamiltonian(
        names, positions, charge, active_electrons, active_orbitals, basis, method
    )
    electrons = total if active_electrons is None else active_electrons
    circuit = _circuit(ansatz, n_qubits, electrons, layers)
    if start is None and isinstance(ansatz, str):
        start = np.random.default_rng(0).uniform(-0.1, 0.1, circuit.n_parameters)
    formula = _formula(names)
    space = (
        "" if active_orbitals is None else f", {electrons} electrons in {n_qubits // 2} orbitals"
    )
    return Problem(
        circuit=circuit,
        observable=hamiltonian,
        start=start,
        reference=_reference(hamiltonian, n_qubits, electrons),
        title=f"{formula} ({basis}{space})",
        source=f"Hartree-Fock by PennyLane ({method}), Jordan-Wigner transformation",
        unit="Ha",
    )


def _positions(coordinates: ArrayLike, atoms: int) -> np.ndarray:
    try:
        positions = np.asarray(coordinates, dtype=float)
    except (TypeError, ValueError) as error:
        raise InputError(f"coordinates must be numbers in Angstrom: {error}") from error
    if positions.shape != (atoms, 3):
        raise InputError(
            f"coordinates must have the shape ({atoms}, 3) for {atoms} atom(s), "
            f"not {positions.shape}"
        )
    if not np.all(np.isfinite(positions)):
        raise InputError("coordinates must be finite")
    return positions


def _hamiltonian(
    symbols: list[str],
    positions: np.ndarray,
    charge: int,
    active_electrons: int | None,
    active_orbitals: int | None,
    basis: str,
    method: str,
) -> tuple[PauliSum, int, int]:
    """(Hamiltonian, number of qubits, number of electrons)."""
    need("pennylane", "the Hamiltonian of a molecule")
    import pennylane as qml

    try:
        atoms = qml.qchem.Molecule(symbols, positions, charge=charge, basis_name=basis,
                                   unit="angstrom")  # fmt: skip
    except (ValueError, KeyError) as error:
        raise InputError(f"PennyLane cannot build this molecule: {_line(error)}") from error
    electrons = int(atoms.n_electrons)
    if electrons < 1 or electrons % 2:
        raise InputError(
            f"a closed shell needs an even number of electrons, {_formula(symbols)} with charge "
            f"{charge} has {electrons}; change charge"
        )
    try:
        operator, n_qubits = qml.qchem.molecular_hamiltonian(
            atoms,
            method=method,
            active_electrons=active_electrons,
            active_orbitals=active_orbitals,
            mapping="jordan_wigner",
        )
    except ImportError as error:
        what = f"method {method!r} (method='dhf' does not)"
        raise MissingPackageError(what, "pyscf", "chemistry") from error
    except (ValueError, TypeError) as error:
        raise InputError(f"PennyLane cannot build this Hamiltonian: {_line(error)}") from error
    return _pauli_sum(qml.pauli.pauli_sentence(operator)), int(n_qubits), electrons


def _pauli_sum(sentence: Any) -> PauliSum:
    terms: list[tuple[Pauli, complex]] = []
    for word, coefficient in sentence.items():
        # The Hamiltonian is Hermitian; an imaginary part is rounding.
        value = float(np.real(coefficient))
        if abs(value) >= _NOISE:
            text = " ".join(f"{letter}{wire}" for wire, letter in word.items())
            terms.append((Pauli.parse(text), value))
    return PauliSum(terms)


def _circuit(ansatz: Circuit | str, n_qubits: int, electrons: int, layers: int) -> Circuit:
    if isinstance(ansatz, Circuit):
        return ansatz
    occupied: list[Op] = [Gate("x", (q,)) for q in range(electrons)]
    if ansatz == "h2":
        if n_qubits != 4:
            raise InputError(f"the ansatz 'h2' acts on 4 qubits, this molecule has {n_qubits}")
        return _h2(occupied)
    layered = hardware_efficient(n_qubits, layers, ("ry", "rz"), "cz")
    return Circuit(n_qubits, (*occupied, *layered.ops), layered.parameters)


def _h2(occupied: list[Op]) -> Circuit:
    ops = list(occupied)
    for q in range(4):
        z, y = Pauli(0, 1 << q), Pauli(1 << q, 1 << q)
        ops += [Rotation(p, parameter(f"t{3 * q + k}")) for k, p in enumerate((z, y, z))]
    ops += [Gate("cx", pair) for pair in ((2, 3), (2, 0), (3, 1))]
    return Circuit(4, ops, [f"t{k}" for k in range(12)])


def _reference(hamiltonian: PauliSum, n_qubits: int, electrons: int) -> Reference | None:
    if n_qubits > _LARGEST_REFERENCE:
        return None
    matrix = hamiltonian.matrix(n_qubits)
    count = np.bitwise_count(np.arange(2**n_qubits))
    # The Hamiltonian conserves the number of electrons, which counts the ones of a basis state.
    lowest = {}
    for k in range(n_qubits + 1):
        sector = np.flatnonzero(count == k)
        lowest[k] = float(np.linalg.eigvalsh(matrix[sector][:, sector].toarray())[0])
    energy = min(lowest.values())
    how = "exact diagonalisation: the lowest eigenvalue of the qubit Hamiltonian"
    if lowest[electrons] - energy < 1e-9:
        how += f", which has the right number of electrons ({electrons})"
    else:
        found = min(lowest, key=lambda k: lowest[k])
        how += (
            f", which has {found} electron(s); with the right number ({electrons}) the lowest is "
            f"{lowest[electrons]:.10f} Ha"
        )
    return Reference(energy, how)


def _formula(symbols: Sequence[str]) -> str:
    counts = {symbol: list(symbols).count(symbol) for symbol in symbols}
    return "".join(f"{symbol}{n if n > 1 else ''}" for symbol, n in counts.items())


def _line(error: Exception) -> str:
    return " ".join(str(error).split())
