"""Circuits that write data into a state: their parameters are the features x0, x1, ..."""

from __future__ import annotations

import math

from qng import checks
from qng.circuit.angle import parameter
from qng.circuit.circuit import Circuit, Op
from qng.circuit.gate import Gate, Rotation
from qng.circuit.pauli import Pauli


def angle_encoding(n_qubits: int, axis: str = "Y") -> Circuit:
    """One rotation a qubit, by the feature in radians.

    Args:
        n_qubits: n, the number of features.
        axis: "X", "Y" or "Z"; about Z, Hadamard gates go before.

    Example:
        >>> angle_encoding(3).parameters
        ('x0', 'x1', 'x2')
    """
    n = checks.whole("n_qubits", n_qubits, 1)
    names = [f"x{q}" for q in range(n)]
    ops: list[Op] = [Gate("h", (q,)) for q in range(n)] if axis == "Z" else []
    ops += [Rotation(Pauli.parse(f"{axis}{q}"), parameter(names[q])) for q in range(n)]
    return Circuit(n, ops, names)


def z_feature_map(n_qubits: int, reps: int = 1) -> Circuit:
    """Hadamard gates and phases 2 x_i, so many times; Qiskit's, up to a phase.

    Args:
        n_qubits: n, the number of features.
        reps: How many times.

    Reference:
        Havlicek et al., Nature 567, 209 (2019), arXiv:1804.11326.

    Example:
        >>> z_feature_map(2).parameters
        ('x0', 'x1')
    """
    return _feature_map(n_qubits, reps, pairs=False)


def zz_feature_map(n_qubits: int, reps: int = 2) -> Circuit:
    """The same with phases 2 (pi - x_i)(pi - x_j) of all pairs; Qiskit's, up to a phase.

    Args:
        n_qubits: n, the number of features.
        reps: How many times.

    Example:
        >>> zz_feature_map(2, reps=1).n_qubits
        2
    """
    return _feature_map(n_qubits, reps, pairs=True)


def _feature_map(n_qubits: int, reps: int, pairs: bool) -> Circuit:
    n = checks.whole("n_qubits", n_qubits, 1)
    names = [f"x{q}" for q in range(n)]
    x = [parameter(name) for name in names]
    ops: list[Op] = []
    for _ in range(checks.whole("reps", reps, 1)):
        ops += [Gate("h", (q,)) for q in range(n)]
        ops += [Rotation(Pauli(0, 1 << q), 2 * x[q]) for q in range(n)]
        if pairs:
            ops += [
                Rotation(Pauli(0, 1 << a | 1 << b), 2 * (math.pi - x[a]) * (math.pi - x[b]))
                for a in range(n)
                for b in range(a + 1, n)
            ]
    return Circuit(n, ops, names)
