"""A cloud in this process, with an account of its own, whose answers can go wrong in every way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, TypeVar

from qng.errors import RefusedError, UnreadableError
from qng.execute.statevector.executor import Statevector
from qng.plan.canonical import digest
from qng.plan.cloud import Job, JobState, Load, Prepared, Shelf
from qng.plan.deal import Dealing
from qng.plan.request import Request, Result, Samples
from qng.run.codec import dumps, loads

T = TypeVar("T")


class Killed(BaseException):
    """The process ends here."""


@dataclass
class Clock:
    """A clock that only sleeping moves."""

    time: float = 1.8e9
    slept: list[float] = field(default_factory=list)

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.time += seconds


@dataclass(frozen=True)
class Fault:
    """What goes wrong at the n-th call of a kind.

    Args:
        error: What is raised.
        acted: Whether the cloud has acted before.
        times: For how many calls from the n-th on.
    """

    error: BaseException
    acted: bool = False
    times: int = 1


@dataclass
class Made:
    """A job as the cloud has it."""

    job: Job
    asked: tuple[Request, ...]
    seed: int
    seconds: float
    made_at: float
    looks: int = 0


@dataclass
class Account:
    """What the cloud knows; it outlives every process of ours.

    Args:
        clock: The time.
        looks: How often a job is seen waiting before it is done.
        list_lag: Seconds after which a job is in lists.
        charge_looks: How often a job that is done is seen before its charge is known.
        doubles: Numbers of POSTs, from 1, that make two jobs.
        fates: What becomes of the n-th job, from 1, instead of DONE.
        left: QPU seconds of the account.
        faults: By (kind of call, its number from 1).
    """

    clock: Clock = field(default_factory=Clock)
    looks: int = 1
    list_lag: float = 0.0
    charge_looks: int = 0
    doubles: frozenset[int] = frozenset()
    fates: Mapping[int, Job] = field(default_factory=dict)
    left: float | None = None
    faults: Mapping[tuple[str, int], Fault] = field(default_factory=dict)
    jobs: dict[str, Made] = field(default_factory=dict)
    calls: Counter[str] = field(default_factory=Counter)
    prepared: int = 0

    @property
    def seconds(self) -> float:
        """Charged in all."""
        return sum(made.seconds for made in self.jobs.values())

    def call(self, kind: str, act: Callable[[], T]) -> T:
        """A request, with what goes wrong at it."""
        self.calls[kind] += 1
        self.calls["all"] += 1
        fault = self._fault(kind) or self._fault("all")
        if fault is None:
            return act()
        if fault.acted:
            act()
        raise fault.error

    def _fault(self, kind: str) -> Fault | None:
        here = self.calls[kind]
        for (of, first), fault in self.faults.items():
            if of == kind and first <= here < first + fault.times:
                return fault
        return None


@dataclass(frozen=True)
class FakeCloud:
    """A device elsewhere that draws what our simulator draws."""

    account: Account = field(default_factory=Account)
    lists: bool = True
    local: bool = False
    name: str = "elsewhere"
    noise: str = ""
    answers: frozenset[type] = frozenset({Samples})
    dealing: Dealing = Dealing()
    settings: Mapping[str, Any] = field(default_factory=dict)

    def prepare(
        self, requests: Sequence[Request], seed: int, shelf: Shelf, anew: bool = False
    ) -> Prepared:
        def act() -> None:
            if anew or shelf.get("circuits") is None:
                shelf.put_all({"circuits": f"made {self.account.calls['all']}".encode()})

        if anew or shelf.get("circuits") is None:
            self.account.call("prepare", act)
        shots = sum(int(request.shots.sum()) for request in requests if request.shots is not None)
        load = Load(len(requests), len(requests), shots, 1, 100, 2 + 0.00035 * shots)
        return Prepared(tuple(requests), load, seed)

    def check(self, prepared: Prepared) -> None:
        self.account.call("check", lambda: None)

    def left(self) -> float | None:
        return self.account.call("left", lambda: self.account.left)

    def send(
        self, prepared: Prepared, tags: Sequence[str], most: float | None, shelf: Shelf
    ) -> str:
        account = self.account

        def make() -> str:
            number = len(account.jobs) + 1
            at = account.clock.now()
            created = datetime.fromtimestamp(at, UTC).isoformat()
            job = Job(f"job-{number}", JobState.WAITING, created=created, tags=tuple(tags))
            seconds = prepared.load.seconds
            account.jobs[job.id] = Made(job, prepared.requests, prepared.packet, seconds, at)
            return job.id

        def act() -> str:
            first = make()
            return make() if account.calls["send"] in account.doubles else first

        return str(account.call("send", act))

    def job(self, job: str) -> Job:
        return self.account.call("job", lambda: self._look(job))

    def _look(self, job: str) -> Job:
        if job not in self.account.jobs:
            raise RefusedError(f"elsewhere has no job {job}")
        made = self.account.jobs[job]
        made.looks += 1
        if not made.job.state.is_final and made.looks > self.account.looks:
            number = list(self.account.jobs).index(job) + 1
            fate = self.account.fates.get(number, Job("", JobState.DONE))
            if fate.state is not JobState.DONE:
                made.seconds = 0.0 if fate.seconds is None else fate.seconds
            made.job = replace(fate, id=job, created=made.job.created, tags=made.job.tags)
            made.looks = 0
        if made.job.state.is_final and made.looks >= self.account.charge_looks:
            return replace(made.job, seconds=made.seconds)
        return replace(made.job, seconds=None)

    def jobs(self, tag: str, since: str) -> Sequence[Job]:
        def act() -> list[Job]:
            now, lag = self.account.clock.now(), self.account.list_lag
            seen = [made for made in self.account.jobs.values() if now - made.made_at >= lag]
            return [replace(made.job, seconds=None) for made in seen if tag in made.job.tags]

        return self.account.call("jobs", act)

    def raw(self, job: str, prepared: Prepared) -> str:
        def act() -> str:
            made = self.account.jobs[job]
            results = Statevector(threads=1).run(made.asked, made.seed)
            return dumps({"of": digest(made.asked, made.seed), "results": results})

        found = self.account.call("raw", act)
        return str(found)

    def read(self, prepared: Prepared, raw: str) -> list[Result]:
        try:
            told = loads(raw)
            mine = told["of"] == digest(prepared.requests, prepared.packet)
        except ValueError as error:
            raise UnreadableError("the result of elsewhere is broken") from error
        if not mine:
            raise UnreadableError("the result of elsewhere is of another batch")
        results: list[Result] = told["results"]
        return results

    def cancel(self, job: str) -> None:
        def act() -> None:
            made = self.account.jobs[job]
            if made.job.state.is_final:
                raise RefusedError(f"the job {job} is final")
            made.job, made.seconds = replace(made.job, state=JobState.CANCELLED), 0.0

        self.account.call("cancel", act)

    def close(self, shelf: Shelf) -> None:
        self.account.call("close", lambda: None)
