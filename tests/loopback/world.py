"""What the service knows: devices, jobs, sessions, charges, and every request that it was sent."""

from __future__ import annotations

import threading
import time
import uuid
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import numpy as np

from tests.loopback import execute, faults
from tests.loopback.devices import Device
from tests.loopback.faults import Fault

ACCOUNT = "0d9c3e5b7a1f48d2b6e4f8a091c7d35e"
CRN = (
    "crn:v1:bluemix:public:quantum-computing:us-east:"
    f"a/{ACCOUNT}:6f1e2d3c-4b5a-4978-8a6b-0c1d2e3f4a5b::"
)
TOKEN = "loopback-key-Zq7Wn3Rk5Tx9Vb2Lp8"
SYSTEM_CODES = frozenset((1000, 1006, 1008, 1010, 1011, 5203))
FINAL = frozenset(("Completed", "Failed", "Cancelled", "Cancelled - Ran too long"))


class Refusal(Exception):
    """An answer that is an error."""

    def __init__(self, status: int, message: str, code: int = 0) -> None:
        super().__init__(message)
        self.status, self.message, self.code = status, message, code


@dataclass
class Asked:
    """A request as it was logged."""

    number: int
    kind: str
    count: int
    method: str
    path: str
    at: float
    size: int
    status: int | str = 0
    job: str = ""
    faults: tuple[Fault, ...] = ()


@dataclass
class Job:
    """A job as the service knows it."""

    id: str
    device: str
    program: execute.Program
    tags: list[str]
    created: float
    cost: float | None = None
    session: str | None = None
    status: str = "Queued"
    reason: str = ""
    code: int | None = None
    looks: int = 0
    asked_for_charge: int = 0
    charged: float = 0.0
    fate: Fault | None = None
    text: str = ""

    @property
    def seconds(self) -> float:
        """QPU time by the public formula."""
        return 2 + 0.00035 * self.program.executions

    @property
    def final(self) -> bool:
        return self.status in FINAL


@dataclass
class Session:
    """A session: for how long it lives, and whether it takes jobs."""

    id: str
    device: str
    mode: str
    opened: float
    longest: float
    accepting: bool = True
    state: str = "open"
    last: float = 0.0


@dataclass
class World:
    """The service.

    Args:
        devices: Names, without `ibm_`.
        posts_per_minute: POSTs of jobs that are taken in any 60 s; None: as many as one likes.
        quota: Seconds that the instance may use; None: no limit.
        looks: How often a job must be looked at before it is done.
        pace: Seconds that a job takes at least.
        lag: Seconds until a new job is seen in lists.
        late: How often its charge must be asked for before it is told.
        plan: "premium", or "open", which has no sessions.
        largest: Bytes of the largest body that is taken.
        life: Seconds that a token lives.
        idle: Seconds after which an idle session ends.
        seed: Of all noise.
    """

    devices: tuple[str, ...] = ("manila", "fez")
    posts_per_minute: int | None = None
    quota: float | None = None
    looks: int = 1
    pace: float = 0.0
    lag: float = 0.0
    late: int = 0
    plan: str = "premium"
    largest: int = 64 * 2**20
    life: float = 3600.0
    idle: float = 60.0
    seed: int = 0

    known: dict[str, Device] = field(init=False)
    jobs: list[Job] = field(init=False, default_factory=list)
    sessions: dict[str, Session] = field(init=False, default_factory=dict)
    requests: list[Asked] = field(init=False, default_factory=list)
    faults: list[Fault] = field(init=False, default_factory=list)
    tokens: dict[str, float] = field(init=False, default_factory=dict)
    issued: list[str] = field(init=False, default_factory=list)
    posted: list[float] = field(init=False, default_factory=list)
    lock: Any = field(init=False, default_factory=threading.RLock)
    _counts: Counter[str] = field(init=False, default_factory=Counter)

    def __post_init__(self) -> None:
        self.known = {f"ibm_{name}": Device(f"ibm_{name}") for name in self.devices}

    # What tests ask.

    @property
    def posts(self) -> int:
        """POSTs of jobs that came, whatever became of them."""
        return sum(asked.kind == "submit" for asked in self.requests)

    @property
    def charged(self) -> float:
        """Seconds of all jobs."""
        return sum(job.charged for job in self.jobs)

    def most_posts(self, seconds: float = 60.0) -> int:
        """The most POSTs of jobs in any window of that length."""
        times = [asked.at for asked in self.requests if asked.kind == "submit"]
        return max(
            (sum(start <= at < start + seconds for at in times) for start in times), default=0
        )

    def settle(self) -> None:
        """Run what still waits, as a device does where nobody looks."""
        with self.lock:
            for job in self.jobs:
                if not job.final:
                    self._finish(job)

    def break_at(self, *told: Fault) -> None:
        """Let something go wrong, counted from now."""
        with self.lock:
            self._counts.clear()
            self.faults = list(told)

    # What the service does.

    def note(self, kind: str, method: str, path: str, size: int) -> Asked:
        """Log a request; with what goes wrong at it."""
        with self.lock:
            self._counts[kind] += 1
            self._counts["any"] += 1
            count, everything = self._counts[kind], self._counts["any"]
            struck = tuple(f for f in self.faults if f.strikes(kind, count, everything))
            asked = Asked(
                len(self.requests) + 1, kind, count, method, path, time.time(), size, faults=struck
            )
            self.requests.append(asked)
            return asked

    def submit(self, body: dict[str, Any], size: int, fate: Fault | None) -> Job:
        now = time.time()
        if size > self.largest:
            raise Refusal(413, "The request body is too large", 8057)
        recent = [at for at in self.posted if at > now - 60]
        if self.posts_per_minute is not None and len(recent) >= self.posts_per_minute:
            raise Refusal(429, "Too many requests", 1429)
        self.posted = [*recent, now]
        if self.quota is not None and self.charged >= self.quota:
            raise Refusal(409, "Usage exceeds instance limit", 4317)
        device = self.device(body["backend"])
        if body.get("program_id") != "executor":
            raise Refusal(404, "Program not found", 1207)
        session = self._session_for(body.get("session_id"))
        program = execute.decode(body["params"], device.name)
        job = Job(
            "d" + uuid.uuid4().hex[:19],
            device.name,
            program,
            list(body.get("tags", ())),
            now,
            body.get("cost"),
            session.id if session else None,
            fate=fate,
        )
        if why := device.refuses(program.gates):
            job.fate = Fault("submit", faults.JOB_FAILED, value=1517)
            job.reason = f"Transpile your circuits for the target: {why}"
        self.jobs.append(job)
        return job

    def job(self, number: str) -> Job:
        for job in self.jobs:
            if job.id == number:
                return job
        raise Refusal(404, f"Job not found. Job ID: {number}", 1291)

    def look(self, number: str) -> Job:
        """A job, one look nearer to its end."""
        job = self.job(number)
        self._advance(job)
        return job

    def list(self, query: dict[str, list[str]]) -> list[Job]:
        now = time.time()
        found = [job for job in self.jobs if job.created + self.lag <= now]
        for tag in query.get("tags", ()):
            found = [job for job in found if tag in job.tags]
        if "pending" in query:
            wanted = query["pending"][0] == "true"
            found = [job for job in found if job.final != wanted]
        for name, value in (("backend", "device"), ("session_id", "session")):
            if name in query:
                found = [job for job in found if getattr(job, value) == query[name][0]]
        if "created_after" in query:
            since = datetime.fromisoformat(query["created_after"][0].replace("Z", "+00:00"))
            found = [job for job in found if job.created >= since.timestamp()]
        if "created_before" in query:
            until = datetime.fromisoformat(query["created_before"][0].replace("Z", "+00:00"))
            found = [job for job in found if job.created <= until.timestamp()]
        if query.get("sort", [""])[0] != "ASC":
            found.reverse()
        return found

    def cancel(self, number: str) -> None:
        job = self.job(number)
        if job.final:
            raise Refusal(409, f"Job {number} is in a final state", 1219)
        job.status, job.reason = "Cancelled", "Cancelled by the user"

    def charge(self, number: str) -> tuple[Job, bool]:
        """A job, and whether its charge is known."""
        job = self.job(number)
        if job.final:
            job.asked_for_charge += 1
        return job, job.final and job.asked_for_charge > self.late

    def open_session(self, body: dict[str, Any]) -> Session:
        if self.plan == "open":
            raise Refusal(400, "The open plan has no sessions", 1352)
        session = Session(
            str(uuid.uuid4()),
            self.device(body["backend"]).name,
            body.get("mode", "dedicated"),
            time.time(),
            float(body.get("max_ttl") or 28800),
        )
        session.last = session.opened
        self.sessions[session.id] = session
        return session

    def session(self, number: str) -> Session:
        if number not in self.sessions:
            raise Refusal(404, f"Session not found: {number}", 1281)
        session = self.sessions[number]
        now = time.time()
        if now > session.opened + session.longest:
            session.accepting, session.state = False, "closed"
        elif session.state == "active" and now > session.last + self.idle:
            session.state = "inactive"
        return session

    def close_session(self, number: str) -> None:
        session = self.session(number)
        session.accepting, session.state = False, "closed"

    def device(self, name: str) -> Device:
        if name not in self.known:
            raise Refusal(404, f"Backend not found: {name}", 1216)
        return self.known[name]

    def change(self, fault: Fault, number: str = "") -> None:
        """Let the world be another from now on."""
        what, value = fault.what, fault.value
        device = next(iter(self.known.values()))
        if what == faults.EXPIRED:
            self.tokens.clear()
        elif what in _FATES and number:
            self.job(number).fate = fault
        elif what == faults.MAINTENANCE:
            device.status = "maintenance"
        elif what == faults.PAUSE:
            device.status, device.operational = "paused", False
        elif what == faults.NO_GATE:
            device.lost_gates.append(str(value))
        elif what == faults.NO_QUBIT:
            device.lost_qubits.append(int(value or 0))
        elif what == faults.RECALIBRATED:
            device.calibrated = str(value)
        elif what == faults.SESSION_CLOSED:
            for session in self.sessions.values():
                session.accepting, session.state = False, "closed"
        elif what == faults.QUOTA:
            self.quota = 0.0

    def mend(self) -> None:
        """Undo what was broken."""
        with self.lock:
            self.faults = []
            self.quota = None
            for device in self.known.values():
                device.status, device.operational = "active", True
                device.lost_gates.clear()
                device.lost_qubits.clear()
                device.calibrated = ""

    def _session_for(self, number: str | None) -> Session | None:
        if number is None:
            return None
        session = self.session(number)
        if not session.accepting:
            raise Refusal(400, "The session is closed", 1217)
        session.last, session.state = time.time(), "active"
        return session

    def _advance(self, job: Job) -> None:
        if job.final:
            return
        device = self.known[job.device]
        if not device.operational or device.status != "active":
            return
        job.looks += 1
        if job.looks > self.looks and time.time() >= job.created + self.pace:
            self._finish(job)
        elif job.looks > 1:
            job.status = "Running"

    def _finish(self, job: Job) -> None:
        fate = job.fate.what if job.fate else ""
        code = int(job.fate.value) if job.fate and job.fate.value else None
        if fate == faults.JOB_FAILED:
            job.status, job.code = "Failed", code or 1006
            job.reason = job.reason or f"Error {job.code} of the system"
            job.charged = 0.0 if job.code in SYSTEM_CODES else 2.0
        elif fate == faults.JOB_CANCELLED:
            job.status, job.reason = "Cancelled", "Cancelled by another user of the instance"
        elif fate == faults.JOB_TIMED_OUT or (job.cost and job.seconds > job.cost):
            job.status, job.code = "Cancelled", 1305
            job.reason = "Job was cancelled because it ran longer than its maximum execution time"
            job.charged = float(min(job.cost or job.seconds, job.seconds))
        elif fate == faults.JOB_ODD:
            job.status = "Cancelled - Ran too long"
            job.charged = job.seconds
        else:
            arrays = execute.execute(job.program, job.device, self.seed)
            job.text = execute.answer(job.program, _spoilt(arrays, str(fate)))
            job.status, job.charged = "Completed", job.seconds


_FATES = frozenset(
    (faults.JOB_FAILED, faults.JOB_CANCELLED, faults.JOB_TIMED_OUT, faults.JOB_ODD, faults.ROWS,
     faults.SHOTS, faults.BITS)
)  # fmt: skip


def _spoilt(arrays: list[dict[str, np.ndarray]], fate: str) -> list[dict[str, np.ndarray]]:
    """Bits are rows x shots x bits, or more axes before the shots."""
    if fate == faults.ROWS:
        return arrays[:-1] if len(arrays) > 1 else [{k: v[:-1] for k, v in arrays[0].items()}]
    if fate == faults.SHOTS:
        return [{k: v[..., :-1, :] for k, v in arrays[0].items()}, *arrays[1:]]
    if fate == faults.BITS:
        return [{k: v[..., :-1] for k, v in arrays[0].items()}, *arrays[1:]]
    return arrays


def stamp(at: float) -> str:
    """As the service writes times."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
