r"""A problem with penalties for states that are known already: the next level is its lowest.

    C(theta) = <H> + sum_j beta_j |<psi_j|psi(theta)>|^2

is the mean of H + sum_j beta_j |psi_j><psi_j|. Where psi_j are the levels below and beta_j exceeds
the distance from level j to the one that is wanted, that one is lowest. The metric is that of the
circuit.

Reference:
    Higgott, Wang, Brierley, arXiv:1805.08138.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Final, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from qng import checks
from qng.arrays import Amplitudes, Array
from qng.circuit.circuit import Circuit
from qng.errors import InputError
from qng.execute.names import executor as executor_of
from qng.plan.executor import Executor, Service
from qng.plan.plan import Plan
from qng.plan.request import Request, State
from qng.problem.anyproblem import point_among
from qng.problem.passed import Passed
from qng.problem.problem import Problem, Reference
from qng.problem.subspace import one_circuit
from qng.run.bench import answer
from qng.run.excited.penalised import Penalised
from qng.run.objective import Circuits
from qng.seeds import Key
from qng.threads import limited

T = TypeVar("T")

# Qubits up to which the lowest value is known.
_QUBITS: Final = 12


@dataclass(frozen=True, eq=False)
class Deflated:
    """Minimise <H> and the overlaps with known states of the same circuit.

    Args:
        problem: H and the circuit.
        found: theta_j of the known states, shape (K, P), radians.
        weights: beta_j, shape (K,), in the unit of H.
        name: Its name.
        start: Shape (P,), radians; that of the problem by default.

    Raises:
        InputError: A problem of several circuits, points of another shape, or weights that are not
            as many positive numbers.

    Example:
        >>> import qng
        >>> whole = qng.load("textbook-2")
        >>> lowest = qng.minimize(whole, "qng", steps=60).x
        >>> next_one = Deflated(whole, lowest[None], np.array([5.0]))
        >>> qng.energy(next_one, lowest).value > 5 + qng.energy(whole, lowest).value - 1e-9
        True
    """

    problem: Problem
    found: Array
    weights: Array
    name: str = ""
    start: Array | None = None

    title, source, unit = Passed[str](), Passed[str](), Passed[str]()
    accuracy = Passed[float]()

    def __post_init__(self) -> None:
        one_circuit(self.problem, "a penalty for overlaps")
        start = self.problem.start if self.start is None else self.start
        if start is not None:
            start = point_among("start", start, self.parameters)
            start.setflags(write=False)
        object.__setattr__(self, "start", start)
        # What is minimised does not depend on where it starts.
        object.__setattr__(self, "problem", replace(self.problem, start=None))
        found = np.atleast_2d(point_among("found", self.found, self.parameters, many=True))
        weights = checks.reals("weights", self.weights)
        if weights.shape != (len(found),) or not np.all(np.isfinite(weights) & (weights > 0)):
            raise InputError(
                f"{len(found)} known state(s) have as many positive weights, not {self.weights!r}"
            )
        for name, array in (("found", found), ("weights", weights)):
            array.setflags(write=False)
            object.__setattr__(self, name, array)

    @property
    def circuit(self) -> Circuit:
        """That of the problem."""
        return self.problem.circuit

    @property
    def decisive(self) -> Hashable:
        """What decides its circuits, beside those of the problem."""
        return self.found.tobytes(), self.weights.tobytes()

    @property
    def frozen(self) -> tuple[str, ...]:
        """Those of the problem."""
        return self.problem.frozen

    @property
    def parameters(self) -> tuple[str, ...]:
        """Those of the circuit."""
        return self.problem.parameters

    @property
    def spread(self) -> None:
        """Other starts are drawn on the whole circle."""

    @property
    def initial(self) -> Array:
        """The start, or zeros where there is none; shape (P,)."""
        return self.problem.initial if self.start is None else self.start.copy()

    @property
    def free(self) -> NDArray[np.intp]:
        """The indices of the trainable parameters, ascending."""
        return self.problem.free

    def reduced(self, theta: ArrayLike | None = None) -> Deflated:
        """The problem of the free parameters alone.

        Raises:
            InputError: A known state has another value of a frozen parameter.
        """
        full = self.initial if theta is None else np.asarray(theta, dtype=float)
        inner, free = self.problem.reduced(full), self.free
        held = np.setdiff1d(np.arange(len(full)), free)
        if np.any(self.found[:, held] != full[held]):
            raise InputError("the known states have other values of the frozen parameters")
        return Deflated(inner, self.found[:, free], self.weights, self.name, full[free])

    def expand(self, x: ArrayLike, base: ArrayLike | None = None) -> Array:
        """All P parameters from the free ones, shape (..., P)."""
        return self.problem.expand(x, self.initial if base is None else base)

    def reference_energy(self) -> Reference | None:
        """The lowest eigenvalue of H + sum_j beta_j |psi_j><psi_j|; None above 12 qubits."""
        return self._reference

    def ground_space(self) -> None:
        """None: its states are not looked at."""

    def objective(self, device: Executor | Service, counting: bool, key: Key = 0) -> Penalised:
        """What a run asks.

        Args:
            device: What answers.
            counting: Whether bits are counted.
            key: Of random directions.
        """
        circuits = Circuits.of(self.problem, device, counting, key)
        return Penalised(circuits, self.found, self.weights)

    @cached_property
    def _reference(self) -> Reference | None:
        n, h = self.circuit.n_qubits, self.problem.observable
        if n > _QUBITS:
            return None
        psi = states(self.circuit, self.found)
        matrix = h.matrix(n)
        if n <= 8:
            raised = matrix.toarray() + (psi.T * self.weights) @ psi.conj()
            level = float(np.linalg.eigvalsh(raised)[0])
        else:
            level = _lowest_raised(matrix, psi, self.weights)
        return Reference(level, "exact diagonalisation with the penalties")


def _lowest_raised(matrix: Any, psi: Amplitudes, weights: Array) -> float:
    """The lowest level of a sparse matrix with penalties, by Lanczos."""
    from scipy.sparse.linalg import LinearOperator, eigsh

    def apply(v: Amplitudes) -> Amplitudes:
        return np.asarray(matrix @ v + psi.T @ (weights * (psi.conj() @ v)))

    size = matrix.shape[0]
    v0 = np.random.default_rng(0).standard_normal(size).astype(complex)
    operator = LinearOperator((size, size), matvec=apply, dtype=complex)
    # As in `problem.ground`: the vectors are too short for threads.
    with limited(1):
        levels = eigsh(operator, k=1, which="SA", v0=v0, ncv=40, tol=1e-10)[0]
    return float(levels[0])


def states(circuit: Circuit, points: Array) -> Amplitudes:
    """The states at points, shape (points, 2^n), exactly."""
    request = Request(circuit, circuit.angles(points), State())
    found: Amplitudes = answer(
        executor_of("statevector"), Plan((request,), lambda results: np.array(results[0]))
    )
    return found
