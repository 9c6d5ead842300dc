"""Derivative states of many parameters on few qubits, section by section of the circuit.

A row that goes through all passes up to the meeting costs as much as the circuit is long. Here it
goes to the border of its own section, and all rows of a section go on together, by one product:

    |d> at the border, time t  ->  W|d> at the meeting, time M,    W^dagger = V_t V_M^dagger.

The columns of W^dagger are the basis states, carried from M to t. They are carried as one state of
2n qubits, sum_i |i>|i>, on whose lower n the circuit acts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Final

import numpy as np

from qng.arrays import Array, Integers
from qng.circuit.circuit import Circuit
from qng.circuit.derived import derived
from qng.execute.statevector.fused.fuse import Fused, fused
from qng.execute.statevector.fused.passes import Passes, table_bytes
from qng.execute.statevector.kernels import bundles, carry
from qng.execute.statevector.kernels.alone import ALONE
from qng.execute.statevector.tangents import products

# Parameters an amplitude from which on it is faster, as measured.
_MANY: Final = 12

# What the work of a section beside its rows is worth, in amplitudes that a pass changes.
_A_SECTION: Final = 100_000

Carried = Callable[[Array, int, Integers, Integers, Integers], None]
"""Fills rows from which time they meet at, their entries, rotations and weights' places."""


def worth_it(circuit: Circuit, n_rows: int, n_entries: int) -> bool:
    """Whether rows go by sections.

    Args:
        circuit: The circuit.
        n_rows: How many are made at once.
        n_entries: How many rotations feed all rows; where they feed several, these are in many
            sections.
    """
    many = n_rows > _MANY << circuit.n_qubits and n_entries <= 2 * n_rows
    return many and _wide(circuit) is not None


def fill(
    rows: Array,
    start: int,
    circuit: Circuit,
    phi: Array,
    columns: Integers,
    rotations: Integers,
    middle: int,
    carried: Carried,
    threads: int,
) -> None:
    """The derivative states of the parameters from start on, as the beginnings of rows.

    Args:
        rows: To be filled.
        start: The parameter of the first.
        circuit: The circuit.
        phi: Angles of its rotations.
        columns: The parameter of every entry, ascending.
        rotations: What feeds it, in the order of the elements.
        middle: The time at which rows meet.
        carried: Carries rows to the border of their section.
        threads: How many threads may be used for products.
    """
    program = fused(circuit)
    planes, size = 1 if program.is_real else 2, 2**circuit.n_qubits
    passes = program.places[rotations, 0]
    wanted = (columns >= start) & (columns < start + len(rows))
    rows[:, : planes * size] = 0.0
    n_passes = len(program.kinds)
    number = int(np.sqrt(len(rows) * n_passes * size / _A_SECTION)) + 1
    length = -(-n_passes // number)
    # From the middle to both ends.
    early = [*range(middle, 0, -length), 0]
    late = [*range(middle, n_passes, length), n_passes]
    for borders in (early, late):
        for border, onward, end in zip(_onward(circuit, phi, borders), borders, borders[1:]):
            low, high = min(onward, end), max(onward, end)
            here = np.flatnonzero(wanted & (passes >= low) & (passes < high))
            if not len(here):
                continue
            fed, entries = np.unique(columns[here], return_index=True)
            found = np.empty((len(fed), planes * size))
            carried(found, onward, np.append(entries, len(here)), rotations[here], here)
            if border is not None:
                found = products.between(found, border, planes * size, threads)
            rows[fed - start, : planes * size] += found


def _onward(circuit: Circuit, phi: Array, borders: list[int]) -> Iterator[Array | None]:
    """What takes rows on from each border to the first one, as rows of a product; None: nothing."""
    yield None
    if len(borders) == 2:
        return
    wide = Passes(_known(circuit), phi)
    point = bundles.Bundle(wide.point)
    size = 2**circuit.n_qubits
    v, spare = np.zeros((2, *wide.shape))
    v[0] = np.eye(size).ravel()
    for time, border in pairwise(borders[:-1]):
        if carry.through(v, spare, time, border, wide.tables, point, ALONE):
            v, spare = spare, v
        # Re and Im of sum_j conj(v_ij) d_j, with re d and then im d in a row.
        re, im = v[0].reshape(size, size), v[-1].reshape(size, size)
        yield re if len(v) == 1 else np.block([[re, im], [-im, re]])


def held(circuit: Circuit, n_rows: int) -> int:
    """Bytes beside the rows."""
    program = _known(circuit)
    of_sections = 2 * n_rows * 16 << circuit.n_qubits
    of_an_amplitude = 96 + 8 * len(program.columns)
    tables = table_bytes(program, kept=False) + program.spectra.n_bytes
    return of_sections + (of_an_amplitude << program.n_qubits) + tables


def _known(circuit: Circuit) -> Fused:
    found = _wide(circuit)
    assert found is not None
    return found


@derived
def _wide(circuit: Circuit) -> Fused | None:
    """The passes of the circuit beside as many qubits again, unless they are others."""
    found = fused(Circuit(2 * circuit.n_qubits, circuit.ops, circuit.parameters))
    return found if np.array_equal(found.kinds, fused(circuit).kinds) else None
