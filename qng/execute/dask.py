"""An executor whose batches are answered by the workers of a dask.distributed cluster."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike

from qng.arrays import Amplitudes, Array
from qng.circuit.circuit import Circuit
from qng.circuit.pauli import Pauli
from qng.errors import InputError
from qng.execute.cluster import Cluster, connected
from qng.execute.function import Function
from qng.execute.statevector.executor import Statevector
from qng.plan.executor import Executor, Handle, Pending, check_supported
from qng.plan.request import (
    Expectation,
    Gradient,
    Overlap,
    Request,
    Result,
    Samples,
    Tangent,
    TangentMap,
    Values,
)
from qng.threads import limited

_SECONDS_BETWEEN_LOOKS: Final = 1.0

# Amplitude updates below which a task costs more than it saves.
_WORTH_A_TASK: Final = 20_000_000

# Tasks a slot, so that slots that are done early find more.
_TASKS: Final = 2

# A gradient is a sweep there and one of two states back.
_SWEEPS: Final = 3


@dataclass(frozen=True, init=False, eq=False)
class Dask:
    """Another executor on a cluster, with the same results to the last bit.

    A batch is spread over the workers where the draws allow it. `Statevector` draws for every
    point from a stream of its own, so its batches are cut between points; those of `Function`
    between requests. Other executors draw from one stream a batch, and a batch is one task.

    Nothing is lost when a worker dies: what it had not finished is done again elsewhere. A circuit
    may thus run twice, which matters where running costs money; it is counted once.

    Args:
        cluster: The address of a scheduler, a scheduler file, or a `distributed.Client`.
        executor: What answers on the workers, the statevector by default; it must pickle.
        threads: Of a task; by default those of the executor if it says so, else 1. Results are the
            local ones at equal threads (`qng.threads.limited`).

    Raises:
        InputError: No cluster answers, it has no workers, or the package distributed is missing.

    Cost: some 10 ms a batch; products with derivative states are a task each.

    Example:
        with Dask("tcp://host:8786") as device:
            run = qng.minimize("h2", executor=device)
    """

    name: str
    noise: str
    answers: frozenset[type]
    executor: Executor
    threads: int
    cluster: Cluster = field(repr=False)
    _batches: dict[str, tuple[list[Request], int]] = field(repr=False)

    def __init__(
        self, cluster: Any, executor: Executor | None = None, *, threads: int | None = None
    ) -> None:
        inner = Statevector() if executor is None else executor
        own = inner.threads if isinstance(inner, Statevector) else None
        number = threads or own or 1
        if isinstance(inner, Statevector):
            inner = Statevector(number, inner.memory, inner.single)
        object.__setattr__(self, "name", f"dask:{inner.name}")
        object.__setattr__(self, "noise", inner.noise)
        object.__setattr__(self, "answers", inner.answers)
        object.__setattr__(self, "executor", inner)
        object.__setattr__(self, "threads", number)
        object.__setattr__(self, "cluster", connected(cluster))
        object.__setattr__(self, "_batches", {})

    def __enter__(self) -> Dask:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Disconnect, where the connection was made here."""
        self.cluster.close()

    def submit(self, requests: Sequence[Request], key: str, seed: int) -> Handle:
        """Note a batch; it is sent when it is collected.

        Raises:
            UnsupportedMeasureError: A measure that the executor does not answer.
            InputError: No shots for an executor that counts bits, or too large a state.
        """
        check_supported(self, requests)
        if Expectation not in self.answers and any(r.shots is None for r in requests):
            raise InputError(f"{self.name} counts bits: give shots=, the number for a whole batch")
        if isinstance(self.executor, Statevector):
            # Only its checks: nothing is computed before a batch is collected.
            replace(self.executor, _batches={}).submit(requests, key, seed)
        self._batches[key] = list(requests), seed
        return Handle(self.name, key)

    def collect(self, handle: Handle) -> list[Result] | Pending:
        """The results of a batch, one a request. Waits for them.

        Raises:
            QngError: What the executor raised, or the cluster was lost.
        """
        requests, seed = self._batches.pop(handle.key)
        results: dict[int, Result] = {}
        sent: dict[int, Request] = {}
        tangents = {k: r for k, r in enumerate(requests) if isinstance(r.measure, Tangent)}
        for k, request in enumerate(requests):
            if k in tangents:
                results[k] = Derivatives(self.cluster, self._worker, request, seed)
            else:
                sent[k] = request
        pieces: dict[int, list[tuple[int, Result]]] = {k: [] for k in sent}
        parts = [
            _Part(len(requests), seed, tuple(part), tangents)
            for part in _cut(sent, self.executor, self.cluster.slots)
        ]
        for number, answers in self.cluster.map(self._worker, parts):
            for piece, answer in zip(parts[number].pieces, answers, strict=True):
                pieces[piece.request].append((piece.start, answer))
        for k, found in pieces.items():
            results[k] = _joined([answer for _, answer in sorted(found, key=lambda pair: pair[0])])
        return [results[k] for k in range(len(requests))]

    @property
    def _worker(self) -> _Worker:
        return _Worker(self.executor, self.threads)


@dataclass(frozen=True, eq=False)
class Derivatives:
    """A `TangentMap` whose products are computed on the cluster, a task each."""

    cluster: Cluster
    worker: _Worker
    request: Request
    seed: int

    @property
    def state(self) -> Amplitudes:
        """psi, shape (2^n,)."""
        found: Amplitudes = self._ask("state")
        return found

    def jvp(self, v: ArrayLike) -> Amplitudes:
        """J v, shape (2^n,)."""
        found: Amplitudes = self._ask("jvp", v)
        return found

    def vjp(self, w: ArrayLike) -> Array:
        """Re(J^dagger w), shape (P,)."""
        found: Array = self._ask("vjp", w)
        return found

    def dense(self) -> Amplitudes:
        """All derivative states, shape (P, 2^n)."""
        found: Amplitudes = self._ask("dense")
        return found

    def gram(self) -> tuple[Array, Array]:
        """Re <d_i psi|d_j psi>, shape (P, P), and b with <psi|d_j psi> = i b_j, shape (P,)."""
        found: tuple[Array, Array] = self._ask("gram")
        return found

    def _ask(self, what: str, *arguments: ArrayLike) -> Any:
        product = _Product(self.request, self.seed, what, arguments)
        [(_, found)] = self.cluster.map(self.worker, [product])
        return found


@dataclass(frozen=True)
class _Piece:
    """Points of a request, from `start` on."""

    request: int
    start: int
    points: Request

    @property
    def ahead(self) -> int:
        """How many points have to stand before these, so that each is drawn from its stream."""
        drawn = isinstance(self.points.measure, Samples) and self.points.shots is not None
        return self.start if drawn else 0


@dataclass(frozen=True)
class _Part:
    """Pieces of a batch of so many requests."""

    requests: int
    seed: int
    pieces: tuple[_Piece, ...]
    tangents: dict[int, Request]

    def answer(self, executor: Executor) -> list[Result]:
        """On a worker: every piece at its place of the batch, as draws depend on the place.

        Derivative states are in the batch too, as a gradient at the same point may use them.
        """
        batch = [_NOTHING] * self.requests
        for k, request in self.tangents.items():
            batch[k] = request
        for piece in self.pieces:
            batch[piece.request] = _placed(piece)
        results = _collected(executor, batch, "part", self.seed)
        return [
            results[p.request][p.ahead :] if p.ahead else results[p.request] for p in self.pieces
        ]


@dataclass(frozen=True)
class _Product:
    """A product with derivative states."""

    request: Request
    seed: int
    what: str
    arguments: tuple[ArrayLike, ...]

    def answer(self, executor: Executor) -> Any:
        """On a worker."""
        tangent: TangentMap = _collected(executor, [self.request], self.what, self.seed)[0]
        found = getattr(tangent, self.what)
        return found(*self.arguments) if callable(found) else found


@dataclass(frozen=True)
class _Worker:
    """What a worker does."""

    executor: Executor
    threads: int

    def __call__(self, task: _Part | _Product) -> Any:
        with limited(self.threads):
            return task.answer(self.executor)


# A request for nothing, which keeps a place.
_NOTHING: Final = Request(
    Circuit(1), np.zeros((0, 0)), Samples(Pauli(0, 1)), shots=np.zeros(0, dtype=np.int64)
)


def _collected(executor: Executor, batch: list[Request], key: str, seed: int) -> list[Result]:
    handle = executor.submit(batch, key, seed)
    while isinstance(results := executor.collect(handle), Pending):
        time.sleep(_SECONDS_BETWEEN_LOOKS)
    return results


def _cut(requests: dict[int, Request], executor: Executor, slots: int) -> list[list[_Piece]]:
    """The batch in parts of about equal work, each a stretch of it."""
    whole = [_Piece(k, 0, request) for k, request in requests.items()]
    if isinstance(executor, Statevector):
        work = [np.full(len(r.angles), _updates(r)) for r in requests.values()]
        most = int(sum(w.sum() for w in work)) // _WORTH_A_TASK
    elif isinstance(executor, Function):
        work = [np.full(1, len(r.angles)) for r in requests.values()]
        most = len(whole)
    else:
        work, most = [], 1
    n_parts = min(_TASKS * slots, most)
    if n_parts < 2:
        return [whole] if whole else []
    units = np.concatenate(work).astype(float)
    middles = (np.cumsum(units) - units / 2) / units.sum()
    numbers = np.minimum((middles * n_parts).astype(int), n_parts - 1)
    parts: dict[int, list[_Piece]] = {}
    borders = np.cumsum([len(w) for w in work])[:-1]
    for piece, mine in zip(whole, np.split(numbers, borders), strict=True):
        inner = np.flatnonzero(np.diff(mine)) + 1
        if len(inner) == 0:
            parts.setdefault(int(mine[0]) if len(mine) else 0, []).append(piece)
            continue
        for start, stop in pairwise([0, *inner.tolist(), len(mine)]):
            points = _points(piece.points, slice(start, stop))
            parts.setdefault(int(mine[start]), []).append(_Piece(piece.request, start, points))
    return list(parts.values())


def _updates(request: Request) -> int:
    """Amplitudes that the operations of a point change."""
    sweeps = _SWEEPS if isinstance(request.measure, Gradient) else 1
    return int(2**request.circuit.n_qubits * (len(request.circuit.ops) + 1) * sweeps)


def _points(request: Request, part: slice) -> Request:
    measure = request.measure
    return replace(
        request,
        angles=request.angles[part],
        measure=Overlap(measure.others[part]) if isinstance(measure, Overlap) else measure,
        weights=None if request.weights is None else request.weights[part],
        shots=None if request.shots is None else request.shots[part],
    )


def _placed(piece: _Piece) -> Request:
    """The points at their places: before them stand copies of the first, of one shot each."""
    request, ahead = piece.points, piece.ahead
    if not ahead or request.shots is None:
        return request
    return replace(
        request,
        angles=np.concatenate([np.repeat(request.angles[:1], ahead, axis=0), request.angles]),
        weights=None,
        shots=np.concatenate([np.ones(ahead, dtype=np.int64), request.shots]),
    )


def _joined(parts: list[Result]) -> Result:
    """The results of the parts of a request, in their order, as one."""
    if len(parts) == 1:
        return parts[0]
    if isinstance(parts[0], tuple):
        return tuple(counts for part in parts for counts in part)
    if isinstance(parts[0], Values):
        columns = {
            name: [getattr(part, name) for part in parts]
            for name in ("value", "variance", "gradient", "std_error")
        }
        return Values(
            **{
                name: np.concatenate(column)
                for name, column in columns.items()
                if column[0] is not None
            }
        )
    return np.concatenate(parts)
