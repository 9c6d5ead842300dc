"""The arrays of which a circuit's parameters are the entries.

Methods that act on matrices (K-FAC, Shampoo, Muon) need to know them. PennyLane's arguments keep
their shapes in the names of the parameters, "weights[1,2]"; parameters in no array of their own
are taken as layers x qubits where their number allows it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import groupby
from typing import Final

import numpy as np

from qng.circuit.circuit import Circuit

_ENTRY: Final = re.compile(r"(.*)\[(\d+(?:,\d+)*)\]")

Shapes = tuple[tuple[int, ...], ...]
"""Shapes of arrays, in the order in which theta ravels them."""


def arrays_of(circuit: Circuit) -> Shapes:
    """Shapes of the arrays that theta ravels, in order.

    Returns:
        Those of the names, where one of them has two dimensions or more; else (P/n, n) for n
        qubits where n divides P, else (P,).

    Example:
        >>> from qng.circuit.ansatz import real_amplitudes
        >>> arrays_of(real_amplitudes(3, 2))
        ((3, 3),)
    """
    named = _named(circuit.parameters)
    if any(len(shape) > 1 for shape in named):
        return named
    size, n = circuit.n_parameters, circuit.n_qubits
    return ((size // n, n),) if n and size and size % n == 0 else ((size,),)


def _named(names: Sequence[str]) -> Shapes:
    """By the names: whole arrays with their shapes, all others flat."""
    entries = [_entry(name) for name in names]
    shapes = []
    for _, group in groupby(entries, key=lambda entry: (entry[0], len(entry[1]))):
        places = [place for _, place in group]
        shape = tuple(int(k) + 1 for k in np.max(places, axis=0))
        whole = places == [tuple(map(int, place)) for place in np.ndindex(*shape)]
        shapes.append(shape if whole and shape else (len(places),))
    return tuple(shapes)


def _entry(name: str) -> tuple[str, tuple[int, ...]]:
    """The name of the array and the place in it; () for what is no entry."""
    found = _ENTRY.fullmatch(name)
    if found is None:
        return name, ()
    return found[1], tuple(map(int, found[2].split(",")))
