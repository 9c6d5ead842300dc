"""An executor whose batches are answered by the workers of a dask.distributed cluster."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike

from qng.arrays import Amplitudes, Array
from qng.execute.cluster import Cluster, connected
from qng.execute.statevector.executor import Statevector
from qng.plan.executor import Executor, check_shots, check_supported
from qng.plan.request import (
    Gradient,
    Overlap,
    Request,
    Result,
    Tangent,
    TangentMap,
    Values,
)
from qng.threads import limited

# Tasks a slot, so that slots that are done early find more.
_TASKS: Final = 2

# A gradient is a sweep there and one of two states back.
_SWEEPS: Final = 3


@dataclass(frozen=True, init=False, eq=False)
class Dask:
    """Another executor on a cluster, with the same results to the last bit.

    A batch is spread over the workers where the draws allow it: `Statevector` and `Function` draw
    for every point from a stream of its own (`Request.draws`), so that their batches are cut
    between points. Other executors draw from one stream a batch, and a batch is one task.

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

    def __enter__(self) -> Dask:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Disconnect, where the connection was made here."""
        self.cluster.close()

    def run(self, requests: Sequence[Request], seed: int) -> list[Result]:
        """The results of a batch, one a request. Waits for them.

        Raises:
            UnsupportedMeasureError: A measure that the executor does not answer.
            InputError: No shots for an executor that counts bits, or too large a state.
            QngError: What the executor raised, or the cluster was lost.
        """
        check_supported(self, requests)
        check_shots(self, requests)
        results: dict[int, Result] = {}
        sent: dict[int, Request] = {}
        tangents = {k: r for k, r in enumerate(requests) if isinstance(r.measure, Tangent)}
        for k, request in enumerate(requests):
            if k in tangents:
                results[k] = Derivatives(self.cluster, self._worker, request, seed)
            else:
                sent[k] = request.drawn(k)
        pieces: dict[int, list[tuple[int, Result]]] = {k: [] for k in sent}
        parts = [
            _Part(seed, tuple(part), tuple(tangents.values()))
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


@dataclass(frozen=True)
class _Part:
    """Pieces of a batch, and its derivative states: a gradient at the same point may use them."""

    seed: int
    pieces: tuple[_Piece, ...]
    tangents: tuple[Request, ...]

    def answer(self, executor: Executor) -> list[Result]:
        """On a worker: the results of the pieces."""
        batch = [*(piece.points for piece in self.pieces), *self.tangents]
        return executor.run(batch, self.seed)[: len(self.pieces)]


@dataclass(frozen=True)
class _Product:
    """A product with derivative states."""

    request: Request
    seed: int
    what: str
    arguments: tuple[ArrayLike, ...]

    def answer(self, executor: Executor) -> Any:
        """On a worker."""
        tangent: TangentMap = executor.run([self.request], self.seed)[0]
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


def _cut(requests: dict[int, Request], executor: Executor, slots: int) -> list[list[_Piece]]:
    """The batch in parts of about equal work, each a stretch of it.

    An executor whose points are drawn from streams of their own says from how many updates of
    amplitudes on a task is worth it (`worth_a_task`). Others draw from one stream a batch, which
    stays whole.
    """
    whole = [_Piece(k, 0, request) for k, request in requests.items()]
    work = [np.full(len(r.angles), _updates(r)) for r in requests.values()]
    total = sum(map(len, work))
    worth = getattr(executor, "worth_a_task", None)
    most = 1 if worth is None else min(int(sum(w.sum() for w in work)) // worth, total)
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
        draws=None if request.draws is None else request.draws[part],
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
