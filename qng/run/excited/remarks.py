"""What is to be distrusted about states that were found, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from qng.arrays import Array
from qng.run.excited.results import OUTSIDE, SAME, ExcitedStates
from qng.run.results import Run

NOTHING: Final = "the states are in order, and none was found twice"

# Standard errors by which one state is below another, beyond chance.
_DEVIATIONS: Final = 4.0

# An overlap below which it is a state of its own.
_OTHER: Final = 0.05


def out_of_order(energies: Array, errors: Array | None, accuracy: float) -> list[str]:
    """States below one that was to be lower, by more than the accuracy and four standard errors.

    Args:
        energies: Shape (K,).
        errors: Of these; None where exact.
        accuracy: Within which energies are one level.
    """
    spread = np.zeros(len(energies)) if errors is None else errors
    found = []
    for k in range(1, len(energies)):
        j = int(np.argmax(energies[:k]))
        least = _DEVIATIONS * float(np.hypot(spread[k], spread[j]))
        if energies[j] - energies[k] > least + accuracy:
            found.append(
                f"state {k} lies {energies[j] - energies[k]:.3g} below state {j}, which has not "
                "converged: give more steps or starts"
            )
    return found


def penalties(
    energies: Array,
    errors: Array | None,
    overlaps: Array,
    overlap_errors: Array | None,
    weights: Array,
    enough: Array,
) -> list[str]:
    """States that a penalty did not keep apart.

    Where the penalty is too small, psi_j with E_j + beta_j is lower than the next level: then the
    state that is found is psi_j once more, or beta_j < E_k - E_j says that psi_j would be lower.

    Args:
        energies: Shape (K,).
        errors: Of these; None where exact.
        overlaps: Shape (K, K).
        overlap_errors: Of these; None where exact.
        weights: beta_j in the run of state k, shape (K, K).
        enough: What beta_j has to exceed for state k, shape (K, K).
    """
    spread = np.zeros(len(energies)) if errors is None else errors
    found = []
    for k in range(1, len(energies)):
        for j in range(k):
            same, beta, gap = float(overlaps[k, j]), float(weights[k, j]), energies[k] - energies[j]
            if same > SAME:
                small = f"its penalty beta = {beta:.4g} is too small, give a larger beta"
                stuck = "the run has not left it; give more steps or starts"
                why = small if beta <= enough[k, j] else stuck
                found.append(f"state {k} is mostly state {j} (overlap {same:.2f}): {why}")
            elif is_small(same, gap, beta, spread[k], spread[j]):
                found.append(
                    f"beta = {beta:.4g} is less than the distance {gap:.4g} from state {j} to "
                    f"state {k}, so state {j} with its penalty would be lower: give a larger beta"
                )
            elif _beyond(same, overlap_errors, k, j):
                found.append(
                    f"state {k} overlaps with state {j} by {same:.2f}: one of them has not "
                    "converged, or the circuit does not reach the level"
                )
    return found


def is_small(
    overlap: float, gap: float, beta: float, error: float | None, other: float | None
) -> bool:
    """Whether a penalty has not kept a state apart from one below it, beyond chance.

    Args:
        overlap: Of the two.
        gap: E_k - E_j.
        beta: beta_j.
        error: The standard error of E_k; None where exact.
        other: That of E_j.
    """
    spread = float(np.hypot(error or 0.0, other or 0.0))
    return overlap > SAME or gap - beta > _DEVIATIONS * spread


def outside(means: Array | None) -> list[str]:
    """States that are not in their sector.

    Args:
        means: Of sum_i (S_i - s_i)^2, shape (K,); None where that is not known.
    """
    return [
        f"state {k} is not in the sector (the mean of (S - s)^2 is {mean:.2g}): the circuit leaves "
        "it, or its start is outside; give a penalty, as qng.symmetries.penalised(problem, S, s)"
        for k, mean in enumerate([] if means is None else means)
        if mean > OUTSIDE
    ]


def shared(values: Mapping[str, float]) -> list[str]:
    """That the states are the lowest levels of another sector than that which was asked for.

    Args:
        values: Of its symmetries, by name; empty: they are not.
    """
    if not values:
        return []
    said = ", ".join(f"{name} = {value + 0.0:g}" for name, value in values.items())
    given = ", ".join(f"{name!r}: {value + 0.0:g}" for name, value in values.items())
    return [
        f"the states are the lowest levels with {said}, and the exact levels are those of all "
        f"values: within={{{given}}} compares with its own"
    ]


def mixed(found: ExcitedStates) -> list[str]:
    """That levels are in the span of the states, which are mixtures of them.

    Args:
        found: States that are not all solved.
    """
    if found.ritz is None or found.levels is None:
        return []
    off = np.abs(found.ritz - found.levels)
    if not np.all(off <= found.goal.accuracy):
        return []
    return [
        f"the span of the states has all levels, within {off.max():.1e} (`ritz`), and the states "
        "are mixtures of near ones: more steps take them apart, or method='newton'"
    ]


def summed(found: Sequence[str], runs: Sequence[Run]) -> str:
    """All remarks as one text."""
    failed = [f"{run.method}: {run.message}" for run in runs if run.failed]
    return "; ".join([*failed, *found]) or NOTHING


def _beyond(overlap: float, errors: Array | None, k: int, j: int) -> bool:
    wide = 0.0 if errors is None else _DEVIATIONS * float(errors[k, j])
    return overlap - wide > _OTHER
