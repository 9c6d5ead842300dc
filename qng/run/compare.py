"""Several methods from the same starts, and what each would do at one point."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import numpy as np
from numpy.typing import ArrayLike

from qng import checks
from qng.arrays import Array
from qng.errors import InputError
from qng.estimate import energy as energies
from qng.estimate import gradient as gradients
from qng.estimate.fubini import exact as fubini
from qng.execute.cluster import connected
from qng.optimize.optimizer import Optimizer
from qng.plan.executor import Executor
from qng.plan.plan import Plan, join
from qng.plan.request import Probabilities, Request
from qng.problem.problem import Problem
from qng.run.minimize import minimize
from qng.run.resolve import Method, answer, as_problem, objective
from qng.run.resolve import executor as executor_named
from qng.run.resolve import method as method_of
from qng.run.results import Comparison, Run, StepReport
from qng.threads import cores, limited

# Radians; beyond, a spread says nothing that the whole circle does not.
_WIDEST: Final = 1e3

# Seconds of work below which starting processes costs more than it saves.
_WORTH_A_POOL: Final = 10.0

# What a process has compiled, so that times are of runs: comparisons and their methods.
_WARM: Final[set[tuple[str, str]]] = set()


def compare(
    problem: Problem | str | Path,
    methods: Sequence[str] | Mapping[str, str | Method] = ("gd", "adam", "ng", "qng"),
    *,
    starts: int = 10,
    steps: int = 200,
    spread: float | None = None,
    tol: float | None = None,
    seed: int = 0,
    executor: str = "statevector",
    shots: int | None = None,
    lr: Mapping[str, float] | None = None,
    workers: int | None = None,
    threads: int | None = None,
    dask: Any = None,
    progress: Callable[[int, int], None] | None = None,
) -> Comparison:
    """Run several methods from the same starts.

    Args:
        problem: A problem, its name in the library, or a folder.
        methods: Names of `optimizers.METHODS` or `controls.CONTROLS`, or such methods by a label
            of your own.
        starts: How many. The first is the problem's own, the others are uniform on [-pi, pi).
        steps: Most updates of a run.
        spread: Draw the other starts uniformly within this distance (radians) of the first
            instead.
        tol: As in `minimize`.
        seed: Of the starts and of everything that is drawn.
        executor: By name; every run has its own.
        shots: For all circuits of one step together; None: exact.
        lr: Learning rates by method.
        workers: Processes, started where the runs take longer than starting them; by default as
            many as there are cores, or runs where these are fewer.
        threads: Of one run, for the executor and for linear algebra; by default the cores that
            there are for a worker, and 1 on a cluster. Results are equal to the last bit at equal
            threads, whatever the workers.
        dask: Do the runs on a dask.distributed cluster instead: the address of its scheduler
            ("tcp://host:8786"), a scheduler file, or a `distributed.Client`. A run whose worker
            dies is done again on another one.
        progress: Called with (runs done, runs).

    Returns:
        All runs, those that failed among them.

    Raises:
        InputError: Bad input, before anything is computed.
        QngError: The cluster was lost.
    """
    whole = as_problem(problem)
    table = _resolved(methods, lr or {})
    numbers = {"starts": starts, "workers": workers, "threads": threads}
    for what, value in numbers.items():
        if value is not None:
            checks.whole(what, value, 1)
    if dask is not None and workers is not None:
        raise InputError("give workers or dask, not both: a cluster has workers of its own")
    executor_named(executor)
    points = draw_starts(whole, starts, seed, spread)
    whole.circuit.angles(points)  # an angle may not be defined at a random start
    tasks = [(method, k) for k in range(starts) for method in table]
    processes = min(workers or cores(), len(tasks))
    share = 1 if dask is not None else max(cores() // processes, 1)
    runs = _Runs(
        problem=whole,
        methods=table,
        points=points,
        steps=steps,
        tol=tol,
        seed=seed,
        executor=executor,
        shots=shots,
        threads=threads or share,
        key=uuid4().hex,
    )
    done: dict[tuple[str, int], Run] = {}
    for method, k, run in (
        _here(runs, tasks, processes) if dask is None else _there(runs, tasks, dask)
    ):
        done[method, k] = run
        if progress:
            progress(len(done), len(tasks))
    reference = whole.reference_energy()
    return Comparison(
        problem=whole.name,
        title=whole.title,
        unit=whole.unit,
        accuracy=whole.accuracy,
        reference=None if reference is None else reference.energy,
        runs={method: tuple(done[method, k] for k in range(starts)) for method in table},
        starts=points,
        steps=steps,
    )


@dataclass(frozen=True, eq=False)
class _Runs:
    """All runs of a comparison; called with a method and the number of a start, it does one."""

    problem: Problem
    methods: Mapping[str, Method]
    points: Array
    steps: int
    tol: float | None
    seed: int
    executor: str
    shots: int | None
    threads: int
    key: str

    def __call__(self, task: tuple[str, int]) -> tuple[str, int, Run]:
        """(method, number of the start, the run)."""
        method, k = task
        with limited(self.threads):
            if (self.key, method) not in _WARM:
                self.run(method, k, min(self.steps, 1))
                _WARM.add((self.key, method))
            return method, k, self.run(method, k, self.steps)

    def run(self, method: str, k: int, steps: int) -> Run:
        """The first steps of a run."""
        return minimize(
            self.problem,
            self.methods[method],
            steps=steps,
            start=self.points[k],
            tol=self.tol,
            seed=(self.seed, k, list(self.methods).index(method)),
            shots=self.shots,
            executor=_on_threads(self.executor, self.threads),
            label=method,
        )


def _here(
    runs: _Runs, tasks: Sequence[tuple[str, int]], workers: int
) -> Iterator[tuple[str, int, Run]]:
    """The runs on this machine: one after another, in processes once they are worth it."""
    from joblib import Parallel, delayed, parallel_config

    spent = 0.0
    for number, task in enumerate(tasks):
        rest = tasks[number:]
        if number and min(workers, len(rest)) > 1 and spent / number * len(rest) > _WORTH_A_POOL:
            with parallel_config("loky", inner_max_num_threads=runs.threads):
                pool = Parallel(min(workers, len(rest)), return_as="generator_unordered")
            yield from pool(delayed(runs)(task) for task in rest)
            return
        found = runs(task)
        spent += found[2].seconds
        yield found


def _there(
    runs: _Runs, tasks: Sequence[tuple[str, int]], cluster: Any
) -> Iterator[tuple[str, int, Run]]:
    """The runs on a cluster, in the order in which they are done."""
    with connected(cluster) as workers:
        for method in runs.methods:
            runs.run(method, 0, min(runs.steps, 0))  # what is refused is refused before it is sent
        for _, found in workers.map(runs, tasks):
            yield found


def _on_threads(name: str, threads: int) -> Executor:
    """An executor by name, on so many threads where it has a choice."""
    kind = name.partition(":")[0].lower()
    chooses = kind in ("statevector", "aer", "generic") or kind.startswith("fake")
    return executor_named(name, **({"threads": threads} if chooses else {}))


def draw_starts(problem: Problem, starts: int, seed: int, spread: float | None = None) -> Array:
    """The problem's own start, then random ones; shape (starts, P). Frozen parameters stay.

    Args:
        problem: The problem.
        starts: How many.
        seed: Every start has its own stream, so that more starts do not change the first ones.
        spread: Radians around the first start; None: uniform on [-pi, pi).
    """
    if spread is not None and not 0 <= spread <= _WIDEST:
        raise InputError(f"spread must be between 0 and {_WIDEST:g} radians, not {spread}")
    checks.whole("seed", seed)
    points = np.tile(problem.initial, (starts, 1))
    free = problem.free
    for k in range(1, starts):
        rng = np.random.default_rng([seed, k])
        if spread is None:
            points[k, free] = rng.uniform(-np.pi, np.pi, len(free))
        else:
            points[k, free] += rng.uniform(-spread, spread, len(free))
    return points


def compare_steps(
    problem: Problem | str | Path,
    theta: ArrayLike | None = None,
    methods: Sequence[str] | Mapping[str, str | Method] = ("gd", "adam", "ng", "qng"),
    *,
    lr: Mapping[str, float] | None = None,
    executor: str | Executor = "statevector",
) -> list[StepReport]:
    """What each method would do at one point, as the first step of a run.

    Args:
        problem: A problem, its name in the library, or a folder.
        theta: Shape (P,), radians; the problem's start by default.
        methods: Names of `optimizers.METHODS`, or optimizers by a label of your own.
        lr: Learning rates by method.
        executor: By name or as an object; it must be exact.

    Returns:
        One report a method, in order.

    Raises:
        InputError: Bad input, before anything is computed.
        SingularMetricError: A method without damping at a point where its metric is singular.
    """
    whole = as_problem(problem)
    device = executor_named(executor)
    table = _resolved(methods, lr or {})
    base = whole.circuit.check(whole.initial if theta is None else theta)
    if len(whole.ensemble) > 1:
        raise InputError("steps are compared on one circuit, not on an ensemble")
    inner = whole.reduced(base)
    point, circuit, observable = inner.initial, inner.circuit, inner.observable
    here = answer(
        device,
        join(
            {
                "g": fubini.exact(circuit, point),
                "gradient": gradients.exact(circuit, observable, point),
                "energy": energies.expectation(circuit, observable, point),
                "p": _probabilities(inner, point),
            }
        ),
    )
    for method, optimizer in table.items():
        if not isinstance(optimizer, Optimizer):
            raise InputError(f"{method} has no first step to compare: it asks as it goes")
    toward = _first_step(inner, method_of("qng", {}), device)[0]
    reports = []
    for method, optimizer in table.items():
        step, eta = _first_step(inner, optimizer, device)
        there = answer(
            device,
            join(
                {
                    "energy": energies.expectation(circuit, observable, point + step),
                    "p": _probabilities(inner, point + step),
                }
            ),
        )
        reports.append(
            StepReport(
                method=method,
                step=whole.expand(step, np.zeros_like(base)),
                eta=eta,
                length=math.sqrt(max(float(step @ here["g"].matvec(step)), 0.0)),
                angle=_degrees(step, toward),
                kl=_kl(here["p"], there["p"]),
                predicted=-float(step @ here["gradient"].value),
                actual=float(here["energy"].value[0] - there["energy"].value[0]),
            )
        )
    return reports


def _resolved(
    methods: Sequence[str] | Mapping[str, str | Method], lr: Mapping[str, float]
) -> dict[str, Method]:
    if not isinstance(lr, Mapping):
        raise InputError(f"lr must give a rate by method, as {{'qng': 0.1}}, not {lr!r}")
    named: Iterable[tuple[str, str | Method]]
    named = methods.items() if isinstance(methods, Mapping) else [(name, name) for name in methods]
    table = {
        label: method_of(method, {"lr": lr[label]} if label in lr else {})
        for label, method in named
    }
    if not table:
        raise InputError("a comparison needs at least one method")
    for label in lr:
        if label not in table:
            raise InputError(f"lr is given for {label!r}, which is not compared: {list(table)}")
    return table


def _first_step(problem: Problem, optimizer: Method, device: Executor) -> tuple[Array, float]:
    assert isinstance(optimizer, Optimizer)
    state, step = optimizer.init(problem.initial), None
    batches = 0
    while step is None:
        # The random directions are those of a run with seed 0.
        goal = objective(problem, optimizer, device, seed=(0, batches))
        measured = answer(device, optimizer.plan(goal, state))
        state, step = optimizer.update(state, measured)
        batches += 1
    return state.change, step.eta


def _probabilities(problem: Problem, theta: Array) -> Plan[Array]:
    angles = problem.circuit.angles(theta)[None]
    request = Request(problem.circuit, angles, Probabilities())
    return Plan((request,), lambda results: results[0][0])


def _degrees(a: Array, b: Array) -> float:
    norms = float(np.linalg.norm(a) * np.linalg.norm(b))
    return math.degrees(math.acos(np.clip(a @ b / norms, -1, 1))) if norms else math.nan


def _kl(p: Array, q: Array) -> float:
    """sum p ln(p/q); probabilities below 1e-24 are rounding."""
    seen = p > 1e-24
    if np.any(q[seen] <= 0):
        return math.inf
    return max(float(np.sum(p[seen] * np.log(p[seen] / q[seen]))), 0.0)
