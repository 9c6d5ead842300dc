"""Methods that are compared, on the terms that all of them have, on one problem after another."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from typing import Any

from qng.execute.names import executor as executor_of
from qng.optimize.method import Method
from qng.plan.executor import Executor, Service
from qng.problem.problem import Problem
from qng.run.many import Runs, here, there
from qng.run.partial import error_in_words, keep_partial, partial_of
from qng.run.results import Comparison, Goal, Run
from qng.run.several import Comparisons
from qng.run.starts import starting
from qng.run.stop import Rules
from qng.seeds import number_of
from qng.threads import cores

Progress = Callable[[int, int], Any]
"""Told (runs done, runs)."""


@dataclass(frozen=True, eq=False)
class Contest:
    """What `compare` is asked for, but for the problem; see there.

    Args:
        methods: By label.
        rules: When runs end, by label.
        start: The first start, or all of them.
        starts: How many.
        spread: Of those that are drawn.
        seed: Of everything that is drawn.
        executor: By name or as an object.
        shots: For all circuits of a step; None: exact.
        workers: Processes.
        threads: Of one run.
        dask: A cluster.
    """

    methods: Mapping[str, Method]
    rules: Mapping[str, Rules]
    start: Any = None
    starts: int | None = None
    spread: float | None = None
    seed: int = 0
    executor: str | Executor | Service = "statevector"
    shots: int | None = None
    workers: int | None = None
    threads: int | None = None
    dask: Any = None

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
        return self._done(self.runs_on(target), progress)

    def on_all(
        self, problems: Mapping[str, Problem], progress: Progress | None = None
    ) -> Comparisons:
        """The comparisons on several problems, one after another.

        Raises:
            Exception: As `compare`.
        """
        planned = {label: self.runs_on(problem) for label, problem in problems.items()}
        total = sum(len(runs.tasks) for runs in planned.values())
        done: dict[str, Comparison] = {}
        before = 0

        def told(number: int, _: int) -> None:
            if progress:
                progress(before + number, total)

        for label, runs in planned.items():
            cut = f"interrupted at {label}, after {len(done)} of {len(planned)} problems"
            try:
                found = self._done(runs, told)
            except KeyboardInterrupt:
                if not done:
                    raise
                return Comparisons(done, cut)
            except Exception as error:
                if (left := partial_of(error)) is not None:
                    done[label] = left
                if done:
                    keep_partial(error, Comparisons(done, f"{error_in_words(error)}, at {label}"))
                raise
            done[label] = found
            before += len(runs.tasks)
            if found.interrupted:
                return Comparisons(done, cut)
        return Comparisons(done)

    def _done(self, runs: Runs, progress: Progress | None) -> Comparison:
        """All runs, or those that are done when it is cut."""
        tasks = runs.tasks
        done: dict[tuple[str, int], Run] = {}
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

        processes = min(self.workers or cores(), len(tasks))
        found = here(runs, tasks, processes) if self.dask is None else there(runs, tasks, self.dask)
        try:
            for method, k, run in found:
                if run.interrupted:
                    unfinished.append(run)
                    break
                done[method, k] = runs.owned(run)
                if progress:
                    progress(len(done), len(tasks))
            else:
                return compared()
        except KeyboardInterrupt:
            if not done:
                raise
        except Exception as error:
            left = partial_of(error)
            if isinstance(left, Run):
                unfinished.append(left)
            if done or unfinished:
                words = error_in_words(error)
                keep_partial(error, compared(f"{words}, after {len(done)} of {len(tasks)} runs"))
            raise
        finally:
            if isinstance(found, Generator):
                found.close()  # it ends its processes
        return compared(f"interrupted after {len(done)} of {len(tasks)} runs")
