"""Methods that are compared, on the terms that all of them have, on one problem after another."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from os import PathLike
from typing import TYPE_CHECKING, Any, cast
from uuid import uuid4

from qng.execute.names import executor as executor_of
from qng.optimize.method import Method
from qng.plan.executor import Executor, Service
from qng.plan.shots import Shots
from qng.problem.anyproblem import AnyProblem
from qng.problem.problem import Problem
from qng.run.comparison import Comparison, Looks
from qng.run.durable.keeping import opened
from qng.run.finished import Finished
from qng.run.in_turn import in_turn
from qng.run.into import There, joined
from qng.run.many import Pair, Runs, here, there
from qng.run.partial import error_in_words, keep_partial, partial_of
from qng.run.recipe import settings_of
from qng.run.results import Goal, Run
from qng.run.several import Comparisons
from qng.run.starts import starting
from qng.run.stop import Rules
from qng.run.target import as_problem, device_for, is_of_models
from qng.run.tuning import Tune, Tuning
from qng.threads import cores

if TYPE_CHECKING:
    from qng.run.ledger import Ledger
    from qng.run.trials import Plan

Progress = Callable[[int, int], Any]
"""Told (runs done, runs)."""


@dataclass(frozen=True, eq=False)
class Contest:
    """What `compare` is asked for, but for the problem; see there.

    Args:
        methods: By label.
        rules: When runs end, by label.
        shots: For all circuits of a step, or `PerCircuit`, by label; None: exact.
        start: The first start, or all of them.
        starts: How many.
        spread: Of those that are drawn.
        seed: Of everything that is drawn.
        executor: By name or as an object.
        workers: Processes.
        threads: Of one run.
        dask: A cluster.
        ledger: Where finished runs are kept.
        names: Of the methods that were given by name, by label.
        rates: The labels for which a learning rate was given.
        tune: How methods are tuned before, or None.
        into: Comparisons that are there, by the label of their problem.
    """

    methods: Mapping[str, Method]
    rules: Mapping[str, Rules]
    shots: Mapping[str, Shots | None]
    start: Any = None
    starts: int | None = None
    spread: float | None = None
    seed: int = 0
    executor: str | Executor | Service = "statevector"
    workers: int | None = None
    threads: int | None = None
    dask: Any = None
    ledger: str | PathLike[str] | Ledger | None = None
    names: Mapping[str, str] = field(default_factory=dict)
    rates: frozenset[str] = frozenset()
    tune: Tune | None = None
    into: Mapping[str, Comparison] = field(default_factory=dict)

    def runs_on(self, target: Any) -> Runs:
        """The runs on a problem, before any of them is done; all input is checked."""
        problem, points = starting(target, self.start, self.starts, self.seed, self.spread)
        if isinstance(problem, Problem):
            problem.circuit.angles(points)  # an angle may not be defined at a random start
        processes = min(self.workers or cores(), len(points) * len(self.methods))
        alone = 1 if self.dask is not None else max(cores() // processes, 1)
        device = self.executor
        if is_of_models(problem):
            counted = next((shots for shots in self.shots.values() if shots is not None), None)
            device = device_for(problem, device, counted).name
        elif not isinstance(device, str):
            device = executor_of(device, most_threads=self.threads)
        return Runs(
            problem=problem,
            methods=self.methods,
            points=points,
            rules=self.rules,
            seed=self.seed,
            executor=device,
            shots=self.shots,
            threads=self.threads or alone,
            settings=settings_of(device, executor_of(device)),
        )

    def _from(self, label: str, target: Any) -> Contest:
        """The same from the starts of what is there on a problem, where nothing is said of them."""
        there = self.into.get(label)
        if there is None:
            return self
        There.of(there).check_problem(as_problem(target, self.start))
        if self.start is not None:
            return self
        if self.starts is None:
            return replace(self, start=there.starts, spread=None)
        return replace(self, start=there.starts[0])

    def on(self, target: Any, progress: Progress | None = None) -> Comparison:
        """The comparison on a problem.

        Raises:
            Exception: As `compare`.
        """
        runs = self._from("", target).runs_on(target)
        with self.opened() as inner:
            return Planned.of(inner, runs, self.into.get("")).done(progress)

    def on_all(
        self, problems: Mapping[str, AnyProblem], progress: Progress | None = None
    ) -> Comparisons:
        """The comparisons on several problems, one after another.

        Raises:
            Exception: As `compare`.
        """
        whole = {
            label: self._from(label, problem).runs_on(problem)
            for label, problem in problems.items()
        }
        with self.opened() as inner:
            planned = {
                label: Planned.of(inner, runs, self.into.get(label))
                for label, runs in whole.items()
            }
            return in_turn(planned, progress)

    @contextmanager
    def opened(self) -> Iterator[Contest]:
        """The same with its ledger open, where there is one."""
        if self.ledger is None:
            yield self
            return
        with opened(self.ledger, create=True, whole=False) as book:
            yield replace(self, ledger=book)

    def finished(self, runs: Runs) -> Finished | None:
        """What the ledger, which is open, has of some runs.

        Raises:
            InputError: Something has no name by which it would be known again.
        """
        return None if self.ledger is None else Finished(cast("Ledger", self.ledger), runs)


@dataclass(frozen=True, eq=False)
class Planned:
    """A comparison on one problem before it is done.

    Args:
        contest: What is compared; its ledger is open.
        runs: Its runs, with the methods as they are before they are tuned.
        kept: Its finished runs.
        tuning: How its methods are tuned.
        there: Runs that are done.
        looks: Those before at what is there.
    """

    contest: Contest
    runs: Runs
    kept: Finished | None
    tuning: Plan | None
    there: Mapping[Pair, Run] = field(default_factory=dict)
    looks: Looks = ()

    @staticmethod
    def of(contest: Contest, runs: Runs, into: Comparison | None = None) -> Planned:
        """What is to be done; all input is checked.

        Args:
            contest: What is compared.
            runs: Its runs on a problem.
            into: To what they are added.

        Raises:
            InputError: Something cannot be tuned, or known again.
        """
        tuning, there, looks = None, dict[Pair, Run](), Looks()
        if into is not None:
            runs, there = joined(runs, into)
            looks = into.looks if there.keys() >= set(runs.pairs) else into.looked
        if contest.tune is not None:
            from qng.run.trials import Plan

            tuning = Plan.of(contest, runs)
        return Planned(contest, runs, contest.finished(runs), tuning, there, looks)

    @property
    def n_runs(self) -> int:
        """How many runs it takes, those of the tuning among them."""
        return len(self.runs.pairs) + (0 if self.tuning is None else self.tuning.n_runs)

    def done(self, progress: Progress | None = None) -> Comparison:
        """The comparison.

        Raises:
            KeyboardInterrupt: Before a run was done that is compared.
            Exception: As `compare`.
        """
        if self.tuning is None:
            return self._compared(self.runs, self.kept, progress)
        before, total = self.tuning.n_runs, self.n_runs

        def told(number: int, _: int) -> None:
            if progress:
                progress(number, total)

        tuned = self.tuning.done(told)
        methods = {label: of.method for label, of in tuned.items()}
        runs = replace(self.runs, methods=methods, key=uuid4().hex)
        kept = self.contest.finished(runs)
        return self._compared(runs, kept, lambda number, _: told(before + number, total), tuned)

    def _compared(
        self,
        runs: Runs,
        kept: Finished | None,
        progress: Progress | None,
        tuning: dict[str, Tuning] | None = None,
    ) -> Comparison:
        """All runs, or those that are done when it is cut."""
        total = len(runs.pairs)
        done = {**({} if kept is None else kept.found()), **self.there}
        left = [pair for pair in runs.pairs if pair not in done]
        unfinished: list[Run] = []

        def compared(interrupted: str = "") -> Comparison:
            numbers = range(len(runs.points))
            of = {m: tuple(done[m, k] for k in numbers if (m, k) in done) for m in runs.methods}
            return Comparison(
                goal=Goal.of(runs.problem),
                runs={method: found for method, found in of.items() if found},
                starts=runs.points,
                steps=runs.most_steps,
                interrupted=interrupted,
                unfinished=tuple(unfinished),
                tuning=tuning or {},
                looks=self.looks,
            )

        if not left:
            return compared()
        processes = min(self.contest.workers or cores(), len(left))
        found = (
            here(runs, left, processes)
            if self.contest.dask is None
            else there(runs, left, self.contest.dask)
        )
        try:
            if done and progress:
                progress(len(done), total)
            for method, k, run in found:
                if run.interrupted:
                    unfinished.append(run)
                    continue
                done[method, k] = runs.owned(run)
                if kept is not None:
                    kept.keep((method, k), done[method, k])
                if progress:
                    progress(len(done), total)
            if not unfinished:
                return compared()
        except KeyboardInterrupt:
            if not (done or unfinished):
                raise
        except Exception as error:
            cut = partial_of(error)
            if isinstance(cut, Run):
                unfinished.append(cut)
            if done or unfinished:
                words = error_in_words(error)
                keep_partial(error, compared(f"{words}, after {len(done)} of {total} runs"))
            raise
        finally:
            if isinstance(found, Generator):
                found.close()  # it ends its processes
        return compared(f"interrupted after {len(done)} of {total} runs")
