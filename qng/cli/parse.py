"""From the words of a command line to what they mean: names, rates, points, problems, executors."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from qng.errors import InputError

if TYPE_CHECKING:
    from qng.arrays import Array
    from qng.optimize.method import Method
    from qng.plan.executor import Executor
    from qng.plan.quantities import By
    from qng.problem.anyproblem import AnyProblem
    from qng.run.tuning import Tune


T = TypeVar("T")


def names(text: str) -> list[str]:
    """Names separated by commas, of which those in brackets belong to a name.

    Raises:
        InputError: A name that is given twice.

    Example:
        >>> names("gd, qng"), names("w[0,1],t")
        (['gd', 'qng'], ['w[0,1]', 't'])
    """
    found = [name.strip() for name in re.split(r",(?![^\[\]]*\])", text) if name.strip()]
    for name in found:
        if found.count(name) > 1:
            raise InputError(f"{name!r} is given twice in {text!r}")
    return found


def shots(of_step: Any, of_circuit: Any) -> Any:
    """Shots of a step, or of every circuit; None: exact. Either may be by method.

    Raises:
        InputError: Both, or too few.
    """
    if of_circuit is None:
        return of_step
    if of_step is not None:
        raise InputError("give --shots or --shots-per-circuit, not both")
    from qng.plan.shots import PerCircuit

    if isinstance(of_circuit, Mapping):
        return {method: PerCircuit(number) for method, number in of_circuit.items()}
    return PerCircuit(of_circuit)


def by_method(option: str, text: str | None, number: Callable[[str], T]) -> T | dict[str, T] | None:
    """A number for all methods, or one by method.

    Args:
        option: Which option it is.
        text: As "200", or as "gd=400,qng=100"; None: nothing is given.
        number: What reads a number, or raises ValueError.

    Raises:
        InputError: Neither.

    Example:
        >>> by_method("steps", "200", int), by_method("steps", "gd=400, qng=100", int)
        (200, {'gd': 400, 'qng': 100})
    """
    if text is None:
        return None
    items = [item.rpartition("=") for item in names(text)] if "=" in text else []
    methods = [method.strip() for method, _, _ in items]
    for method in methods:
        if methods.count(method) > 1:
            raise InputError(f"--{option} of {method} is given twice in {text!r}")
    try:
        if not items:
            return number(text)
        return {method: number(value) for method, (_, _, value) in zip(methods, items)}
    except ValueError as error:
        raise InputError(
            f"--{option} is a number, or numbers by method as gd=400,qng=100, not {text!r}"
        ) from error


def count(text: str) -> int:
    """A whole number that is not negative; 1e4 is one, too.

    Raises:
        ValueError: It is none.
    """
    number = float(text)
    if not (number.is_integer() and 0 <= number < 1e15):
        raise ValueError(text)
    return int(number)


def rates(text: str) -> dict[str, float]:
    """Learning rates by method.

    Raises:
        InputError: Not of this form.

    Example:
        >>> rates("qng=0.1,adam=0.05")
        {'qng': 0.1, 'adam': 0.05}
    """
    found: dict[str, float] = {}
    for item in names(text):
        method, equals, value = item.partition("=")
        try:
            rate = float(value)
        except ValueError:
            rate = float("nan")
        if not equals or rate != rate:
            raise InputError(f"learning rates are given as qng=0.1,adam=0.05, not as {text!r}")
        if method.strip() in found:
            raise InputError(f"the learning rate of {method.strip()} is given twice in {text!r}")
        found[method.strip()] = rate
    return found


def methods(
    listed: Sequence[str],
    rates: Mapping[str, float],
    metrics: Sequence[str] = (),
    **shared: float | None,
) -> tuple[Sequence[str] | dict[str, Method], Mapping[str, float]]:
    """Methods and the learning rates that are still to be set, for `compare`.

    Args:
        listed: Names.
        rates: By name.
        metrics: Of the methods that take one; with several each of them comes once with each, as
            "qng sld".
        shared: Hyperparameters of the methods that take them; None: their own.

    Raises:
        InputError: A hyperparameter that none of them takes.
    """
    given = {key: value for key, value in shared.items() if value is not None}
    if not given and not metrics:
        return listed, rates
    from qng.optimize.methods import takes
    from qng.run.sweep import split, with_rate

    bare = {name: split(name)[0] for name in listed}
    for key in [*given, *(["metric"] if metrics else [])]:
        if not any(takes(bare[name], key) for name in listed):
            raise InputError(f"--{key} is given, and none of the methods that are compared has one")
    table = {}
    for name in listed:
        own = {key: value for key, value in given.items() if takes(bare[name], key)}
        own |= {"lr": rates[name]} if name in rates else {}
        if not metrics or not takes(bare[name], "metric"):
            table[name] = with_rate(name, **own)
        for metric in metrics if takes(bare[name], "metric") else ():
            label = name if len(metrics) == 1 else f"{name} {metric}"
            table[label] = with_rate(name, **own, metric=metric)
    return table, {name: rate for name, rate in rates.items() if name not in listed}


def metric(
    name: str | None, words: str | None, weight: str | None, floor: float | None
) -> By | str | None:
    """The estimator of a metric with the options of `observables`, where these are given.

    Raises:
        InputError: Options of it for another estimator.
    """
    given = {"words": words, "weight": weight, "floor": floor}
    options = {key: value for key, value in given.items() if value is not None}
    if not options:
        return name
    if name != "observables":
        raise InputError(
            f"--{min(options)} is of the metric observables: give --metric observables"
        )
    from qng.plan.quantities import By

    return By(name, **options)


def sector(text: str | None) -> dict[str, float] | None:
    """Symmetries by name with their values.

    Raises:
        InputError: Another form.

    Example:
        >>> sector("N=2, S2=0.75")
        {'N': 2.0, 'S2': 0.75}
    """
    if text is None:
        return None
    found: dict[str, float] = {}
    for item in names(text):
        name, equals, value = item.partition("=")
        try:
            number = float(value)
        except ValueError:
            number = float("nan")
        if not equals or number != number or name.strip() in found:
            raise InputError(
                f"--within is symmetries, each once, with their values, as N=2,Sz=0, not {text!r}"
            )
        found[name.strip()] = number
    return found


def tune(trials: int | None, tuner: str | None, starts: int) -> Tune | None:
    """How methods are tuned, where they are.

    Raises:
        InputError: A tuner without trials, or an unknown one.
    """
    if trials is None:
        if tuner is not None:
            raise InputError("--tuner is given without --tune N, the number of trials")
        return None
    from qng.run.tuning import Tune

    return Tune(trials, starts, "auto" if tuner is None else tuner)


def problem(name: str, freeze: str = "", train: str = "") -> Any:
    """A problem, with some parameters frozen, or with all others frozen.

    Args:
        name: Of the library, or a folder.
        freeze: Names separated by commas.
        train: Likewise; only one of the two may be given.

    Raises:
        InputError: No such problem or parameter, or both are given.
    """
    from qng.run.library import load

    whole: Any = load(name)
    if freeze and train:
        raise InputError("give --freeze or --train, not both")
    if train:
        return whole.only(*names(train))
    return whole.freeze(*names(freeze))


def problems(text: str, freeze: str = "", train: str = "") -> list[Any]:
    """One problem, or several that are separated by commas; see `problem`.

    Raises:
        InputError: None, one that is given twice, or as `problem`.
    """
    if not names(text) or Path(text).is_dir():
        return [problem(text, freeze, train)]
    return [problem(name, freeze, train) for name in names(text)]


def points(problem: AnyProblem, text: str | None, seed: int = 0) -> Array:
    """A point in the parameters of a problem, or several, shape (P,) or (points, P), radians.

    Args:
        problem: Its own start where nothing is given.
        text: As in `point`; a file may have the numbers of several points, one after another.
        seed: Of a random point.

    Raises:
        InputError: As `point`.
    """
    if text is not None and text != "random" and _numbers(text) is None and Path(text).is_file():
        numbers, size = _read(Path(text)), len(problem.parameters)
        if size and len(numbers) > size and len(numbers) % size == 0:
            rows = [numbers[k : k + size] for k in range(0, len(numbers), size)]
            return checked(problem, rows, many=True)
    return point(problem, text, seed)


def point(problem: AnyProblem, text: str | None, seed: int = 0) -> Array:
    """A point in the parameters of a problem, shape (P,), radians.

    Args:
        problem: Its own start where nothing is given.
        text: Numbers separated by commas, "random" (the second start of `qng compare` with the
            same seed), or a file: numbers, a JSON list, or what `qng run --json` prints.
        seed: Of the random point.

    Raises:
        InputError: None of these, a wrong length, or a value that is not finite.
    """
    if text is None:
        return problem.initial
    if text == "random":
        from qng.run.starts import draw_starts

        second: Array = draw_starts(problem, 2, seed)[1]
        return second
    numbers = _numbers(text)
    if numbers is None:
        if not Path(text).is_file():
            raise InputError(
                f"a point is given as numbers (0.1,0.2), as random, or as a file; {text!r} is none"
            )
        numbers = _read(Path(text))
    return checked(problem, numbers)


def checked(problem: AnyProblem, numbers: Any, many: bool = False) -> Array:
    """Numbers as a point of a problem, or as several.

    Raises:
        InputError: A wrong length, or a value that is not finite.
    """
    from qng.run.target import problem_and_point

    return problem_and_point(problem, numbers, many)[1]


def executor(name: str, mitigate: int, **options: Any) -> str | Executor:
    """An executor, which corrects readout errors where it is asked to.

    Args:
        name: As of `qng.executor`; resolved where it is used, if no option is given.
        mitigate: Shots of each calibration circuit; 0: no correction.
        options: Of the executor; what is None or empty is not given.

    Raises:
        InputError: One that cannot.
    """
    given = {key: value for key, value in options.items() if value is not None and value != {}}
    if mitigate:
        given["mitigate"] = mitigate
    if not given:
        return name
    from qng.execute.names import executor as executor_named

    found: Executor = executor_named(name, **given)
    return found


@contextmanager
def on_cluster(device: str | Executor, dask: str | None) -> Iterator[str | Executor]:
    """An executor, on a cluster where an address is given.

    Args:
        device: By name or as an object.
        dask: Of the scheduler; None: on this machine.

    Raises:
        InputError: There is no cluster.
    """
    if dask is None:
        yield device
        return
    from qng.execute.dask import Dask
    from qng.execute.names import executor as executor_named

    with Dask(dask, executor_named(device)) as there:
        yield there


def _numbers(text: str) -> list[float] | None:
    """Numbers separated by commas or white space; None where something else is among them."""
    try:
        return [float(word) for word in re.split(r"[,\s]+", text.strip()) if word]
    except ValueError:
        return None


def _read(path: Path) -> list[float]:
    """The numbers of a file: bare, as a JSON list, or as the "x" of a JSON object."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path} cannot be read as text: {error}") from error
    numbers = _numbers(text)
    if numbers is not None:
        return numbers
    try:
        found = json.loads(text)
        if isinstance(found, dict):
            found = found["x"]
        rows = found if found and isinstance(found[0], list) else [found]
        return [float(value) for row in rows for value in row]
    except (ValueError, TypeError, KeyError) as error:
        raise InputError(
            f'{path} must hold numbers, a JSON list of numbers, or an object with such a list "x"'
        ) from error
