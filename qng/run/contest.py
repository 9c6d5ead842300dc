"""Methods that are compared, on the terms that all of them have, on one problem after another."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from os import PathLike
from typing import TYPE_CHECKING, Any

from qng.execute.names import executor as executor_of
from qng.optimize.method import Method
from qng.plan.executor import Executor, Service
from qng.plan.shots import Shots
from qng.problem.problem import Problem
from qng.run.durable.keeping import opened
from qng.run.finished import Finished, finished
from qng.run.many import Runs, here, there
from qng.run.partial import error_in_words, keep_partial, partial_of
from qng.run.results import Comparison, Goal, Run
from qng.run.several import Comparisons
from qng.run.starts import starting
from qng.run.stop import Rules
from qng.seeds import number_of
from qng.threads import cores

if TYPE_CHECKING:
    from qng.run.ledger import Ledger

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

    def runs_on(self, target: Any) -> Runs:
        """The runs on a problem, before any of them is done; all input is checked."""
        seed = number_of(self.seed)
        problem, points = starting(target, self.start, self.starts, seed, self.spread)
        problem.circuit.angles(points)  # an angle may not be defined at a random start
        processes = min(self.workers or cores(), len(points) * len(self.methods))
        alone = 1 if self.dask is not None else max(cores() // processes, 1)
        device = self.executor
        if not isinstance(device, str):
            device = executor_of(device, most_threads=self.threads)
        return Runs(
            problem=problem,
            methods=self.methods,
            points=points,
            rules=self.rules,
            seed=seed,
            executor=device,
            shots=self.shots,
            threads=self.threads or alone,
        )

    def on(self, target: Any, progress: Progress | None = None) -> Comparison:
        """The comparison on a problem.

        Raises:
            Exception: As `compare`.
        """
        runs = self.runs_on(target)
        with self._opened() as book:
            return self._done(runs, finished(book, runs), progress)

    def on_all(
        self, problems: Mapping[str, Problem], progress: Progress | None = None
    ) -> Comparisons:
        """The comparisons on several problems, one after another.

        Raises:
            Exception: As `compare`.
        """
        planned = {label: self.runs_on(problem) for label, problem in problems.items()}
        total = sum(len(runs.pairs) for runs in planned.values())
        done: dict[str, Comparison] = {}
        before = 0

        def told(number: int, _: int) -> None:
            if progress:
                progress(before + number, total)

        with self._opened() as book:
            kept = {label: finished(book, runs) for label, runs in planned.items()}
            for label, runs in planned.items():
                cut = f"interrupted at {label}, after {len(done)} of {len(planned)} problems"
                try:
                    found = self._done(runs, kept[label], told)
                except KeyboardInterrupt:
                    if not done:
                        raise
                    return Comparisons(done, cut)
                except Exception as error:
                    if (left := partial_of(error)) is not None:
                        done[label] = left
                    if done:
                        words = error_in_words(error)
                        keep_partial(error, Comparisons(done, f"{words}, at {label}"))
                    raise
                done[label] = found
                before += len(runs.pairs)
                if found.interrupted:
                    return Comparisons(done, cut)
        return Comparisons(done)

    @contextmanager
    def _opened(self) -> Iterator[Ledger | None]:
        """The ledger, where there is one."""
        if self.ledger is None:
            yield None
            return
        with opened(self.ledger, create=True, whole=False) as book:
            yield book

    def _done(self, runs: Runs, kept: Finished | None, progress: Progress | None) -> Comparison:
        """All runs, or those that are done when it is cut."""
        total = len(runs.pairs)
        done = {} if kept is None else kept.found()
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
            )

        if not left:
            return compared()
        processes = min(self.workers or cores(), len(left))
        found = here(runs, left, processes) if self.dask is None else there(runs, left, self.dask)
        try:
            if done and progress:
                progress(len(done), total)
            for method, k, run in found:
                if run.interrupted:
                    unfinished.append(run)
                    break
                done[method, k] = runs.owned(run)
                if kept is not None:
                    kept.keep((method, k), done[method, k])
                if progress:
                    progress(len(done), total)
            else:
                return compared()
        except KeyboardInterrupt:
            if not done:
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
