"""The states of many points, with operations that they have in common done once.

A point is a sequence of operations with their angles. Points that begin alike share a state up to
where they part: parameter shifts differ in one rotation, a prefix of a circuit is the beginning of
a longer one, and two measurement bases differ in the gates at the end. The sequences, sorted, are
the paths of a tree, which is walked depth first. Where m points part, the branch with most of them
goes on with the state itself and the others get copies, so that at most log2(m) copies are alive.

Shared or not, a state has seen the same operations in the same order: it is the same to the last
bit.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np

from qng.arrays import Amplitudes, Array, Integers
from qng.circuit.circuit import Circuit
from qng.execute.statevector.kernels import plain
from qng.execute.statevector.program import Program, compiled

Place = tuple[int, int]
Visit = Callable[[Sequence[Place], Amplitudes], None]

WORTH_A_THREAD: Final = 2_000_000
"""Below this many amplitude updates a thread costs more than it saves."""

_MOST_COPIES: Final = 40

_BYTES: Final = 16


def visit_states(
    points: Sequence[tuple[Circuit, Array]], visit: Visit, threads: int = 1, states: int = 2**20
) -> None:
    """Compute the state U(phi)|0...0> of every point.

    Args:
        points: Circuits on the same number of qubits, each with its angles, shape (points, R).
        visit: Called once a distinct state with the places (circuit, point) that have it and the
            state, which it must not keep or change; in any order, and from several threads.
        threads: How many threads may be used.
        states: How many states may be held at once, at least one a thread.
    """
    jobs = [
        _Job((k, point), program, phi, steps.tobytes())
        for k, (circuit, angles) in enumerate(points)
        for program in [compiled(circuit)]
        for point, (phi, steps) in enumerate(zip(angles, program.steps(angles)))
    ]
    jobs.sort(key=lambda job: job.key)
    common = np.array([_common(a.key, b.key) for a, b in pairwise(jobs)], dtype=np.int64)
    walk = _Walk(jobs, common, points[0][0].n_qubits, visit)
    if len(jobs) < 2:
        walk.range(0, len(jobs))
        return
    work = np.cumsum([job.length for job in jobs])
    work[1:] -= np.cumsum(common)
    if work[-1] << walk.n_qubits < WORTH_A_THREAD:
        threads = 1
    cuts = np.searchsorted(work, work[-1] * np.arange(1, threads) / threads)
    # As many jobs at a time as the copies that fit can serve.
    most = 2 ** min(states // threads - 1, _MOST_COPIES)
    parts = [
        (low, min(low + most, stop))
        for start, stop in pairwise([0, *cuts.tolist(), len(jobs)])
        for low in range(start, stop, most)
    ]
    if threads == 1:
        for part in parts:
            walk.range(*part)
        return
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(lambda part: walk.range(*part), parts))


@dataclass(frozen=True, eq=False, slots=True)
class _Job:
    """One point: its place, its program and angles, and its steps as bytes."""

    place: Place
    program: Program
    phi: Array
    key: bytes

    @property
    def length(self) -> int:
        return len(self.program.codes)

    def run(self, psi: Amplitudes, start: int, stop: int) -> None:
        """The operations from start to stop, in place."""
        if start < stop:
            plain.evolve(psi, *self.program.arguments(self.phi, part=slice(start, stop)))


@dataclass(frozen=True, eq=False)
class _Walk:
    """The tree.

    Args:
        jobs: Sorted by their steps.
        common: How many steps each shares with the next one.
        n_qubits: n.
        visit: What is called at the end of every path.
    """

    jobs: Sequence[_Job]
    common: Integers
    n_qubits: int
    visit: Visit

    def range(self, low: int, high: int) -> None:
        """The jobs from low to high, beginning with |0...0>."""
        psi = np.zeros(2**self.n_qubits, dtype=complex)
        psi[0] = 1.0
        self._descend(low, high, 0, psi)

    def _descend(self, low: int, high: int, done: int, psi: Amplitudes) -> None:
        """The jobs from low to high, which share the steps that the state has seen.

        The state is used up.
        """
        while low < high:
            alone = high - low == 1
            shared = self.jobs[low].length if alone else int(self.common[low : high - 1].min())
            self.jobs[low].run(psi, done, shared)
            if alone:
                self.visit([self.jobs[low].place], psi)
                return
            done = shared
            # The shortest are first.
            ended = low
            while ended < high and self.jobs[ended].length == done:
                ended += 1
            if ended > low:
                self.visit([job.place for job in self.jobs[low:ended]], psi)
            borders = ended + 1 + np.flatnonzero(self.common[ended : high - 1] == done)
            branches = list(pairwise([ended, *borders.tolist(), high]))
            largest = max(branches, key=lambda branch: branch[1] - branch[0])
            for branch in branches:
                if branch != largest:
                    self._descend(*branch, done, psi.copy())
            low, high = largest


def _common(a: bytes, b: bytes) -> int:
    """How many steps two keys share."""
    steps = min(len(a), len(b)) // _BYTES
    different = np.frombuffer(a, np.int64, 2 * steps) != np.frombuffer(b, np.int64, 2 * steps)
    return int(different.argmax()) // 2 if different.any() else steps
