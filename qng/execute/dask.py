"""An executor whose batches are answered by the workers of a dask.distributed cluster."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from numpy.typing import ArrayLike

from qng.arrays import Amplitudes, Array
from qng.execute.cluster import Cluster, connected
from qng.execute.parts import Piece, cut, joined
from qng.execute.statevector.executor import Statevector
from qng.plan.deal import Dealing
from qng.plan.executor import Divisible, Executor, dealing_of
from qng.plan.request import Request, Result, Tangent, TangentMap
from qng.threads import limited

# Tasks a slot, so that slots that are done early find more.
_TASKS: Final = 2


@dataclass(frozen=True, init=False, eq=False)
class Dask:
    """Another executor on a cluster, with the same results to the last bit.

    A batch is spread over the workers where the executor says that it may be cut (`Divisible`), as
    `Statevector` and `Function` do. Other executors draw from one stream a batch, which is one
    task.

    Nothing is lost when a worker dies: what it had not finished is done again elsewhere. A circuit
    may thus run twice, which matters where running costs money; it is counted once.

    Args:
        cluster: The address of a scheduler, a scheduler file, or a `distributed.Client`.
        executor: What answers on the workers, the statevector by default; it must pickle.
        threads: Of a task; by default those of the executor if it has `threads`, which are then
            these, else 1. Results are the local ones at equal threads (`qng.threads.limited`).

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
        inner: Any = Statevector() if executor is None else executor
        number = threads or getattr(inner, "threads", None) or 1
        if hasattr(inner, "threads"):
            inner = replace(inner, threads=number)
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

    @property
    def dealing(self) -> Dealing:
        """That of the executor on the workers."""
        return dealing_of(self.executor)

    def close(self) -> None:
        """Disconnect, where the connection was made here."""
        self.cluster.close()

    def run(self, requests: Sequence[Request], seed: int) -> list[Result]:
        """The results of a batch, one a request. Waits for them.

        Raises:
            QngError: What the executor raised, or the cluster was lost.
        """
        tangents = {k: r for k, r in enumerate(requests) if isinstance(r.measure, Tangent)}
        others = {k: r.drawn(k) for k, r in enumerate(requests) if k not in tangents}
        worth = self.executor.worth_a_task if isinstance(self.executor, Divisible) else None
        parts = [
            _Part(pieces, tuple(tangents.values()), seed)
            for pieces in cut(others, worth, _TASKS * self.cluster.slots)
        ]
        done = self.cluster.map(self._worker, parts)
        results = joined(
            pair
            for number, answers in done
            for pair in zip(parts[number].pieces, answers, strict=True)
        )
        for k, request in tangents.items():
            results[k] = Derivatives(self.cluster, self._worker, request, seed)
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
class _Part:
    """A part of a batch, and its derivative states: a gradient at the same point may use them."""

    pieces: tuple[Piece, ...]
    tangents: tuple[Request, ...]
    seed: int

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
