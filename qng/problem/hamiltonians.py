"""Builders of the usual Hamiltonians, as Pauli sums on qubits 0, 1, ...

Terms stand in the order in which the sums below are read; circuits that evolve under a
Hamiltonian term by term follow it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from qng import checks
from qng.circuit.pauli import Pauli, PauliSum
from qng.errors import InputError, shown

Terms = list[tuple[Pauli, float]]
Edge = tuple[int, int]


def tfim(
    n_qubits: int, field: float = 1.0, coupling: float = 1.0, periodic: bool = True
) -> PauliSum:
    """The Ising model in a transverse field, -J sum_k Z_k Z_k+1 - h sum_k X_k.

    Args:
        n_qubits: n, at least 2.
        field: h.
        coupling: J.
        periodic: Whether qubit n - 1 is a neighbour of qubit 0; on two qubits they are already.

    Raises:
        InputError: Fewer than two qubits, or numbers that are not finite.

    Reference:
        At h = J and even n on the ring E_0 = -2 J / sin(pi / 2n); Pfeuty, Ann. Phys. 57, 79
        (1970).

    Example:
        >>> str(tfim(2, field=0.5))
        '-1 Z0 Z1 - 0.5 X0 - 0.5 X1'
    """
    h, j = checks.real("field", field), checks.real("coupling", coupling)
    pairs = neighbours(n_qubits, periodic)
    terms: Terms = [(_word("Z", a, b), -j) for a, b in pairs]
    return PauliSum([*terms, *((_word("X", q), -h) for q in range(n_qubits))])


def xxz(n_qubits: int, delta: float, coupling: float = 1.0, periodic: bool = True) -> PauliSum:
    """The XXZ chain of Pauli matrices, J sum_k (X_k X_k+1 + Y_k Y_k+1 + Delta Z_k Z_k+1).

    Args:
        n_qubits: n, at least 2.
        delta: Delta.
        coupling: J; a quarter of what it is for spins of length 1/2.
        periodic: As of `tfim`.

    Raises:
        InputError: Fewer than two qubits, or numbers that are not finite.

    Example:
        >>> len(xxz(3, 0.5))
        9
    """
    j, d = checks.real("coupling", coupling), checks.real("delta", delta)
    letters = (("X", j), ("Y", j), ("Z", j * d))
    pairs = neighbours(n_qubits, periodic)
    return PauliSum([(_word(p, a, b), c) for a, b in pairs for p, c in letters])


def heisenberg(n_qubits: int, coupling: float = 1.0, periodic: bool = True) -> PauliSum:
    """The Heisenberg chain of Pauli matrices, J sum_k sigma_k . sigma_k+1: `xxz` at Delta = 1.

    Example:
        >>> str(heisenberg(2))
        '1 X0 X1 + 1 Y0 Y1 + 1 Z0 Z1'
    """
    return xxz(n_qubits, 1.0, coupling, periodic)


def sherrington_kirkpatrick(
    n_qubits: int, couplings: ArrayLike | int | np.random.Generator, field: float = 0.0
) -> PauliSum:
    """A spin glass with all couplings, sum_{i<j} J_ij Z_i Z_j - g sum_k X_k.

    Args:
        n_qubits: n, at least 2.
        couplings: J_ij of the pairs i < j in the order (0,1), (0,2), ..., shape (n(n-1)/2,); or a
            matrix of shape (n, n), of which the part above the diagonal counts; or a seed or
            generator, from which they are drawn as normal numbers divided by sqrt(n).
        field: g.

    Raises:
        InputError: Fewer than two qubits, the wrong number of couplings, or numbers that are not
            finite.

    Reference:
        Sherrington, Kirkpatrick, Phys. Rev. Lett. 35, 1792 (1975).

    Example:
        >>> len(sherrington_kirkpatrick(4, 1))
        6
    """
    n = _at_least_two(n_qubits)
    g = checks.real("field", field)
    pairs = [(a, b) for a in range(n) for b in range(a + 1, n)]
    if isinstance(couplings, int | np.integer):
        couplings = np.random.default_rng(checks.whole("the seed of the couplings", int(couplings)))
    if isinstance(couplings, np.random.Generator):
        values = couplings.normal(size=len(pairs)) / math.sqrt(n)
    else:
        values = checks.reals("couplings", couplings)
        if values.shape == (n, n):
            values = values[np.triu_indices(n, 1)]
    if values.shape != (len(pairs),):
        raise InputError(
            f"{n} spins have {len(pairs)} couplings, or a matrix of {n} by {n}, not the shape "
            f"{values.shape}"
        )
    terms = [(_word("Z", a, b), float(j)) for (a, b), j in zip(pairs, values)]
    return PauliSum([*terms, *((_word("X", q), -g) for q in range(n))])


def maxcut(edges: Any, weights: Iterable[float] | None = None, offset: bool = True) -> PauliSum:
    """Minus the weight of a cut, sum_(a,b) w_ab (Z_a Z_b - 1) / 2.

    Args:
        edges: Pairs of nodes 0, 1, ..., or a graph of networkx (whose attribute "weight" counts).
        weights: One an edge; 1 without.
        offset: Whether the constant -sum w / 2 belongs to it, so that energies are minus weights.

    Raises:
        InputError: No edges, an edge that is not a pair of different nodes, or weights that are
            not one finite number an edge.

    Reference:
        PennyLane's `qml.qaoa.maxcut` is the same for weights of 1.

    Example:
        >>> str(maxcut([(0, 1), (1, 2)]))
        '-1 I + 0.5 Z0 Z1 + 0.5 Z1 Z2'
    """
    pairs, own = _graph(edges)
    values = own if weights is None else checks.reals("weights", list(weights))
    if values.shape != (len(pairs),):
        raise InputError(f"{len(pairs)} edge(s) have as many weights, not {values.size}")
    constant: Terms = [(_word("Z"), -float(values.sum()) / 2)] if offset else []
    edge_terms = [(_word("Z", a, b), float(w) / 2) for (a, b), w in zip(pairs, values)]
    return PauliSum([*constant, *edge_terms])


def min_vertex_cover(edges: Any) -> PauliSum:
    """A penalty of 3 for every edge without cover and of 1 for every node of the cover, shifted.

        sum_(a,b) 3/4 (Z_a Z_b + Z_a + Z_b) - sum_k Z_k

    A node is in the cover where its qubit is 1. The constant is left out, as in PennyLane's
    unconstrained `qml.qaoa.min_vertex_cover`, whose order of terms this is.

    Args:
        edges: Pairs of nodes 0, 1, ..., in the order of the terms; or a graph of networkx.

    Raises:
        InputError: No edges, or an edge that is not a pair of different nodes.

    Example:
        >>> str(min_vertex_cover([(0, 1), (1, 2)]))
        '0.75 Z0 Z1 - 0.25 Z0 + 0.5 Z1 + 0.75 Z1 Z2 - 0.25 Z2'
    """
    pairs, _ = _graph(edges)
    nodes = sorted({q for pair in pairs for q in pair} | set(getattr(edges, "nodes", ())))
    terms: Terms = [
        (word, 0.75) for a, b in pairs for word in (_word("Z", a, b), _word("Z", a), _word("Z", b))
    ]
    return PauliSum([*terms, *((_word("Z", q), -1.0) for q in nodes)])


def neighbours(n_qubits: int, periodic: bool = True) -> list[Edge]:
    """The pairs (0,1), (1,2), ... of a chain, and (n-1,0) where it is a ring of three or more.

    Raises:
        InputError: Fewer than two qubits.

    Example:
        >>> neighbours(3)
        [(0, 1), (1, 2), (2, 0)]
    """
    n = _at_least_two(n_qubits)
    chain = [(q, q + 1) for q in range(n - 1)]
    return [*chain, (n - 1, 0)] if periodic and n > 2 else chain


def _graph(edges: Any) -> tuple[list[Edge], Any]:
    """Edges with the weights of a graph of networkx, or 1."""
    given = edges.edges(data="weight", default=1.0) if hasattr(edges, "edges") else edges
    if not isinstance(given, Iterable) or isinstance(given, str):
        raise InputError(f"edges are pairs of nodes, as [(0, 1), (1, 2)], not {shown(edges)}")
    pairs: list[Edge] = []
    own: list[float] = []
    for edge in given:
        if not isinstance(edge, tuple | list) or len(edge) not in (2, 3) or edge[0] == edge[1]:
            raise InputError(f"an edge is a pair of different nodes, not {shown(edge)}")
        a, b = (checks.whole("a node", q, 0) for q in edge[:2])
        pairs.append((a, b))
        own.append(edge[2] if len(edge) == 3 else 1.0)
    if not pairs:
        raise InputError("a graph needs at least one edge")
    return pairs, checks.reals("the weights of the edges", own)


def _at_least_two(n_qubits: int) -> int:
    return checks.whole("n_qubits", n_qubits, 2)


def _word(letter: str, *qubits: int) -> Pauli:
    mask = sum(1 << q for q in qubits)
    return Pauli(mask if letter in "XY" else 0, mask if letter in "YZ" else 0)
