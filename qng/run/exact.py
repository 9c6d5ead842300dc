r"""Exact evolution of a state in imaginary and in real time.

imaginary   psi(tau) = e^{-tau H} psi_0 / |e^{-tau H} psi_0|
real        psi(t) = e^{-i t H} psi_0
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from qng.arrays import Amplitudes, Array
from qng.circuit.circuit import Circuit
from qng.circuit.pauli import PauliSum
from qng.errors import EvolutionError, InputError
from qng.execute.names import executor as executor_of
from qng.models.problem import ModelProblem
from qng.models.wave.spins import configurations, indices
from qng.models.wave.variational import Variational
from qng.plan.plan import Plan
from qng.plan.request import Request
from qng.plan.request import State as StateMeasure
from qng.problem.anyproblem import AnyProblem
from qng.problem.problem import Problem
from qng.run.bench import answer
from qng.run.target import circuits_of

MOST: Final = 16
"""Qubits up to which states are evolved exactly."""

# Qubits, up to which the observable is diagonalised.
_DENSE: Final = 8


def hamiltonian_of(problem: AnyProblem) -> PauliSum | None:
    """H, where the problem is one circuit or one wave function on so few qubits; else None."""
    if isinstance(problem, Problem):
        few = len(problem.ensemble) == 1 and problem.circuit.n_qubits <= MOST
        return problem.observable if few else None
    loss = problem.loss if isinstance(problem, ModelProblem) else None
    if isinstance(loss, Variational) and loss.wave.n_spins <= MOST:
        return loss.hamiltonian
    return None


def states_of(problem: AnyProblem, thetas: Array) -> Amplitudes:
    """The states of a circuit or a wave function at points of shape (points, P).

    Returns:
        Shape (points, 2^n), normalised.

    Raises:
        InputError: Several circuits, more than 16 qubits, or no states at all.
    """
    if isinstance(problem, ModelProblem) and isinstance(problem.loss, Variational):
        return _of_wave(problem.loss, thetas)
    whole = circuits_of(problem, "exact evolution")
    if len(whole.ensemble) > 1:
        raise InputError("exact evolution is that of one circuit, and this problem has several")
    circuit: Circuit = whole.circuit
    if circuit.n_qubits > MOST:
        raise InputError(f"exact evolution is had up to {MOST} qubits, not on {circuit.n_qubits}")
    request = Request(circuit, circuit.angles(thetas), StateMeasure())
    plan: Plan[Amplitudes] = Plan((request,), lambda results: results[0])
    return answer(executor_of("statevector"), plan)


def _of_wave(loss: Variational, thetas: Array) -> Amplitudes:
    n = loss.wave.n_spins
    index = indices(n, loss.magnetisation)
    x, states = configurations(index, n), np.zeros((len(thetas), 2**n), dtype=complex)
    for state, theta in zip(states, thetas):
        log = loss.wave.log_psi(theta, x)
        state[index] = np.exp(log - np.max(np.real(log)))
    return _normalised(states)


def evolved(h: PauliSum, psi: Amplitudes, times: Array, real: bool = False) -> Amplitudes:
    """psi at times, shape (times, 2^n).

    Args:
        h: H, Hermitian.
        psi: psi_0, shape (2^n,).
        times: Not negative and ascending, shape (times,).
        real: Whether the time is real.

    Cost: an eigendecomposition of 2^n up to 8 qubits, products with a sparse matrix above.
    """
    n = len(psi).bit_length() - 1
    if n > _DENSE:
        return _by_products(h, n, psi, times, real)
    levels, vectors = np.linalg.eigh(h.dense(n))
    parts = vectors.conj().T @ psi
    if real:
        return np.asarray((parts * np.exp(-1j * times[:, None] * levels)) @ vectors.T)
    # The largest factor is 1, however late it is and however little was there at first.
    with np.errstate(divide="ignore"):
        logs = np.log(np.abs(parts)) - times[:, None] * (levels - levels[0])
    sizes = np.exp(logs - logs.max(axis=1, keepdims=True)) * np.exp(1j * np.angle(parts))
    return _normalised(sizes @ vectors.T)


def driven(
    h: Callable[[float], PauliSum], psi: Amplitudes, times: Array, real: bool = False
) -> Amplitudes:
    """psi at times where H depends on time; arguments and shapes as `evolved`.

    Cost: some hundred products with H for each of its periods, at tolerance 1e-10.
    """
    from scipy.integrate import solve_ivp

    n = len(psi).bit_length() - 1

    def motion(time: float, state: Amplitudes) -> Amplitudes:
        turned: Amplitudes = np.asarray(h(time).matrix(n) @ state)
        if real:
            return np.asarray(-1j * turned)
        return np.asarray(np.vdot(state, turned) / np.vdot(state, state) * state - turned)

    span = 0.0, float(times[-1])
    found = solve_ivp(motion, span, psi.astype(complex), "DOP853", times, rtol=1e-10, atol=1e-12)
    if not found.success:
        raise EvolutionError(f"exact evolution cannot go on: {found.message}")
    return _normalised(found.y.T)


def _by_products(h: PauliSum, n: int, psi: Amplitudes, times: Array, real: bool) -> Amplitudes:
    from scipy.sparse.linalg import expm_multiply

    matrix, states = h.matrix(n), np.empty((len(times), len(psi)), dtype=complex)
    here, at, factor = psi, 0.0, -1j if real else -1.0
    for k, later in enumerate(times.tolist()):
        if later > at:
            here, at = expm_multiply(factor * (later - at) * matrix, here), later
            here = here if real else here / np.linalg.norm(here)
        states[k] = here
    return states


def means(h: PauliSum, states: Amplitudes) -> Array:
    """<H> of states of shape (states, 2^n)."""
    matrix = h.matrix(states.shape[1].bit_length() - 1)
    return np.array([np.vdot(psi, matrix @ psi).real for psi in states])


def ground_weights(problem: AnyProblem, states: Amplitudes) -> Array:
    """The weights of states in the ground space, shape (states,); NaN where it is not known."""
    space = problem.ground_space()
    if space is None:
        return np.full(len(states), np.nan)
    return np.asarray(np.sum(np.abs(space[1].conj() @ states.T) ** 2, axis=0))


def overlaps(states: Amplitudes, others: Amplitudes) -> Array:
    """|<psi_k|phi_k>|^2, shape (states,)."""
    return np.asarray(np.abs(np.sum(states.conj() * others, axis=1)) ** 2)


def _normalised(states: Amplitudes) -> Amplitudes:
    return np.asarray(states / np.linalg.norm(states, axis=1, keepdims=True))
