"""A lock that no dead process holds: one file beside the ledger, one byte of it a run.

The system gives a record lock back when its process ends, however it ends; children do not
inherit it. Closing any handle of the file in a process would give back all its locks there, so
each process keeps one.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from qng.run.ledger.errors import HeldError, LedgerError

_guard: Final = threading.Lock()
_open: Final[dict[tuple[int, str], int]] = {}
_held: Final[set[tuple[int, str, int]]] = set()


@contextmanager
def held(ledger: Path, number: int, run: str) -> Iterator[None]:
    """Hold a run.

    Args:
        ledger: Its file.
        number: Of the run there.
        run: Its name, for the error.

    Raises:
        HeldError: Another process, or another part of this one, has it.
        LedgerError: The lock's file cannot be written.
    """
    path = ledger.absolute()
    path = path.with_name(f"{path.name}.lock")
    place = (os.getpid(), str(path))
    busy = HeldError(
        f"another process is at the run {run[:8]} of {ledger}: nothing was done; wait until it "
        "ends, or stop it"
    )
    with _guard:
        if (*place, number) in _held:
            raise busy
        try:
            if place not in _open:
                _open[place] = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
            if not _locked(_open[place], number):
                raise busy
        except OSError as error:
            raise LedgerError(
                f"the lock {path} cannot be written: {error.strerror or error}; nothing was done: "
                "make its folder writable"
            ) from error
        _held.add((*place, number))
    try:
        yield
    finally:
        with _guard:
            _unlock(_open[place], number)
            _held.discard((*place, number))


if sys.platform == "win32":
    import msvcrt

    def _locked(handle: int, byte: int) -> bool:
        os.lseek(handle, byte, os.SEEK_SET)
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except PermissionError:
            return False
        return True

    def _unlock(handle: int, byte: int) -> None:
        os.lseek(handle, byte, os.SEEK_SET)
        msvcrt.locking(handle, msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def _locked(handle: int, byte: int) -> bool:
        try:
            fcntl.lockf(handle, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, byte)
        except (BlockingIOError, PermissionError):
            return False
        return True

    def _unlock(handle: int, byte: int) -> None:
        fcntl.lockf(handle, fcntl.LOCK_UN, 1, byte)
