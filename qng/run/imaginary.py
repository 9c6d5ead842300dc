r"""Exact evolution in imaginary time, to lay beside runs of the natural gradient.

    psi(tau) = e^{-tau H} psi_0 / |e^{-tau H} psi_0|

A step of length eta in the full Fubini-Study metric g moves the state as 2 eta of imaginary time,
up to O(eta^2) and to what the circuit cannot follow: VarQITE solves g theta' = -grad E / 2.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike

from qng import checks
from qng.arrays import Amplitudes, Array
from qng.circuit.circuit import Circuit
from qng.circuit.pauli import PauliSum
from qng.errors import InputError
from qng.execute.names import executor as executor_of
from qng.plan.plan import Plan
from qng.plan.request import Request
from qng.plan.request import State as StateMeasure
from qng.problem.problem import Problem
from qng.run.bench import answer
from qng.run.probabilities import problem_of
from qng.run.results import Run
from qng.run.target import circuits_and_point

# Qubits, up to which the observable is diagonalised.
_DENSE: Final = 8
_MOST: Final = 16


@dataclass(frozen=True, eq=False)
class ImaginaryTime:
    """A state on its way in imaginary time.

    Args:
        times: tau, in units of 1 / <H>, ascending, shape (times,).
        energies: <H> of psi(tau), shape (times,).
        fidelities: Its weight in the ground space, shape (times,); NaN where that is not known.
        overlaps: |<psi(tau_k)|psi_k>|^2 with the states of a run; None without one.
    """

    times: Array
    energies: Array
    fidelities: Array
    overlaps: Array | None = None


def imaginary_time(problem: Any, times: ArrayLike, start: Any = None) -> ImaginaryTime:
    """Exact imaginary time from a state that the circuit prepares.

    Args:
        problem: A problem, its name or a folder.
        times: tau, not negative and ascending, shape (times,).
        start: Shape (P,), radians: psi_0 is the circuit there; the problem's start by default.

    Raises:
        InputError: Times that are not like that, several circuits, or more than 16 qubits.

    Cost: an eigendecomposition of 2^n up to 8 qubits, products with a sparse matrix above.

    Example:
        >>> import numpy as np
        >>> found = imaginary_time("textbook-2", [0.0, 0.5])
        >>> np.allclose(found.energies, -np.tanh(2 * found.times - np.arctanh(found.energies[0])))
        True
    """
    whole, base = circuits_and_point(problem, start, "the exact curve")
    tau = checks.reals("times", times)
    if tau.ndim != 1 or not np.all(np.isfinite(tau)) or np.any(np.diff(tau, prepend=0.0) < 0):
        raise InputError("times must be finite, not negative and ascending")
    states = _evolved(whole, _states(whole, base[None])[0], tau)
    return ImaginaryTime(tau, *_seen(whole, states))


def beside(run: Run) -> ImaginaryTime:
    """Exact imaginary time at tau_k = 2 sum_{j<k} eta_j, beside the points of a run.

    Steps that were undone take no time: such a point is at the time that it would have had.

    Args:
        run: Of a method with step sizes; for the times to mean something with the full metric g.

    Raises:
        InputError: A step without a size, and as `imaginary_time`.
    """
    problem, tau = problem_of(run), _times(run)
    order = np.argsort(tau, kind="stable")
    own = _states(problem, run.trace["theta"])
    states = np.empty_like(own)
    states[order] = _evolved(problem, own[0], tau[order])
    overlaps = np.abs(np.sum(states.conj() * own, axis=1)) ** 2
    return ImaginaryTime(tau, *_seen(problem, states), overlaps)


def _times(run: Run) -> Array:
    """tau at every point."""
    eta, kept = run.trace["eta"], run.trace["accepted"]
    if not np.all(np.isfinite(eta[:-1])):
        raise InputError(f"steps of {run.method} have no size: no time goes with them")
    tau, here = np.zeros(len(eta)), 0.0
    for k in range(1, len(eta)):
        tau[k] = here + 2 * eta[k - 1]
        here = tau[k] if kept[k] else here
    return tau


def _states(problem: Problem, thetas: Array) -> Amplitudes:
    """The states of the circuit at points of shape (points, P)."""
    if len(problem.ensemble) > 1:
        raise InputError("imaginary time is that of one circuit, and this problem has several")
    circuit: Circuit = problem.circuit
    if circuit.n_qubits > _MOST:
        raise InputError(
            f"exact imaginary time is had up to {_MOST} qubits, not on {circuit.n_qubits}"
        )
    request = Request(circuit, circuit.angles(thetas), StateMeasure())
    plan: Plan[Amplitudes] = Plan((request,), lambda results: results[0])
    return answer(executor_of("statevector"), plan)


def _evolved(problem: Problem, psi: Amplitudes, tau: Array) -> Amplitudes:
    """psi(tau), shape (times, 2^n)."""
    n, h = problem.circuit.n_qubits, problem.observable
    if n > _DENSE:
        return _by_products(h, n, psi, tau)
    levels, vectors = np.linalg.eigh(h.dense(n))
    parts = vectors.conj().T @ psi
    # The largest factor is 1, however late it is and however little was there at first.
    with np.errstate(divide="ignore"):
        logs = np.log(np.abs(parts)) - tau[:, None] * (levels - levels[0])
    sizes = np.exp(logs - logs.max(axis=1, keepdims=True)) * np.exp(1j * np.angle(parts))
    return _normalised(sizes @ vectors.T)


def _by_products(h: PauliSum, n: int, psi: Amplitudes, tau: Array) -> Amplitudes:
    from scipy.sparse.linalg import expm_multiply

    matrix, states = h.matrix(n), np.empty((len(tau), len(psi)), dtype=complex)
    here, at = psi, 0.0
    for k, later in enumerate(tau.tolist()):
        if later > at:
            here, at = expm_multiply(-(later - at) * matrix, here), later
            here = here / np.linalg.norm(here)
        states[k] = here
    return states


def _normalised(states: Amplitudes) -> Amplitudes:
    return np.asarray(states / np.linalg.norm(states, axis=1, keepdims=True))


def _seen(problem: Problem, states: Amplitudes) -> tuple[Array, Array]:
    """Energies and weights in the ground space."""
    matrix = problem.observable.matrix(problem.circuit.n_qubits)
    energies = np.array([np.vdot(psi, matrix @ psi).real for psi in states])
    space = problem.ground_space()
    if space is None:
        return energies, np.full(len(states), np.nan)
    return energies, np.asarray(np.sum(np.abs(space[1].conj() @ states.T) ** 2, axis=0))
