"""Clients that are killed at the n-th `fsync` or `fdatasync`, by strace, which needs no hook."""

from __future__ import annotations

import shutil
import subprocess
import time
from pathlib import Path

from tests.hardware.drive import Drive
from tests.loopback.commands import Done

STRACE = shutil.which("strace")


def killed_at(drive: Drive, point: int, seconds: float = 60.0) -> Done:
    """`qng run`, killed at the n-th time that it asks the disk to keep something.

    Args:
        drive: The run, not begun.
        point: n; 0 kills nothing.
        seconds: After which it is given up.
    """
    assert STRACE is not None
    go, log = drive.folder / "go", drive.folder / f"strace-{point}"
    running = drive.begin(*drive.started, hold=go)
    what = ["-e", "trace=fsync,fdatasync"]
    if point:
        what += ["-e", f"inject=fsync,fdatasync:signal=KILL:when={point}"]
    traced = subprocess.Popen(
        [STRACE, "-f", "-q", *what, "-o", str(log), "-p", str(running.pid)],
        stderr=subprocess.DEVNULL,
    )
    while not _is_traced(running.pid):
        time.sleep(0.002)
    go.touch()
    done = running.wait(seconds)
    traced.wait(seconds)
    drive.done.append(done)
    return done


def counted(drive: Drive) -> int:
    """How often a run asks the disk to keep something."""
    done = killed_at(drive, 0)
    assert done.code == 0, done
    lines = (drive.folder / "strace-0").read_text().splitlines()
    return sum(" = 0" in line and "sync(" in line for line in lines)


def _is_traced(pid: int) -> bool:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return any(line.startswith("TracerPid:") and line.split()[1] != "0" for line in lines)
