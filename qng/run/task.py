"""A run before it is done: what is run, and on what."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from qng.arrays import Array
from qng.log import logger
from qng.optimize.method import End, Method, Step
from qng.optimize.methods import remedy
from qng.plan.cloud import is_cloud
from qng.plan.executor import Executor, Service
from qng.plan.shots import Shots
from qng.problem.anyproblem import AnyProblem
from qng.run.asking import Asking, alone
from qng.run.going import Going
from qng.run.journal import Journal, Notes, Reached
from qng.run.partial import error_in_words, keep_partial
from qng.run.recipe import Recipe, machine, now, settings_of, threads_of, versions
from qng.run.results import Goal, Run
from qng.run.stop import Rules, called, rise
from qng.run.trace import Trace
from qng.seeds import Key

_LOG: Final = logger(__name__)

Watch = Callable[[Step], Any]
"""Told of every step; it ends the run by raising StopIteration."""


@dataclass(frozen=True)
class Task:
    """A run before it is done.

    Args:
        problem: With its frozen parameters.
        base: Where it starts, shape (P,).
        method: What steps.
        rules: When it ends.
        device: What answers.
        shots: For all circuits of a step, or `PerCircuit`; None: exact.
        seed: Of everything that is drawn.
        watchers: Told of every step.
        settings: How the device is made again; None: as the device says.
    """

    problem: AnyProblem
    base: Array
    method: Method
    rules: Rules
    device: Executor | Service
    shots: Shots | None
    seed: Key
    watchers: tuple[Watch, ...] = ()
    settings: Mapping[str, Any] | None = None

    def recipe(self) -> Recipe:
        """How it is made, here and now."""
        return Recipe(
            problem=self.problem,
            method=self.method,
            start=self.base,
            steps=self.rules.steps,
            tol=self.rules.tol,
            seed=self.seed,
            executor=self.device.name,
            shots=self.shots,
            versions=versions(),
            date=now(),
            threads=threads_of(self.device),
            machine=machine(),
            settings=settings_of(None, self.device) if self.settings is None else self.settings,
            stop="" if self.rules.stop is None else called(self.rules.stop),
            jobs=is_cloud(self.device),
        )

    def run(self, label: str, journal: Notes | None = None, recipe: Recipe | None = None) -> Run:
        """Do it, from where the journal is.

        Args:
            label: What the result calls its method.
            journal: What is done of it, and what more is.
            recipe: How it was made, where it began before.
        """
        recipe = self.recipe() if recipe is None else recipe
        if journal is not None:
            journal.begin(recipe.digest)
        going = Going(self, Journal() if journal is None else journal)
        return alone(self.asking(going, label, recipe), going.bench.send)

    def asking(self, going: Going, label: str, recipe: Recipe) -> Asking[Run]:
        """Do it, and let others answer what it asks.

        Args:
            going: It, before it goes on.
            label: What the result calls its method.
            recipe: How it was made.
        """
        try:
            rows, end = yield from going.run()
            _tell(self.problem, label, rows[-1], end)
        except Exception as error:
            rows = going.cut()
            if rows:
                end = End(f"stopped at step {len(rows) - 1}: {error_in_words(error)}", failed=True)
                keep_partial(error, self._result(label, rows, end, recipe, going.bench.journal))
            raise
        return self._result(label, rows, end, recipe, going.bench.journal)

    def _result(
        self, label: str, rows: Sequence[Step], end: End, recipe: Recipe, journal: Notes
    ) -> Run:
        last = rows[-1]
        return Run(
            method=label,
            goal=Goal.of(self.problem),
            x=last.theta,
            fun=last.energy,
            std_error=last.std_error,
            nit=len(rows) - 1,
            nfev=last.evaluations,
            success=not (end.failed or end.interrupted) and (end.met or self._as_asked(rows)),
            failed=end.failed,
            message=_ended(end, rise(rows[0], last), self.method),
            trace=Trace(tuple(rows)),
            learning_rate=learning_rate(self.method),
            made=recipe,
            interrupted=end.interrupted,
            reached=Reached.of(journal, len(rows) - 1),
        )

    def _as_asked(self, rows: Sequence[Step]) -> bool:
        """Whether a run without rules has ended as asked.

        Where a method ends of its own accord it has converged by its own criteria; readings with
        errors meet these by chance, too.
        """
        if self.rules.tol is not None or self.rules.stop is not None:
            return False
        return len(rows) > self.rules.steps or not any(row.std_error for row in rows)


def _ended(end: End, risen: float, method: Method) -> str:
    """Why a run ended, and what to change where that was above its start."""
    if not risen:
        return end.message
    return f"{end.message}; the energy ended {risen:.3g} above its start: {remedy(method)}"


def _tell(problem: AnyProblem, label: str, last: Step, end: End) -> None:
    _LOG.info(
        "%s, %s: %s; energy %.10g at step %d, after %.3f s",
        problem.name or "a problem",
        label,
        end.message,
        last.energy,
        last.step,
        last.seconds,
    )


def learning_rate(method: Method) -> float | None:
    """eta where it is constant, or the first one; None for a schedule of one's own."""
    rate: float | None = getattr(getattr(method, "search", method), "lr", None)
    return rate
