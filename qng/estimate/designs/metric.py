r"""The Hilbert-Schmidt metric tr(d_i rho d_j rho) / (2 tr rho^2) from random measurements.

Two copies of the states |phi> of random bases that are a 2-design are on average the projector onto
the symmetric subspace over its dimension, E |phi><phi| (x) |phi><phi| = (1 + SWAP) / (N (N + 1)),
N = 2^n. So for any A and B, with the N states phi_x of a basis,

    E sum_x <phi_x|A|phi_x> <phi_x|B|phi_x> = (tr A tr B + tr A B) / (N + 1)

and with p(x) = <phi_x|rho|phi_x>, as tr d_i rho = 0 and tr rho = 1,

    tr(d_i rho d_j rho) = (N + 1) E sum_x d_i p d_j p,    tr rho^2 = (N + 1) E sum_x p^2 - 1

For pure states tr rho^2 = 1, which is not measured where there is no noise.

Reference: Kolotouros, Joseph and Narayanan, arXiv:2407.03123 (random-measurement imaginary-time
evolution); Lu and Sha, arXiv:2509.08196 (few random bases suffice).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from qng.arrays import Array
from qng.circuit.basis import measured_word
from qng.circuit.circuit import Circuit
from qng.estimate.designs.bases import UNBIASED, Drawn, drawn
from qng.estimate.designs.counted import Read, Shifted, ShiftedNoise, purity_sums
from qng.estimate.designs.pooled import Purities, pooled
from qng.estimate.fisher.basis import visible
from qng.geometry import Dense, Metric
from qng.geometry.noise import Noise, Sum
from qng.plan.counts import Counts
from qng.plan.plan import Plan
from qng.plan.request import Request, Result, Samples, Tangent, TangentMap
from qng.seeds import Key


def exact(
    circuit: Circuit, theta: ArrayLike, bases: int = 16, kind: str = UNBIASED, *, seed: Key = 0
) -> Plan[Metric]:
    """The metric from random bases, with the exact distributions of a pure state.

    Args:
        circuit: The circuit.
        theta: Shape (P,), radians.
        bases: How many, K: at least 8, or all 2^n + 1 of "mutually-unbiased".
        kind: "mutually-unbiased", different ones of 2^n + 1 bases behind one random Clifford
            circuit, all of which leave nothing to chance; or "clifford", the basis of a new random
            Clifford circuit every time.
        seed: Of the bases.

    Returns:
        A plan for HS/4, shape (P, P), g where the state is pure; unbiased. Its standard errors are
        those of the draw of bases, from their scatter: given without shots as well, and None only
        where all bases are taken.

    Raises:
        UnknownNameError: Another kind.
        InputError: Fewer bases.

    Cost: K sweeps of P derivative states.
    """
    point = circuit.check_point(theta)
    chosen = drawn(circuit.n_qubits, bases, kind, seed)
    if not circuit.n_parameters:
        return Plan((), lambda _: Dense(np.zeros((0, 0))))
    requests = []
    for basis in chosen.bases:
        measured = circuit.then(basis.gates)
        tangent = Tangent(measured.slopes(point))
        requests.append(Request(measured, measured.angles(point)[None], tangent))

    def reduce(results: Sequence[TangentMap]) -> Dense:
        size = 2**circuit.n_qubits
        found = [(size + 1) / 2 * _products(result) for result in results]
        return pooled(np.array(found), None, None, chosen.share)

    return Plan(tuple(requests), reduce)


def counted(
    circuit: Circuit, theta: ArrayLike, bases: int = 16, kind: str = UNBIASED, *, seed: Key = 0
) -> Plan[Metric]:
    """The metric from random bases, from counted bits.

    Args:
        circuit: The circuit.
        theta: Shape (P,), radians.
        bases: How many, as for `exact`.
        kind: As for `exact`.
        seed: Of the bases.

    Returns:
        A plan for HS/4 of the state that is prepared, shape (P, P), with the errors of shots and
        of bases together; g where the state is pure. Without noise unbiased, with noise a ratio
        of two unbiased numbers whose bias is taken off to first order. It may have negative
        eigenvalues. About sqrt(2^n) shots a point are needed before it says anything. Noise of the
        gates that measure in a basis is taken for noise of the state, and what was read wrongly as
        well, unless it is corrected.

    Raises:
        UnknownNameError: Another kind.
        InputError: Fewer bases.

    Cost: at most K (2R + 1) circuits, without noise 2 K R, of the depth of the circuit and of about
    n (n - 1) / 4 CZ more; rotations that a basis cannot see need none there.
    """
    point = circuit.check_point(theta)
    chosen = drawn(circuit.n_qubits, bases, kind, seed)
    jacobian, phi = circuit.jacobian(point), circuit.angles(point)
    word = measured_word(circuit.n_qubits, "Z")
    moved = np.flatnonzero(np.any(jacobian != 0, axis=1))
    if not len(moved):
        return Plan((), lambda _: Dense(np.zeros((circuit.n_parameters,) * 2)))
    asked = []
    for basis in chosen.bases:
        measured = circuit.then(basis.gates)
        seen = np.intersect1d(moved, visible(measured, word))
        shift = np.pi / 2 * np.eye(len(phi))[seen]
        points = np.concatenate([phi + shift, phi - shift, phi[None][: int(circuit.noisy)]])
        asked.append(_Asked(measured, points, jacobian[seen], circuit.noisy))
    used = [k for k, of in enumerate(asked) if len(of.points)]
    # A basis that is drawn twice has shots of its own each time, as the scatter takes it.
    requests = tuple(
        Request(asked[k].circuit, asked[k].points, Samples(word), asked[k].weights, apart=(str(k),))
        for k in used
    )

    def reduce(results: Sequence[Result]) -> Dense:
        answers = dict(zip(used, results))
        return _estimate(asked, [answers.get(k, ()) for k in range(len(asked))], chosen)

    return Plan(requests, reduce)


@dataclass(frozen=True, eq=False)
class _Asked:
    """What is counted in one basis.

    Args:
        circuit: With the gates of the basis.
        points: phi_r + pi/2, phi_r - pi/2, and with noise phi; shape (points, R).
        jacobian: The rows of A of the shifted rotations.
        noisy: Whether phi is among the points.
    """

    circuit: Circuit
    points: Array
    jacobian: Array
    noisy: bool

    @property
    def weights(self) -> Array | None:
        """Of the points: phi, which all entries are divided by, has sqrt(2R) times the shots."""
        if not self.noisy:
            return None
        weights = np.ones(len(self.points))
        weights[-1] = np.sqrt(max(len(self.points) - 1, 1))
        return weights


def _estimate(asked: Sequence[_Asked], results: Sequence[Sequence[Counts]], chosen: Drawn) -> Dense:
    size = 2 ** asked[0].circuit.n_qubits
    parameters, found = asked[0].jacobian.shape[1], []
    shots: list[Noise] = []
    purities: list[tuple[float, float]] = []
    for of, counts in zip(asked, results):
        last = 2 * len(of.jacobian)
        if not last:
            found.append(np.zeros((parameters, parameters)))
        else:
            seen = Shifted(Read.of(counts[:last], of.circuit.n_qubits), of.jacobian)
            found.append((size + 1) / 2 * seen.sums())
            if not np.all(np.isinf(seen.read.shots)):
                shots.append(Sum((ShiftedNoise(seen),), np.array([((size + 1) / 2) ** 2])))
        if of.noisy:
            purities.append(purity_sums(Read.of(counts[last:], of.circuit.n_qubits)))
    known = None
    if purities:
        squares, variances = np.array(purities).T
        known = Purities((size + 1) * squares - 1, (size + 1) ** 2 * variances, 1 / size)
    return pooled(np.array(found), shots or None, known, chosen.share)


def _products(tangent: TangentMap) -> Array:
    """sum_x d_i p d_j p, shape (P, P)."""
    slopes = 2 * (tangent.dense() * tangent.state.conj()).real
    found: Array = slopes @ slopes.T
    return found
