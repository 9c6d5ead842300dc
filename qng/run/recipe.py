"""How a result was made: everything that is needed to make it again."""

from __future__ import annotations

import hashlib
import platform
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib import metadata
from typing import Final

from qng import __version__
from qng.arrays import Array
from qng.errors import DISTRIBUTION
from qng.optimize.method import Method
from qng.plan.shots import Shots
from qng.problem.anyproblem import AnyProblem
from qng.seeds import Key

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
