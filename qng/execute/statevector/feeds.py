"""Which derivative states the levels of a small circuit feed, and with what.

Row j is sum_r A_rj d_r psi. Rows stand in the order in which they are first fed, so that those
that have begun before a level are the first ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np

from qng.arrays import Array, Integers
from qng.circuit.circuit import Circuit
from qng.circuit.jacobian import Slopes
from qng.execute.statevector.levels import Levels, levels


@dataclass(frozen=True, eq=False)
class Feed:
    """What one level feeds.

    Args:
        begun: How many rows have begun before it.
        rows: Those that it feeds, a stretch where all of them are new.
        n_rows: How many they are.
        is_new: Whether all of them begin here.
        entries: The entries of A that belong to its rotations.
        which: The place of each entry in `rows`.
        inside: The place of its rotation in the level.
    """

    begun: int
    rows: Integers | slice
    n_rows: int
    is_new: bool
    entries: Integers
    which: Integers
    inside: Integers

    def directions(self, signs: Array, weights: Array) -> Array:
        """sum_k A_kj s_k of every row j that is fed, shape (points, rows, 2^n).

        Args:
            signs: s_k of the rotations of the level, shape (M, 2^n).
            weights: Entries of A, shape (points, entries).
        """
        mixed = np.zeros((len(weights), self.n_rows, len(signs)))
        mixed[:, self.which, self.inside] = weights[:, self.entries]
        return mixed @ signs


@dataclass(frozen=True, eq=False)
class Feeds:
    """What all levels feed.

    Args:
        levels: One by one.
        of_columns: The row of each column of A, shape (P,).
    """

    levels: tuple[Feed, ...]
    of_columns: Integers

    @property
    def n_rows(self) -> int:
        """P."""
        return len(self.of_columns)

    @cached_property
    def in_order(self) -> bool:
        """Whether rows stand in the order of columns."""
        return bool(np.all(self.of_columns == np.arange(self.n_rows)))


def feeds(circuit: Circuit, jacobian: Slopes) -> Feeds:
    """What the levels of a circuit feed; of the Jacobian A only its places matter."""
    a = jacobian
    return _feeds(levels(circuit), a.rows.tobytes(), a.columns.tobytes(), a.shape[1])


@lru_cache(maxsize=256)
def _feeds(program: Levels, of_rotations: bytes, of_columns: bytes, n_columns: int) -> Feeds:
    rotations = np.frombuffer(of_rotations, np.int64)
    columns = np.frombuffer(of_columns, np.int64)
    n_levels, widest = program.slots.shape
    level, inside = np.divmod(program.places[rotations], max(widest, 1))
    # Columns by the level that feeds them first, those that nothing feeds at the end.
    first = np.full(n_columns, n_levels)
    np.minimum.at(first, columns, level)
    order = np.argsort(first, kind="stable")
    of_columns_ = np.empty(n_columns, dtype=np.int64)
    of_columns_[order] = np.arange(n_columns)
    begun = np.searchsorted(first[order], np.arange(n_levels + 1))
    found = []
    for g in range(n_levels):
        mine = np.flatnonzero(level == g)
        rows, which = np.unique(of_columns_[columns[mine]], return_inverse=True)
        is_new = bool(np.all(rows >= begun[g]))
        found.append(
            Feed(
                begun=int(begun[g]),
                rows=slice(int(begun[g]), int(begun[g + 1])) if is_new else rows,
                n_rows=len(rows),
                is_new=is_new,
                entries=mine,
                which=which.ravel(),
                inside=inside[mine],
            )
        )
    return Feeds(tuple(found), of_columns_)
