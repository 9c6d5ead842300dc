"""Plans are made of states alone: in a new process, with another hash seed, they are the same."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import qng
from qng import optimizers
from qng.run.durable.archive import Archive
from qng.run.durable.resume import Given, again
from qng.run.journal import Journal
from qng.run.ledger import Ledger

METHODS = [*optimizers.METHODS, *optimizers.CONTROLS]
STEPS = 3


def replanned(path: Path) -> list[tuple[str, int, int]]:
    """Every run of a ledger from every state of it: its label, and how many plans were equal.

    An `Archive` refuses what is planned otherwise than it was.
    """
    found = []
    with Ledger.reading(path) as ledger:
        for entry in ledger.entries():
            task, recipe = again(entry, Given(), replay=True)
            journal, states = entry.journal, entry.journal.states()
            first = [0, *(row["batch"] for row in entry.store.rows("steps", run=entry.run))]
            for done in range(min(STEPS, len(states)) + 1):
                archive: Any = Archive(entry, task.device)
                notes = Journal(run=entry.run, steps=list(journal.steps[:done]))
                notes.state, notes.batch = (states[done - 1] if done else None), first[done]
                replace(task, device=archive).run(entry.label, notes, recipe)
                found.append((entry.label, done, len(archive.batches)))
    return found


@pytest.mark.filterwarnings("ignore::qng.errors.NoisyMetricWarning")
def test_in_a_new_process_with_another_hash_seed(tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    for method in METHODS:
        qng.minimize("textbook-2", method, steps=STEPS, seed=7, shots=40_000, ledger=path)
    code = (
        "import warnings; warnings.simplefilter('ignore'); from pathlib import Path; "
        "from tests.run.durable.test_plans import replanned; "
        f"[print(*line) for line in replanned(Path({str(path)!r}))]"
    )
    root = str(Path(__file__).parents[3])
    environment = {**os.environ, "PYTHONHASHSEED": "12345", "PYTHONPATH": root}
    told = subprocess.run(
        [sys.executable, "-c", code], check=True, env=environment, capture_output=True, text=True
    )
    lines = [line.split() for line in told.stdout.splitlines()]
    assert {method for method, _, _ in lines} == set(METHODS)
    for method in METHODS:
        equal = {int(done): int(batches) for of, done, batches in lines if of == method}
        # From the state after k steps the batches of the others are planned, and the closing one.
        assert equal[0] >= STEPS + 1
        assert sorted(equal.values(), reverse=True) == list(equal.values())
