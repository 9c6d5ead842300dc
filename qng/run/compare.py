"""Several methods from the same starts, on one problem or on several."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict, Unpack, overload

from qng import checks
from qng.errors import InputError
from qng.optimize.method import Method
from qng.plan.shots import Shots
from qng.problem.problem import Problem
from qng.run.comparison import Comparison
from qng.run.contest import Contest, Progress
from qng.run.followed import counted
from qng.run.grown import grown
from qng.run.several import Comparisons, are_several, problems_of
from qng.run.stop import StopRule
from qng.run.sweep import labelled, resolved, rules_of, shots_of
from qng.run.tuning import Tune
from qng.seeds import number_of

if TYPE_CHECKING:
    from qng.run.ledger import Ledger

Methods = Sequence[str] | Mapping[str, str | Method]
"""Names, or methods by label."""

COMPARED = ("gd", "adam", "ng", "qng")
"""The methods of a comparison where nothing is said."""


class Settings(TypedDict, total=False):
    """The settings of `compare`; see there."""

    start: Any
    starts: int | None
    steps: int | Mapping[str, int]
    spread: float | None
    tol: float | Mapping[str, float | None] | None
    stop: StopRule | Mapping[str, StopRule | None] | None
    seed: int
    executor: Any
    shots: Shots | Mapping[str, Shots | None] | None
    lr: Mapping[str, float] | None
    workers: int | None
    threads: int | None
    dask: Any
    ledger: str | PathLike[str] | Ledger | None
    tune: int | Tune | None
    tuner: str | None
    into: str | PathLike[str] | Comparison | Comparisons | None
    progress: Progress | bool | None


@overload
def compare(
    problem: list[Any] | tuple[Any, ...] | Mapping[str, Any],
    methods: Methods = COMPARED,
    **settings: Unpack[Settings],
) -> Comparisons: ...


@overload
def compare(
    problem: Problem | str | Path | Any, methods: Methods = COMPARED, **settings: Unpack[Settings]
) -> Comparison: ...


def compare(
    problem: Any,
    methods: Methods = COMPARED,
    *,
    start: Any = None,
    starts: int | None = None,
    steps: int | Mapping[str, int] = 200,
    spread: float | None = None,
    tol: float | Mapping[str, float | None] | None = None,
    stop: StopRule | Mapping[str, StopRule | None] | None = None,
    seed: int = 0,
    executor: Any = "statevector",
    shots: Shots | Mapping[str, Shots | None] | None = None,
    lr: Mapping[str, float] | None = None,
    workers: int | None = None,
    threads: int | None = None,
    dask: Any = None,
    ledger: str | PathLike[str] | Ledger | None = None,
    tune: int | Tune | None = None,
    tuner: str | None = None,
    into: str | PathLike[str] | Comparison | Comparisons | None = None,
    progress: Progress | bool | None = None,
) -> Comparison | Comparisons:
    """Run several methods from the same starts.

    Args:
        problem: A problem of circuits or of a model, its name in the library, a folder, or a QNode.
            Several as a list, or as a mapping by labels of your own, such as circuits of one kind
            that are drawn at random.
        methods: Names of `optimizers.METHODS` or `optimizers.CONTROLS`, with a learning rate where
            one is to be compared with others ("qng@0.05"); or methods by a label of your own.
        start: The first start, shape (P,), radians; the problem's own by default. Or all starts,
            shape (starts, P). For a QNode its argument, or a tuple of its arguments.
        starts: How many; 10 where they are not given. All but the first are uniform on [-pi, pi);
            of a model, within its `spread` of the first.
        steps: Most updates of a run; or by label, for all methods.
        spread: Draw the other starts uniformly within this distance (radians) of the first
            instead.
        tol: As in `minimize`; or by label, methods that are not named have none.
        stop: A rule of your own, as in `minimize`; or by label, likewise.
        seed: Of the starts and of everything that is drawn. A run draws from a stream named by its
            start and its label: other methods, and their order, change none of its numbers. Of
            several problems each is compared as it would be alone.
        executor: By name, every run has its own then; or an object, also a device of Qiskit or
            PennyLane. One that cannot be sent to other processes does all runs in this one.
        shots: For all circuits of one step together, or `PerCircuit(N)`: N for each; None: exact.
            Or by label, for all methods.
        lr: Learning rates by method.
        workers: Processes, started where the runs take longer than starting them; by default as
            many as there are cores, or runs where these are fewer.
        threads: Of one run, for the executor and for linear algebra; by default the cores that
            there are for a worker, and 1 on a cluster. Results are equal to the last bit at equal
            threads, whatever the workers.
        dask: Do the runs on a dask.distributed cluster instead: the address of its scheduler
            ("tcp://host:8786"), a scheduler file, or a `distributed.Client`. A run whose worker
            dies is done again on another one.
        ledger: The file in which every run is kept once it has finished; made where there is none.
            What stands there of the same problem, method, label, start, seed, executor, shots,
            steps, tol, stop rule and version of qng is not done again, whatever has ended the
            process. Functions of your own are known by their names.
        tune: Tune every method before with so many trials, each from three starts that are not
            compared, or as a `qng.run.tuning.Tune` says; every method has the same number. Not
            those whose learning rate is given, nor those without one.
        tuner: "optuna" or "grid"; Optuna by default where it is installed (the extra `tune`).
        into: A comparison to which methods and starts are added, or its file, which is written
            anew as a whole then, and made where there is none: only what is missing is run. All
            of it is on the same terms: problem, executor, shots, seed, steps. Without starts those
            that are there.
        progress: Called with (runs done, runs); or True: a bar, in a notebook and in a terminal.

    Returns:
        All runs, those that failed among them; after Ctrl-C those that are done by then
        (`interrupted`). Of several problems a comparison each.

    Raises:
        InputError: Bad input, before anything is computed.
        KeyboardInterrupt: Before a run was begun.
        QngError: The cluster was lost, or the ledger cannot be used (`LedgerError`).
        Exception: Whatever a function of yours raises, such as `progress`. Of this and of a lost
            cluster, the runs that are done are the attribute `partial` of the exception.

    Example:
        >>> import qng
        >>> comparison = qng.compare("one-qubit", ["gd", "qng"], starts=3, steps=20)
        >>> sorted(comparison.runs), len(comparison.runs["qng"])
        (['gd', 'qng'], 3)
    """
    several = problems_of(problem) if are_several(problem) else None
    given = labelled(methods)
    table = resolved(given, lr)
    told = None if isinstance(progress, bool) else progress
    checks.function("progress", told)
    for what, value in {"workers": workers, "threads": threads}.items():
        if value is not None:
            checks.whole(what, value, 1)
    if dask is not None and workers is not None:
        raise InputError("give workers or dask, not both: a cluster has workers of its own")
    contest = Contest(
        methods=table,
        rules=rules_of(table, steps, tol, stop),
        start=start,
        starts=starts,
        spread=spread,
        seed=number_of(seed),
        executor=executor,
        shots=shots_of(table, shots),
        workers=workers,
        threads=threads,
        dask=dask,
        ledger=ledger,
        names={label: name for label, name in given.items() if isinstance(name, str)},
        rates=frozenset(lr or {}),
        tune=_tune(tune, tuner),
    )

    def done(tell: Progress | None) -> Comparison | Comparisons:
        if into is not None:
            return grown(contest, into, problem, several, tell)
        return contest.on(problem, tell) if several is None else contest.on_all(several, tell)

    if progress is not True:
        return done(told)
    name = problem if isinstance(problem, str) else getattr(problem, "name", "")
    with counted(f"{', '.join(table)} on {', '.join(several or [name or 'a problem'])}") as tell:
        return done(tell)


def _tune(tune: int | Tune | None, tuner: str | None) -> Tune | None:
    """How methods are tuned.

    Raises:
        InputError: A tuner without trials, or beside one that is given.
    """
    if isinstance(tune, Tune):
        if tuner is not None:
            raise InputError("tune says its tuner: leave tuner out")
        return tune
    if tune is None:
        if tuner is not None:
            raise InputError("a tuner is given, and no number of trials: give tune=10")
        return None
    return Tune(tune, tuner="auto" if tuner is None else tuner)
