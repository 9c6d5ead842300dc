"""Executors for tests: one that notes and changes what passes through it, one that is waited for.

`answered` asks an executor for results, whatever it is.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from qng.errors import QngError
from qng.execute.statevector.executor import Statevector
from qng.plan.executor import Executor, Handle, Pending
from qng.plan.plan import Plan
from qng.plan.request import Request, Result, Samples


def answered(device: Any, plan: Plan[Any] | Sequence[Request], seed: int = 0) -> Any:
    """What a plan reduces to, or the results of requests, as they stand."""
    if isinstance(plan, Plan):
        return plan.reduce(device.run(plan.requests, seed))
    return device.run(plan, seed)


def unsampled(request: Request) -> Request:
    """The request without shots: its distributions."""
    return replace(request, shots=None, draws=None)


@dataclass
class Fake:
    """An executor that notes what it is asked, and changes it or what it answers.

    Args:
        answers: The measures that it answers.
        ask: What becomes of every request.
        tell: What becomes of the result of a request.
        seed: Instead of any that it is given.
        name: How it is called.
        noise: What it says disturbs its states.
        inner: What answers.

    Attributes:
        batches: What it was asked.
    """

    answers: Collection[type] = (Samples,)
    ask: Callable[[Request], Request] = lambda request: request
    tell: Callable[[Any, Request], Any] = lambda result, request: result
    seed: int | None = None
    name: str = "fake"
    noise: str = ""
    inner: Executor = field(default_factory=lambda: Statevector(threads=1))
    batches: list[list[Request]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.answers = frozenset(self.answers)

    def run(self, requests: Sequence[Request], seed: int) -> list[Result]:
        self.batches.append(list(requests))
        asked = [self.ask(request) for request in requests]
        results = self.inner.run(asked, seed if self.seed is None else self.seed)
        return [self.tell(result, request) for result, request in zip(results, requests)]


def limit() -> Fake:
    """Answers samples with distributions: counts of infinitely many shots."""
    return Fake(ask=unsampled, name="limit")


class LostReplyError(QngError):
    """Nobody knows whether a batch was accepted."""


@dataclass
class Queued:
    """A service whose batches wait in a queue.

    Args:
        executor: What answers in the end.
        looks: How often a batch is looked at before it is done.
        lost: The submissions, counted from 0, that are accepted and whose reply is lost.
        refused: Those that are not accepted.
        failed: The batches, counted in the order in which they were accepted, that fail.

    Attributes:
        accepted: What was accepted, by its key: requests and seed.
        submissions: How many there were.
        log: What was asked of it, as (method, key).
    """

    executor: Any
    looks: int = 0
    lost: Collection[int] = ()
    refused: Collection[int] = ()
    failed: Collection[int] = ()
    accepted: dict[str, tuple[list[Request], int]] = field(default_factory=dict)
    submissions: int = 0
    log: list[tuple[str, str]] = field(default_factory=list)
    _left: dict[str, int] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return f"queued:{self.executor.name}"

    @property
    def noise(self) -> str:
        return str(self.executor.noise)

    @property
    def answers(self) -> frozenset[type]:
        return frozenset(self.executor.answers)

    def submit(self, requests: Sequence[Request], key: str, seed: int) -> Handle:
        self.log.append(("submit", key))
        number, self.submissions = self.submissions, self.submissions + 1
        if number in self.refused:
            raise QngError(f"{self.name} refused the batch")
        assert key not in self.accepted, f"{key} was sent twice"
        self.accepted[key] = list(requests), seed
        self._left[key] = self.looks
        if number in self.lost:
            raise LostReplyError("the reply was lost")
        return self._handle(key)

    def collect(self, handle: Handle) -> list[Result] | Pending:
        self.log.append(("collect", handle.key))
        assert handle == self._handle(handle.key)
        if self._left[handle.key] > 0:
            self._left[handle.key] -= 1
            return Pending(f"{self._left[handle.key] + 1} to go")
        if list(self.accepted).index(handle.key) in self.failed:
            raise QngError(f"a job on {self.name} failed")
        requests, seed = self.accepted[handle.key]
        return list(self.executor.run(requests, seed))

    def find(self, key: str) -> Handle | None:
        self.log.append(("find", key))
        return self._handle(key) if key in self.accepted else None

    def _handle(self, key: str) -> Handle:
        return Handle(self.name, key, (f"job {list(self.accepted).index(key)}",))


@dataclass
class Failing:
    """An executor that answers so many batches and then fails for ever.

    Args:
        after: How many.
        inner: What answers.

    Attributes:
        asked: How often it was asked.
    """

    after: int
    inner: Executor = field(default_factory=lambda: Statevector(threads=1))
    asked: int = 0
    name: str = "failing"
    noise: str = ""

    @property
    def answers(self) -> frozenset[type]:
        return frozenset(self.inner.answers)

    def run(self, requests: Sequence[Request], seed: int) -> list[Result]:
        self.asked += 1
        if self.asked > self.after:
            raise QngError("the fridge is warm")
        return list(self.inner.run(requests, seed))
