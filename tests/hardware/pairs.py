"""Two processes at one run, always at the same time."""

from __future__ import annotations

from tests.hardware.drive import Drive


def together(drive: Drive, most: int = 1000) -> int:
    """Submit a run, and collect it by two commands at once until it is finished.

    Args:
        drive: The run, not begun.
        most: Pairs, before it is given up.

    Returns:
        How many pairs it took.
    """
    sent = drive.do("submit", *drive.job, "--backend", drive.backend, "--posts-per-minute", "1000")
    assert sent.code == 0, sent
    for number in range(1, most + 1):
        both = [drive.begin("collect") for _ in range(2)]
        ends = [running.wait(60) for running in both]
        drive.done += ends
        assert all(done.code in (0, 3) for done in ends), ends
        if any("finished" in done.out for done in ends):
            return number
    raise AssertionError(f"not finished after {most} pairs")
