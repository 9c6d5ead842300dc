"""Runs on a quantum service of our own, with everything that can go wrong there, one at a time.

    python -m tests.benchmarks.hardware [kills] [syncs] [faults] [storm] [posts] [pairs] [rehearsal]

Prints a line for each fault and each kill point: POSTs and jobs at the service, jobs without a row
(lost), jobs made twice, seconds as booked by us and as charged by the service, commands that the
run took, how the first one ended, whether the trace and all else were equal to those of a run that
nothing happened to, and the line that the user saw. Exit code 1 where something was not equal.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from tests.hardware import chaos, syncs, table
from tests.hardware.drive import Drive
from tests.hardware.pairs import together
from tests.hardware.table import Case, Trace
from tests.loopback import Fault, Loopback, World
from tests.loopback.commands import Zygote, commands
from tests.loopback.server import serving

PARTS = ("kills", "syncs", "faults", "storm", "posts", "pairs", "rehearsal")


class Bench:
    """Where all parts run.

    Args:
        qng: Runs commands.
        loopback: The service.
        folder: For ledgers.
        like: Only cases with one of these words in their names.
        every: Only each n-th case.
    """

    def __init__(
        self, qng: Zygote, loopback: Loopback, folder: Path, like: list[str], every: int
    ) -> None:
        self.qng, self.loopback, self.folder = qng, loopback, folder
        self.like, self.every = like, every
        self.wrong = 0
        self._number = 0

    def drive(self, job: tuple[str, ...] | None = None, here: bool = False) -> Drive:
        """A run that is not begun; `here`: a rehearsal."""
        self._number += 1
        place = self.folder / str(self._number)
        place.mkdir()
        self.loopback.world = World()
        drive = Drive(self.qng, place, None if here else self.loopback)
        if job is not None:
            drive.job = job
        if here:
            drive.backend = "fake_manila"
        return drive

    def whole(self, drive: Drive) -> Trace:
        """The trace of a run that nothing happens to."""
        done = drive.start(timeout=3600)
        if done.code:
            raise SystemExit(f"a run that nothing happens to fails: {done.line}")
        return drive.trace

    def commits(self, here: bool = False) -> int:
        """How many commits a run makes."""
        low, high = 0, 1024
        while high - low > 1:
            middle = (low + high) // 2
            killed = self.drive(here=here).start(commit=2 * middle - 1).code == -9
            low, high = (middle, high) if killed else (low, middle)
        return low

    def rows(self, cases: Iterable[Case], make: Callable[[], Drive], reference: Trace) -> None:
        """A line for every case."""
        print(table.HEAD, flush=True)
        number = equal = lost = twins = 0
        chosen = [
            case for case in cases if not self.like or any(word in case.name for word in self.like)
        ]
        for case in chosen[:: self.every]:
            row = table.tried(case, make, reference)
            number, equal = number + 1, equal + (not row.wrong)
            lost, twins = lost + row.lost, twins + row.twins
            self.wrong += bool(row.wrong)
            print(row, flush=True)
        print(f"{number} cases: {equal} equal, {lost} jobs lost, {twins} made twice", flush=True)


def kills(bench: Bench) -> None:
    """At every request, before and after the service acts; at every commit; at 100 moments."""
    whole = bench.drive()
    reference = bench.whole(whole)
    requests, seconds = len(bench.loopback.world.requests), whole.done[0].seconds
    commits = bench.commits()
    drawn = random.Random(12)
    moments = [drawn.uniform(0.02, seconds) for _ in range(100)]
    print(f"one run: {requests} requests, {commits} commits, {seconds:.2f} s")
    bench.rows(table.kills(requests, commits, moments), bench.drive, reference)


def fsyncs(bench: Bench) -> None:
    """At every `fsync` and `fdatasync`, by strace."""
    if syncs.STRACE is None:
        print("no strace here")
        return
    reference = bench.whole(bench.drive())
    points = syncs.counted(bench.drive())
    wrong = 0
    chosen = range(1, points + 1, bench.every)
    for point in chosen:
        drive = bench.drive()
        first = syncs.killed_at(drive, point)
        drive.to_end()
        found = drive.faults(reference)
        wrong += bool(found)
        end = "killed" if first.code == -9 else f"exit {first.code}"
        print(
            f"fsync {point:3}: {end}, {'; '.join(found) or 'equal'}, twins {drive.twins}",
            flush=True,
        )
    bench.wrong += wrong
    print(f"{len(chosen)} of {points} kill points: {len(chosen) - wrong} equal")


def faults(bench: Bench) -> None:
    """Every fault, alone."""
    bench.rows(table.faults(), bench.drive, bench.whole(bench.drive()))


def storm(bench: Bench, steps: int, seed: int) -> None:
    """A long run through faults and kills."""
    job = ("textbook-2", "--shots", "1000", "--steps", str(steps))
    reference = bench.whole(bench.drive(job))
    drive = bench.drive(job)
    began = time.time()
    found = chaos.storm(drive, seed, most=10 * steps + 100)
    wrong = drive.faults(reference, steps + 1)
    bench.wrong += bool(wrong)
    world = bench.loopback.world
    print(
        f"{steps} steps in {time.time() - began:.0f} s: {found.commands} commands, {found.killed} "
        f"killed, {found.struck} faults, {world.posts} POSTs, {len(world.jobs)} jobs, "
        f"{drive.twins} made twice, {drive.status['seconds_booked']:.3f} s booked, "
        f"{world.charged:.3f} s charged; {'; '.join(wrong) or 'equal'}"
    )
    for line in found.lines:
        print(f"    {line}")


def posts(bench: Bench) -> None:
    """503 for ever, at the default pace, for four minutes."""
    drive = bench.drive()
    drive.terms = ("--poll", "0.1", "--grace", "1")
    bench.loopback.world.break_at(Fault("submit", 503, times=0))
    began = time.time()
    while time.time() - began < 240:
        running = drive.begin(*(("resume",) if drive.is_known else drive.started))
        running.ended.wait(max(1.0, 240 - (time.time() - began)))
        running.signal(2)
        print(running.wait(60).line)
    most = bench.loopback.world.most_posts()
    bench.wrong += most > 5
    print(f"{bench.loopback.world.posts} POSTs in 240 s, at most {most} in any 60 s")


def pairs(bench: Bench) -> None:
    """Two `collect` at once, 50 times."""
    job = ("textbook-2", "--shots", "1000", "--steps", "50")
    reference = bench.whole(bench.drive(job))
    drive = bench.drive(job)
    number = together(drive)
    wrong = drive.faults(reference, 51)
    bench.wrong += bool(wrong) or len(bench.loopback.world.jobs) != 51
    print(f"{number} pairs, {len(bench.loopback.world.jobs)} jobs: {'; '.join(wrong) or 'equal'}")


def rehearsal(bench: Bench) -> None:
    """Without an account, killed at every commit and at 30 moments."""
    whole = bench.drive(here=True)
    reference = bench.whole(whole)
    commits = bench.commits(here=True)
    drawn = random.Random(12)
    moments = [drawn.uniform(0.02, whole.done[0].seconds) for _ in range(30)]
    bench.rows(table.kills(0, commits, moments), lambda: bench.drive(here=True), reference)


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.hardware",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}")
    parser.add_argument("--like", nargs="*", default=[], help="only cases with one of these words")
    parser.add_argument("--every", type=int, default=1, help="only each n-th case")
    parser.add_argument("--steps", type=int, default=500, help="of the storm")
    parser.add_argument("--seed", type=int, default=1, help="of the storm")
    told = parser.parse_args()
    for part in told.parts:
        if part not in PARTS:
            parser.error(f"{part!r} is none of {', '.join(PARTS)}")
    with tempfile.TemporaryDirectory() as folder, serving() as loopback, commands(folder) as qng:
        bench = Bench(qng, loopback, Path(folder), told.like, told.every)
        for part in told.parts or PARTS:
            print(f"== {part}", flush=True)
            began = time.time()
            if part == "storm":
                storm(bench, told.steps, told.seed)
            else:
                {
                    "kills": kills, "syncs": fsyncs, "faults": faults, "posts": posts,
                    "pairs": pairs, "rehearsal": rehearsal,
                }[part](bench)  # fmt: skip
            print(f"== {part}: {time.time() - began:.0f} s", flush=True)
    sys.exit(1 if bench.wrong else 0)


if __name__ == "__main__":
    main()
