"""One run driven through commands, whatever happens to them, and what must hold in the end."""

from __future__ import annotations

import csv
import io
import sqlite3
import zlib
from contextlib import closing, suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from tests.loopback import Loopback
from tests.loopback.commands import Done, Running, Zygote
from tests.loopback.world import ACCOUNT, TOKEN

TRACEBACK = "Traceback (most recent call last)"
QUICK = ("--poll", "0.02", "--grace", "0.5", "--posts-per-minute", "1000")
SMALL = ("textbook-2", "--shots", "4000", "--steps", "3")
# What has to do with time, not with results.
TIMES = frozenset(("seconds",))


@dataclass
class Drive:
    """A run in a ledger of its own.

    Args:
        qng: Runs commands.
        folder: Where the ledger lies; it must be empty.
        loopback: The service; None for a rehearsal.
        job: What is run, as arguments of `qng run`.
        backend: Where.
        terms: Of the run.
    """

    qng: Zygote
    folder: Path
    loopback: Loopback | None
    job: tuple[str, ...] = SMALL
    backend: str = "ibm_manila"
    terms: tuple[str, ...] = QUICK
    done: list[Done] = field(default_factory=list)

    @property
    def ledger(self) -> Path:
        return self.folder / "runs.db"

    @property
    def environment(self) -> dict[str, str]:
        if self.loopback is None:
            return {}
        home = self.folder / "home"
        home.mkdir(exist_ok=True)
        return self.loopback.environment(str(home))

    def begin(self, *args: str, **given: Any) -> Running:
        """Begin a command about this ledger; the client's loggers write all that they have."""
        where = ("--ledger", str(self.ledger))
        given = {"env": self.environment, "log": "log", **given}
        return self.qng.begin(*args, *where, cwd=self.folder, **given)

    def do(self, *args: str, timeout: float = 120.0, **given: Any) -> Done:
        """A command about this ledger, to its end."""
        done = self.begin(*args, **given).wait(timeout)
        self.done.append(done)
        return done

    @property
    def started(self) -> tuple[str, ...]:
        """The arguments that begin the run."""
        return ("run", *self.job, "--backend", self.backend, *self.terms)

    def start(self, **given: Any) -> Done:
        """`qng run`."""
        return self.do(*self.started, **given)

    def resume(self, *more: str, **given: Any) -> Done:
        """`qng resume`, or `qng run` again where nothing was noted yet."""
        return self.do("resume", *more, **given) if self.is_known else self.start(**given)

    def to_end(self, *more: str, most: int = 12) -> Done:
        """Resume until it is finished, as often as is needed; `more` are arguments."""
        for _ in range(most):
            done = self.resume(*more)
            if done.code == 0:
                return done
        raise AssertionError(f"not finished after {most} times: {self.done[-1]}")

    @property
    def is_known(self) -> bool:
        """Whether the ledger has a run."""
        if not self.ledger.exists():
            return False
        # Whoever was killed while SQLite began its log has left what only a writer can take away.
        for how in ("mode=ro", "immutable=1"):
            connection = sqlite3.connect(f"file:{self.ledger}?{how}", uri=True)
            with suppress(sqlite3.OperationalError), closing(connection):
                return bool(connection.execute("SELECT count(*) FROM runs").fetchone()[0])
        return False

    @property
    def is_finished(self) -> bool:
        """Whether the last command ended the run."""
        return self.done[-1].code == 0

    @cached_property
    def status(self) -> dict[str, Any]:
        """`qng status --json`, asked once."""
        done = self.do("status", "--json")
        assert done.code == 0, done
        return dict(done.json)

    @cached_property
    def exported(self) -> dict[str, str]:
        """The files of `qng export`, by their names."""
        folder = self.folder / "export"
        done = self.do("export", "--to", str(folder))
        assert done.code == 0, done
        return {path.name: path.read_text() for path in folder.rglob("*.*")}

    @property
    def trace(self) -> list[dict[str, str]]:
        """The rows of the trace, without what has to do with time."""
        rows = csv.DictReader(io.StringIO(self.exported["trace.csv"]))
        return [{name: row[name] for name in row if name not in TIMES} for row in rows]

    def faults(self, reference: list[dict[str, str]], batches: int = 4) -> list[str]:
        """What does not hold of a run that is finished; nothing, if all is well.

        Args:
            reference: The trace of a run that nothing happened to.
            batches: How many it has.
        """
        found: list[str] = []

        def hold(true: bool, otherwise: str) -> None:
            if not true:
                found.append(otherwise)

        if self.loopback is not None:
            self.loopback.world.settle()
        status = self.status
        used = [batch["job"] for batch in status["batches"]]
        rows = [job["id"] for job in status["jobs"]]
        hold(status["state"] == "finished", f"the run is {status['state']}: {status['message']}")
        hold(len(used) == batches, f"{len(used)} batches in the place of {batches}")
        hold(all(used), "a batch without a job")
        hold(len(set(used)) == len(used), "two batches from one job")
        marked = [job["id"] for job in status["jobs"] if job["role"] == "used"]
        hold(sorted(marked) == sorted(used), f"used are {marked}, and of batches {used}")
        hold(len(set(rows)) == len(rows), "a job has two rows")
        if self.loopback is not None:
            world = self.loopback.world
            made = {job.id: job.charged for job in world.jobs}
            hold(not (lost := set(made) - set(rows)), f"jobs without a row: {sorted(lost)}")
            hold(not (more := set(rows) - set(made)), f"rows without a job: {sorted(more)}")
            booked, charged = status["seconds_booked"], sum(made.values())
            hold(abs(booked - charged) < 1e-6, f"{booked} s are booked, {charged} s were charged")
        hold(self.trace == reference, "the trace is another")
        connection = self._opened()
        check = connection.execute("PRAGMA integrity_check").fetchall()
        connection.close()
        hold(check == [("ok",)], f"integrity_check says {check}")
        verified = self.do("verify")
        hold(verified.code == 0, f"verify says {verified.line!r}")
        found += self.leaks()
        for done in self.done:
            hold(TRACEBACK not in done.out + done.err, f"a traceback of {done.args[0]}: {done.err}")
        return found

    def _opened(self) -> sqlite3.Connection:
        """The ledger as it is: nothing is written by looking at it."""
        return sqlite3.connect(f"file:{self.ledger}?mode=ro", uri=True)

    def leaks(self) -> list[str]:
        """Where a secret stands that must not: the key, its tokens, or in an export the account."""
        if self.loopback is None:
            return []
        secrets = [TOKEN, *self.loopback.world.issued]
        places = self.exported | {
            f"the output of {done.args[0]}": done.out + done.err for done in self.done
        }
        for path in self.folder.glob("*.db*"):
            places[path.name] = path.read_bytes().decode("latin-1")
        connection = self._opened()
        for (name,) in connection.execute("SELECT name FROM sqlite_master").fetchall():
            for row in connection.execute(f"SELECT * FROM {name}"):
                places[f"the table {name}"] = places.get(f"the table {name}", "") + _read(row)
        connection.close()
        found = [name for name, text in places.items() if any(word in text for word in secrets)]
        found += [name for name, text in self.exported.items() if ACCOUNT in text]
        return [f"a secret is in {name}" for name in found]

    @property
    def twins(self) -> int:
        """Jobs that the service made beside those that it was asked for once."""
        return int(self.status["twins"])


def _read(row: tuple[Any, ...]) -> str:
    """Columns as text; what was compressed is unpacked."""
    texts = []
    for value in row:
        if isinstance(value, bytes):
            with suppress(zlib.error):
                value = zlib.decompress(value)
            texts.append(value.decode("latin-1"))
        else:
            texts.append(str(value))
    return " ".join(texts)
