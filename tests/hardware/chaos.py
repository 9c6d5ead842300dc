"""Long runs in which something goes wrong again and again, drawn from a seed."""

from __future__ import annotations

import random
from dataclasses import dataclass

from tests.hardware.drive import Drive
from tests.loopback import Fault

# Each as often as it stands here; what can make a second job of a batch is among them.
SOON = (500, 502, 503, 504, "cut", "cut", "half", "html", "empty", "truncated", "corrupt", 429)


@dataclass(frozen=True)
class Storm:
    """What a long run went through.

    Args:
        commands: How many it took.
        killed: How many of them were killed.
        struck: How many faults struck.
        ends: How often each exit code was seen.
        lines: What users saw last, each once.
    """

    commands: int
    killed: int
    struck: int
    ends: dict[int, int]
    lines: tuple[str, ...]


def storm(drive: Drive, seed: int, most: int = 400) -> Storm:
    """Drive a run to its end through faults and kills.

    Args:
        drive: The run; the service must have been begun anew.
        seed: Of what goes wrong.
        most: Commands, before it is given up.
    """
    drawn = random.Random(seed)
    assert drive.loopback is not None
    world = drive.loopback.world
    killed, struck = 0, 0
    ends: dict[int, int] = {}
    lines: list[str] = []
    for number in range(1, most + 1):
        before = len(world.requests)
        world.break_at(*_drawn(drawn))
        commit = drawn.randrange(1, 100) if drawn.random() < 0.3 else 0
        running = drive.resume(commit=commit, timeout=3600)
        struck += sum(bool(asked.faults) for asked in world.requests[before:])
        killed += running.code == -9
        ends[running.code] = ends.get(running.code, 0) + 1
        if running.code not in (0, -9) and running.line not in lines:
            lines.append(running.line)
        if running.code == 0:
            world.mend()
            return Storm(number, killed, struck, ends, tuple(lines))
    raise AssertionError(f"not finished after {most} commands: {lines}")


def _drawn(drawn: random.Random) -> list[Fault]:
    """What goes wrong in the next two thousand requests, or at their jobs."""
    faults, at = [], 0
    while at < 2000:
        at += drawn.randrange(2, 30)
        what = "kill" if drawn.random() < 0.15 else drawn.choice(SOON)
        faults.append(Fault("any", what, nth=at, after=drawn.random() < 0.5))
    at = 0
    while at < 500:
        at += drawn.randrange(1, 10)
        what = drawn.choice(("kill", "job failed", *SOON))
        code = 1006 if what == "job failed" else None
        faults.append(Fault("submit", what, nth=at, after=drawn.random() < 0.5, value=code))
    return faults
