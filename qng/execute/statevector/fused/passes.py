"""The passes of a circuit at one point, as the kernels take them, and sweeps of single states."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final

import numpy as np

from qng.arrays import Amplitudes, Array, Integers
from qng.circuit.pauli import PauliSum
from qng.execute.statevector.fused.fuse import Fused
from qng.execute.statevector.fused.spectra import levels
from qng.execute.statevector.fused.team import together, useful
from qng.execute.statevector.kernels import bundles, carry, gates, sweeps
from qng.execute.statevector.kernels import observable as observables
from qng.execute.statevector.kernels import slopes as of_slopes
from qng.execute.statevector.kernels.alone import ALONE

# Qubits from which on permutations take megabytes.
_MANY: Final = 14

# Kept states, rows in single precision, and the number of the only row.
_NONE: Final = np.empty(0, dtype=np.int64)
_NO_ROWS: Final = np.empty((0, 0), dtype=np.float32)
_FIRST: Final = np.zeros(1, dtype=np.int64)


class Passes:
    """A fused circuit with numbers for its angles.

    Args:
        program: The passes.
        phi: Angles of the R rotations, shape (R,).
        kept: Whether the phases and turns of all passes are kept, as long as many states go
            through them; a sweep makes them when it comes to them, so after one of the whole
            circuit several threads may use them. Otherwise there is room for one pass.
        threads: How many threads may share a sweep; results do not depend on it.

    Attributes:
        shape: Of a state in planes: (1 or 2, 2^n).
        tables: What the kernels read of the program.
        point: Gates, phases and turns at this point.
        before: Rotations of TURN passes as Hermitian matrices on the state before the pass, shape
            (R, 4).
        after: The same on the state after it.
    """

    def __init__(self, program: Fused, phi: Array, kept: bool = False, threads: int = 1) -> None:
        self.program = program
        self.shape = (1 if program.is_real else 2, 2**program.n_qubits)
        self._threads = useful(threads, self.shape[1])
        self.tables = _tables(program)
        self.before, self.after = np.zeros((2, len(phi), 4))
        angles = np.concatenate([phi, program.fixed])
        turned = _gates(program, angles, self.before, self.after)
        point = (*turned, angles, *_room(program, kept))
        self.point = (*point, _code(self.tables, point))

    def states(self, kept: Integers) -> Array:
        """U_k|0...0> before the passes k with kept[k] >= 0, in planes, at these places.

        Args:
            kept: Shape (T + 1,); the last one is the state after the circuit.
        """
        rows = np.empty((int(kept.max()) + 1, *self.shape))
        spare = np.empty((2, *self.shape))
        at = self.tables, self.point

        def sweep(share: Any) -> None:
            sweeps.states(spare[0], spare[1], kept, rows, *at, share)

        together(sweep, self._threads)
        return rows

    def state(self) -> Array:
        """The state after the circuit, in planes."""
        kept = np.full(len(self.program.kinds) + 1, -1, dtype=np.int64)
        kept[-1] = 0
        state: Array = self.states(kept)[0]
        return state

    def push_forward(self, weights: Array) -> Array:
        """sum_r weights[r] d_r psi in planes, one of three states; weights of shape (R,)."""
        program = self.program
        order = np.argsort(program.places[:, 1], kind="stable")
        room = np.empty((3, *self.shape))
        row, fed = room[0].reshape(1, -1), (np.array([0, len(order)]), order, weights[order])
        at = self.tables, self.point, program.places, self.before, self.after
        beside = _NONE, room[2:], room[1:2]
        found = [0]

        def sweep(share: Any) -> None:
            found[0] = sweeps.derivatives(
                row, _NO_ROWS, _FIRST, 0, len(program.kinds), *fed, *at, *beside, share
            )

        together(sweep, self._threads)
        dpsi: Array = room[found[0]]
        return dpsi

    def pull_back(self, psi: Array, w: Array) -> Array:
        """Re <d_r psi|w> of all rotations, shape (R,); both states, in planes, are used up."""
        return self.pull_back_along(psi[None], _NONE, len(self.program.kinds), w)

    def pull_back_along(self, states: Array, kept: Integers, middle: int, w: Array) -> Array:
        """The same with the states that have been kept.

        Args:
            states: In planes, shape (kept states, planes, 2^n); they stay.
            kept: The number of the state before pass k, or -1, shape (T + 1,).
            middle: The pass before which slopes are taken from the state after a pass.
            w: In planes; it is used up.
        """
        spare = np.empty(self.shape)
        out = np.zeros((of_slopes.sums(self.shape[1]), len(self.after)))
        at = self.tables, self.point, self.before, self.after

        def sweep(share: Any) -> None:
            sweeps.pull_back(states, kept, middle, w, spare, out, *at, share)

        together(sweep, self._threads)
        found: Array = out.sum(axis=0)
        return found


def _code(tables: Any, point: tuple[Any, ...]) -> int:
    """Where the machine code is that carries a state; no kernel is compiled without it."""
    through = carry.through
    if not through.compiled.overloads:
        nothing = np.zeros((1, 1))
        through(nothing, nothing, 0, 0, tables, bundles.Bundle((*point, 0)), ALONE)
    address: int = through.address
    return address


def _gates(program: Fused, angles: Array, before: Array, after: Array) -> tuple[Any, ...]:
    """The gates of TURN passes, and their rotations into `before` and `after`.

    Returns:
        Where those of each pass start, the bit of each, whether it is real, and the matrices of the
        gates and of their inverses.
    """
    n_gates = program.n_gates
    starts = np.zeros(len(program.kinds) + 1, dtype=np.int64)
    bit = np.zeros(n_gates, dtype=np.int64)
    real = np.zeros(n_gates, dtype=np.bool_)
    matrices = np.zeros((2, n_gates, 8))
    gates.make(
        program.kinds,
        program.starts,
        program.elements,
        angles,
        program.pool,
        len(before),
        starts,
        bit,
        real,
        matrices,
        before,
        after,
        np.zeros((5, 4), dtype=complex),
    )
    return starts, bit, real, *matrices


def _room(program: Fused, kept: bool) -> tuple[Any, ...]:
    """Room for the phases and turns of PHASE and PAIR passes.

    Returns:
        Of every pass the number of its table, where that starts, and how many cosines it has, as
        many as sines, shape (T, 3); the pass that each table holds now, or -1; and all tables.
    """
    widths = program.widths
    places = np.zeros((len(widths), 3), dtype=np.int64)
    places[:, 2] = widths
    if kept:
        places[:, 0] = np.arange(len(widths))
        places[1:, 1] = 2 * np.cumsum(widths[:-1])
    n_tables = len(widths) if kept else 1
    return places, np.full(n_tables, -1, dtype=np.int64), np.empty(_numbers(program, kept))


def table_bytes(program: Fused, kept: bool = True) -> int:
    """What phases and turns take at a point: those of all passes, or room for any one of them."""
    return 8 * _numbers(program, kept)


def _numbers(program: Fused, kept: bool) -> int:
    return 2 * (program.width if kept else program.widest)


def planes(state: Amplitudes, n_planes: int) -> Array:
    """Amplitudes as real parts and imaginary parts, shape (n_planes, 2^n)."""
    return np.array([state.real, state.imag][:n_planes])


def amplitudes(state: Array) -> Amplitudes:
    """Planes as amplitudes, shape (2^n,)."""
    found = np.empty(state.shape[1], dtype=complex)
    found.real = state[0]
    found.imag = state[1] if len(state) == 2 else 0.0
    return found


def moments(observable: PauliSum, psi: Array, threads: int = 1) -> tuple[float, float, Array]:
    """<H>, <H^2> - <H>^2 and the part of H psi in the planes that psi has."""
    *words, n_planes = _terms(observable)
    size = psi.shape[1]
    w = np.empty((max(n_planes, len(psi)), size))
    found = np.zeros((2, of_slopes.sums(size)))

    def sweep(share: Any) -> None:
        observables.moments(w, psi, *words, found, share)

    together(sweep, useful(threads, size))
    energy, variance = found.sum(axis=1).tolist()
    return energy, variance, w[: len(psi)]


@lru_cache(maxsize=64)
def _terms(observable: PauliSum) -> tuple[Any, ...]:
    """Where the groups of equal x start, their x, and per word z and the factor of X^x Z^z.

    The last is the number of planes of H psi for a real psi.
    """
    groups: dict[int, list[tuple[int, complex]]] = {}
    for word, c in observable:
        factor = complex(c) * 1j ** ((word.x & word.z).bit_count() % 4)
        groups.setdefault(word.x, []).append((word.z, factor))
    flat = [entry for group in groups.values() for entry in group]
    starts = np.cumsum([0, *map(len, groups.values())])
    factors = np.array([factor for _, factor in flat], dtype=complex)
    return (
        starts.astype(np.int64),
        np.array(list(groups), dtype=np.int64),
        np.array([z for z, _ in flat], dtype=np.int64),
        factors.real.copy(),
        factors.imag.copy(),
        2 if factors.imag.any() else 1,
    )


def _tables(program: Fused) -> Any:
    """What the kernels read of a program; kept for few where it is long."""
    return _few(program) if program.n_qubits > _MANY else _several(program)


def _made(program: Fused) -> Any:
    size = 2**program.n_qubits
    images = np.zeros((len(program.columns), size), dtype=np.uint32)
    sources = np.zeros_like(images)
    for image, source, columns in zip(images, sources, program.columns):
        for q, column in enumerate(columns):
            image[1 << q : 2 << q] = image[: 1 << q] ^ column
        source[image] = np.arange(size, dtype=np.uint32)
    known = levels(program.spectra)
    arrays = (
        program.kinds,
        program.starts,
        program.elements,
        program.flips,
        program.odd,
        program.pool,
        program.pool_inverse,
        program.offsets,
        images,
        sources,
        program.patterns.bounds,
        program.patterns.bases,
        program.patterns.inside,
        known.groups,
        program.spectra.coefficients,
        known.starts,
        known.values,
        known.which,
    )
    return bundles.Bundle(arrays)


_several = lru_cache(maxsize=64)(_made)
_few = lru_cache(maxsize=2)(_made)
