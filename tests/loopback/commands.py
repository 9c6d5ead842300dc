"""Commands of `qng` as users give them, each in a process of its own, forked from a zygote."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.loopback.guard import Elsewhere

ROOT = Path(__file__).resolve().parents[2]
ALONE = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "NUMBA_NUM_THREADS": "1",
    "RAYON_NUM_THREADS": "1",
    "QISKIT_PARALLEL": "false",
    "USAGE_DATA_OPT_OUT": "True",
    "PYTHONPATH": str(ROOT),
    "PATH": os.environ.get("PATH", ""),
    "COLUMNS": "200",
    "PYTHONWARNINGS": "ignore",
}


@dataclass(frozen=True)
class Done:
    """A command that has ended.

    Args:
        args: What was asked.
        code: Its exit code; -9 where it was killed.
        out: Its standard output.
        err: Its standard error.
        seconds: How long it took.
        log: What the client's loggers wrote.
    """

    args: tuple[str, ...]
    code: int
    out: str
    err: str
    seconds: float
    log: str = ""

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def line(self) -> str:
        """The last line that the user saw."""
        lines = [line for line in (self.out + self.err).splitlines() if line.strip()]
        return lines[-1] if lines else ""


@dataclass
class Running:
    """A command under way."""

    zygote: Zygote
    args: tuple[str, ...]
    folder: Path
    began: float
    pid: int = 0
    code: int | None = None
    started: threading.Event = field(default_factory=threading.Event)
    ended: threading.Event = field(default_factory=threading.Event)

    def signal(self, number: int = signal.SIGKILL) -> None:
        """Send it a signal, if it still runs."""
        self.started.wait()
        if not self.ended.is_set():
            try:
                os.kill(self.pid, number)
            except ProcessLookupError:
                return

    def wait(self, timeout: float = 120.0) -> Done:
        """What became of it; it is killed after `timeout` seconds."""
        if not self.ended.wait(timeout):
            self.signal(signal.SIGKILL)
            self.ended.wait()
            last = self._text("err")[-400:]
            raise TimeoutError(f"qng {' '.join(self.args)} took {timeout} s: {last}")
        assert self.code is not None
        out, err, log = map(self._text, ("out", "err", "log"))
        done = Done(self.args, self.code, out, err, time.time() - self.began, log)
        if Elsewhere.__name__ in done.err:
            raise AssertionError(done.err)
        return done

    def _text(self, name: str) -> str:
        path = self.folder / name
        return path.read_text() if path.exists() else ""


class Zygote:
    """Forks commands.

    Args:
        home: An empty folder: no account of anybody's is found.
    """

    def __init__(self, home: str) -> None:
        self._home = home
        self._folder = tempfile.TemporaryDirectory()
        self._running: list[Running] = []
        self._lock = threading.Lock()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.loopback.zygote"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=ALONE | {"HOME": home},
            cwd=ROOT,
        )
        self._ready = threading.Event()
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()
        if not self._ready.wait(120):
            self.stop()
            raise RuntimeError("the zygote did not begin")

    def begin(
        self,
        *args: str,
        cwd: str | Path,
        env: Mapping[str, str] | None = None,
        commit: int = 0,
        hold: str | Path = "",
        log: str = "",
    ) -> Running:
        """Begin a command.

        Args:
            args: As on a command line, without `qng`.
            cwd: Where it runs.
            env: Beside `ALONE` and `HOME`.
            commit: It is killed before its n-th commit where this is 2n - 1, and after at 2n.
            hold: It waits until there is such a file.
            log: To which of its files the client's loggers write, from DEBUG: "log" or "err".
        """
        with self._lock:
            number = len(self._running)
            folder = Path(self._folder.name) / str(number)
            folder.mkdir()
            running = Running(self, args, folder, time.time())
            self._running.append(running)
        told = {
            "number": number,
            "args": args,
            "cwd": str(cwd),
            "env": ALONE | {"HOME": self._home} | dict(env or {}),
            "out": str(folder / "out"),
            "err": str(folder / "err"),
            "commit": commit,
            "hold": str(hold),
            "log": str(folder / log) if log else "",
        }
        assert self._process.stdin is not None
        with self._lock:
            self._process.stdin.write(json.dumps(told).encode() + b"\n")
            self._process.stdin.flush()
        if not running.started.wait(30):
            raise RuntimeError("the zygote is gone")
        return running

    def run(self, *args: str, timeout: float = 120.0, **given: Any) -> Done:
        """Run a command to its end."""
        return self.begin(*args, **given).wait(timeout)

    def stop(self) -> None:
        """End it, and what it runs."""
        for running in self._running:
            if not running.ended.is_set():
                running.signal(signal.SIGKILL)
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(30)
        self._listener.join(30)
        self._folder.cleanup()

    def _listen(self) -> None:
        living: dict[int, Running] = {}
        for told in map(json.loads, self._lines()):
            if "ready" in told:
                self._ready.set()
            elif "begun" in told:
                running = self._running[told["number"]]
                running.pid = told["begun"]
                living[running.pid] = running
                running.started.set()
            else:
                running = living.pop(told["ended"])
                running.code = told["code"]
                running.ended.set()

    def _lines(self) -> Iterator[bytes]:
        assert self._process.stdout is not None
        with self._process.stdout as stream:
            yield from stream


@contextmanager
def commands(home: str) -> Iterator[Zygote]:
    """A zygote for as long as a block lasts."""
    zygote = Zygote(home)
    try:
        yield zygote
    finally:
        zygote.stop()
