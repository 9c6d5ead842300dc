"""Hyperparameters of methods by name, checked against the signature of what makes the method.

The annotation says which kind of value is expected: a number (float), a whole number (int), a name
(str), an estimator (By), or one of several. Which numbers make sense is checked by the parts.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from functools import cache
from types import NoneType, UnionType
from typing import Any, Final, get_args, get_origin, get_type_hints

import numpy as np

from qng.errors import InputError, UnknownNameError, shown
from qng.plan.estimator import Estimator
from qng.plan.quantities import By

_KINDS: Final = {
    float: "a number",
    int: "a whole number",
    str: "a name",
    By: "an estimator such as By(...)",
    bool: "True or False",
    tuple: "a tuple of whole numbers",
    NoneType: "None",
}

MEANINGS: Final[Mapping[str, str]] = {
    "ahead": "whether s looks ahead by a step of the momentum",
    "basis": 'letters that are measured: "X", "Y" or "Z" for all qubits, or a word as "X0 Y2"',
    "beta": "memory of the average of grad^2, in [0, 1)",
    "beta1": "memory of the average of the gradient, in [0, 1)",
    "beta2": "memory of the average of its squares, in [0, 1)",
    "damping": "lambda of (M + lambda) d = s, in units of M",
    "draws": "how many random directions are averaged",
    "eps": "is added to the roots of squares, in units of the gradient",
    "every": "steps from one measurement of M to the next; None: only in the first",
    "gradient": "its estimator: auto, exact, parameter-shift, finite-difference or spsa",
    "gtol": "no slope above it: the end, in units of the gradient",
    "iterations": "of Newton-Schulz; 0: the exact root",
    "kind": "which random measurement",
    "least": "the fewest shots of a step, as a fraction of those given, in (0, 1]",
    "limit": "longest correction, as a fraction of the step",
    "lr": "eta, of M dtheta = -eta s: what a step of d is multiplied by",
    "masked": "whether all entries are computed and those outside the blocks left out",
    "memory": "how many steps are remembered",
    "metric": "its estimator: auto, or a name of `qng estimators`",
    "mu": "how much of the last direction is remembered, in [0, 1)",
    "population": "how many points are drawn in a step",
    "rcond": "eigenvalues below this fraction of the largest are left out",
    "rho": "memory of the momentum, in [0, 1)",
    "rule": 'which rotations are a block: "commuting", or "wires"',
    "shape": 'of the arrays that theta ravels, as (4, 3) or "4x3"; "auto": those of the circuit',
    "smoothness": 'L, the largest curvature; None: as if `lr` were best; "bound": a safe one',
    "step": "of differences, radians",
    "tolerance": 'a step up by more is undone: an energy, "spread" of the last ones, or "noise"',
    "trust": "longest step in the metric, radians between states; inf: steps as published",
    "weight": "of a gradient's square against the M before it, in [0, 1]; it falls as 1/t",
}
"""What the names of hyperparameters, and of options of estimators, mean wherever they stand; where
one means more, the docstring of the method says it under `Hyperparameters`."""


ELSEWHERE: Final = {
    **dict.fromkeys(("learning_rate", "stepsize", "step_size", "eta", "alpha"), "lr"),
    **dict.fromkeys(("lam", "lambda_reg", "regularization"), "damping"),
    **dict.fromkeys(("maxiter", "max_iter", "max_steps", "n_steps", "epochs"), "steps"),
    "approx": "metric",
}
"""What other packages call them, and the number of steps, which `minimize` and `compare` take."""


def checked(name: str, make: Callable[..., Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """The hyperparameters of a method, numbers as Python's.

    Args:
        name: Of the method.
        make: What makes it.
        given: By name.

    Raises:
        UnknownNameError: One that the method does not have.
        InputError: One of another kind.
    """
    kinds = _kinds(make)
    for key in given:
        if key not in kinds:
            meant = ELSEWHERE.get(key, "")
            raise UnknownNameError(
                f"hyperparameter of {name}",
                key,
                kinds or ("none",),
                meant=meant if meant in (*kinds, "steps") else "",
            )
    return {key: _of_kind(key, value, kinds[key]) for key, value in given.items()}


@cache
def _kinds(make: Callable[..., Any]) -> dict[str, tuple[type, ...]]:
    hints = get_type_hints(make)
    return {
        key: tuple(get_origin(kind) or kind for kind in _one_of(hints[key]))
        for key in inspect.signature(make).parameters
    }


def _one_of(hint: Any) -> tuple[Any, ...]:
    """The kinds of a union, or the one that is none."""
    return get_args(hint) if isinstance(hint, UnionType) else (hint,)


def _of_kind(key: str, value: Any, kinds: tuple[type, ...]) -> Any:
    if isinstance(value, np.generic) or (isinstance(value, np.ndarray) and value.ndim == 0):
        value = value.item()
    for kind in kinds:
        if isinstance(value, bool) and kind is not bool:
            continue
        if isinstance(value, kind):
            return value
        if kind is By and (isinstance(value, Estimator) or callable(value)):
            return By(value)
        if kind is tuple and isinstance(value, list):
            return tuple(value)
        if kind is float and isinstance(value, int) and abs(value) < 2**1000:
            return float(value)
    expected = " or ".join(_KINDS[kind] for kind in kinds)
    raise InputError(f"{key} must be {expected}, not {shown(value)}")


def defaults(make: Callable[..., Any]) -> dict[str, Any]:
    """The hyperparameters of a method, as they are where nothing is given."""
    return {key: of.default for key, of in inspect.signature(make).parameters.items()}
