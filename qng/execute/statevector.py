"""Exact execution: states, expectations, gradients and derivative states in double precision."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any, ClassVar, Final, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from qng.circuit import Circuit
from qng.errors import InputError
from qng.execute import accumulated
from qng.execute.draw import Distribution
from qng.execute.fuse import fused
from qng.execute.kernels import plain
from qng.execute.passes import Passes, amplitudes, moments, planes
from qng.execute.prefixes import WORTH_A_THREAD, Place, visit_states
from qng.execute.program import compiled
from qng.execute.tangents import Meeting, held
from qng.gate import basis_change
from qng.pauli import Pauli, PauliSum
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
from qng.slopes import Slopes

Array = NDArray[np.float64]
Amplitudes = NDArray[np.complex128]
S = TypeVar("S")
T = TypeVar("T")

_MOST_QUBITS: Final = 40

_MEMORY: Final = 16 * 2**30

# Amplitude updates of a Gram matrix, of which half are done, below which one thread is faster.
_WORTH_THREADS: Final = 50_000_000

# States of the memory limit that looking at one state may take, itself included.
_LOOKING: Final = 3


@dataclass(frozen=True)
class Statevector:
    """The exact executor: amplitudes of a pure state, complex128.

    Args:
        threads: How many threads a batch may use; all cores by default. Results do not depend
            on it.
        memory: Limit in bytes for states held at once.
        single: Whether the derivative states of a Gram matrix are kept in single precision: half
            the memory, a little faster, and entries of the metric with errors of about 1e-7. That
            is safe where the metric is damped by 1e-4 or more. Everything else stays in double
            precision.

    Cost: 2^n per operation and state. Operations that the points of a batch have in common are
    done once (`prefixes.py`) where samples, expectation values or overlaps are asked for; a
    gradient is one forward and one reverse sweep of two states; the Gram matrix of P derivative
    states carries each through about half of the circuit (`tangents.py`).
    """

    threads: int | None = None
    memory: int = _MEMORY
    single: bool = False
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
        results: dict[int, Result] = {}
        together: dict[int, list[int]] = {}
        tangents = {
            k: self._derivatives(request.circuit, request.angles[0], request.measure)
            for k, request in enumerate(requests)
            if isinstance(request.measure, Tangent)
        }
        for k, request in enumerate(requests):
            if type(request.measure) in _LOOKS:
                together.setdefault(request.circuit.n_qubits, []).append(k)
            elif k in tangents:
                results[k] = tangents[k]
            else:
                beside = [t for j, t in tangents.items() if requests[j].same_point(request)]
                results[k] = self._answer(request, beside)
        for which in together.values():
            results |= self._looked_at({k: requests[k] for k in which}, seed)
        return [results[k] for k in range(len(requests))]

    def _looked_at(self, requests: dict[int, Request], seed: int) -> dict[int, Result]:
        """The results of samples and expectation values on the same number of qubits.

        Every point is drawn from a stream of its own.
        """
        order = list(requests)
        looks = {k: _LOOKS[type(r.measure)](r.measure) for k, r in requests.items()}
        parts: dict[int, list[Any]] = {k: [None] * len(r.angles) for k, r in requests.items()}

        def visit(places: Sequence[Place], psi: Amplitudes) -> None:
            seen: dict[int, _Seen] = {}
            for which, point in places:
                k = order[which]
                if k not in seen:
                    seen[k] = looks[k](psi)
                parts[k][point] = _drawn(seen[k], requests[k], point, (seed, k, point))

        self._visit([_measured(requests[k]) for k in order], visit)
        return {k: _collected(request, parts[k]) for k, request in requests.items()}

    def _visit(
        self,
        points: Sequence[tuple[Circuit, Array]],
        visit: Callable[[Sequence[Place], Amplitudes], None],
        held: int = 0,
    ) -> None:
        room = self.memory // (16 * 2 ** points[0][0].n_qubits) - held
        threads = max(min(self._workers, room // _LOOKING), 1)
        visit_states(points, visit, threads, max(room - (_LOOKING - 1) * threads, threads))

    def _overlaps(self, circuit: Circuit, here: Array, there: Array) -> Array:
        """|<psi(phi')|psi(phi)>|^2, shape (points,)."""
        others, which = np.unique(there, axis=0, return_inverse=True)
        bras = np.zeros((len(others), 2**circuit.n_qubits), dtype=complex)
        overlaps = np.zeros(len(here))

        def keep(places: Sequence[Place], psi: Amplitudes) -> None:
            for _, k in places:
                bras[k] = psi

        def compare(places: Sequence[Place], psi: Amplitudes) -> None:
            for _, k in places:
                overlaps[k] = abs(np.vdot(bras[which.ravel()[k]], psi)) ** 2

        self._visit([(circuit, others)], keep, len(others))
        self._visit([(circuit, here)], compare, len(others))
        return overlaps

    def _derivatives(self, circuit: Circuit, phi: Array, measure: Tangent) -> Derivatives:
        jacobian, kept = measure.jacobian, measure.gram
        kept = kept and not self.single  # a gradient is in double precision
        return Derivatives(circuit, phi, jacobian, self._workers, self.memory, kept, self.single)

    def _answer(self, request: Request, beside: Sequence[Derivatives]) -> Result:
        """The result of one request; the derivatives are those at the same point."""
        circuit, measure = request.circuit, request.measure
        if isinstance(measure, Overlap):
            return Values(self._overlaps(circuit, request.angles, measure.others))
        if isinstance(measure, Gradient):
            for tangent in beside:
                if tangent.knows_all_slopes:
                    return _as_values([tangent.gradient(measure.observable)])
        one = _ANSWERS[type(measure)]
        work = 2**circuit.n_qubits * len(circuit.ops) * len(request.angles)
        parts = _mapped(
            lambda phi: one(circuit, phi, measure),
            request.angles,
            self._workers if work > WORTH_A_THREAD else 1,
        )
        return _as_values(parts) if isinstance(measure, Gradient) else np.array(parts)

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
        if isinstance(request.measure, (State, Probabilities)):
            states += len(request.angles)
        elif isinstance(request.measure, Overlap):
            states += len(np.unique(request.measure.others, axis=0))
        needed = states * 16 * 2**request.circuit.n_qubits
        if needed > self.memory:
            raise _too_many(states, request.circuit.n_qubits, self.memory)


@dataclass(frozen=True, eq=False)
class Derivatives:
    """J = d psi / d theta at one point; nothing is stored, products are computed when asked for.

    Args:
        circuit: The circuit.
        phi: Angles of its rotations, shape (R,).
        jacobian: A = d phi / d theta, shape (R, P).
        threads: How many threads may be used.
        memory: Limit in bytes for states held at once.
        kept: Whether states between rotations may be kept, for the Gram matrix and a gradient.
        single: As in `Statevector`.
    """

    circuit: Circuit
    phi: Array
    jacobian: Slopes
    threads: int = 1
    memory: int = _MEMORY
    kept: bool = False
    single: bool = False

    @cached_property
    def _meeting(self) -> Meeting:
        return Meeting(self.circuit, self.phi, self.jacobian, self.single)

    @cached_property
    def _room(self) -> int:
        """Rows for which there is memory beside the states that a `Meeting` keeps."""
        states: int = self.memory // 2 ** (self.circuit.n_qubits + (3 if self.single else 4))
        return states - held(self.circuit, self.jacobian)

    @property
    def _accumulates(self) -> bool:
        return accumulated.cheaper(self.circuit.n_qubits, self.jacobian.shape[1])

    @property
    def knows_all_slopes(self) -> bool:
        """Whether `gradient` has what it needs."""
        every = len(np.unique(self.jacobian.rows)) == self.jacobian.shape[0]
        return self.kept and every and self._room >= 2 and not self._accumulates

    def gradient(self, observable: PauliSum) -> tuple[float, float, Array]:
        """<H>, <H^2> - <H>^2 and d<H>/d phi, with the states that are kept for the Gram matrix.

        Cost: one reverse sweep of one state.
        """
        return self._meeting.gradient(observable)

    @cached_property
    def _passes(self) -> Passes:
        return Passes(fused(self.circuit), self.phi)

    @property
    def state(self) -> Amplitudes:
        """psi, shape (2^n,)."""
        return amplitudes(self._passes.state())

    def jvp(self, v: ArrayLike) -> Amplitudes:
        """J v, shape (2^n,). Cost: one forward sweep of two states."""
        direction = self.jacobian @ np.asarray(v, dtype=float)
        return amplitudes(self._passes.push_forward(direction))

    def vjp(self, w: ArrayLike) -> Array:
        """Re(J^dagger w), shape (P,). Cost: one forward sweep, one reverse sweep of two states."""
        psi = self._passes.state()
        ket = planes(np.asarray(w, dtype=complex), len(psi))
        pulled: Array = self.jacobian.T @ self._passes.pull_back(psi, ket)
        return pulled

    def dense(self) -> Amplitudes:
        """All derivative states, shape (P, 2^n). Cost: one forward sweep of P states.

        Raises:
            InputError: They do not fit into the memory.
        """
        n_columns = self.jacobian.shape[1]
        work = 2**self.circuit.n_qubits * len(self.circuit.ops) * n_columns
        if (n_columns + 3) * 16 * 2**self.circuit.n_qubits > self.memory:
            raise _too_many(n_columns + 3, self.circuit.n_qubits, self.memory)
        rows = np.zeros((n_columns, 2**self.circuit.n_qubits), dtype=complex)
        # A thread takes every so-many-th parameter, as later ones have fewer operations to pass.
        n_threads = min(self.threads if work > WORTH_A_THREAD else 1, max(n_columns, 1))

        def fill(start: int) -> None:
            rows[start::n_threads] = _push(self.circuit, self.phi, self.jacobian, start, n_threads)

        _mapped(fill, range(n_threads), n_threads)
        return rows

    def gram(self) -> tuple[Array, Array]:
        """Re <d_i psi|d_j psi>, shape (P, P), and b with <psi|d_j psi> = i b_j, shape (P,)."""
        n_columns = self.jacobian.shape[1]
        if self._accumulates:
            return accumulated.gram(self.circuit, self.phi, self.jacobian)
        if self._room < min(n_columns, 2):
            # Too many states to keep between rotations.
            rows = self.dense()
            real = rows.view(float)
            return real @ real.T, (rows @ self.state.conj()).imag
        work = 2**self.circuit.n_qubits * len(self.circuit.ops) * n_columns
        threads = self.threads if work > _WORTH_THREADS else 1
        return self._meeting.gram(self._room, min(threads, max(n_columns, 1)))


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
    plain.evolve(psi, *compiled(circuit).arguments(np.asarray(phi, dtype=float)))
    return psi


def unitary(circuit: Circuit, phi: ArrayLike) -> Amplitudes:
    """The matrix U(phi), shape (2^n, 2^n). Cost: 2^n statevectors."""
    arguments = compiled(circuit).arguments(np.asarray(phi, dtype=float))
    rows = np.eye(2**circuit.n_qubits, dtype=complex)
    for psi in rows:
        plain.evolve(psi, *arguments)
    return rows.T.copy()


def apply(observable: PauliSum, psi: Amplitudes) -> Amplitudes:
    """H psi, shape (2^n,)."""
    out = np.zeros_like(psi)
    plain.add_sum(out, psi, *_terms(observable))
    return out


def _gradient(circuit: Circuit, phi: Array, measure: Gradient) -> tuple[float, float, Array]:
    passes = Passes(fused(circuit), phi)
    psi = passes.state()
    energy, spread, w = moments(measure.observable, psi)
    return energy, spread, 2.0 * passes.pull_back(psi, w)


def _as_values(points: Sequence[tuple[float, float, Array]]) -> Values:
    value, spread, gradient = (np.array(column) for column in zip(*points))
    return Values(value=value, spread=spread, gradient=gradient)


def _measured(request: Request) -> tuple[Circuit, Array]:
    """The circuit after which Z is measured, and its points."""
    if isinstance(request.measure, Samples):
        return _turned(request.circuit, request.measure.basis), request.angles
    return request.circuit, request.angles


@lru_cache(maxsize=1024)
def _turned(circuit: Circuit, basis: Pauli) -> Circuit:
    return circuit.then(basis_change(basis))


_Seen = Distribution | tuple[float, float]


def _distribution(measure: Samples) -> Callable[[Amplitudes], Distribution]:
    return lambda psi: Distribution.of(psi, measure.basis.support)


def _expectation(measure: Expectation) -> Callable[[Amplitudes], tuple[float, float]]:
    terms = _terms(measure.observable)

    def look(psi: Amplitudes) -> tuple[float, float]:
        image = np.zeros_like(psi)
        plain.add_sum(image, psi, *terms)
        return _moments(psi, image)

    return look


def _drawn(seen: _Seen, request: Request, point: int, key: tuple[int, ...]) -> Any:
    if not isinstance(seen, Distribution):
        return seen
    if request.shots is None:
        return seen.counts()
    return seen.draw(int(request.shots[point]), generator(key))


def _collected(request: Request, parts: list[Any]) -> Result:
    if isinstance(request.measure, Samples):
        return tuple(parts)
    value, spread = np.array(parts).reshape(-1, 2).T
    return Values(value, spread)


def _moments(psi: Amplitudes, image: Amplitudes) -> tuple[float, float]:
    energy = float(np.vdot(psi, image).real)
    # ||H psi - E psi||^2 loses less to rounding than <H^2> - E^2.
    residual = image - energy * psi
    return energy, float(np.vdot(residual, residual).real)


# What is looked at in a state that many points may share.
_LOOKS: Final[dict[type, Callable[..., Callable[[Amplitudes], _Seen]]]] = {
    Samples: _distribution,
    Expectation: _expectation,
}

# What takes a sweep of its own.
_ANSWERS: Final[dict[type, Callable[..., Any]]] = {
    Gradient: _gradient,
    State: lambda circuit, phi, _: state(circuit, phi),
    Probabilities: lambda circuit, phi, _: np.abs(state(circuit, phi)) ** 2,
}


def _push(circuit: Circuit, phi: Array, jacobian: Slopes, start: int, step: int) -> Amplitudes:
    """sum_r A_ri d_r psi for the columns i = start, start + step, ..., shape (columns, 2^n)."""
    psi = np.zeros(2**circuit.n_qubits, dtype=complex)
    psi[0] = 1.0
    rows = np.zeros((len(range(start, jacobian.shape[1], step)), len(psi)), dtype=complex)
    mine = jacobian.columns % step == start
    columns, values = jacobian.columns[mine] // step, jacobian.values[mine]
    starts = np.searchsorted(jacobian.rows[mine], np.arange(circuit.n_rotations + 1))
    active = np.zeros(len(rows), dtype=bool)
    arguments = compiled(circuit).arguments(phi)
    plain.push_forward(psi, rows, *arguments, starts, columns, values, active)
    return rows


def _too_many(states: int, n_qubits: int, memory: int) -> InputError:
    needed = states * 16 * 2**n_qubits
    return InputError(
        f"{states} states of {n_qubits} qubits need {needed / 2**30:.1f} GiB, the limit is "
        f"{memory / 2**30:.1f} GiB: use fewer qubits or parameters, or raise "
        "Statevector(memory=...)"
    )


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
