"""Exact execution: states, expectations, gradients and derivative states in double precision."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, ClassVar, Final, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from qng.circuit import Circuit
from qng.counts import Counts
from qng.errors import InputError
from qng.execute import kernels
from qng.execute.program import compiled
from qng.gate import basis_change
from qng.pauli import Pauli, PauliSum, bits
from qng.plan import Handle, Pending
from qng.request import (
    Expectation,
    Gradient,
    Overlap,
    Probabilities,
    Request,
    Result,
    Samples,
    State,
    Tangent,
    Values,
)
from qng.seeds import generator

Array = NDArray[np.float64]
Amplitudes = NDArray[np.complex128]
S = TypeVar("S")
T = TypeVar("T")

_MOST_QUBITS: Final = 40

# Below this many amplitude updates a thread costs more than it saves.
_WORTH_A_THREAD: Final = 2_000_000


@dataclass(frozen=True)
class Statevector:
    """The exact executor: amplitudes of a pure state, complex128.

    Args:
        threads: How many threads a batch may use; all cores by default. Results do not depend
            on it.
        memory: Limit in bytes for states held at once.

    Cost: 2^n per operation and state; a gradient is one forward and one reverse sweep of two
    states, derivative states are P states swept together.
    """

    threads: int | None = None
    memory: int = 16 * 2**30
    _batches: dict[str, tuple[list[Request], int]] = field(
        default_factory=dict, repr=False, compare=False
    )

    name: ClassVar[str] = "statevector"
    noise: ClassVar[str] = ""
    answers: ClassVar[frozenset[type]] = frozenset(
        {Expectation, Overlap, Samples, Gradient, Tangent, State, Probabilities}
    )

    def submit(self, requests: Sequence[Request], key: str, seed: int) -> Handle:
        """Note a batch; it is computed when it is collected.

        Raises:
            InputError: The states do not fit into `memory`.
        """
        for request in requests:
            self._check_memory(request)
        self._batches[key] = list(requests), seed
        return Handle(self.name, key)

    def collect(self, handle: Handle) -> list[Result] | Pending:
        """The results of a batch, one a request."""
        requests, seed = self._batches.pop(handle.key)
        return [self._answer(request, (seed, k)) for k, request in enumerate(requests)]

    def _answer(self, request: Request, key: tuple[int, int]) -> Result:
        circuit, measure = request.circuit, request.measure
        if isinstance(measure, Samples):
            return _samples(request, measure.basis, key)
        if isinstance(measure, Overlap):
            return Values(_overlaps(circuit, request.angles, measure.others))
        if isinstance(measure, Tangent):
            return Derivatives(circuit, request.angles[0], measure.jacobian, self._workers)
        one = _ANSWERS[type(measure)]
        work = 2**circuit.n_qubits * len(circuit.ops) * len(request.angles)
        parts = _mapped(
            lambda phi: one(circuit, phi, measure),
            request.angles,
            self._workers if work > _WORTH_A_THREAD else 1,
        )
        if isinstance(measure, (State, Probabilities)):
            return np.array(parts)
        return Values(
            value=np.array([p[0] for p in parts]),
            spread=np.array([p[1] for p in parts]),
            gradient=np.array([p[2] for p in parts]) if isinstance(measure, Gradient) else None,
        )

    @property
    def _workers(self) -> int:
        return self.threads or os.cpu_count() or 1

    def _check_memory(self, request: Request) -> None:
        if request.circuit.n_qubits > _MOST_QUBITS:
            raise InputError(
                f"a statevector of {request.circuit.n_qubits} qubits does not fit into any memory; "
                f"at most {_MOST_QUBITS} are possible"
            )
        states = 3
        if isinstance(request.measure, Tangent):
            states += request.measure.jacobian.shape[1]
        elif isinstance(request.measure, (State, Probabilities)):
            states += len(request.angles)
        needed = states * 16 * 2**request.circuit.n_qubits
        if needed > self.memory:
            raise InputError(
                f"{states} states of {request.circuit.n_qubits} qubits need "
                f"{needed / 2**30:.1f} GiB, the limit is {self.memory / 2**30:.1f} GiB: "
                "use fewer qubits or parameters, or raise Statevector(memory=...)"
            )


@dataclass(frozen=True, eq=False)
class Derivatives:
    """J = d psi / d theta at one point; nothing is stored, products are computed when asked for.

    Args:
        circuit: The circuit.
        phi: Angles of its rotations, shape (R,).
        jacobian: A = d phi / d theta, shape (R, P).
        threads: How many threads `dense` may use.
    """

    circuit: Circuit
    phi: Array
    jacobian: Array
    threads: int = 1

    @property
    def state(self) -> Amplitudes:
        """psi, shape (2^n,)."""
        return state(self.circuit, self.phi)

    def jvp(self, v: ArrayLike) -> Amplitudes:
        """J v, shape (2^n,). Cost: one forward sweep of two states."""
        direction = self.jacobian @ np.asarray(v, dtype=float)
        row: Amplitudes = _push(self.circuit, self.phi, direction[:, None])[0]
        return row

    def vjp(self, w: ArrayLike) -> Array:
        """Re(J^dagger w), shape (P,). Cost: one forward sweep, one reverse sweep of two states."""
        pulled: Array = self.jacobian.T @ _pull(self.circuit, self.phi, np.array(w, dtype=complex))
        return pulled

    def dense(self) -> Amplitudes:
        """All derivative states, shape (P, 2^n). Cost: one forward sweep of P states."""
        n_columns = self.jacobian.shape[1]
        work = 2**self.circuit.n_qubits * len(self.circuit.ops) * n_columns
        rows = np.zeros((n_columns, 2**self.circuit.n_qubits), dtype=complex)
        # A thread takes every so-many-th parameter, as later ones have fewer operations to pass.
        n_threads = min(self.threads if work > _WORTH_A_THREAD else 1, max(n_columns, 1))

        def fill(start: int) -> None:
            mine = slice(start, None, n_threads)
            rows[mine] = _push(self.circuit, self.phi, self.jacobian[:, mine])

        _mapped(fill, range(n_threads), n_threads)
        return rows


def state(circuit: Circuit, phi: ArrayLike) -> Amplitudes:
    """The statevector U(phi)|0...0>.

    Args:
        circuit: The circuit.
        phi: Angles of its R rotations, radians, shape (R,).

    Returns:
        Shape (2^n,); qubit 0 is the least significant bit of the index.
    """
    psi = np.zeros(2**circuit.n_qubits, dtype=complex)
    psi[0] = 1.0
    kernels.evolve(psi, *compiled(circuit).arguments(np.asarray(phi, dtype=float)))
    return psi


def unitary(circuit: Circuit, phi: ArrayLike) -> Amplitudes:
    """The matrix U(phi), shape (2^n, 2^n). Cost: 2^n statevectors."""
    arguments = compiled(circuit).arguments(np.asarray(phi, dtype=float))
    rows = np.eye(2**circuit.n_qubits, dtype=complex)
    for psi in rows:
        kernels.evolve(psi, *arguments)
    return rows.T.copy()


def apply(observable: PauliSum, psi: Amplitudes) -> Amplitudes:
    """H psi, shape (2^n,)."""
    out = np.zeros_like(psi)
    kernels.add_sum(out, psi, *_terms(observable))
    return out


def _expectation(circuit: Circuit, phi: Array, measure: Expectation) -> tuple[float, float, None]:
    psi = state(circuit, phi)
    return *_moments(psi, apply(measure.observable, psi)), None


def _gradient(circuit: Circuit, phi: Array, measure: Gradient) -> tuple[float, float, Array]:
    psi = state(circuit, phi)
    image = apply(measure.observable, psi)
    energy, spread = _moments(psi, image)
    return energy, spread, 2.0 * _pull(circuit, phi, image, psi)


def _overlaps(circuit: Circuit, here: Array, there: Array) -> Array:
    """|<psi(phi')|psi(phi)>|^2, shape (points,)."""
    others, which = np.unique(there, axis=0, return_inverse=True)
    bras = [state(circuit, phi) for phi in others]
    pairs = zip(here, which.ravel())
    return np.array([abs(np.vdot(bras[k], state(circuit, phi))) ** 2 for phi, k in pairs])


def _samples(request: Request, basis: Pauli, key: tuple[int, int]) -> tuple[Counts, ...]:
    """Counts of every point, each from a stream of its own; exact where no shots are given."""
    circuit = _measured(request.circuit, basis)
    found = []
    for k, phi in enumerate(request.angles):
        p = np.abs(state(circuit, phi)) ** 2
        outcomes, p = _marginal(p / p.sum(), basis.support)
        if request.shots is None:
            found.append(Counts(outcomes[p > 0], p[p > 0], np.inf))
            continue
        drawn = generator((*key, k)).multinomial(request.shots[k], p)
        found.append(Counts.of(outcomes[drawn > 0], drawn[drawn > 0]))
    return tuple(found)


@lru_cache(maxsize=1024)
def _measured(circuit: Circuit, basis: Pauli) -> Circuit:
    return circuit.then(basis_change(basis))


def _marginal(p: Array, mask: int) -> tuple[NDArray[np.int64], Array]:
    """The outcomes of some of the qubits, as masks, and their probabilities."""
    kept = bits(mask)
    n = len(p).bit_length() - 1
    others = tuple(n - 1 - q for q in range(n) if q not in kept)
    marginal = p.reshape((2,) * n).sum(axis=others).ravel()
    compact = np.arange(len(marginal))
    outcomes = sum(((compact >> k & 1) << q for k, q in enumerate(kept)), np.zeros_like(compact))
    return outcomes, marginal


def _moments(psi: Amplitudes, image: Amplitudes) -> tuple[float, float]:
    energy = float(np.vdot(psi, image).real)
    # ||H psi - E psi||^2 loses less to rounding than <H^2> - E^2.
    residual = image - energy * psi
    return energy, float(np.vdot(residual, residual).real)


_ANSWERS: Final[dict[type, Callable[..., Any]]] = {
    Expectation: _expectation,
    Gradient: _gradient,
    State: lambda circuit, phi, _: state(circuit, phi),
    Probabilities: lambda circuit, phi, _: np.abs(state(circuit, phi)) ** 2,
}


def _pull(circuit: Circuit, phi: Array, w: Amplitudes, psi: Amplitudes | None = None) -> Array:
    """Re <d_r psi|w> for all R rotations; w and psi are used up."""
    out = np.zeros(circuit.n_rotations)
    ket = state(circuit, phi) if psi is None else psi
    kernels.pull_back(ket, w, *compiled(circuit).arguments(phi, inverse=True), out)
    return out


def _push(circuit: Circuit, phi: Array, jacobian: Array) -> Amplitudes:
    """sum_r A_ri d_r psi for the columns i of A, shape (columns, 2^n)."""
    psi = np.zeros(2**circuit.n_qubits, dtype=complex)
    psi[0] = 1.0
    rows = np.zeros((jacobian.shape[1], len(psi)), dtype=complex)
    r, columns = np.nonzero(jacobian)
    starts = np.searchsorted(r, np.arange(circuit.n_rotations + 1))
    active = np.zeros(len(rows), dtype=bool)
    arguments = compiled(circuit).arguments(phi)
    kernels.push_forward(psi, rows, *arguments, starts, columns, jacobian[r, columns], active)
    return rows


def _terms(observable: PauliSum) -> tuple[Any, Any, Any]:
    words = [p for p, _ in observable]
    return (
        np.array([p.x for p in words], dtype=np.int64),
        np.array([p.z for p in words], dtype=np.int64),
        np.array([c for _, c in observable], dtype=complex),
    )


def _mapped(f: Callable[[S], T], items: Iterable[S], threads: int) -> list[T]:
    if threads <= 1:
        return [f(item) for item in items]
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(f, items))
