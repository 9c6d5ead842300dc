"""Derivative states of all parameters at one time, for their Gram matrix.

<d_i psi|d_j psi> does not change when both states go through the same unitary. So the derivative
states are not carried to the end of the circuit but to its middle, those of later rotations
backwards: half the way.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike

from qng.arrays import Array, Integers
from qng.circuit.circuit import Circuit
from qng.circuit.jacobian import Slopes
from qng.circuit.pauli import PauliSum
from qng.execute.statevector.fused.fuse import Fused, fused
from qng.execute.statevector.fused.passes import Passes, moments, table_bytes
from qng.execute.statevector.kernels import sweeps
from qng.execute.statevector.kernels.alone import ALONE
from qng.execute.statevector.tangents import products, sections
from qng.execute.statevector.tangents.rows import lent, stride
from qng.threads import mapped

# States that a thread works in, and those for every further one.
_SCRATCH: Final = 9
_A_THREAD: Final = 3


@dataclass(frozen=True, eq=False)
class Route:
    """Which rotations feed which row, and where rows meet.

    Args:
        entries: Row i is fed by rotations[entries[i]:entries[i + 1]], shape (P + 1,).
        rotations: In the order of the passes and of their elements.
        weights_of: Where their weights are among the values of the Jacobian.
        middle: The pass before which the rows meet.
        order: Rows by how far they go, the longest way first.
        kept: The number under which the state before pass k is kept, or -1, shape (T + 1,).
    """

    entries: Integers
    rotations: Integers
    weights_of: Integers
    middle: int
    order: Integers
    kept: Integers

    @property
    def n_states(self) -> int:
        """How many states are kept, the one where rows meet included."""
        return int(self.kept.max()) + 1


def route(program: Fused, jacobian: Slopes, at_end: bool = False) -> Route:
    """The way of the rows for the Jacobian A, shape (R, P), to the middle or to the end."""
    a = jacobian
    return _route(program, a.rows.tobytes(), a.columns.tobytes(), a.shape[1], at_end)


@lru_cache(maxsize=256)
def _route(
    program: Fused, of_rotations: bytes, of_columns: bytes, n_columns: int, at_end: bool
) -> Route:
    rotations = np.frombuffer(of_rotations, np.int64)
    columns = np.frombuffer(of_columns, np.int64)
    order = np.lexsort((program.places[rotations, 1], columns))
    rotations, columns = rotations[order], columns[order]
    passes = program.places[rotations, 0]
    entries = np.searchsorted(columns, np.arange(n_columns + 1))
    fed = np.flatnonzero(np.diff(entries))
    first, last = passes[entries[fed]], passes[entries[fed + 1] - 1]
    way = np.concatenate([[0.0], np.cumsum(program.costs)])
    times = [len(way) - 1] if at_end else range(len(way))
    lengths = {time: _lengths(way, time, first, last) for time in times}
    middle = min(lengths, key=lambda time: float(lengths[time].sum()))
    of_all = np.zeros(n_columns)
    of_all[fed] = lengths[middle]
    longest = np.argsort(-of_all, kind="stable")
    return Route(entries, rotations, order, middle, longest, _kept(passes, middle, len(way)))


def updates(circuit: Circuit, theta: ArrayLike) -> int:
    """Amplitudes that are written for the derivative states of all parameters.

    It is what the exact metric costs where states are large, but for the products of the states:
    for each parameter the passes between its rotations and the time at which the states meet, of
    2^n amplitudes each.

    Args:
        circuit: Of n qubits.
        theta: Shape (P,), radians.
    """
    program = fused(circuit)
    way = route(program, circuit.slopes(theta))
    passes = program.places[way.rotations, 0]
    fed = np.flatnonzero(np.diff(way.entries))
    first, last = passes[way.entries[fed]], passes[way.entries[fed + 1] - 1]
    times = np.arange(len(program.kinds) + 1, dtype=float)
    return int(_lengths(times, way.middle, first, last).sum()) << circuit.n_qubits


def _lengths(way: Array, time: int, first: Integers, last: Integers) -> Array:
    """What rows cost that meet at a time, with rotations in passes from `first` to `last`.

    Args:
        way: The cost of all passes before a time, shape (T + 1,).
        time: Of the meeting.
        first: The first pass that feeds each row.
        last: The last one.
    """
    ahead = np.maximum(way[time] - way[first + 1], 0.0)
    back = np.maximum(way[last] - way[time], 0.0)
    lengths: Array = ahead + back
    return lengths


def _kept(passes: Integers, middle: int, n_times: int) -> Integers:
    """Numbers of the states that rotations need: after early passes, before late ones."""
    needed = np.zeros(n_times, dtype=bool)
    needed[np.where(passes < middle, passes + 1, passes)] = True
    needed[[middle, -1]] = True
    return np.where(needed, np.cumsum(needed) - 1, -1)


class Meeting:
    """The state and the derivative states at one time of the circuit, at one point.

    Args:
        circuit: The circuit.
        phi: Angles of its rotations, shape (R,).
        jacobian: A = d phi / d theta, shape (R, P).
        single: Whether derivative states are kept in single precision, half as large. They are
            rounded when they have met; products are summed in single precision over short
            stretches, and these in double precision.
        at_end: Whether the time is that after the circuit, and not in the middle, wherever the rows
            have the shortest way.

    Cost: the state, kept where rotations act. A row goes through half of the passes after its
    rotation, on average, or through all of them to the end.
    """

    def __init__(
        self,
        circuit: Circuit,
        phi: Array,
        jacobian: Slopes,
        single: bool = False,
        at_end: bool = False,
        threads: int = 1,
    ) -> None:
        self._circuit, self._phi = circuit, phi
        self._kind = np.float32 if single else np.float64
        self._threads = threads
        self._at = Passes(fused(circuit), phi, True, threads)
        self._shape = self._at.shape
        self._route = route(self._at.program, jacobian, at_end)
        self._weights = jacobian.values[self._route.weights_of]
        self._kept = self._at.states(self._route.kept)

    @property
    def state(self) -> Array:
        """Real parts of the amplitudes, and then imaginary parts unless all are real."""
        way = self._route
        found: Array = self._kept[way.kept[way.middle]].reshape(-1)
        return found

    def rows(self, start: int, stop: int, threads: int = 1) -> Array:
        """Derivative states of the parameters from start to stop, of the form of `state`.

        Args:
            start: The first parameter.
            stop: One after the last.
            threads: How many threads may be used; the result does not depend on it.
        """
        found = np.empty((stop - start, len(self.state)), dtype=self._kind)
        self._fill(found, start, threads)
        return found

    def _fill(self, rows: Array, start: int, threads: int) -> None:
        """The derivative states of the parameters from start on, as the beginnings of rows."""
        way = self._route
        if sections.worth_it(self._circuit, len(rows), len(way.rotations)):
            columns = np.repeat(np.arange(len(way.entries) - 1), np.diff(way.entries))
            of = self._circuit, self._phi, columns, way.rotations, way.middle
            sections.fill(rows, start, *of, self._in_a_section, threads)
            return
        wanted = way.order[(way.order >= start) & (way.order < start + len(rows))]
        single = self._kind is np.float32
        none = np.empty((0, 0), dtype=float if single else np.float32)
        both = (none, rows) if single else (rows, none)
        fed = way.entries, way.rotations, self._weights

        def fill(mine: Integers) -> None:
            self._carry(*both, mine, start, way.middle, *fed)

        mapped(fill, [wanted[k::threads].copy() for k in range(threads)], threads)

    def _in_a_section(
        self, rows: Array, time: int, entries: Integers, rotations: Integers, here: Integers
    ) -> None:
        none = np.empty((0, 0), dtype=np.float32)
        weights = self._weights[here]
        self._carry(rows, none, np.arange(len(rows)), 0, time, entries, rotations, weights)

    def _carry(
        self, rows: Any, rounded: Any, mine: Integers, start: int, middle: int, *fed: Any
    ) -> None:
        """What `sweeps.derivatives` does, with entries, rotations and weights."""
        way, at = self._route, self._at
        scratch = np.empty((3 if len(rounded) else 2, *self._shape))
        tables = at.tables, at.point, at.program.places, at.before, at.after
        kept = way.kept, self._kept, scratch
        sweeps.derivatives(rows, rounded, mine, start, middle, *fed, *tables, *kept, ALONE)

    def gradient(self, observable: PauliSum) -> tuple[float, float, Array]:
        """<H>, <H^2> - <H>^2 and d<H>/d phi, shape (R,), by one reverse sweep of H psi.

        Entries of rotations that feed no row are zero.
        """
        way = self._route
        energy, variance, w = moments(observable, self._kept[way.kept[-1]], self._threads)
        slopes = self._at.pull_back_along(self._kept, way.kept, way.middle, w)
        return energy, variance, 2.0 * slopes

    def gram(self, most: int, threads: int = 1) -> tuple[Array, Array]:
        """Re <d_i psi|d_j psi>, shape (P, P), and b with <psi|d_j psi> = i b_j, shape (P,).

        b_j = Re <d_j psi|i psi> where amplitudes are complex, so i psi is a row beside the others.

        Args:
            most: How many rows may be held at once, at least 2. Where P are more they are made
                again for every pair of blocks.
            threads: How many threads may be used; the result does not depend on it.
        """
        n_rows, size = len(self._route.entries) - 1, len(self.state)
        length = n_rows if n_rows <= most else most // 2
        blocks = [slice(k, min(k + length, n_rows)) for k in range(0, n_rows, max(length, 1))]
        gram, b = np.empty((n_rows, n_rows)), np.zeros(n_rows)
        beside = self._shape[0] - 1
        room = min(n_rows, 2 * length) + beside
        with lent(room, size, self._kind, most + beside) as memory:
            for k, here in enumerate(blocks):
                own = here.stop - here.start
                rows = memory[: own + beside]
                self._fill(rows[:own], here.start, threads)
                if beside:
                    psi = self.state.reshape(self._shape)
                    rows[own, :size] = np.concatenate([-psi[1], psi[0]])
                inside = products.gram(rows, size, threads)
                if own < n_rows:
                    gram[here, here] = inside[:own, :own]
                else:
                    gram = inside[:own, :own]
                if beside:
                    b[here] = inside[own, :own]
                for there in blocks[:k]:
                    others = memory[own + beside :][: there.stop - there.start]
                    self._fill(others, there.start, threads)
                    gram[here, there] = products.between(rows[:own], others, size, threads)
                    gram[there, here] = gram[here, there].T
        return gram, b


def held(circuit: Circuit, jacobian: Slopes, threads: int = 1) -> int:
    """Bytes that a `Meeting` holds beside the rows, tables and scratch included.

    Args:
        circuit: The circuit.
        jacobian: A = d phi / d theta, shape (R, P).
        threads: How many threads there are.
    """
    program = fused(circuit)
    states = route(program, jacobian).n_states + _SCRATCH + _A_THREAD * (threads - 1)
    of_an_amplitude = 16 * states + 8 * len(program.columns)
    of_all = (of_an_amplitude << circuit.n_qubits) + table_bytes(program) + program.spectra.n_bytes
    n_rows = jacobian.shape[1]
    if sections.worth_it(circuit, n_rows, len(jacobian.rows)):
        of_all += sections.held(circuit, n_rows)
    return of_all


def of_a_row(n_qubits: int, n_rows: int, kind: type) -> int:
    """Bytes of a row of the Gram matrix of so many rows, with the parts of its products."""
    size = 2 << n_qubits
    n_parts = products.parts(n_rows, size)
    of_parts = 8 * n_rows * n_parts if n_parts > 1 else 0
    return stride(size, kind) * np.dtype(kind).itemsize + of_parts
