"""Which derivative states the levels of a small circuit feed, and with what.

Row j is sum_r A_rj d_r psi. Rows stand in the order in which they are first fed, so that those
that have begun before a level are the first ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import pairwise

import numpy as np

from qng.arrays import Array, Integers
from qng.circuit.circuit import Circuit
from qng.circuit.jacobian import Slopes
from qng.execute.statevector.small.levels import Levels, levels


@dataclass(frozen=True, eq=False)
class Feed:
    """What one level feeds: rows that begin there, from `start` to `stop`, and older ones.

    Args:
        start: The first row that begins there: those before it have begun already.
        stop: One after the last.
        old: Rows that have begun before and are fed again.
        entries: The entries of A that belong to its rotations.
        which: The place of each entry among the new and then the old rows.
        inside: The place of its rotation in the level.
    """

    start: int
    stop: int
    old: Integers
    entries: Integers
    which: Integers
    inside: Integers

    def directions(self, halves: Array, weights: Array) -> tuple[Array, Array]:
        """sum_k A_kj h_k of the new and of the old rows j, shapes (points, rows, 2^n).

        Args:
            halves: h_k of the rotations of the level, shape (M, 2^n).
            weights: Entries of A, shape (points, entries).
        """
        begin = self.stop - self.start
        mixed: Array = np.zeros((len(weights), begin + len(self.old), len(halves)))
        mixed[:, self.which, self.inside] = weights[:, self.entries]
        found = mixed @ halves
        return found[:, :begin], found[:, begin:]


@dataclass(frozen=True, eq=False)
class Feeds:
    """What all levels feed.

    Args:
        levels: One by one.
        rows: The row of each column of A, shape (P,).
        begins: The level where each row begins, shape (P,); 0 where nothing feeds it.
    """

    levels: tuple[Feed, ...]
    rows: Integers
    begins: Integers

    @cached_property
    def in_order(self) -> bool:
        """Whether rows stand in the order of columns."""
        return bool(np.all(self.rows == np.arange(len(self.rows))))


@dataclass(frozen=True, eq=False)
class Fed:
    """What the levels feed, and with what.

    Args:
        feeds: Which rows.
        new: Directions with which rows begin, zero where nothing feeds them, shape
            (points, P, 2^n), or (1, P, 2^n) where they are the same at all points.
        old: Those of the old rows of every level, shapes (points or 1, rows, 2^n).
    """

    feeds: Feeds
    new: Array
    old: tuple[Array, ...]


def fed(circuit: Circuit, jacobians: Sequence[Slopes], part: slice) -> Fed:
    """What the levels of a circuit feed at a stretch of points.

    Args:
        circuit: The circuit.
        jacobians: A at every point, with the same places everywhere.
        part: Which of the points.
    """
    first = jacobians[0]
    if all(jacobian is first for jacobian in jacobians):
        return fed_alike(levels(circuit), first)
    weights = np.array([jacobian.values for jacobian in jacobians[part]])
    return _with(levels(circuit), first, weights)


@lru_cache(maxsize=64)
def fed_alike(program: Levels, jacobian: Slopes) -> Fed:
    """The same where A is the same at all points."""
    return _with(program, jacobian, jacobian.values[None])


def _with(program: Levels, a: Slopes, weights: Array) -> Fed:
    feeds = _feeds(program, a.rows.tobytes(), a.columns.tobytes(), a.shape[1])
    new, old = np.zeros((len(weights), a.shape[1], len(program.first))), []
    for feed, halves in zip(feeds.levels, program.halves):
        new[:, feed.start : feed.stop], again = feed.directions(halves, weights)
        old.append(again)
    return Fed(feeds, new, tuple(old))


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
    rows = np.empty(n_columns, dtype=np.int64)
    rows[order] = np.arange(n_columns)
    starts = np.searchsorted(first[order], np.arange(n_levels + 1)).tolist()
    found = []
    for g, (start, stop) in enumerate(pairwise(starts)):
        mine = np.flatnonzero(level == g)
        targets = rows[columns[mine]]
        old = np.unique(targets[targets < start])
        which = np.where(
            targets < start, stop - start + np.searchsorted(old, targets), targets - start
        )
        found.append(Feed(start, stop, old, mine, which, inside[mine]))
    begins = first[order]
    begins[begins == n_levels] = 0
    return Feeds(tuple(found), rows, begins)
