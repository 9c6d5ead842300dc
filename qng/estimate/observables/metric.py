"""The metric of observables with its options: which words, and what weighs them.

    M = J^T W J, J_ri = d_i <P_r>
    projection      W = C^+ / 4, C_rs = Re <P_r P_s> - <P_r> <P_s>
    coefficients    W = diag(a_r^2) / (2 |a|), a_r the coefficients of the words
    terms           W of all words on the qubits of the terms of H: WA-QNG's (`terms`)
    numbers         W = diag(w_r)

"projection" is the Gram matrix of the derivative states projected on the real span of
(P_r - <P_r>) psi: M <= g, with equality where that holds them. "coefficients" is H-QNG's, in which
P_r are the words of H; with all 4^n words of equal coefficients it is g.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike

from qng import checks
from qng.circuit.circuit import Circuit
from qng.circuit.pauli import PauliSum
from qng.errors import InputError, shown
from qng.estimate.observables import projection, terms
from qng.estimate.observables.words import (
    HAMILTONIAN,
    Words,
    is_named,
    listed,
    numbered,
    words_of,
)
from qng.estimate.parts import squares
from qng.geometry import Metric
from qng.plan.plan import Plan
from qng.plan.quantities import By

PROJECTION: Final = "projection"
COEFFICIENTS: Final = "coefficients"
TERMS: Final = "terms"

FLOOR: Final = 0.1
"""Of the projection from shots."""

Weight = str | Mapping[Any, float] | Sequence[float]
"""As it is given: a name, or a number a word."""


def stands_alone(words: Words = None, **_: Any) -> bool:
    """Whether the words are no observable's."""
    return not (words is None or (isinstance(words, str) and words == HAMILTONIAN))


def is_in_units_of_h(by: By) -> bool:
    """Whether it is a metric of observables that is weighed by the coefficients of H: H-QNG's."""
    weight = dict(by.options).get("weight")
    return by.estimator == "observables" and isinstance(weight, str) and weight == COEFFICIENTS


def exact(
    circuit: Circuit,
    observable: PauliSum | None,
    theta: ArrayLike,
    words: Words = None,
    weight: Weight = PROJECTION,
    floor: float | None = None,
) -> Plan[Metric]:
    """The metric of the means of words, J^T W J with J_ri = d_i <P_r>; with W = C^+/4 it is <= g.

    Args:
        circuit: The circuit.
        observable: H, Hermitian, where the words are its own.
        theta: Shape (P,), radians.
        words: P_r: "hamiltonian" (the default), "local-2", "local-3", ..., "light-cone", a list as
            ("Z0 Z1", "X0"), or a sum.
        weight: W: "projection", which is C^+/4, "coefficients", which is H-QNG's, "terms", which is
            WA-QNG's, or a number a word.
        floor: f >= 0 of the projection, W = (C + f)^-1 / 4: combinations of words with a smaller
            variance hardly count; 0, without shots the default: C^+.

    Returns:
        A plan for M, shape (P, P), positive semidefinite.

    Raises:
        InputError: No words, or weights that do not fit.

    Cost: one sweep of P derivative states, and a product of them with one state a word.

    Reference: ours, for the projection; Shi and Wang, arXiv:2511.14511; Shi, Dunjko and Wang,
    arXiv:2504.04932.
    """
    found = words_of(circuit, observable, words)
    sizes = _sizes(found, words, weight, floor)
    if isinstance(sizes, str):
        if sizes == TERMS:
            return terms.exact(circuit, found, theta)
        return projection.exact(circuit, found, theta, floor or 0.0)
    return squares.exact(circuit, found, sizes, theta)


def counted(
    circuit: Circuit,
    observable: PauliSum | None,
    theta: ArrayLike,
    words: Words = None,
    weight: Weight = PROJECTION,
    floor: float | None = None,
) -> Plan[Metric]:
    """The same from shots: J by the shift rule, C from the means of products of words.

    Errors are those of the shots: with a floor of 0.1 intervals of 1.96 errors hold the exact
    metric of that floor in 92 % of all cases and more, from 200 shots a circuit on, and errors are
    up to 2.5 times too large where words depend on each other in the state. Without a floor, what
    combinations of words say whose variance is below the noise of C is not in M, which is smaller
    then, and the errors say nothing of it.

    Args:
        circuit: The circuit.
        observable: H, Hermitian, where the words are its own.
        theta: Shape (P,), radians.
        words: As for `exact`.
        weight: As for `exact`.
        floor: As for `exact`; 0.1 by default, with which the errors hold.

    Returns:
        A plan for M, shape (P, P), with its standard errors; it may have negative eigenvalues.

    Raises:
        InputError: No words, weights that do not fit, or too many products of words.

    Cost: 2R points for every basis that measures words, as of a gradient, and with the projection
    one point for every basis that measures their products.

    Reference: ours, for the projection; Shi and Wang, arXiv:2511.14511; Shi, Dunjko and Wang,
    arXiv:2504.04932; Mitarai et al.,
    arXiv:1803.00745, for the shift.
    """
    found = words_of(circuit, observable, words)
    sizes = _sizes(found, words, weight, floor)
    if isinstance(sizes, str):
        if sizes == TERMS:
            return terms.counted(circuit, found, theta)
        return projection.counted(circuit, found, theta, FLOOR if floor is None else floor)
    return squares.counted(circuit, found, sizes, theta)


def _sizes(
    words: PauliSum, listing: Words, weight: Weight, floor: float | None
) -> list[float] | str:
    """w_r of every word; a name where these depend on the state.

    Args:
        words: The words.
        listing: As they were given.
        weight: As it was given.
        floor: Likewise.

    Raises:
        InputError: An unknown name, a negative number, not one a word, or a floor of no projection.
    """
    checks.not_negative("floor", floor or 0.0)
    if isinstance(weight, str) and weight == PROJECTION:
        return weight
    if floor:
        raise InputError(f"floor={floor:g} is of weight={PROJECTION!r}, not of {shown(weight)}")
    if isinstance(weight, str):
        if weight == TERMS:
            return weight
        if weight == COEFFICIENTS:
            squared = np.array([c.real for _, c in words]) ** 2
            return [float(size) for size in squared / (2 * np.sqrt(squared.sum()))]
        raise InputError(
            f"the weight of words is {PROJECTION}, {COEFFICIENTS}, {TERMS} or a number a word, not "
            f"{shown(weight)}"
        )
    given = words if is_named(listing) else listed(listing).hermitian()
    numbers = numbered(given, weight)
    return [numbers[word] for word, _ in words]
