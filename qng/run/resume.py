"""Going on with a run of a ledger, and what runs it has."""

from __future__ import annotations

from os import PathLike
from typing import Any

from qng.optimize.method import Method
from qng.plan.cloud import Cloud
from qng.plan.executor import Executor, Service
from qng.run.account import RunSummary
from qng.run.minimize import Watch
from qng.run.results import Run
from qng.run.stop import StopRule


def resume(
    run: str | None = None,
    *,
    ledger: str | PathLike[str] | Any = "qng-runs.db",
    executor: str | Executor | Service | Cloud | None = None,
    method: Method | None = None,
    problem: Any = None,
    stop: StopRule | None = None,
    watch: Watch | None = None,
    steps: int | None = None,
    retranspile: bool = False,
    adopt: str | None = None,
    resend: bool = False,
    max_seconds: float | None = None,
) -> Run:
    """Go on with a run, from whatever state its ledger has it in, until it ends.

    Args:
        run: Its name or the beginning of it; the only one that is not finished by default.
        ledger: The file.
        executor: Where it runs; made again from what is in the ledger by default.
        method: The method, where it has functions or parts of your own; they must be those with
            which it began.
        problem: The problem, where it was made from a function of your own.
        stop: The stop rule with which it began, if there was one.
        watch: Told of every step.
        steps: Another limit on updates.
        retranspile: Make circuits anew for the device as it is now.
        adopt: The job that a batch in doubt was made into.
        resend: Send a batch in doubt once more.
        max_seconds: Another budget.
    """
    raise NotImplementedError


def runs(ledger: str | PathLike[str] | Any = "qng-runs.db") -> list[RunSummary]:
    """The runs of a ledger, the newest first."""
    raise NotImplementedError
