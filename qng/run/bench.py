"""The only door to an executor: lower, look up or send, note, wait, reduce, count."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from typing import Any, Final, Protocol, TypeVar, cast, runtime_checkable

from qng.errors import InputError
from qng.log import logger, wants_all
from qng.optimize.method import Step
from qng.plan.cloud import is_cloud
from qng.plan.cost import shots_of
from qng.plan.deal import Dealing, TooFewShotsError, scaled
from qng.plan.deal import closing as closing_of
from qng.plan.executor import (
    Divisible,
    Executor,
    Pending,
    Service,
    answers_at_once,
    check_shots,
    check_supported,
    dealing_of,
    on,
)
from qng.plan.lower import sampled
from qng.plan.plan import Plan, join
from qng.plan.request import Request, Result
from qng.plan.shots import PerCircuit, Shots, part
from qng.plan.stack import stacked
from qng.run.asking import Asking, Sent, alone, throwable
from qng.run.journal import Journal, Notes
from qng.seeds import EXECUTION

T = TypeVar("T")

_LOG: Final = logger(__name__)

# More shots than any plan has points.
_MANY: Final = 10**9

_SECONDS_BETWEEN_LOOKS: Final = 1.0


@runtime_checkable
class Durable(Protocol):
    """Answers the batches of one run, and keeps an account of its own of where they are."""

    def answer(self, requests: Sequence[Request], batch: str, seed: int, /) -> list[Result]:
        """The results of a batch, from whatever state it is in."""


class Bench:
    """Answers the plans of a run, and counts what they cost.

    Args:
        device: What answers.
        shots: For all circuits of a step, in all its rounds, or for each; None: exact.
        key: Of everything that the executor draws, with the number of the batch.
        journal: What is in it is not asked again.
        clock: Seconds so far, from any beginning.

    Attributes:
        batch: The number of the next batch.
        evaluations: Circuit evaluations so far; an exact sweep counts as one.
        spent: Shots so far.
    """

    def __init__(
        self,
        device: Executor | Service,
        shots: Shots | None = None,
        key: Sequence[int] = (),
        journal: Notes | None = None,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self.device = device
        # Protocols are looked at once a run: it takes as long as a small batch.
        self._executor = device if answers_at_once(device) else None
        self._durable = device if isinstance(device, Durable) else None
        self._elsewhere = is_cloud(device)
        # What is divisible draws from the streams of sampled points, and nothing else.
        self._named = isinstance(device, Divisible)
        self.shots = shots
        self.key = tuple(key)
        self.journal: Notes = Journal() if journal is None else journal
        last = self.journal.steps[-1] if self.journal.steps else None
        self.batch = self.journal.batch
        self.evaluations = 0 if last is None else last.evaluations
        self.spent = 0 if last is None else last.shots
        self._clock = clock
        self._began = clock() - (0.0 if last is None else last.seconds)

    @property
    def seconds(self) -> float:
        """Wall time so far."""
        return self._clock() - self._began

    def ask(self, plan: Plan[T], closing: bool = False) -> T:
        """What a plan reduces to, as the next batch; arguments and errors as `asking`."""
        return alone(self.asking(plan, closing), self.send)

    def asking(self, plan: Plan[T], closing: bool = False) -> Asking[T]:
        """What a plan reduces to, as the next batch; the batch is asked of whoever drives the run.

        Args:
            plan: What to ask.
            closing: Whether it is no part of a step, and has a share of its own (`deal.closing`).
                A run that goes on has another batch of this number.

        Raises:
            UnsupportedMeasureError: Before anything is sent.
            InputError: No shots for an executor that counts bits, or too few.
            QngError: The executor could not answer.
        """
        plan = self.lowered(plan, closing)
        batch = f"{self.batch}-closing" if closing else str(self.batch)
        key = (*self.key, self.batch, EXECUTION)
        known = self.journal.asked(batch, plan.requests, key)
        results = None if known is None else known.results
        asked = results is None
        told = wants_all(_LOG)
        began = self._clock() if told else 0.0
        if results is None:
            results = yield Sent(plan.requests, batch, key)
            self.journal.answered(batch, results)
        if told:
            spent = f"{self._clock() - began:.4f} s" if asked else "from the journal"
            _LOG.debug("batch %s: %s on %s: %s", batch, _of(plan), self.device.name, spent)
        self.counts(plan.evaluations)
        self.spent += shots_of(plan.requests)
        try:
            return plan.reduce(results)
        except StopIteration as error:
            raise throwable(error) from error

    def counts(self, evaluations: int) -> None:
        """A batch is answered that took so many evaluations."""
        self.batch += 1
        self.evaluations += evaluations

    def counted(self, step: Step) -> Step:
        """A step with what has been spent so far."""
        return step.but(evaluations=self.evaluations, shots=self.spent, seconds=self.seconds)

    def lowered(self, plan: Plan[T], closing: bool = False) -> Plan[T]:
        """The plan with its share of the shots of a step, as the executor gets it.

        Args:
            plan: What is asked.
            closing: As in `ask`.

        Raises:
            UnsupportedMeasureError: The executor does not answer it.
            InputError: No shots for an executor that counts bits, or too few.
        """
        if self.shots is None:
            return lowered(self.device, plan, None)
        if not closing and (plan.share == 1 or isinstance(self.shots, PerCircuit)):
            return lowered(self.device, plan, self.shots)
        if closing:
            shots = closing_shots(on(self.device, plan), self.shots, dealing_of(self.device))
            return lowered(self.device, plan, shots)
        if math.isnan(plan.share):
            raise InputError(
                "the search asks in more rounds than have a part of the shots of a step: let it "
                "say which part each of them has, as shares = (0.5,) for one round"
            )
        try:
            return lowered(self.device, plan, part(self.shots, plan.share))
        except TooFewShotsError as error:
            raise InputError(
                f"{self.shots} shots cannot serve a step: a round of it has {plan.share:.0%} of "
                f"them, for which it takes at least {math.ceil(error.least / plan.share)}"
            ) from error

    def send(self, sent: Sent) -> list[Result]:
        """The results of a batch, one a request."""
        requests, batch, _ = sent
        if self._durable is not None:
            return self._durable.answer(requests, batch, sent.seed)
        if not requests:
            return []
        if self._executor is not None:
            if self._elsewhere:
                check_at_once(self.device)
            drawn = not self._named or shots_of(requests) > 0
            return self._executor.run(requests, sent.seed if drawn else 0)
        service, known = cast(Service, self.device), self.journal.known(batch)
        handle = None if known is None else known.handle
        if handle is None:
            key = self.journal.key(batch)
            # Where it was sent and nobody knows whether it arrived, it is not sent twice.
            handle = None if known is None else service.find(key)
            if handle is None:
                self.journal.sending(batch)
                handle = service.submit(requests, key, sent.seed)
            self.journal.submitted(batch, handle)
        return _waited(service, handle)


def check_at_once(device: object) -> None:
    """Refuse a device that answers through a ledger only."""
    if is_cloud(device) and not hasattr(device, "run"):
        raise InputError(
            f"{device.name} runs jobs, of which a ledger keeps an account: minimise with it (qng "
            "run, qng submit), or give an executor that answers at once"
        )


def closing_shots(plan: Plan[Any], shots: Shots, dealing: Dealing) -> Shots:
    """The shots of the energy at the end of a run.

    Args:
        plan: Of that energy.
        shots: Of a step.
        dealing: Which numbers of shots the device runs.
    """
    return closing_of(sampled(plan, _MANY).cost.points, shots, dealing)


def answer(
    device: Executor | Service, plan: Plan[T], seed: int = 0, shots: Shots | None = None
) -> T:
    """What a single plan reduces to, outside a run.

    Args:
        device: What answers.
        plan: What to ask.
        seed: Of all that the executor draws.
        shots: For all requests together, or for each circuit; None: exact.

    Raises:
        UnsupportedMeasureError: Before anything is sent.
        InputError: No shots for an executor that counts bits, or too few.
        QngError: The executor could not answer.
    """
    check_at_once(device)
    plan = lowered(device, plan, shots)
    if wants_all(_LOG):
        _LOG.debug("a batch: %s on %s", _of(plan), device.name)
    if answers_at_once(device):
        return plan.reduce(device.run(plan.requests, seed))
    service = cast(Service, device)
    return plan.reduce(_waited(service, service.submit(plan.requests, Journal().run, seed)))


def answers(
    device: Executor | Service, plans: Sequence[Plan[T]], seed: int = 0, shots: Shots | None = None
) -> tuple[T, ...]:
    """What plans at many points reduce to, in one batch.

    Args:
        device: What answers.
        plans: One a point.
        seed: Of all that the executor draws; every point has a stream of its own.
        shots: For the requests of each point, or for each circuit; None: exact.

    Raises:
        As `answer`.
    """
    dealing = dealing_of(device)
    if shots is not None and dealing.uniform:
        # One base number for all of them; points that agree have shots of their own all the same.
        apart = {str(k): scaled(plan, 1.0).kept_apart(str(k)) for k, plan in enumerate(plans)}
        whole = join(apart).map(lambda found: tuple(found.values()))
        return answer(device, whole, seed, _of_all(shots, len(plans)))
    if shots is not None:
        plans = [sampled(on(device, plan), shots) for plan in plans]
    return answer(device, stacked(plans), seed)


def _of_all(shots: Shots, plans: int) -> Shots:
    return shots if isinstance(shots, PerCircuit) else shots * plans


def lowered(device: Executor | Service, plan: Plan[T], shots: Shots | None) -> Plan[T]:
    """The plan as the executor gets it; what it cannot answer is refused."""
    plan = on(device, plan)
    if shots is not None:
        plan = sampled(plan, shots, dealing_of(device))
    check_shots(device, plan.requests)
    check_supported(device, plan.requests)
    return plan


def _waited(service: Service, handle: Any) -> list[Result]:
    while isinstance(results := service.collect(handle), Pending):
        time.sleep(_SECONDS_BETWEEN_LOOKS)
    return results


def _of(plan: Plan[Any]) -> str:
    """What a batch is made of, for the log."""
    cost = plan.cost
    shots = f", {cost.shots} shots" if cost.shots else ""
    return f"{cost.circuits} circuits at {cost.points} points{shots}"
