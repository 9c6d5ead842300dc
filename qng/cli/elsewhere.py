"""Words about runs in a ledger and devices elsewhere, and how such a run is begun."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from qng.errors import InputError

if TYPE_CHECKING:
    from qng.cli.follow import Followed
    from qng.cli.live import Live
    from qng.plan.cloud import Cloud
    from qng.plan.executor import Executor
    from qng.problem.problem import Problem
    from qng.run.results import Run

LEDGER: Final = Path("qng-runs.db")
"""Where runs are kept where nothing else is said."""

LONGEST: Final = "longest"
"""A session as long as the service gives."""


def sampler_options(given: Sequence[str] | None) -> dict[str, Any]:
    """Options of a service's sampler, nested as their names are dotted.

    Args:
        given: As name=value; a value is JSON, or a word as it stands.

    Raises:
        InputError: Not of this form, or a name that is given twice.

    Example:
        >>> sampler_options(["twirling.enable_measure=true", "twirling.strategy=all"])
        {'twirling': {'enable_measure': True, 'strategy': 'all'}}
    """
    nested: dict[str, Any] = {}
    for item in given or ():
        name, equals, value = item.partition("=")
        *groups, last = parts = name.strip().split(".")
        if not equals or not all(part.isidentifier() for part in parts):
            raise InputError(
                f"--sampler-option is given as twirling.enable_measure=true, not as {item!r}"
            )
        here: Any = nested
        for group in groups:
            here = here.setdefault(group, {}) if isinstance(here, dict) else None
        if not isinstance(here, dict) or last in here:
            raise InputError(f"--sampler-option {name.strip()} is given twice")
        here[last] = _value(value.strip())
    return nested


def session(text: str | None) -> int | None:
    """The longest time of a session, seconds; True: as long as the service gives.

    Raises:
        InputError: Neither.

    Example:
        >>> session("600"), session("longest"), session(None)
        (600, True, None)
    """
    if text is None or text == LONGEST:
        return None if text is None else True
    if not text.isdecimal() or int(text) < 1:
        raise InputError(f"--session is a whole number of seconds or {LONGEST}, not {text!r}")
    return int(text)


def given(**named: Any) -> dict[str, Any]:
    """What was given: None is left out.

    Example:
        >>> given(poll=1.0, grace=None)
        {'poll': 1.0}
    """
    return {name: value for name, value in named.items() if value is not None}


def ledger_for(
    device: str | Executor, given: Path | None, terms: Mapping[str, Any], dask: str | None
) -> Path | None:
    """The ledger of a run: that which is given, or the usual one on a device elsewhere.

    Args:
        device: Where it runs.
        given: The file.
        terms: Of the run; they are kept in a ledger.
        dask: The address of a cluster.

    Raises:
        InputError: Terms without a ledger, or a ledger with a cluster.
    """
    from qng.execute.names import executor
    from qng.plan.cloud import is_cloud

    file = LEDGER if given is None and is_cloud(executor(device)) else given
    if file is None and terms:
        names = " and ".join(f"--{name.replace('_', '-')}" for name in terms)
        raise InputError(f"{names} only with a run that is kept: give --ledger FILE, too")
    if file is not None and dask is not None:
        raise InputError("give --ledger or --dask, not both: a run on a cluster is not kept")
    return file


def cloud(device: str | Executor) -> Cloud | None:
    """A device elsewhere, or one here that can rehearse it; None for others."""
    from qng.execute.names import executor
    from qng.run.durable.driven import cloud_of

    found: Cloud | None = cloud_of(executor(device))
    return found


class Kept:
    """A run that is kept, done in this process.

    Args:
        file: The ledger.
        terms: Of the run.
        shown: Hears of steps, and of what is waited for.
        views: Hear of steps, too.

    Attributes:
        names: The name of the run, once it is in the ledger.
    """

    def __init__(self, file: Path, terms: Mapping[str, Any], shown: Followed, views: Live) -> None:
        self.file = file
        self.terms = terms
        self.shown = shown
        self.views = views
        self.names: list[str] = []

    def minimised(self, problem: Problem, method: str, **arguments: Any) -> Run:
        """As `minimize`.

        Raises:
            QngError: It cannot go on, and no energy is known.
            KeyboardInterrupt: Before anything was done; it says how to go on.
        """
        from qng.run.durable.keeping import Keeping
        from qng.run.durable.patience import Patience
        from qng.run.durable.terms import Terms
        from qng.run.minimize import minimize

        patience = Patience(Terms(**self.terms), tell=self.shown.waits)

        def begins(name: str) -> None:
            self.names.append(name)
            self.shown.says(f"run {name[:8]} is kept in {self.file}")
            self.views.begins(problem, method, name)

        keeping = Keeping(self.file, patience, (self.shown.stepped, self.views.stepped), begins)
        with how_to_go_on(self.names, self.file):
            run = minimize(problem, method, ledger=keeping, **arguments)
            return told(run, self.names[0], self.file)


def told(run: Run, name: str, file: Path) -> Run:
    """The run; one that was interrupted says how it goes on."""
    if not run.interrupted:
        return run
    return replace(run, message=f"{run.message}; {kept_as_it_is(name, file)}")


def kept_as_it_is(name: str, file: Path) -> str:
    """How an interrupted run goes on, for the end of a line."""
    from qng.run.durable.halts import go_on

    return f"the run and its job are left as they are; {go_on(name, file)} goes on"


@contextmanager
def how_to_go_on(runs: Sequence[str], file: Path) -> Iterator[None]:
    """Here an interrupt says how the run goes on.

    Args:
        runs: The name of the run, once it is in the ledger.
        file: The ledger.
    """
    try:
        yield
    except KeyboardInterrupt as error:
        if not runs:
            raise
        raise KeyboardInterrupt(f"interrupted; {kept_as_it_is(runs[0], file)}") from error


def _value(text: str) -> Any:
    try:
        return json.loads(text.lower() if text.lower() in ("true", "false") else text)
    except ValueError:
        return text
