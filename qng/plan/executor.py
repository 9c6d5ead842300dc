"""What answers requests: the protocol of executors, on this machine and elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from qng.errors import UnsupportedMeasureError
from qng.plan.request import Request, Result


@dataclass(frozen=True)
class Handle:
    """What is needed to collect a submitted batch: basic types only, so that it can be stored."""

    executor: str
    key: str


@dataclass(frozen=True)
class Pending:
    """The answer of `collect` while a batch is not finished."""

    message: str


class Executor(Protocol):
    """Answers requests. `answers` lists the measures it can do."""

    @property
    def name(self) -> str:
        """How it is called on the command line."""

    @property
    def answers(self) -> frozenset[type]:
        """The measures that it answers."""

    @property
    def noise(self) -> str:
        """What disturbs the states it prepares, in a few words; empty where nothing does."""

    def submit(self, requests: Sequence[Request], key: str, seed: int) -> Handle:
        """Send a batch.

        Args:
            requests: A request with `shots` is sampled, with one independent draw a shot.
            key: Names the batch.
            seed: Of all that is drawn; equal seeds give equal results.
        """

    def collect(self, handle: Handle) -> list[Result] | Pending:
        """The results of a batch, one a request, or that they are not there yet."""


def check_supported(executor: Executor, requests: Iterable[Request]) -> None:
    """Refuse a batch that an executor cannot answer, before anything is sent.

    Raises:
        UnsupportedMeasureError: Naming the measure and what the executor does answer.
    """
    for request in requests:
        if type(request.measure) not in executor.answers:
            known = ", ".join(sorted(measure.__name__ for measure in executor.answers))
            raise UnsupportedMeasureError(
                f"the executor {executor.name} does not answer {type(request.measure).__name__}; "
                f"it answers {known}: choose estimators that need only these"
            )
