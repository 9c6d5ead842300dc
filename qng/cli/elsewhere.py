"""Words about runs in a ledger and devices elsewhere, and how such a run is begun."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from qng.errors import InputError

if TYPE_CHECKING:
    from qng.cli.follow import Followed
    from qng.plan.executor import Executor
    from qng.problem.problem import Problem

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


def session(text: str | None) -> float | bool | None:
    """The longest time of a session, seconds; True: as long as the service gives.

    Raises:
        InputError: Neither.

    Example:
        >>> session("600"), session("longest"), session(None)
        (600.0, True, None)
    """
    if text is None or text == LONGEST:
        return None if text is None else True
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < float("inf"):
        raise InputError(f"--session is a number of seconds or {LONGEST}, not {text!r}")
    return seconds


def given(**named: Any) -> dict[str, Any]:
    """What was given: None is left out.

    Example:
        >>> given(poll=1.0, grace=None)
        {'poll': 1.0}
    """
    return {name: value for name, value in named.items() if value is not None}


def command_line(command: str, run: str, ledger: Path) -> str:
    """A command about a run.

    Example:
        >>> command_line("resume", "1a2b3c4d5e", Path("qng-runs.db"))
        'qng resume 1a2b3c4d'
    """
    where = "" if ledger == LEDGER else f" --ledger {shlex.quote(str(ledger))}"
    return f"qng {command} {run[:8]}{where}"


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
    if given is None:
        from qng.execute.names import executor
        from qng.plan.cloud import Cloud

        given = LEDGER if isinstance(executor(device), Cloud) else None
    if given is None and terms:
        names = " and ".join(f"--{name.replace('_', '-')}" for name in terms)
        raise InputError(f"{names} hold for runs that are kept: give --ledger FILE, too")
    if given is not None and dask is not None:
        raise InputError("give --ledger or --dask, not both: a run on a cluster is not kept")
    return given


def begun(
    problem: Problem,
    method: str,
    file: Path,
    terms: Mapping[str, Any],
    shown: Followed,
    **arguments: Any,
) -> Any:
    """A run that is kept, done in this process.

    Args:
        problem: With its frozen parameters.
        method: Its name.
        file: The ledger.
        terms: Of the run.
        shown: Hears of steps, and of what is waited for.
        arguments: Of `minimize`.

    Raises:
        QngError: It would exceed what the account has left; nothing was sent.
    """
    from qng.run.remote import start
    from qng.run.terms import Terms

    refuse_too_long(problem, method, terms.get("max_seconds"), arguments)
    return start(
        problem,
        method,
        ledger=file,
        terms=Terms(**terms),
        tell=shown.waits,
        shown=[shown.stepped],
        **arguments,
    )


def refuse_too_long(
    problem: Problem, method: str, most: float | None, arguments: Mapping[str, Any]
) -> None:
    """Refuse a run that a device cannot do, or the account cannot pay, before anything is sent.

    Args:
        problem: With its frozen parameters.
        method: Its name; what one costs that asks as it goes is not known.
        most: The budget of the run, seconds.
        arguments: Of `minimize`.

    Raises:
        QngError: By `Forecast.check`.
    """
    from qng.execute.names import executor
    from qng.plan.cloud import Cloud
    from qng.run.forecast import UnforeseenError, forecast

    device = executor(arguments["executor"])
    if isinstance(device, Cloud) and not (device.local and most is None):
        asked = {
            name: value for name, value in arguments.items() if name not in ("executor", "tol")
        }
        with suppress(UnforeseenError):
            forecast(problem, method, cloud=device, **asked).check(most)


def _value(text: str) -> Any:
    try:
        return json.loads(text.lower() if text.lower() in ("true", "false") else text)
    except ValueError:
        return text
