"""Density matrices with noise after every operation, on dense matrices: truth for noisy executors.

After an operation each of its qubits loses energy with a probability and is depolarised with
another: neither keeps a word where it was, and neither depends on angles. `Mixed` answers with
distributions, `Drawn` with counts of the distributions of another executor.
"""

from dataclasses import dataclass, field, replace
from functools import lru_cache, reduce
from typing import ClassVar

import numpy as np

from qng.circuit.circuit import Circuit
from qng.circuit.gate import basis_change
from qng.plan.counts import Counts
from qng.plan.readout import Readout
from qng.plan.request import Samples
from tests import dense, scores

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
                rho = (_disturbance(q, n) @ rho.ravel()).reshape(rho.shape)
            else:
                rho = sum(_turned(k, rho, q, n) for k in kraus)
    return rho


def mean(rho, word) -> float:
    """<W> of a word."""
    return float(np.trace(rho @ dense.word(str(word), len(rho).bit_length() - 1)).real)


def probabilities(rho, basis) -> np.ndarray:
    """Of all outcomes when every qubit is measured in its letter, without further noise."""
    n = len(rho).bit_length() - 1
    turn = reduce(lambda u, g: _gate(g, n) @ u, basis_change(basis), np.eye(2**n))
    return np.maximum(np.diag(turn @ rho @ turn.conj().T).real, 0.0)


def _unitary(op, n, angles):
    if not hasattr(op, "angle"):
        return _gate(op, n)
    half = (op.angle.value({}) if op.is_fixed else next(angles)) / 2
    return np.cos(half) * np.eye(2**n) - 1j * np.sin(half) * _word(op.pauli, n)


@lru_cache(maxsize=1000)
def _gate(op, n):
    return dense.gate(op, n)


@lru_cache(maxsize=1000)
def _word(pauli, n):
    return dense.word(str(pauli), n)


@lru_cache(maxsize=100)
def _disturbance(q, n):
    """Loss and mixing of a qubit, on density matrices as vectors."""
    units = np.eye(4**n).reshape(-1, 2**n, 2**n)
    return np.array([_disturbed(unit, q, n).ravel() for unit in units]).T


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
    """Counts as they are in the limit of many shots, of these states.

    Args:
        state: The circuit whose operations are disturbed; those after them, by which a basis is
            measured, are not. None: all are.
    """

    state: Circuit | None = None
    name: str = "mixed"
    noise: str = "loss and mixing"
    known: dict = field(default_factory=dict, repr=False, compare=False)
    answers: ClassVar[frozenset[type]] = frozenset({Samples})

    def run(self, requests, seed):
        return [tuple(self._counts(r, phi) for phi in r.angles) for r in requests]

    def _counts(self, request, phi):
        basis, n = request.measure.basis, request.circuit.n_qubits
        p = probabilities(self._density(request.circuit, phi), basis)
        masks = np.arange(2**n) & basis.support
        outcomes, where = np.unique(masks, return_inverse=True)
        weights = np.bincount(where.ravel(), p, len(outcomes))
        return Counts(outcomes, weights / weights.sum(), np.inf)

    def _density(self, circuit, phi):
        if self.state is None:
            return density(circuit, phi)
        n, key = circuit.n_qubits, phi.tobytes()
        if key not in self.known:
            self.known[key] = density(self.state, phi)
        turn = np.eye(2**n)
        for op in circuit.ops[len(self.state.ops) :]:
            turn = dense.gate(op, n) @ turn
        return turn @ self.known[key] @ turn.conj().T


@dataclass(frozen=True)
class Drawn:
    """Counts of shots from the distributions of an executor, which is asked for each of them once.

    Args:
        inner: What has the distributions.
        readout: Errors with which bits are read; they are corrected with these rates.
    """

    inner: object = field(default_factory=Mixed)
    readout: Readout | None = None
    known: dict = field(default_factory=dict, repr=False, compare=False)
    answers: ClassVar[frozenset[type]] = frozenset({Samples})

    @property
    def name(self):
        return f"drawn:{self.inner.name}"

    @property
    def noise(self):
        return self.inner.noise

    def run(self, requests, seed):
        return [
            tuple(
                self._counts(request, k, np.random.default_rng((seed, place, k)))
                for k in range(len(request.angles))
            )
            for place, request in enumerate(requests)
        ]

    def _counts(self, request, k, rng):
        exact = self._distribution(request, k)
        if request.shots is None:
            return exact
        shots = int(request.shots[k])
        seen = rng.multinomial(shots, exact.weights)
        return Counts(exact.outcomes, seen / shots, float(shots), exact.readout)

    def _distribution(self, request, k):
        key = request.circuit, request.measure, request.angles[k].tobytes()
        if key not in self.known:
            asked = replace(request, angles=request.angles[k : k + 1], shots=None, draws=None)
            ((found,),) = self.inner.run([asked], 0)
            if self.readout is not None:
                found = scores.flipped(found, request.measure.basis.qubits, self.readout)
            self.known[key] = replace(found, weights=found.weights / found.weights.sum())
        return self.known[key]
