"""`-v` and `-vv`, before a command or behind it: what the package logs, as lines on stderr.

Without them only warnings are lines, and on a terminal that the simulator's loops are compiled,
which takes a while once.
"""

from __future__ import annotations

import inspect
import logging
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Annotated, Any, Final, TypeVar

import typer

VERBOSE: Final = "verbose"

Verbose = Annotated[
    int,
    typer.Option(
        "-v",
        "--verbose",
        count=True,
        metavar="",
        show_default=False,
        help="Say what is done: runs, estimators, jobs, compiling; -vv: every batch, too.",
    ),
]

_BEFORE: Final[ContextVar[int]] = ContextVar("verbose", default=0)
"""How often -v was given before the command."""

_COMPILING: Final = "qng.execute.statevector.kernels"

F = TypeVar("F", bound=Callable[..., None])


def before(asked: int) -> None:
    """Note how often -v stands before the command."""
    _BEFORE.set(asked)


def talkative(command: Callable[..., Any], run: F) -> F:
    """The function that is run for a command, with -v among its options.

    Args:
        command: As it is written.
        run: What calls it, and takes `verbose` as well.
    """
    written = inspect.signature(command, eval_str=True)
    keyword = inspect.Parameter.KEYWORD_ONLY
    more = inspect.Parameter(VERBOSE, keyword, default=0, annotation=Verbose)
    parameters = [*written.parameters.values(), more]
    annotations = {name: of.annotation for name, of in written.parameters.items()}
    vars(run)["__signature__"] = written.replace(parameters=parameters)
    run.__annotations__ = {**annotations, VERBOSE: Verbose, "return": None}
    return run


@contextmanager
def listening(asked: int) -> Iterator[None]:
    """Here records of the package are lines on stderr.

    Args:
        asked: How often -v stands behind the command.
    """
    level = (logging.WARNING, logging.INFO, logging.DEBUG)[min(asked + _BEFORE.get(), 2)]
    quiet = level == logging.WARNING
    if quiet and not sys.stderr.isatty():
        yield
        return
    name = _COMPILING if quiet else "qng"
    log, handler = logging.getLogger(name), _Lines(timed=not quiet)
    kept = log.level
    log.setLevel(logging.INFO if quiet else level)
    log.addHandler(handler)
    try:
        yield
    finally:
        log.removeHandler(handler)
        log.setLevel(kept)


class _Lines(logging.Handler):
    """Records of a log as lines on stderr.

    Args:
        timed: Whether each begins with the seconds since the command began.
    """

    def __init__(self, timed: bool) -> None:
        super().__init__()
        self._timed, self._began = timed, time.time()

    def emit(self, record: logging.LogRecord) -> None:
        """One record."""
        when = f"[{record.created - self._began:8.3f} s] " if self._timed else ""
        text = f"{when}{' '.join(record.getMessage().split())}"
        typer.echo(text, err=True)
