"""The table of estimators: every metric and gradient by name, exact and from shots.

Where shots are given the sampled variant is taken, and where a name has only one variant the
other use is refused.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, Generic, TypeVar

from qng.errors import UnknownNameError, UnsupportedMeasureError
from qng.estimate import gradient, hessian
from qng.estimate.fisher import counted as counted_fisher
from qng.estimate.fisher import exact as fisher
from qng.estimate.fubini import blocks as covariance
from qng.estimate.fubini import exact as fubini
from qng.estimate.fubini import hadamard, overlaps, subspace
from qng.estimate.fubini import random as stochastic
from qng.geometry import Dense, Metric
from qng.plan.plan import Plan
from qng.plan.quantities import GradientEstimate
from qng.seeds import Key

T = TypeVar("T")

_GIVEN: Final = ("circuit", "observable", "theta", "seed")


@dataclass(frozen=True)
class Variants(Generic[T]):
    """How a quantity is obtained with and without shots.

    Args:
        exact: From an exact executor; None where it needs shots.
        sampled: From counted bits; None where only a simulator knows it.
    """

    exact: Callable[..., Plan[T]] | None
    sampled: Callable[..., Plan[T]] | None


def _both(estimate: Callable[..., Plan[T]]) -> Variants[T]:
    return Variants(estimate, estimate)


METRICS: Final[dict[str, Variants[Metric]]] = {
    "exact": Variants(fubini.exact, None),
    "implicit": Variants(fubini.implicit, None),
    "low-rank": Variants(fubini.low_rank, None),
    "blocks": Variants(fubini.blocks, covariance.blocks),
    "diagonal": Variants(fubini.diagonal, covariance.diagonal),
    "overlaps": _both(overlaps.full),
    "blocks+overlaps": _both(overlaps.blocks_plus),
    "hadamard": _both(hadamard.full),
    "spsa": _both(stochastic.spsa),
    "stein": _both(stochastic.stein),
    "subspace": Variants(subspace.exact, subspace.overlaps),
    "fisher": Variants(fisher.born, counted_fisher.born),
    "fisher-diagonal": Variants(fisher.diagonal, counted_fisher.diagonal),
    "fisher-random": Variants(fisher.random, counted_fisher.random),
}

GRADIENTS: Final[dict[str, Variants[GradientEstimate]]] = {
    "exact": Variants(gradient.exact, None),
    "parameter-shift": _both(gradient.parameter_shift),
    "finite-difference": Variants(
        gradient.finite_difference, partial(gradient.finite_difference, step=gradient.SAMPLED_STEP)
    ),
    "spsa": _both(gradient.spsa),
}

HESSIANS: Final[dict[str, Variants[Dense]]] = {
    "hessian": Variants(hessian.exact, hessian.parameter_shift)
}

BERRY: Final[dict[str, Variants[Any]]] = {
    "curvature": Variants(fubini.berry_curvature, hadamard.berry_curvature)
}


def chosen(
    kind: str,
    name: str,
    table: Mapping[str, Variants[T]],
    *,
    counting: bool,
    options: Mapping[str, Any] | None = None,
    seed: Key = 0,
) -> Callable[..., Plan[T]]:
    """An estimator of a table, with its options, and its random directions if it draws any.

    Args:
        kind: What the table is of, for messages.
        name: The estimator's.
        table: `METRICS` or `GRADIENTS`.
        counting: Whether bits are counted.
        options: Keyword arguments of the estimator.
        seed: Of its random directions.

    Raises:
        UnknownNameError: No such estimator, or an option that it does not have.
        UnsupportedMeasureError: It cannot be had from shots, or only from shots.
    """
    if name not in table:
        raise UnknownNameError(kind, name, table)
    estimate = table[name].sampled if counting else table[name].exact
    if estimate is None:
        others = [n for n, v in table.items() if (v.sampled if counting else v.exact) is not None]
        where = "from shots" if counting else "without shots"
        raise UnsupportedMeasureError(
            f"the {kind} {name!r} cannot be had {where}; {where}: {', '.join(others)}"
        )
    return with_options(kind, name, estimate, options or {}, seed)


def with_options(
    kind: str,
    name: str,
    estimate: Callable[..., Plan[T]],
    options: Mapping[str, Any],
    seed: Key,
) -> Callable[..., Plan[T]]:
    """The estimator with its options and, where it draws, a seed.

    Raises:
        UnknownNameError: An option that it does not have.
    """
    takes = inspect.signature(estimate).parameters
    known = tuple(key for key in takes if key not in _GIVEN)
    for key in options:
        if key not in known:
            raise UnknownNameError(f"option of the {kind} {name}", key, known or ("none",))
    drawn = {"seed": seed} if "seed" in takes else {}
    return partial(estimate, **options, **drawn)
