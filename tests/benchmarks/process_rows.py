"""Rows of whole processes: the first run on a machine, and an optimisation from start to end."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from tests.benchmarks.common import Disagreement, Found
from tests.benchmarks.timing import Clock, Comparison, Effort, clock

CLI = "import sys; sys.argv[0] = 'qng'; from qng.cli import main; main()"

COMPARE = ("-c", CLI, "compare", "h2")

OURS = "import qng; qng.minimize('h2', 'qng', steps={steps})"

THEIRS = """
import qng
from tests.benchmarks.optimizers import pennylane_run
pennylane_run(qng.load('h2'), {steps}, 0.01, 1e-3)()
"""

# Seconds that are to be reached.
FIRST, WHOLE = 8.0, 1.0


def _process(arguments: tuple[str, ...], place: str, more: Mapping[str, str]) -> None:
    root = str(Path(__file__).parents[2])
    kept = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    surroundings = {**kept, "PYTHONPATH": root, **more}
    done = subprocess.run(
        [sys.executable, *arguments], capture_output=True, text=True, cwd=place, env=surroundings
    )
    if done.returncode:
        raise Disagreement(f"a process failed: {done.stderr.strip().splitlines()[-1]}")


def _clock(arguments: tuple[str, ...], cold: bool = False) -> Clock:
    """Of one process, in an empty folder; with an empty cache of kernels where it is cold."""

    def run() -> float:
        with tempfile.TemporaryDirectory() as place, tempfile.TemporaryDirectory() as cache:
            more = {"NUMBA_CACHE_DIR": cache} if cold else {}
            return clock(lambda: _process(arguments, place, more))()

    return run


def first_run(effort: Effort, quick: bool) -> Found:
    """`qng compare h2` on a machine that has compiled nothing, and on one that has."""
    arguments = ("-c", CLI, "run", "one-qubit") if quick else COMPARE
    few = Effort(0.0, effort.least, effort.least, warm=True)
    times = few.rounds({"ours": _clock(arguments, cold=True), "warm": _clock(arguments)})
    found = Comparison.of("", times["ours"], times["warm"])
    return Found([found], found.ours <= FIRST)


def hundred_steps(effort: Effort, quick: bool) -> Found:
    """100 steps on h2 as a whole process, against 10 of theirs."""
    ours = _clock(("-c", OURS.format(steps=100)))
    theirs = _clock(("-c", THEIRS.format(steps=2 if quick else 10)))
    times = Effort(0.0, effort.least, effort.least).rounds({"ours": ours, "theirs": theirs})
    found = Comparison.of("", times["ours"], times["theirs"])
    return Found([found], found.ours <= WHOLE, "theirs: 10 steps")
