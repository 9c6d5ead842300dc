"""What is compared: methods by label, with rates in their names, and settings by label."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from qng import checks
from qng.errors import InputError, shown
from qng.optimize.method import Method
from qng.optimize.methods import method as method_of
from qng.optimize.methods import named, takes
from qng.plan.shots import Shots
from qng.plan.shots import checked as checked_shots
from qng.run.stop import Rules, StopRule

RATE: Final = "@"
"""Between a name and its learning rate: qng@0.05."""


def labelled(methods: Sequence[str] | Mapping[str, str | Method]) -> dict[str, str | Method]:
    """Names and methods by label.

    Raises:
        InputError: A label that is given twice, or is no text.
    """
    pairs: list[tuple[str, str | Method]]
    if isinstance(methods, Mapping):
        pairs = list(methods.items())
    else:
        several = [methods] if isinstance(methods, str) else methods
        if not isinstance(several, Iterable):
            raise InputError(f"methods are names, as ['gd', 'qng'], not {shown(methods)}")
        pairs = [(name, name) for name in several]
    labels = [label for label, _ in pairs]
    for label in labels:
        if not isinstance(label, str):
            raise InputError(
                f"a method is compared by its name or a label, as {{'mine': method}}, "
                f"not by {label!r}"
            )
        if labels.count(label) > 1:
            raise InputError(
                f"{label!r} is given twice: give labels of your own, as "
                f"{{'{label} 1': '{label}', '{label} 2': '{label}'}}"
            )
    return dict(pairs)


def resolved(
    methods: Sequence[str] | Mapping[str, str | Method], lr: Mapping[str, float] | None = None
) -> dict[str, Method]:
    """The methods of a comparison by label.

    Args:
        methods: Names, which may have a rate as "qng@0.05" and are the labels then; or names and
            methods by labels.
        lr: Learning rates by label.

    Raises:
        InputError: No method, a label that is given twice or is no text, a rate for one that is
            not compared or has one in its name, no such method.
    """
    rates = {} if lr is None else lr
    if not isinstance(rates, Mapping):
        raise InputError(f"lr must give a rate by method, as {{'qng': 0.1}}, not {lr!r}")
    table = {label: _made(label, method, rates) for label, method in labelled(methods).items()}
    if not table:
        raise InputError("a comparison needs at least one method")
    for label in rates:
        if label not in table:
            raise InputError(f"lr is given for {label!r}, which is not compared: {list(table)}")
    return table


def with_rate(name: str, **hyperparameters: Any) -> Method:
    """A method by its name, which may have a learning rate.

    Raises:
        UnknownNameError: No such method or hyperparameter.
        InputError: A rate that is none, or is given twice.

    Example:
        >>> with_rate("gd@0.05").search.lr
        0.05
    """
    base, rate = split(name)
    if rate is None:
        return named(base, **hyperparameters)
    if "lr" in hyperparameters:
        raise InputError(f"{name} has its learning rate in its name: give it no other one")
    if not takes(base, "lr"):
        raise InputError(f"{base} has no learning rate: compare it as {base}, not as {name}")
    return named(base, lr=rate, **hyperparameters)


def split(name: str) -> tuple[str, float | None]:
    """The name of a method, and the learning rate where one is given.

    Raises:
        InputError: A rate that is no positive number.

    Example:
        >>> split("qng@0.05"), split("qng")
        (('qng', 0.05), ('qng', None))
    """
    base, at, text = name.partition(RATE)
    if not at:
        return name, None
    try:
        rate = float(text)
    except ValueError:
        rate = math.nan
    if not (base and 0 < rate < math.inf):
        raise InputError(f"a method with a learning rate is named as qng@0.05, not as {name!r}")
    return base, rate


def rules_of(labels: Iterable[str], steps: Any, tol: Any, stop: Any) -> dict[str, Rules]:
    """When runs end, by method.

    Args:
        labels: Of the methods.
        steps: Most updates, or by label, of all methods.
        tol: As in `minimize`, or by label; methods that are not named have none.
        stop: A rule of one's own, or by label, likewise.

    Raises:
        InputError: Something else, or for a method that is not compared.
    """
    known = list(labels)
    limits, tols, stops = (
        _by_label(what, given, known)
        for what, given in (("steps", steps), ("tol", tol), ("stop", stop))
    )
    for label in known:
        if label not in limits:
            raise InputError(f"steps are given by method, but not for {label!r}")
    return {
        label: Rules(
            checks.whole("steps", limits[label]),
            _tolerance(tols.get(label)),
            _rule(stops.get(label)),
        )
        for label in known
    }


def shots_of(labels: Iterable[str], shots: Any) -> dict[str, Shots | None]:
    """Shots of a step by method.

    Args:
        labels: Of the methods.
        shots: Of all methods, or by label, of all methods.

    Raises:
        InputError: Something else, or for a method that is not compared.
    """
    known = list(labels)
    given = _by_label("shots", shots, known)
    for label in known:
        if label not in given:
            raise InputError(f"shots are given by method, but not for {label!r}")
    return {label: checked_shots(given[label]) for label in known}


def _made(label: str, method: str | Method, rates: Mapping[str, float]) -> Method:
    given = {"lr": rates[label]} if label in rates else {}
    if isinstance(method, str) and RATE in method:
        return with_rate(method, **given)
    return method_of(method, given)


def _by_label(what: str, given: Any, labels: Sequence[str]) -> Mapping[str, Any]:
    if not isinstance(given, Mapping):
        return dict.fromkeys(labels, given)
    for label in given:
        if label not in labels:
            raise InputError(f"{what} is given for {label!r}, which is not compared: {labels}")
    return given


def _tolerance(tol: float | None) -> float | None:
    return None if tol is None else checks.not_negative("tol", tol)


def _rule(stop: Any) -> StopRule | None:
    if stop is None:
        return None
    if not callable(stop):
        raise InputError(f"stop must be a function, not {shown(stop)}")
    rule: StopRule = stop
    return rule
