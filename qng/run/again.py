"""What made a result, once more: its problem, methods and executor, with what a file cannot keep.

Functions and executors of the user's own are named in a file, and given again.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

from qng.errors import InputError
from qng.execute.names import executor as executor_of
from qng.optimize.method import Method
from qng.optimize.methods import method as method_of
from qng.plan.cloud import is_cloud
from qng.problem.anyproblem import AnyProblem
from qng.run.codec import Unknown
from qng.run.stop import StopRule
from qng.run.target import as_problem, is_of_models
from qng.threads import cores, limited

# Where a result may go on or be repeated, and what it says of where it came from.
Made = Any


@dataclass(frozen=True)
class Given:
    """What is given again because a file does not have it.

    Args:
        problem: The problem, where it has functions of the user's.
        method: The method, likewise; or by label, for a comparison.
        executor: By name or as an object; of another kind than it was, it is a rehearsal.
        stop: The stop rule.
    """

    problem: Any = None
    method: str | Method | Mapping[str, Method] | None = None
    executor: Any = None
    stop: StopRule | None = None

    def problem_of(self, kept: AnyProblem) -> AnyProblem:
        """The problem that is given again, or that of the file.

        Raises:
            InputError: The file has only a part of it, or another one is given.
        """
        if self.problem is not None:
            given = as_problem(self.problem)
            if tuple(given.parameters) != tuple(kept.parameters):
                raise InputError(
                    f"the problem has the parameters {_few(given.parameters)}, and the result was "
                    f"made with {_few(kept.parameters)}: give the problem of the result"
                )
            return given
        whole: AnyProblem = _whole(kept, "the problem", "problem")
        return whole

    def method_of(self, kept: Method, label: str = "") -> Method:
        """The method that is given again, or that of the file.

        Raises:
            InputError: The file has only a part of it.
        """
        given = self.method.get(label) if isinstance(self.method, Mapping) else self.method
        if given is not None:
            return method_of(given, {})
        whole: Method = _whole(kept, f"the method {label}".strip(), "method")
        return whole

    def executor_of(self, made: Made, threads: int | None = None) -> Any:
        """What the executor is made of: one that is given again, or that of the file.

        Args:
            made: How the result was made.
            threads: Most threads of it.

        Raises:
            InputError: The file does not know how to make it, or it charges for what it runs.
        """
        if is_of_models(made.problem):
            return executor_of(made.executor)
        if self.executor is not None:
            if _charges(self.executor):
                raise InputError(_CHARGES.format(self.executor))
            return _here(executor_of(self.executor, most_threads=threads), _CHARGES)
        settings = dict(made.settings)
        if not settings and not made.machine:
            settings = {"name": made.executor}  # of an older file, which says no more
        if not settings:
            raise InputError(
                f"the executor {made.executor} was an object, which a file cannot keep: give it "
                "again, as executor="
            )
        if _charges(settings.get("name", "")):
            raise InputError(_HARDWARE.format(made.executor))
        return _here(executor_of(**settings, most_threads=threads), _HARDWARE)


def _charges(name: Any) -> bool:
    return isinstance(name, str) and name.lower().startswith(("ibm", "ionq"))


_HARDWARE = (
    "it ran on {}, whose jobs are charged and never repeat: `qng verify` replays a run from its "
    "raw results, `qng resume` goes on with it from its ledger, and a simulator in its place "
    "(executor=, such as fake_fez or aer) rehearses it"
)

_CHARGES = (
    "{} charges for what it runs, so nothing is repeated there: give a simulator, such as fake_fez "
    "or aer"
)


def threads_as_then(made: Made) -> AbstractContextManager[None]:
    """Here linear algebra has as many threads as when a result was made."""
    known: int | None = None if made is None else made.threads
    return nullcontext() if known is None or known == cores() else limited(known)


def missing(value: Any) -> list[str]:
    """What stands in a value for functions and classes of the user's that a file does not have."""
    found: list[str] = []
    _look(value, found, set())
    return found


def _look(value: Any, found: list[str], seen: set[int]) -> None:
    if isinstance(value, Unknown):
        found.append(value.what)
    elif id(value) in seen:
        return
    elif isinstance(value, Mapping):
        seen.add(id(value))
        for item in value.values():
            _look(item, found, seen)
    elif isinstance(value, (tuple, list)):
        seen.add(id(value))
        for item in value:
            _look(item, found, seen)
    elif is_dataclass(value) and not isinstance(value, type):
        seen.add(id(value))
        for f in fields(value):
            _look(getattr(value, f.name, None), found, seen)


def _whole(value: Any, what: str, argument: str) -> Any:
    """A value of which nothing is missing.

    Raises:
        InputError: Something is.
    """
    if lost := missing(value):
        raise InputError(
            f"{what} has {lost[0]}, which a file cannot keep: give it again from Python, as "
            f"{argument}="
        )
    return value


def _here(device: Any, refusal: str) -> Any:
    """A device that answers here.

    Raises:
        InputError: Its jobs are charged, and are not made for this.
    """
    if is_cloud(device) and not hasattr(device, "run"):
        raise InputError(refusal.format(device.name))
    return device


def _few(names: Any) -> str:
    shown = ", ".join(list(names)[:4])
    return f"{shown}, ..." if len(names) > 4 else shown
