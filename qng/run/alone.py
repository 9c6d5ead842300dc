"""Files that several processes write: one at a time, and nobody over what another has written."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def alone(file: Path) -> Iterator[None]:
    """Here no other process that asks for it, and no other thread, has the folder of a file.

    It is for what takes no time, such as to look whether a file is as it was and to replace it.
    Nothing is left behind, however the process ends. Where the system or the file system has no
    such locks there is none.
    """
    handle = _locked(file.resolve().parent)
    try:
        yield
    finally:
        if handle is not None:
            os.close(handle)  # which gives it back


def beside(file: Path) -> Path:
    """A file of a like name that is not there.

    Example:
        >>> beside(Path("no-such-folder/h2.json")).name
        'h2-2.json'
    """
    k = 2
    while (other := file.with_name(f"{file.stem}-{k}{file.suffix}")).exists():
        k += 1
    return other


if sys.platform == "win32":

    def _locked(folder: Path) -> int | None:
        return None

else:
    import fcntl

    def _locked(folder: Path) -> int | None:
        try:
            handle = os.open(folder, os.O_RDONLY)
        except OSError:
            return None
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
        except OSError:
            os.close(handle)
            return None
        return handle
