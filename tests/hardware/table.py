"""What can go wrong at a service, one thing at a time, and what a run must make of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from tests.hardware.drive import TRACEBACK, Drive
from tests.loopback import Fault, World
from tests.loopback.commands import Done

Trace = list[dict[str, str]]


@dataclass(frozen=True)
class Case:
    """Something that goes wrong once.

    Args:
        name: In a table.
        faults: What goes wrong.
        world: How the service is, for once.
        commit: The client is killed at its n-th commit, see `Zygote.begin`.
        moment: The client is killed after so many seconds.
        timeout: Whether the client must wait for a shorter time.
        twins: How many jobs may be made twice.
        finishes: Whether the first command must end the run by itself.
        rests: Seconds to wait before the account is made.
        more: Arguments of `qng resume`.
    """

    name: str
    faults: tuple[Fault, ...] = ()
    world: dict[str, float] = field(default_factory=dict)
    commit: int = 0
    moment: float = 0.0
    timeout: bool = False
    twins: int = 0
    finishes: bool = False
    rests: float = 0.0
    more: tuple[str, ...] = ()


@dataclass(frozen=True)
class Row:
    """What became of it."""

    case: Case
    first: Done
    commands: int
    posts: int
    jobs: int
    lost: int
    twins: int
    ours: float
    theirs: float
    wrong: tuple[str, ...]

    def __str__(self) -> str:
        end = "killed" if self.first.code == -9 else f"exit {self.first.code}"
        seconds = f"{self.ours:8.3f} {self.theirs:8.3f}"
        good = "; ".join(self.wrong) or "equal"
        return (
            f"{self.case.name:44} {self.posts:5} {self.jobs:5} {self.lost:5} {self.twins:5} "
            f"{seconds} {self.commands:4} {end:8} {good} | {self.first.line[:150]}"
        )


HEAD = (
    f"{'what goes wrong':44} {'POSTs':>5} {'jobs':>5} {'lost':>5} {'twins':>5} {'ours/s':>8} "
    f"{'theirs/s':>8} {'cmds':>4} {'end':8} result | the line that the user saw"
)


def tried(case: Case, make: Callable[[], Drive], reference: Trace) -> Row:
    """Let one thing go wrong in a run, resume it until it is finished, and look what holds.

    Args:
        case: What goes wrong.
        make: A run that is not begun, in a new world.
        reference: The trace of a run that nothing happened to.
    """
    drive = make()
    loopback = drive.loopback
    if loopback is not None:
        loopback.world = World(**case.world)  # type: ignore[arg-type]
        loopback.world.break_at(*case.faults)
    if case.timeout:
        drive.terms = (*drive.terms, "--timeout", "0.5")
    running = drive.begin(*drive.started, commit=case.commit)
    if case.moment:
        running.ended.wait(case.moment)
        running.signal()
    first = running.wait(60)
    drive.done.append(first)
    wrong = list(_told(first, case))
    if loopback is not None:
        loopback.world.mend()
    if first.code != 0:
        try:
            drive.to_end(*case.more)
        except AssertionError as error:
            wrong.append(str(error).splitlines()[0])
    if case.rests and loopback is not None:
        import time

        time.sleep(case.rests)
        loopback.world.settle()
        drive.do("collect", drive.status["run"])
        del drive.status
    try:
        wrong += drive.faults(reference)
        twins, booked = drive.twins, float(drive.status["seconds_booked"])
        rows = {job["id"] for job in drive.status["jobs"]}
    except AssertionError as error:
        wrong.append(str(error).splitlines()[0])
        twins, booked, rows = 0, float("nan"), set()
    if twins > case.twins:
        wrong.append(f"{twins} jobs were made twice")
    world = loopback.world if loopback is not None else World()
    return Row(
        case, first, len(drive.done), world.posts, len(world.jobs),
        sum(job.id not in rows for job in world.jobs), twins, booked, world.charged, tuple(wrong),
    )  # fmt: skip


def _told(first: Done, case: Case) -> Iterator[str]:
    if TRACEBACK in first.out + first.err:
        yield "a traceback"
    if first.code not in (0, 1, 3, -9):
        yield f"exit code {first.code}"
    if case.finishes and first.code:
        yield f"did not end by itself: {first.line}"
    if first.code in (1, 3):
        lines = [line for line in first.err.splitlines() if line.startswith(("error:", "failed:"))]
        if len(lines) != 1:
            yield f"{len(lines)} lines say why"


ERRORS = (400, 401, 403, 404, 409, 413, 429, 500, 502, 503, 504)
BODIES = ("empty", "no content", "truncated", "half", "html", "corrupt")
GETS = (
    "token", "search", "catalog", "backends", "configuration", "properties", "status", "usage",
    "list", "job", "results", "metrics",
)  # fmt: skip
AFTERWARDS = (500, 502, 503, 504, "cut", "hang", "half", "html", "empty", "truncated")


def faults() -> list[Case]:
    """Every fault, alone."""
    cases = []
    for kind in ("submit", *GETS):
        nth = 2 if kind in ("submit", "job", "results", "status", "usage") else 1
        for what in (*ERRORS, "cut", "hang", *BODIES):
            hangs = what == "hang"
            cases.append(
                Case(f"{kind} {nth}: {what}", (Fault(kind, what, nth=nth),), timeout=hangs)
            )
        for what in AFTERWARDS if kind == "submit" else ():
            hangs = what == "hang"
            fault = Fault(kind, what, nth=nth, after=True)
            cases.append(Case(f"{kind} {nth}: {what}, after it", (fault,), timeout=hangs))
        for what in (500, 503, "cut"):
            if kind not in ("submit", "token", "search", "catalog"):
                fault = Fault(kind, what, nth=nth, times=3)
                cases.append(Case(f"{kind} {nth} to {nth + 2}: {what}", (fault,)))
    for code in (1000, 1006, 1008, 1010, 1011, 5203, 1002, 1517, 7001, 8057):
        fault = Fault("submit", "job failed", nth=2, value=code)
        cases.append(Case(f"job 2 fails, code {code}", (fault,)))
    cases += [
        Case(what, (Fault("submit", what, nth=2),))
        for what in ("job cancelled", "job timed out", "job with an unknown status")
    ]
    cases += [
        Case(f"job 2: wrong number of {what}", (Fault("submit", what, nth=2),), more=())
        for what in ("rows", "shots", "bits")
    ]
    for what, value in (
        ("expired", None), ("quota", None), ("maintenance", None), ("pause", None),
        ("no gate", "cx"), ("no qubit", 3), ("recalibrated", "2026-01-01T00:00:00+00:00"),
    ):  # fmt: skip
        # Before the third job, when two have told what the device is.
        fault = Fault("results", what, nth=2, after=True, value=value)
        cases.append(Case(f"from result 2 on: {what}", (fault,)))
    lost = (Fault("submit", "cut", nth=2, after=True),)
    thrice = Fault("submit", "job failed", nth=2, times=3, value=1006)
    slow = Fault("any", "delay", times=0, value=0.1)
    cases += [
        Case("job 2 fails three times, code 1006", (thrice,)),
        Case("lists lag by 0.2 s, reply 2 is lost", lost, {"lag": 0.2}),
        Case("lists lag by 2 s, reply 2 is lost", lost, {"lag": 2.0}, twins=1, rests=2.0),
        Case("charges come late", world={"late": 3}, rests=0.1),
        Case("every answer comes 0.1 s late", (slow,), finishes=True),
        Case("a job takes 0.5 s", world={"pace": 0.5}, finishes=True),
    ]
    return cases


def kills(requests: int, commits: int, moments: list[float]) -> list[Case]:
    """The client is killed at every request, at every commit, and at some moments.

    Args:
        requests: How many a run makes.
        commits: How many a run makes.
        moments: Seconds.
    """
    return [
        *(
            Case(f"killed {'after' if after else 'before'} the service acts on request {n}",
                 (Fault("any", "kill", nth=n, after=after),))
            for n in range(1, requests + 1) for after in (False, True)
        ),
        *(
            Case(f"killed {'after' if point % 2 == 0 else 'before'} commit {(point + 1) // 2}",
                 commit=point)
            for point in range(1, 2 * commits + 1)
        ),
        *(Case(f"killed after {moment:.3f} s", moment=moment) for moment in moments),
    ]  # fmt: skip
