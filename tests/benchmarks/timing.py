"""Interleaved measurements, and what they were made on."""

from __future__ import annotations

import os
import platform
import statistics
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numba
import numpy as np
from threadpoolctl import threadpool_info

Clock = Callable[[], float]  # runs something and returns the seconds it took

PACKAGES = (
    "quantum-natural-gradient", "numpy", "numba", "tensorcircuit-ng", "jaxlib", "pennylane",
    "pennylane-lightning", "qulacs", "qiskit", "qiskit-aer", "qiskit-algorithms",
)  # fmt: skip


def threads() -> int:
    """The cores that this process may use; `taskset` takes some away."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def clock(f: Callable[[], object]) -> Clock:
    def run() -> float:
        began = time.perf_counter()
        f()
        return time.perf_counter() - began

    return run


@dataclass(frozen=True)
class Effort:
    """Rounds of A B A B ...

    Args:
        seconds: How long they go on.
        least: The fewest rounds.
        most: The most rounds.
        per_round: How often the quick one of two very unequal clocks runs in a round; the median
            counts.
        warm: Whether a round that does not count comes first, where there is more than one.
    """

    seconds: float = 6.0
    least: int = 3
    most: int = 101
    per_round: int = 1
    warm: bool = True

    def rounds(self, clocks: Mapping[str, Clock], often: str = "ours") -> dict[str, np.ndarray]:
        """Seconds of every clock in every round.

        Args:
            clocks: What to run in turn.
            often: The one that runs `per_round` times.
        """
        times: dict[str, list[float]] = {name: [] for name in clocks}
        if self.warm and self.least > 1:
            for one in clocks.values():
                one()
        began = time.perf_counter()
        for done in range(1, self.most + 1):
            for name, one in clocks.items():
                repeats = self.per_round if name == often else 1
                times[name].append(statistics.median(one() for _ in range(repeats)))
            if done >= self.least and time.perf_counter() - began > self.seconds:
                break
        return {name: np.array(values) for name, values in times.items()}


@dataclass(frozen=True)
class Comparison:
    """Ours and theirs at one size.

    Args:
        label: The size.
        ours: Median, seconds.
        theirs: Median, seconds.
        ratio: Median over the rounds of ours / theirs.
        rounds: How many.
    """

    label: str
    ours: float
    theirs: float
    ratio: float
    rounds: int

    @staticmethod
    def of(label: str, ours: np.ndarray, theirs: np.ndarray) -> Comparison:
        ratio = statistics.median(ours / theirs)
        middle = statistics.median(ours), statistics.median(theirs)
        return Comparison(label, *middle, ratio, len(ours))


@numba.njit(nogil=True)
def _turn_all(rows, n_qubits, m):  # pragma: no cover
    for q in range(n_qubits):
        bit = 1 << q
        for i in range(rows.shape[0]):
            for base in range(0, rows.shape[1], 2 * bit):
                for j in range(base, base + bit):
                    a, b = rows[i, j], rows[i, j + bit]
                    rows[i, j] = m[0] * a + m[1] * b
                    rows[i, j + bit] = m[2] * a + m[3] * b


def plain_pass(n_qubits: int, n_states: int) -> Clock:
    """Seconds of a one-qubit gate on one state, the threads sharing the states.

    Measured on every qubit in turn, every state at each.
    """
    rows = np.full((n_states, 2**n_qubits), 2.0 ** (-n_qubits / 2), dtype=complex)
    c, s = np.cos(0.3), np.sin(0.3)
    turn = np.array([c, -1j * s, -1j * s, c])
    parts = np.array_split(rows, threads())
    pool = ThreadPoolExecutor(len(parts))
    run = clock(lambda: list(pool.map(lambda part: _turn_all(part, n_qubits, turn), parts)))
    run()  # compiles
    return lambda: run() / (n_qubits * n_states)


def gram(n_qubits: int, n_parameters: int) -> Clock:
    """`A @ A.T` of a real C-ordered (P, 2^(n+1)) matrix: NumPy's BLAS does half of it."""
    a = np.random.default_rng(0).normal(size=(n_parameters, 2 ** (n_qubits + 1)))
    return clock(lambda: a @ a.T)


def machine() -> str:
    """Processor, threads and BLAS in one line."""
    model = platform.processor() or platform.machine()
    listed = Path("/proc/cpuinfo")
    if listed.exists():
        names = [line for line in listed.read_text().splitlines() if line.startswith("model name")]
        model = names[0].partition(":")[2].strip() if names else model
    # Other packages bring their own.
    of_numpy = (b for b in threadpool_info() if "numpy" in Path(b["filepath"]).parent.name)
    blas = next(of_numpy, None)
    library = f"{blas['internal_api']} {blas['version']}, {blas['architecture']}" if blas else "?"
    return (
        f"{model}, {os.cpu_count()} cores, {threads()} threads for everybody; "
        f"BLAS: {library}; Python {platform.python_version()}, {platform.system()}"
    )


def versions() -> str:
    found = []
    for name in PACKAGES:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            found.append(f"{name} not installed")
    return ", ".join(found)
