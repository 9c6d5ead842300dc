r"""Several levels at once: the weighted sum of energies of orthogonal states of one circuit.

    C(theta) = sum_k w_k <x_k| U^dagger(theta) H U(theta) |x_k>,    w_0 > w_1 > ... > 0

The states U |x_k> stay orthogonal at every theta. With E_k their energies and e_k the lowest levels
of H, S_k = sum_{j <= k} (E_j - e_j) >= 0 for any k + 1 orthogonal states (Ky Fan), and

    C - sum_k w_k e_k = sum_k (w_k - w_{k+1}) S_k,    w_K = 0

So C is lowest exactly at the K lowest states in their order, and an error of C of no more than
min_k (w_k - w_{k+1}) times an accuracy leaves every level within the accuracy.

Reference:
    Nakanishi, Mitarai, Fujii, arXiv:1810.09434; the bound is ours.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from qng import checks
from qng.arrays import Array
from qng.circuit.circuit import Circuit
from qng.circuit.gate import Gate
from qng.circuit.pauli import bits
from qng.errors import InputError, shown
from qng.problem.levels import Sector, checked_sector, determinants, levels
from qng.problem.problem import Problem, Reference


def subspace(
    problem: Problem,
    states: int = 2,
    weights: ArrayLike | None = None,
    references: Sequence[str] | None = None,
    within: Mapping[Any, float] | None = None,
) -> Problem:
    """The problem of the lowest levels of another one, all at once.

    Args:
        problem: Of one circuit U. X gates at its beginning make its own reference, and give way to
            those of the references.
        states: K, how many levels; as many as references where these are given.
        weights: w_k, shape (K,), positive and descending; K, K - 1, ..., 1 by default, over their
            sum: evenly spaced weights bound the errors of levels best.
        references: x_k, strings of n zeros and ones, qubit 0 on the right. By default the
            determinants with the lowest <x|H|x>.
        within: Symmetries, or their names in the problem, with their values, such as
            {particle_number(4): 2} or {"N": 2}: the references are
            of this sector, and so are the levels to compare with, which is right where the
            circuit conserves them.

    Returns:
        A weighted problem (`Problem.weighted`) with the reference sum_k w_k e_k, where these are
        known (12 qubits), and an accuracy within which every level is within that of `problem`.

    Raises:
        InputError: Several circuits, states that are not possible, weights that are not descending,
            references that are not like that or not in the sector.

    Example:
        >>> from qng.problem.library import load
        >>> h2 = subspace(load("h2"), 3)
        >>> [round(weight, 3) for _, weight in h2.ensemble], round(h2.reference.energy, 4)
        ([0.5, 0.333, 0.167], -0.829)
    """
    circuit = one_circuit(problem, "levels at once")
    sector = checked_sector(within, problem)
    n = circuit.n_qubits
    if references is None:
        k = checks.whole("states", states, 1)
        if k > 2**n:
            raise InputError(f"{n} qubits have {2**n} states, and {k} are asked for")
        found = determinants(problem.observable, n, sector)
        if len(found) < k:
            raise InputError(
                f"the sector has {len(found)} computational state(s) and {k} are asked for: give "
                "references"
            )
        texts = tuple(format(x, f"0{n}b") for x in found[:k])
    else:
        texts = _checked_references(references, n)
        k = len(texts)
        if sector:
            allowed = set(determinants(problem.observable, n, sector))
            for text in texts:
                if int(text, 2) not in allowed:
                    raise InputError(f"the reference {text} does not have the symmetries of within")
    w = _checked_weights(weights, k)
    exact = levels(problem.observable, k, n, sector)
    gaps = w - np.append(w[1:], 0.0)
    ensemble = tuple((prepared(circuit, text), float(x)) for text, x in zip(texts, w))
    energy = None if exact is None else Reference(float(w @ exact), _how(k, sector))
    name = problem.name and f"{problem.name}, {k} levels"
    return replace(
        problem,
        circuit=ensemble[0][0],
        ensemble=ensemble,
        reference=energy,
        name=name,
        accuracy=problem.accuracy * float(gaps.min()),
    )


def one_circuit(problem: Problem, what: str) -> Circuit:
    """The circuit of a problem that has one.

    Raises:
        InputError: It has several, or is none of circuits.
    """
    if not isinstance(problem, Problem):
        raise InputError(f"{what}: a problem of circuits is expected, not {shown(problem)}")
    if len(problem.ensemble) > 1 or problem.ensemble[0][1] != 1.0:
        raise InputError(f"{what}: the problem has several weighted circuits, and one is expected")
    return problem.circuit


def prepared(circuit: Circuit, reference: str) -> Circuit:
    """The circuit on another computational state.

    Args:
        circuit: U on |0...0>, or on the state that X gates at its beginning make.
        reference: The state, n zeros and ones, qubit 0 on the right.
    """
    rest, touched = [], 0
    for op in circuit.ops:
        leads = isinstance(op, Gate) and op.name == "x" and not touched & op.support
        if not leads:
            rest.append(op)
            touched |= op.support
    flips = [Gate("x", (q,)) for q in bits(int(reference, 2))]
    return Circuit(circuit.n_qubits, [*flips, *rest], circuit.parameters, circuit.noisy)


def _checked_references(references: Any, n: int) -> tuple[str, ...]:
    texts = tuple(references) if isinstance(references, list | tuple) else (references,)
    for text in texts:
        if not isinstance(text, str) or len(text) != n or set(text) - set("01"):
            raise InputError(f"references are strings of {n} zeros and ones, not {shown(text)}")
    if not texts or len(set(texts)) < len(texts):
        raise InputError(f"references are different strings, one at least, not {shown(references)}")
    return texts


def _checked_weights(weights: ArrayLike | None, k: int) -> Array:
    if weights is None:
        found = np.arange(k, 0, -1, dtype=float)
        return np.asarray(found / found.sum())
    w = checks.reals("weights", weights)
    if w.shape != (k,):
        raise InputError(f"{k} states have as many weights, not the shape {w.shape}")
    if not np.all(np.isfinite(w)) or w[-1] <= 0 or np.any(np.diff(w) >= 0):
        raise InputError(
            f"weights are positive and descending, one a state from the lowest one up, not "
            f"{shown(w.tolist())}: equal ones find the subspace and not the levels"
        )
    return w


def _how(states: int, within: Sector | None) -> str:
    where = " of the sector" if within else ""
    return f"exact diagonalisation: the {states} lowest level(s){where}, weighted"
