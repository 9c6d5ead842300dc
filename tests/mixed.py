"""Density matrices with noise after every operation, on dense matrices: truth for noisy executors.

After an operation each of its qubits loses energy with a probability and is depolarised with
another: neither keeps a word where it was, and neither depends on angles.
"""

from dataclasses import dataclass
from functools import reduce
from typing import ClassVar

import numpy as np

from qng.circuit.gate import basis_change
from qng.plan.counts import Counts
from qng.plan.request import Samples
from tests import dense

LOSS, MIXING = 0.07, 0.05


def density(circuit, phi, kraus=None) -> np.ndarray:
    """The state at angles phi, shape (R,).

    Args:
        circuit: The circuit.
        phi: Its angles.
        kraus: What every qubit of an operation goes through after it, matrices (2, 2); None: the
            loss and the mixing above.
    """
    n, angles = circuit.n_qubits, iter(phi)
    rho = np.zeros((2**n, 2**n), dtype=complex)
    rho[0, 0] = 1.0
    for op in circuit.ops:
        unitary = _unitary(op, n, angles)
        rho = unitary @ rho @ unitary.conj().T
        for q in op.qubits:
            if kraus is None:
                rho = _disturbed(rho, q, n)
            else:
                rho = sum(_turned(k, rho, q, n) for k in kraus)
    return rho


def mean(rho, word) -> float:
    """<W> of a word."""
    return float(np.trace(rho @ dense.word(str(word), len(rho).bit_length() - 1)).real)


def probabilities(rho, basis) -> np.ndarray:
    """Of all outcomes when every qubit is measured in its letter, without further noise."""
    n = len(rho).bit_length() - 1
    turn = reduce(lambda u, g: dense.gate(g, n) @ u, basis_change(basis), np.eye(2**n))
    return np.maximum(np.diag(turn @ rho @ turn.conj().T).real, 0.0)


def _unitary(op, n, angles):
    if not hasattr(op, "angle"):
        return dense.gate(op, n)
    half = (op.angle.value({}) if op.is_fixed else next(angles)) / 2
    return np.cos(half) * np.eye(2**n) - 1j * np.sin(half) * dense.word(str(op.pauli), n)


def _disturbed(rho, q, n):
    low, keep = np.array([[0, np.sqrt(LOSS)], [0, 0]]), np.diag([1, np.sqrt(1 - LOSS)])
    lost = sum(_turned(k, rho, q, n) for k in (low, keep))
    mixed = sum(_turned(k, lost, q, n) for k in dense.LETTERS.values()) / 4
    return (1 - MIXING) * lost + MIXING * mixed


def _turned(kraus, rho, q, n):
    k = dense.embedded(np.asarray(kraus, dtype=complex), (q,), n)
    return k @ rho @ k.conj().T


@dataclass(frozen=True)
class Mixed:
    """Counts as they are in the limit of many shots, of these states."""

    name: str = "mixed"
    noise: str = "loss and mixing"
    answers: ClassVar[frozenset[type]] = frozenset({Samples})

    def run(self, requests, seed):
        return [tuple(self._counts(r, phi) for phi in r.angles) for r in requests]

    def _counts(self, request, phi):
        basis, n = request.measure.basis, request.circuit.n_qubits
        p = probabilities(density(request.circuit, phi), basis)
        masks = np.arange(2**n) & basis.support
        outcomes, where = np.unique(masks, return_inverse=True)
        weights = np.bincount(where.ravel(), p, len(outcomes))
        return Counts(outcomes, weights / weights.sum(), np.inf)
