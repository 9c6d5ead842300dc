"""A run while it goes on, and what is left of one that is cut."""

from __future__ import annotations

import math
import sys
import time
import warnings
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from qng.arrays import Array
from qng.errors import NoisyMetricWarning, QngError, SingularMetricError
from qng.geometry import Metric, noise_report
from qng.optimize.abreast.rows import Foreseen
from qng.optimize.method import End, NotFiniteError, Step
from qng.plan.plan import Plan
from qng.plan.quantities import Energy
from qng.run.asking import Asking
from qng.run.bench import Bench
from qng.run.driver import step as step_of
from qng.run.driver import yes
from qng.run.durable.waiting import Waiting
from qng.run.hindsight import diagnosed
from qng.run.journal import JournalError, Notes
from qng.run.ledger.errors import LedgerError
from qng.run.objective import Circuits, objective_of, warn_of_surrogate
from qng.seeds import extended

if TYPE_CHECKING:
    from qng.run.task import Task


class Going:
    """A run while it goes on: what is known of it beside the journal."""

    def __init__(
        self, task: Task, journal: Notes, clock: Callable[[], float] = time.perf_counter
    ) -> None:
        self.task = task
        self.inner = task.problem.reduced(task.base)
        key = extended(task.seed)
        self.bench = Bench(task.device, task.shots, key, journal, clock)
        self.objective = objective_of(self.inner, task.device, task.shots is not None, key)
        begun = journal.state
        self.state = task.method.init(self.inner.initial) if begun is None else begun
        self.rows = [self._whole(step) for step in journal.steps]
        # The energy at the point of the step, where that is kept; `here` says whether it is.
        self._seen: tuple[Energy[float], Callable[[], bool]] | None = None
        self.warned = False
        self.lost = False
        self.refused: QngError | None = None

    def check(self) -> None:
        """Refuse bad input before anything is noted of the run: its first step is planned.

        Raises:
            QngError: It cannot be asked.
        """
        if self.inner.parameters:
            plan = self.task.method.next(self.objective.at(self.bench.batch), self.state, ())
            if isinstance(plan, Plan):
                self.bench.lowered(plan)

    def run(self) -> Asking[tuple[list[Step], End]]:
        """The rows, the last of them the final point, and why it ended.

        An interrupt ends it, and a journal that cannot be written. What was done by then is kept;
        where that is nothing, they are raised.
        """
        end: End | None = None
        rows: list[Step] = []
        try:
            rows, end = yield from self._run()
            rows = self._diagnosed(rows)
        except KeyboardInterrupt:
            if end is None:
                rows = self.cut()
                end = End(f"interrupted at step {len(rows) - 1}")
                with suppress(KeyboardInterrupt):  # of somebody who does not want to wait
                    rows = self._diagnosed(rows)
            if not rows:
                raise
            end = replace(end, interrupted=True)
        except LedgerError:
            raise  # what is done is in the ledger, where the run goes on
        except JournalError as error:
            rows = self._diagnosed(self.cut())
            if not rows:
                raise
            end = End(f"stopped at step {len(rows) - 1}: {error}", failed=True)
        return rows, end

    @property
    def here(self) -> Energy[float] | None:
        """The energy at the point of the step that is not finished, where it is known and kept."""
        if self._seen is None or not self._seen[1]():
            return None
        return self._seen[0]

    def cut(self) -> list[Step]:
        """The rows of what is done, the last of them the last point whose energy is known.

        Nothing is measured any more.
        """
        journal = self.bench.journal
        done = 0 if journal.state is None else journal.state.step
        rows = [self._whole(step) for step in journal.steps[:done]]
        here = self.here
        if here is not None and self.state.step == len(rows):
            last = self._whole(Step.at(self.state, here))
        elif rows:
            left = rows.pop()
            last = Step(
                step=left.step,
                theta=left.theta,
                energy=left.energy,
                std_error=left.std_error,
                energy_variance=left.energy_variance,
                fresh=left.fresh,
            )
        else:
            return []
        return [*rows, self.bench.counted(last)]

    def _run(self) -> Asking[tuple[list[Step], End]]:
        if not self.inner.parameters:
            end = End("nothing to optimise: no free parameter", met=True)
        else:
            self._refuse()
            end = self.task.rules.after(self.rows) or (yield from self._stepped())
        rows, judged = yield from self._closed(end)
        if self.refused is not None:
            end = End(f"stopped at step {self.state.step}: {self.refused}", failed=True)
        if not end.failed and not end.met and judged:
            # The last update has not been judged yet.
            end = self.task.rules.met(self.rows, rows[-1]) or end
        if not end.failed and not end.met:
            unmet = self.task.rules.unmet(rows, self.task.shots)
            end = replace(end, message=f"{end.message}; {unmet}") if unmet else end
        return rows, end

    def _diagnosed(self, rows: list[Step]) -> list[Step]:
        task = self.task
        return diagnosed(rows, task.problem, self.inner, task.device, task.shots, self.lost)

    def _refuse(self) -> None:
        """Refuse what cannot be had also where no step is done, and warn of surrogates."""
        if self.task.rules.steps == 0:
            self.task.method.next(self.objective.at(self.bench.batch), self.state, ())
        if not isinstance(self.objective, Circuits):
            return
        wants = getattr(getattr(self.task.method, "precondition", None), "wants", None)
        wanted = None if wants is None else wants(self.state)
        if wanted is not None:
            warn_of_surrogate(
                self.task.device, self.objective.metric_estimator(wanted.by), _outside() + 1
            )

    def _stepped(self) -> Asking[End]:
        """Step until a rule, a watcher, the method or a failure ends it."""
        task = self.task
        try:
            while True:
                self._seen = None
                most = task.rules.steps - len(self.rows)
                found = yield from step_of(
                    task.method, self.objective, self.bench, self.state, self._met, most
                )
                if isinstance(found, End):
                    return found
                if isinstance(found, Foreseen):
                    if end := self._gone(found):
                        return end
                    continue
                self._seen = None
                self.state = found[0]
                self.rows.append(self._whole(found[1]))
                if end := self._told(self.rows[-1]) or task.rules.after(self.rows):
                    return end
        except (JournalError, Waiting):
            raise
        except QngError as error:
            self.lost = not isinstance(error, (SingularMetricError, NotFiniteError))
            if self.lost and not self.rows:
                raise
            return End(f"stopped at step {self.state.step}: {error}", failed=True)

    def _gone(self, ahead: Foreseen) -> End | None:
        """Go the steps that were taken ahead, as long as nothing ends the run."""
        bench, rules, steps = self.bench, self.task.rules, list[Step]()
        began = self.rows[-1].seconds if self.rows else 0.0
        each = (bench.seconds - began) / len(ahead)
        try:
            for number in range(len(ahead)):
                bench.counts(ahead.evaluations)
                if rules.ask and ahead.is_kept(number):
                    self.state = ahead.state(number)
                    if end := self._met(ahead.energy(number), None, yes, yes):
                        return end
                self._seen = None
                seconds = began + (number + 1) * each
                steps.append(ahead.step(number, evaluations=bench.evaluations, seconds=seconds))
                self.rows.append(self._whole(steps[-1]))
                if end := self._told(self.rows[-1]) or rules.after(self.rows):
                    return end
        finally:
            self.state = ahead.state(len(steps))
            for step in steps:
                bench.journal.stepped(self.state, step, bench.batch)
        return None

    def _met(
        self,
        here: Energy[float],
        metric: Metric | None,
        finite: Callable[[], bool],
        kept: Callable[[], bool],
    ) -> End | None:
        """Judge the energy at a point, and warn once where the metric there is mostly noise."""
        if not math.isfinite(here.value):
            return None
        self._seen = here, kept
        noisy = metric is not None and metric.std_error is not None and not self.warned
        if not (noisy or self.task.rules.ask) or not kept():
            return None
        if metric is not None and noisy:
            self._warn(metric)
        if not self.task.rules.ask:
            return None
        end = self.task.rules.met(self.rows, self._whole(Step.at(self.state, here)))
        return end if end is not None and finite() else None

    def _warn(self, metric: Metric) -> None:
        """Say where a metric is mostly noise; where metrics are averaged, one may well be."""
        average = getattr(getattr(self.task.method, "precondition", None), "average", None)
        report = noise_report(metric) if average is None else None
        if report is not None:
            self.warned = True
            message = f"step {self.state.step}: {report}"
            warnings.warn(message, NoisyMetricWarning, stacklevel=_outside())

    def _told(self, row: Step) -> End | None:
        """Tell the watchers of a step."""
        try:
            for watch in self.task.watchers:
                watch(row)
        except StopIteration:
            return End("stopped by the callback", met=True)
        return None

    def _closed(self, end: End) -> Asking[tuple[list[Step], bool]]:
        """The rows with the final point, and whether the energy there is to be judged.

        It is measured freshly. Where that undoes the last step, the final point is the one before
        it, measured once more. After a failure nothing is measured any more: the energy is that
        of the step that failed, or NaN.
        """
        state, energy = self.state, self.here if end.failed else None
        judged = not end.failed
        try:
            if not end.failed:
                energy = yield from self._fresh(state.theta)
                noted = self.task.method.noted(state, energy)
                if noted.undone > state.undone:
                    state, judged = replace(state, theta=noted.theta), False
                    energy = yield from self._fresh(state.theta)
        except (JournalError, Waiting):
            raise
        except QngError as error:
            if not self.rows:
                raise
            energy, judged, self.refused = None, False, error
        known = Energy(math.nan) if energy is None else energy
        return [*self.rows, self._whole(self.bench.counted(Step.at(state, known)))], judged

    def _fresh(self, theta: Array) -> Asking[Energy[float]]:
        """The energy at a point, in a batch of its own."""
        plan = self.objective.at(self.bench.batch).energy(theta[None])
        return (yield from self.bench.asking(plan, closing=True)).at(0)

    def _whole(self, step: Step) -> Step:
        """The step with its frozen parameters."""
        problem = self.task.problem
        if not problem.frozen:
            return step
        return replace(step, theta=problem.expand(step.theta, self.task.base))


def _outside() -> int:
    """The stack level, for a warning of the caller, of whoever has called this package."""
    level, frame = 1, sys._getframe(1)
    while frame.f_globals.get("__name__", "").startswith("qng.") and frame.f_back is not None:
        level, frame = level + 1, frame.f_back
    return level
