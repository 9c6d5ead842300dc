"""How a result was made: everything that is needed to make it again."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any, Final

from qng import __version__
from qng.arrays import Array
from qng.errors import DISTRIBUTION
from qng.optimize.method import Method
from qng.plan.shots import Shots
from qng.problem.anyproblem import AnyProblem
from qng.seeds import Key
from qng.threads import cores

_PACKAGES: Final = (
    "numpy",
    "scipy",
    "numba",
    "qiskit",
    "qiskit-aer",
    "qiskit-ibm-runtime",
    "qiskit-ionq",
    "pennylane",
)


@dataclass(frozen=True, eq=False)
class Recipe:
    """How a run was made.

    Args:
        problem: Circuits, observable, frozen parameters, reference.
        method: Its parts with all hyperparameters and estimators.
        start: Shape (P,), radians.
        steps: The limit on updates.
        tol: As in `minimize`.
        seed: Of everything that was drawn.
        executor: Its name.
        shots: For all circuits of a step, or `PerCircuit`; None: exact.
        versions: Of Python and the packages that had a part in it.
        date: When it began, in UTC.
        threads: Of the executor and of linear algebra; None where that is not known.
        machine: System and processor.
        settings: How the executor is made again, as `qng.executor(**settings)`; empty where that
            is an object of the user's.
        stop: What the rule of the user's own is called that may have ended it; empty: none.
        jobs: Whether its batches were jobs, of hardware or rehearsed as if they were.
        limits: Earlier limits on updates, of a run that was given more once it was seen.
    """

    problem: AnyProblem
    method: Method
    start: Array
    steps: int
    tol: float | None
    seed: Key
    executor: str
    shots: Shots | None
    versions: dict[str, str]
    date: str
    threads: int | None = None
    machine: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)
    stop: str = ""
    jobs: bool = False
    limits: tuple[int, ...] = field(default=(), metadata={"later": True})

    def longer(self, steps: int) -> Recipe:
        """The same with another limit on updates."""
        earlier = (*self.limits, self.steps) if steps > self.steps else self.limits
        return replace(self, steps=steps, limits=earlier)

    @property
    def digest(self) -> str:
        """A name for what decides the steps: not their number, nor versions and date."""
        from qng.run.codec import dumps

        decisive = (self.problem, self.method, self.start, self.seed, self.executor, self.shots)
        return hashlib.sha256(dumps(decisive).encode()).hexdigest()[:32]


@cache
def versions() -> dict[str, str]:
    """Of Python and of the installed packages that may have a part in a run."""
    found = {"python": platform.python_version(), "qng": __version__}
    for name in _PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


@cache
def machine() -> str:
    """System and processor, which decide how sums are rounded."""
    return f"{platform.system()} {platform.machine()} {_processor()}".strip()


def _processor() -> str:
    """What the processor calls itself, where that is known."""
    try:
        with Path("/proc/cpuinfo").open(encoding="utf-8", errors="replace") as file:
            lines = file.read(4096).splitlines()  # those of one core
    except OSError:
        return platform.processor()
    named = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return named[0] if named else platform.processor()


def settings_of(given: Any, device: Any) -> dict[str, Any]:
    """How an executor is made again, as `executor(**settings)`; empty where that is not known.

    Args:
        given: What the user gave: a name, or an object.
        device: What was made of it.
    """
    for known in ("settings", "made"):
        found = getattr(device, known, None)
        if isinstance(found, Mapping):
            return dict(found)
    if isinstance(given, str):
        return {"name": given}
    single = getattr(device, "single", None)
    if getattr(device, "name", "") == "statevector" and isinstance(single, bool):
        return {"name": "statevector:single" if single else "statevector"}
    return {}


def threads_of(device: Any) -> int:
    """How many threads an executor, and linear algebra beside it, may use."""
    given = getattr(device, "threads", None)
    return given if isinstance(given, int) else cores()


def otherwise(recipe: Recipe) -> str:
    """Why what is planned now differs from what was planned when a run began, and what to do."""
    here = versions()
    changed = {
        name: version
        for name, version in recipe.versions.items()
        if here.get(name, version) != version
    }
    if "qng" in changed:
        return (
            f"qng {changed['qng']} made it, this is {here['qng']}: pip install "
            f"{DISTRIBUTION}=={changed['qng']}"
        )
    if changed:
        then = ", ".join(f"{name} {version}" for name, version in changed.items())
        return f"it was made with {then}: install these versions"
    return "the problem, the method or the processor is another one"


def now() -> str:
    """The date and the time, in UTC, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")
