"""What answers requests: executors, which answer at once, and services, where one waits.

Whoever calls one has checked that it can answer (`check_supported`, `check_shots`): executors need
not look again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol, TypeGuard, TypeVar, runtime_checkable

from qng.circuit.circuit import Circuit
from qng.errors import InputError, UnsupportedMeasureError
from qng.plan.deal import EXACTLY, Dealing
from qng.plan.plan import Plan
from qng.plan.request import Expectation, Request, Result, known_with_shots

T = TypeVar("T")


class Executor(Protocol):
    """Answers requests on this machine, or waits for whoever does."""

    @property
    def name(self) -> str:
        """How it is called on the command line."""

    @property
    def answers(self) -> frozenset[type]:
        """The measures that it answers."""

    @property
    def noise(self) -> str:
        """What disturbs its states or their readout, in a few words.

        Empty only where nothing does: then what the structure of a circuit fixes is not measured.
        """

    def run(self, requests: Sequence[Request], seed: int, /) -> list[Result]:
        """The results of a batch, one a request.

        Args:
            requests: Of measures that it answers. A request with `shots` is sampled, with one
                independent draw a shot; one who counts bits gets no other.
            seed: Of all that is drawn; equal seeds give equal results.

        Raises:
            QngError: The batch cannot be answered.
        """


@runtime_checkable
class Divisible(Protocol):
    """An executor whose batches may be cut anywhere, also between the points of a request.

    Every point is answered by itself and drawn from the stream that `Request.draws` names, so that
    parts of a batch give what the whole one gives. Without shots nothing is drawn.
    """

    @property
    def worth_a_task(self) -> int:
        """From how many changes of amplitudes on a part is worth a task of its own."""


@runtime_checkable
class Gathering(Protocol):
    """An executor that is faster at many points of a circuit together, each with its own numbers.

    It draws nothing where it is not asked for shots, and answers `Tangents` of such circuits beside
    the measures that it names.
    """

    def gathers(self, circuit: Circuit, /) -> int:
        """At how many points of a circuit that is so, for which there is memory; 0 at none."""


@dataclass(frozen=True)
class Handle:
    """What is needed to collect a batch: basic types only, so that it can be stored.

    Args:
        service: Its name.
        key: The name of the batch, of the form run/batch.
        jobs: What the service calls it.
    """

    service: str
    key: str
    jobs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Pending:
    """The answer of `collect` while a batch is not finished."""

    message: str


@runtime_checkable
class Service(Protocol):
    """Answers requests elsewhere and later: a batch that was submitted survives this process."""

    @property
    def name(self) -> str:
        """How it is called on the command line."""

    @property
    def answers(self) -> frozenset[type]:
        """The measures that it answers."""

    @property
    def noise(self) -> str:
        """What disturbs its states or their readout, in a few words; as that of an `Executor`."""

    def submit(self, requests: Sequence[Request], key: str, seed: int, /) -> Handle:
        """Send a batch.

        Args:
            requests: As in `Executor.run`.
            key: Names the batch, so that it is found again where the reply is lost.
            seed: Of all that is drawn.

        Raises:
            QngError: It was refused, or nobody knows whether it was accepted.
        """

    def collect(self, handle: Handle, /) -> list[Result] | Pending:
        """The results of a batch, one a request, or that they are not there yet.

        Raises:
            QngError: The batch failed.
        """

    def find(self, key: str, /) -> Handle | None:
        """The batch of this name that the service has; None where it has none."""


def answers_at_once(device: Executor | Service) -> TypeGuard[Executor]:
    """Whether a device is no `Service`.

    That protocol is looked at where there is a `submit` at all: up to Python 3.11 it takes as long
    as a small batch.
    """
    return not (hasattr(device, "submit") and isinstance(device, Service))


def on(executor: Executor | Service, plan: Plan[T]) -> Plan[T]:
    """The plan as an executor runs it: where it has noise, nothing is known of the circuits."""
    if not executor.noise or all(request.circuit.noisy for request in plan.requests):
        return plan
    requests = (replace(request, circuit=request.circuit.with_noise()) for request in plan.requests)
    return replace(plan, requests=tuple(requests))


def dealing_of(device: object) -> Dealing:
    """Which numbers of shots a device runs: its `dealing`, where it has one; any otherwise."""
    dealing = getattr(device, "dealing", None)
    return dealing if isinstance(dealing, Dealing) else EXACTLY


def check_supported(executor: Executor | Service, requests: Iterable[Request]) -> None:
    """Refuse a batch that an executor cannot answer, before anything is sent.

    Raises:
        UnsupportedMeasureError: Naming the measure and what the executor does answer.
    """
    for request in requests:
        if type(request.measure) not in executor.answers:
            known = ", ".join(sorted(measure.__name__ for measure in executor.answers))
            hint = "choose estimators that need only these"
            if executor.answers == {Expectation}:
                hint = (
                    "an estimator serves methods without a metric (gd, adam, spsa, bfgs); a metric "
                    "needs samples, such as those of a SamplerV2 or a backend"
                )
            raise UnsupportedMeasureError(
                f"the executor {executor.name} does not answer {type(request.measure).__name__}; "
                f"it answers {known}: {hint}"
            )


def check_shots(executor: Executor | Service, requests: Iterable[Request]) -> None:
    """Refuse an exact request to an executor that counts bits.

    Raises:
        InputError: There is one.
    """
    if Expectation in executor.answers:
        return
    if any(request.shots is None and not known_with_shots(request) for request in requests):
        raise InputError(
            f"the executor {executor.name} counts bits: give shots=, the number for a whole batch"
        )
