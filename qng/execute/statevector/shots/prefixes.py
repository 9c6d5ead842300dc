"""The states of many points, with operations that they have in common done once.

A point is a sequence of operations with their angles. Points that begin alike share a state up to
where they part: parameter shifts differ in one rotation, a prefix of a circuit is the beginning of
a longer one, and two measurement bases differ in the gates at the end. The sequences, sorted, are
the leaves of a tree (`branches`), which is walked depth first. Where m points part, the branch with
most of them goes on with the state itself and the others get copies, so that at most log2(m) copies
are alive. The walk is written down first, as steps from one state to another; steps for a batch of
points are one call of a kernel.

Shared or not, a state has seen the same operations in the same order: it is the same to the last
bit.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Final

import numpy as np

from qng.arrays import Amplitudes, Array
from qng.circuit.circuit import Circuit
from qng.execute.statevector.kernels import plain
from qng.execute.statevector.program import Program, compiled, joined
from qng.execute.statevector.shots.branches import Branch, Leaves
from qng.threads import mapped

Visit = Callable[[Sequence[Sequence[int]], Amplitudes], None]

WORTH_A_THREAD: Final = 2_000_000
"""Below this many amplitude updates a thread costs more than it saves."""

# The same where states are also looked at, if they are not so short that most of it is Python.
_TO_LOOK: Final = 500_000
_SHORT: Final = 2**8

# Amplitude updates of a point up to which to do them all is faster than to see what is shared.
_ALONE: Final = 4_000

_MOST_COPIES: Final = 40

# Amplitudes that are looked at in one visit, so that they stay near the processor.
_AT_ONCE: Final = 2**14


def visit_states(
    points: Sequence[tuple[Circuit, Array]], visit: Visit, threads: int = 1, states: int = 2**20
) -> None:
    """Compute the state U(phi)|0...0> of every point.

    Args:
        points: Circuits on the same number of qubits, each with its angles, shape (points, R).
        visit: Called with some distinct states, shape (m, 2^n), which it must not keep or change,
            and for each of them the places of the points that have it, counted through all
            circuits; in any order, and from several threads.
        threads: How many threads may be used.
        states: How many states may be held at once, at least one a thread.
    """
    size = 2 ** points[0][0].n_qubits
    work = _Work.of(points, size)
    if not len(work.angles):
        return
    if size < _SHORT or work.leaves.work * size < _TO_LOOK:
        threads = 1
    of_a_thread = states // threads
    together = max(min(_AT_ONCE // size, of_a_thread // 4), 1)
    # A visit of several states takes about two more of them each.
    slots = of_a_thread - 3 * (together - 1)
    parts = work.leaves.parts(threads, 2 ** min(slots - 1, _MOST_COPIES))

    def walk(part: range) -> None:
        root = work.leaves.tree(part)
        copies = len(part).bit_length()
        _Walk(work, visit, together, size, min(slots, copies + together)).run(root)

    mapped(walk, parts, threads)


@dataclass(frozen=True, eq=False)
class _Work:
    """What is done at all points.

    Args:
        leaves: The sequences of operations, each with the points that have it.
        program: The operations of all circuits, one after the other.
        starts: Where those of every point start, shape (points,).
        angles: Of every point, shape (points, the most angles of a circuit).
    """

    leaves: Leaves
    program: Program
    starts: Sequence[int]
    angles: Array

    @staticmethod
    def of(points: Sequence[tuple[Circuit, Array]], size: int) -> _Work:
        """From circuits, each with its angles, and 2^n."""
        programs = [compiled(circuit) for circuit, _ in points]
        of_each = [program.angles(phi) for program, (_, phi) in zip(programs, points)]
        many, lengths = [len(phi) for phi in of_each], [len(one.codes) for one in programs]
        angles = np.zeros((sum(many), max(phi.shape[1] for phi in of_each)))
        stops = [*accumulate(many)]
        for phi, stop in zip(of_each, stops):
            angles[stop - len(phi) : stop, : phi.shape[1]] = phi
        length = np.repeat(lengths, many)
        if size * length.sum() <= _ALONE * len(length):
            leaves = Leaves.apart(length)
        else:
            steps = np.zeros((sum(many), max(lengths), 2), dtype=np.int64)
            for program, phi, stop in zip(programs, of_each, stops):
                here = steps[stop - len(phi) : stop]
                program.write_steps(here[:, : len(program.codes)], phi)
                here[:, len(program.codes) :] = -1
            leaves = Leaves.of(steps, length)
        starts = (start for start, m in zip(accumulate([0, *lengths]), many) for _ in range(m))
        return _Work(leaves, joined(programs), list(starts), angles)


class _Walk:
    """Down the branches of a tree, depth first.

    Args:
        work: What is done.
        visit: What is called with the states at the leaves.
        together: With how many at once.
        size: 2^n.
        slots: How many states there is room for.
    """

    def __init__(self, work: _Work, visit: Visit, together: int, size: int, slots: int) -> None:
        self._work, self._visit, self._together = work, visit, together
        self._states = np.empty((slots, size), dtype=complex)
        self._free = list(range(slots))
        self._steps: list[tuple[int, int, int, int, int]] = []
        self._held: list[tuple[int, int]] = []  # leaves whose states wait for a visit, and where

    def run(self, root: Branch) -> None:
        """All leaves, beginning with |0...0>."""
        self._descend(root, -1, 0, self._taken())
        self._flush()

    def _descend(self, branch: Branch, source: int, done: int, slot: int) -> None:
        """The leaves of a branch.

        Args:
            branch: The branch.
            source: Where the state stands that has seen what comes before; -1: |0...0>.
            done: How many steps that are.
            slot: Where the state of the branch will stand; the source is used up if it is there.
        """
        while True:
            point = self._work.leaves.places[branch.leaf][0]
            start = self._work.starts[point]
            self._steps.append((source, slot, start + done, start + branch.depth, point))
            if not branch.children:
                self._held.append((branch.leaf, slot))
                return
            source, done = slot, branch.depth
            *others, branch = branch.children
            for other in others:
                self._descend(other, source, done, self._taken())

    def _taken(self) -> int:
        if not self._free:
            self._flush()
        return self._free.pop()

    def _flush(self) -> None:
        """Do the steps that were written down, and visit the leaves."""
        steps = np.array(self._steps, dtype=np.int64)
        plain.walk(self._states, steps, *self._work.program.reading(self._work.angles))
        for k in range(0, len(self._held), self._together):
            leaves, slots = zip(*self._held[k : k + self._together])
            states = self._states[list(slots)] if len(slots) > 1 else self._states[slots[0]][None]
            self._visit([self._work.leaves.places[leaf] for leaf in leaves], states)
        self._free += [slot for _, slot in self._held]
        self._steps, self._held = [], []
