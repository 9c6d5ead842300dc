"""Several processes at one ledger, and processes that are killed: `python -m ... WHAT FOLDER`.

Each of these forks, which an interpreter that runs other tests had better not do.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sqlite3
import sys
import time
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from qng.run.ledger import HeldError, Ledger, LedgerError
from qng.run.ledger.store import Store
from tests.run.ledger.made import begun, driven, task

STEPS = 3


def forked(work: Callable[[], Any]) -> int:
    """Do something in a child, which ends with it."""
    child = os.fork()
    if child:
        return child
    code = 70
    try:
        work()
        code = 0
    finally:
        os._exit(code)


def waited(child: int) -> int:
    """How it ended: minus the signal, or its exit code."""
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def whole_run(path: Path) -> None:
    """Begin a run, or go on with it, to its end; batches are noted as a courier does."""
    with Ledger.open(path, create=True) as ledger:
        entry = ledger.entry() if ledger.entries() else begun(ledger, task(steps=STEPS))
        with entry.held():
            entry.journal.ended(driven(entry, task(steps=STEPS)))


def trace(path: Path) -> Any:
    """All that a run has come to, but for the seconds."""
    with Ledger.reading(path) as ledger:
        entry = ledger.entry()
        return (
            [(row.energy, row.theta.tolist(), row.shots) for row in entry.result.trace.rows],
            [state.theta.tolist() for state in entry.journal.states()],
            [(row.number, row.state) for row in entry.batch_rows()],
            entry.status,
        )


def killed_at(number: int, after: bool) -> None:
    """Be killed before or after the so-manieth commit."""
    execute, seen = Store._execute, []

    def counted(self: Store, command: str, values: Any = ()) -> None:
        seen.extend([command] if command == "COMMIT" else [])
        here = command == "COMMIT" and len(seen) == number
        if here and not after:
            os.kill(os.getpid(), signal.SIGKILL)
        execute(self, command, values)
        if here:
            os.kill(os.getpid(), signal.SIGKILL)

    Store._execute = counted


def commits(folder: Path) -> Any:
    """Kill a run before and after each of its commits, and at random times; go on; compare."""
    whole_run(folder / "whole.db")
    truth, chance = trace(folder / "whole.db"), random.Random(3)
    count = 0
    for after in (False, True):
        number, code = 0, -signal.SIGKILL
        while code == -signal.SIGKILL:
            number += 1
            path = folder / f"{number}-{after}.db"

            def work(number: int = number, after: bool = after, path: Path = path) -> None:
                killed_at(number, after)
                whole_run(path)

            code = waited(forked(work))
            gone_on(path, truth)
            count += code == -signal.SIGKILL
        assert code == 0, code
    for number in range(12):
        path = folder / f"{number}-random.db"
        child = forked(lambda path=path: whole_run(path))
        time.sleep(chance.uniform(0.0, 0.05))
        with suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
        waited(child)
        gone_on(path, truth)
    return count


def gone_on(path: Path, truth: Any) -> None:
    """Go on with what a killed process has left."""
    whole_run(path)
    assert trace(path) == truth, path
    with closing(sqlite3.connect(path)) as database, database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def together(folder: Path) -> Any:
    """Several processes begin runs, write to one of them, and ask whether they may post."""
    path, go = folder / "runs.db", time.monotonic() + 0.3

    def begin() -> None:
        time.sleep(max(go - time.monotonic(), 0))
        with Ledger.open(path, create=True) as ledger:
            begun(ledger, task())

    codes = [waited(child) for child in [forked(begin) for _ in range(6)]]
    with Ledger.open(path) as ledger:
        numbers = [entry.number for entry in ledger.entries()]
        run = ledger.entry().run
    posts, events, held = folder / "posts", 20, folder / "held"

    def write() -> None:
        with Ledger.open(path) as ledger:
            entry = ledger.entry(run)
            for k in range(events):
                entry.event("written", f"{os.getpid()} {k}")
                if ledger.may_post(7) == 0:
                    with posts.open("a") as file:
                        file.write("x")
            Ledger.reading(path).close()

    codes += [waited(child) for child in [forked(write) for _ in range(4)]]

    def hold() -> None:
        with Ledger.open(path) as ledger, suppress(HeldError), ledger.entry(run).held():
            with held.open("a") as file:
                file.write("x")
            time.sleep(0.5)

    codes += [waited(child) for child in [forked(hold) for _ in range(5)]]
    with Ledger.reading(path) as ledger:
        written = [event.detail for event in ledger.entry(run).events()]
    return {
        "codes": codes,
        "numbers": numbers,
        "events": [len(written), len(set(written))],
        "posts": len(posts.read_text()),
        "held": len(held.read_text()),
        "files": sorted(file.name for file in folder.iterdir()),
    }


def lease(folder: Path) -> Any:
    """A killed process, whose own child goes on, has nothing any more."""
    path, ready = folder / "runs.db", folder / "ready"
    with Ledger.open(path, create=True) as ledger:
        entry, other = begun(ledger, task()), begun(ledger, task())

        def hold() -> None:
            with Ledger.open(path) as mine, mine.entry(entry.run).held():
                ready.write_text(str(forked(lambda: time.sleep(60))))
                time.sleep(60)

        child = forked(hold)
        while not (ready.exists() and ready.read_text()):
            time.sleep(0.01)
        said = []
        try:
            entry.held().__enter__()
        except HeldError as error:
            said.append(str(error))
        with other.held():  # another run of the same ledger
            said.append("other")
        os.kill(child, signal.SIGKILL)
        waited(child)
        with entry.held():
            said.append("held")
        os.kill(int(ready.read_text()), signal.SIGKILL)
    return said


def full(folder: Path) -> Any:
    """The disk takes no more bytes; later it does."""
    import resource

    path = folder / "runs.db"
    whole_run(folder / "whole.db")
    outcomes = []
    for limit in range(20_000, 200_000, 20_000):

        def work(limit: int = limit) -> None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
            try:
                whole_run(path)
            except LedgerError as error:
                said = str(error)
                os._exit(7 if "cannot be" in said and "\n" not in said else 8)

        outcomes.append(waited(forked(work)))
    whole_run(path)
    assert trace(path) == trace(folder / "whole.db")
    return outcomes


if __name__ == "__main__":
    print(json.dumps(globals()[sys.argv[1]](Path(sys.argv[2]))))
