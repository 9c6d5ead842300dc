"""Executors and a service for tests: each is the statevector with one thing changed."""

from collections.abc import Sequence

from qng.errors import QngError
from qng.execute.statevector.executor import Statevector
from qng.plan.executor import Handle, Pending
from qng.plan.request import Expectation, Request, Result, Samples

EXACT = Statevector()


class Limit:
    """Answers samples with their exact distributions, and nothing else."""

    name, noise, answers = "limit", "", frozenset({Samples})

    def run(self, requests: Sequence[Request], seed: int) -> list[Result]:
        return EXACT.run([Request(r.circuit, r.angles, r.measure) for r in requests], seed)


class Counter:
    """Counts bits and notes what it was sent."""

    answers = frozenset({Samples})

    def __init__(self, noise: str = "") -> None:
        self.name, self.noise = "counter", noise
        self.batches: list[list[Request]] = []

    def run(self, requests: Sequence[Request], seed: int) -> list[Result]:
        self.batches.append(list(requests))
        return EXACT.run(requests, seed)


class OnlyEnergies:
    """Answers nothing but expectation values."""

    name, noise, answers = "only-energies", "", frozenset({Expectation})

    def __init__(self) -> None:
        self.batches = 0

    def run(self, requests: Sequence[Request], seed: int) -> list[Result]:
        self.batches += 1
        return EXACT.run(requests, seed)


class Failing:
    """Answers so many batches, then fails for ever; notes how often it was asked."""

    name, noise, answers = "failing", "", EXACT.answers

    def __init__(self, after: int) -> None:
        self.after, self.asked = after, 0

    def run(self, requests: Sequence[Request], seed: int) -> list[Result]:
        self.asked += 1
        if self.asked > self.after:
            raise QngError("the fridge is warm")
        return EXACT.run(requests, seed)


class Queued:
    """A service with a queue.

    Args:
        looks: How often a batch is pending before it is there.
        lost: Numbers of submissions that are accepted, but whose reply is lost.
    """

    name, noise, answers = "queued", "", EXACT.answers

    def __init__(self, looks: int = 0, lost: Sequence[int] = ()) -> None:
        self.looks, self.lost = looks, set(lost)
        self.jobs: dict[str, tuple[list[Request], int]] = {}
        self.keys: list[str] = []
        self.seen: dict[str, int] = {}

    def submit(self, requests: Sequence[Request], key: str, seed: int) -> Handle:
        job = f"job-{len(self.keys)}"
        self.jobs[job] = list(requests), seed
        self.keys.append(key)
        if len(self.keys) - 1 in self.lost:
            raise QngError("the connection was lost")
        return Handle(self.name, key, (job,))

    def collect(self, handle: Handle) -> list[Result] | Pending:
        (job,) = handle.jobs
        self.seen[job] = self.seen.get(job, 0) + 1
        if self.seen[job] <= self.looks:
            return Pending("in the queue")
        return EXACT.run(*self.jobs[job])

    def find(self, key: str) -> Handle | None:
        if key not in self.keys:
            return None
        return Handle(self.name, key, (f"job-{self.keys.index(key)}",))
