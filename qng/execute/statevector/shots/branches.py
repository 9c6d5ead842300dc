"""Sequences that begin alike, as the leaves of a tree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from qng.arrays import Flags, Integers

# Sequences that are compared at once.
_AT_ONCE = 256


@dataclass(eq=False, slots=True)
class Branch:
    """What some sequences have in common, or one of them to its end.

    Args:
        depth: How many steps that are.
        leaf: One of the leaves on it.
        leaves: How many are.
        children: The branches where they part, one with most leaves last; none for a leaf.
    """

    depth: int
    leaf: int
    leaves: int = 1
    children: list[Branch] = field(default_factory=list)


@dataclass(frozen=True, eq=False)
class Leaves:
    """Different sequences, sorted.

    Args:
        places: Where each stands among all that were given: once, or several times.
        lengths: How many steps each has.
        common: How many each has in common with the next.
    """

    places: Sequence[Sequence[int]]
    lengths: Sequence[int]
    common: Sequence[int]

    @staticmethod
    def of(steps: Integers, lengths: Integers) -> Leaves:
        """From sequences of steps.

        Args:
            steps: Shape (sequences, longest, numbers); -1 behind the end of a shorter one.
            lengths: Shape (sequences,).
        """
        keys = [row.tobytes() for row in steps]
        order = sorted(range(len(keys)), key=keys.__getitem__)
        del keys
        common = _common(steps, np.array(order, dtype=np.int64))
        ends = np.flatnonzero(common < steps.shape[1])
        borders = [0, *(ends + 1).tolist(), len(order)]
        places = [order[start:stop] for start, stop in pairwise(borders)]
        first = [group[0] for group in places]
        return Leaves(places, lengths[first].tolist(), common[ends].tolist())

    @staticmethod
    def apart(lengths: Integers) -> Leaves:
        """From lengths alone: every sequence is taken to be one of its own."""
        places = [[k] for k in range(len(lengths))]
        return Leaves(places, lengths.tolist(), [0] * (len(places) - 1))

    @property
    def work(self) -> int:
        """How many steps there are if those in common are done once."""
        return sum(self.lengths) - sum(self.common)

    def parts(self, number: int, most: int) -> list[range]:
        """Cut into about so many parts of equal work, and these again.

        Args:
            number: Of parts.
            most: Leaves of a part.
        """
        work = np.cumsum(self.lengths)
        work[1:] -= np.cumsum(np.asarray(self.common, dtype=np.int64))
        cuts = np.searchsorted(work, work[-1] * np.arange(1, number) / number).tolist()
        return [
            range(low, min(low + most, stop))
            for start, stop in pairwise([0, *cuts, len(self.lengths)])
            for low in range(start, stop, most)
        ]

    def tree(self, part: range) -> Branch:
        """The tree of the leaves of a part, whose root is what they all have in common."""
        open_ = [Branch(-1, part.start, 0)]
        for leaf in part:
            shared = self.common[leaf] if leaf < part.stop - 1 else -1
            done = Branch(self.lengths[leaf], leaf)
            if shared > open_[-1].depth:
                open_.append(Branch(shared, leaf, 0))
            _attach(open_[-1], done)
            while open_[-1].depth > shared:
                done = open_.pop()
                largest = max(range(len(done.children)), key=lambda k: done.children[k].leaves)
                done.children.append(done.children.pop(largest))
                if shared > open_[-1].depth:
                    open_.append(Branch(shared, leaf, 0))
                _attach(open_[-1], done)
        (root,) = open_[0].children
        return root


def _attach(branch: Branch, child: Branch) -> None:
    branch.children.append(child)
    branch.leaves += child.leaves


def _common(steps: Integers, order: Integers) -> Integers:
    """How many steps every sequence shares with the next one; all of them where they are equal."""
    common = np.full(max(len(order) - 1, 0), steps.shape[1])
    for start in range(0, len(common), _AT_ONCE):
        rows = steps[order[start : start + _AT_ONCE + 1]]
        differ: Flags = (rows[1:] != rows[:-1]).reshape(len(rows) - 1, -1)
        which = np.flatnonzero(np.any(differ, axis=1))
        common[start + which] = np.argmax(differ[which], axis=1) // steps.shape[2]
    return common
