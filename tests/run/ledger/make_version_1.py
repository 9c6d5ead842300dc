"""Makes `version-1.db`, which every later version must open and resume: `python -m ...`.

It was made by the first version that has ledgers and is never made again: a test that fails says
that ledgers of users cannot be read any more. Of its runs one is finished, one has stopped in the
middle of its steps, one has a job under way, and one has been cancelled.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import qng
from qng.run.durable import control
from qng.run.durable.keeping import Keeping
from qng.run.ledger import Ledger
from tests.run.ledger.made import told

PATH = Path(__file__).with_name("version-1.db")
SIMULATED: dict[str, Any] = {"problem": "textbook-2", "shots": 400, "steps": 3, "seed": 4}
REHEARSED: dict[str, Any] = {
    "problem": "textbook-2",
    "shots": 4000,
    "steps": 3,
    "executor": "fake_manila",
}


def make(path: Path) -> None:
    """Make it, and beside it what it says."""

    def stopped(step: Any) -> None:
        if step.step == 1:
            raise KeyboardInterrupt

    qng.minimize(**SIMULATED, ledger=path)
    qng.minimize(**SIMULATED, ledger=Keeping(path, shown=(stopped,)))
    control.submit(**REHEARSED, ledger=path)
    control.collect(ledger=path)
    cancelled = control.submit(**REHEARSED, ledger=path).run
    control.cancel(cancelled, ledger=path)
    with Ledger.reading(path) as ledger:
        said = [told(entry) for entry in ledger.entries()]
    path.with_suffix(".json").write_text(json.dumps(said, indent=1) + "\n")


if __name__ == "__main__":
    with TemporaryDirectory() as folder:
        make(Path(folder) / PATH.name)
        for suffix in (".db", ".json"):
            shutil.move(Path(folder) / PATH.with_suffix(suffix).name, PATH.with_suffix(suffix))
