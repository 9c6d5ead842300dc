"""Whose connection it is: the process behind a port of this machine, from /proc."""

from __future__ import annotations

import os
from pathlib import Path


def owner(port: int, server: int) -> int | None:
    """The process that connects from `port` to `server`, if it still lives."""
    inode = _inode(port, server)
    if inode is None:
        return None
    wanted = f"socket:[{inode}]"
    for folder in Path("/proc").glob("[0-9]*/fd"):
        try:
            if any(os.readlink(entry) == wanted for entry in folder.iterdir()):
                return int(folder.parent.name)
        except OSError:
            continue
    return None


def _inode(port: int, server: int) -> str | None:
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        words = line.split()
        here, there = words[1], words[2]
        if int(here.split(":")[1], 16) == port and int(there.split(":")[1], 16) == server:
            return words[9]
    return None
