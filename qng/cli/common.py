"""What the commands share: arguments, errors, progress and output."""

from __future__ import annotations

import json
import logging
import os
import re
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache, wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, ParamSpec

import typer

from qng.errors import InputError, QngError

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

    from qng.arrays import Array
    from qng.plan.executor import Executor as AnyExecutor
    from qng.problem.problem import Problem

P = ParamSpec("P")

FAILED: Final = 1
BAD_INPUT: Final = 2
INTERRUPTED: Final = 130

PLOT_SUFFIXES: Final = (".png", ".svg", ".pdf")

# Wide enough for every table, so that nothing is cut where the output goes to a file.
_WIDTH_OF_FILES: Final = 200

ProblemName = Annotated[
    str, typer.Argument(metavar="PROBLEM", help="A name that `qng circuits` lists, or a folder.")
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
Plot = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Save a picture (.png, .svg or .pdf).")
]
Executor = Annotated[str, typer.Option(metavar="NAME", help="What answers the requests.")]
Shots = Annotated[
    int | None,
    typer.Option(
        min=1, metavar="N", help="For all circuits of one step together.  [default: exact]"
    ),
]
Mitigate = Annotated[
    int,
    typer.Option(
        min=0,
        metavar="N",
        help="Correct readout errors, with N shots for each calibration circuit.  [default: 0]",
        show_default=False,
    ),
]
Dask = Annotated[
    str | None,
    typer.Option(
        metavar="ADDRESS", help="Of a dask.distributed scheduler, whose workers do the work."
    ),
]
Theta = Annotated[
    str | None,
    typer.Option(
        metavar="POINT", help="Numbers as 0.1,0.2, random, or a file.  [default: its start]"
    ),
]
Methods = Annotated[str, typer.Option(metavar="NAMES", help="Separated by commas.")]
Rates = Annotated[
    str, typer.Option("--lr", metavar="RATES", help="Learning rates, as qng=0.1,adam=0.05.")
]
Freeze = Annotated[
    str, typer.Option(metavar="NAMES", help="Parameters that are held at the start.")
]
Train = Annotated[
    str, typer.Option(metavar="NAMES", help="Parameters that are trained, and no others.")
]
Seed = Annotated[int, typer.Option(min=0, metavar="N", help="Of everything that is drawn.")]


def reported(command: Callable[P, None]) -> Callable[P, None]:
    """The command with the errors of the package as one line and an exit code."""

    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        _listen()
        try:
            with warnings.catch_warnings():
                warnings.showwarning = _warn
                command(*args, **kwargs)
        except InputError as error:
            complain(f"error: {error}")
            raise typer.Exit(BAD_INPUT) from error
        except QngError as error:
            complain(f"error: {error}")
            raise typer.Exit(FAILED) from error
        except KeyboardInterrupt as error:
            complain("interrupted")
            raise typer.Exit(INTERRUPTED) from error

    return run


def chosen_executor(name: str, mitigate: int) -> str | AnyExecutor:
    """The executor, which corrects readout errors where it is asked to.

    Raises:
        InputError: One that cannot.
    """
    if not mitigate:
        return name
    from qng.execute.names import executor

    return executor(name, mitigate=mitigate)


@contextmanager
def spread(device: str | AnyExecutor, dask: str | None) -> Iterator[str | AnyExecutor]:
    """The executor, on a cluster where an address is given.

    Raises:
        InputError: There is no cluster.
    """
    if dask is None:
        yield device
        return
    from qng.execute.dask import Dask as OnCluster
    from qng.execute.names import executor

    with OnCluster(dask, executor(device)) as there:
        yield there


def restricted(problem: Problem, freeze: str, train: str) -> Problem:
    """The problem with some parameters frozen, or with all others frozen.

    Raises:
        InputError: Both are given, or a name is unknown.
    """
    if freeze and train:
        raise InputError("give --freeze or --train, not both")
    if train:
        return problem.only(*names(train))
    return problem.freeze(*names(freeze))


@lru_cache(maxsize=1)
def _listen() -> None:
    """What the package logs goes to stderr, where that is a terminal."""
    if not sys.stderr.isatty():
        return
    log = logging.getLogger("qng")
    log.setLevel(logging.INFO)
    log.addHandler(_Lines())


class _Lines(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        complain(record.getMessage())


def _warn(message: Warning | str, *_: Any, **__: Any) -> None:
    complain(f"warning: {message}")


def complain(message: str) -> None:
    """One line on stderr."""
    typer.echo(" ".join(message.split()), err=True)


def show(*items: RenderableType) -> None:
    """Tables and lines on stdout."""
    from rich.console import Console

    console = Console(highlight=False, markup=False, emoji=False)
    if console.is_terminal:
        console.print(*items, sep="\n")
        return
    console.width = _WIDTH_OF_FILES
    with console.capture() as captured:
        for item in items:
            console.print(item, soft_wrap=isinstance(item, str))
    # Rich fills every line of a table up with spaces.
    typer.echo("\n".join(line.rstrip() for line in captured.get().splitlines()))


def show_json(data: dict[str, Any]) -> None:
    """One JSON object on stdout."""
    typer.echo(json.dumps(data, allow_nan=False, ensure_ascii=False))


@contextmanager
def progress(label: str, total: int) -> Iterator[Callable[[int, str], None]]:
    """A progress bar on stderr, where that is a terminal: call it with (done, note)."""
    from rich.console import Console

    console: Console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda done, note: None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn()
    with Progress(
        *columns, TextColumn("{task.fields[note]}"), console=console, transient=True
    ) as bar:
        task = bar.add_task(label, total=total, note="")
        yield lambda done, note: bar.update(task, completed=done, note=note)


def check_plot(path: Path | None) -> None:
    """Refuse a picture that could not be saved, before anything is computed.

    Raises:
        InputError: An unknown suffix, or a place that cannot be written.
    """
    if path is None:
        return
    if path.suffix.lower() not in PLOT_SUFFIXES:
        raise InputError(f"a picture is saved as {', '.join(PLOT_SUFFIXES)}, not as {path}")
    if path.is_dir():
        raise InputError(f"the picture {path} is a folder; give a file name")
    if not path.parent.is_dir():
        raise InputError(f"the picture {path} cannot be saved: there is no folder {path.parent}")
    if not os.access(path if path.exists() else path.parent, os.W_OK):
        raise InputError(f"the picture {path} cannot be saved: no permission to write there")


def names(text: str) -> list[str]:
    """Names separated by commas.

    Raises:
        InputError: A name that is given twice.
    """
    found = [name.strip() for name in text.split(",") if name.strip()]
    for name in found:
        if found.count(name) > 1:
            raise InputError(f"{name!r} is given twice in {text!r}")
    return found


def rates(text: str) -> dict[str, float]:
    """Learning rates from "qng=0.1,adam=0.05".

    Raises:
        InputError: Not of this form.
    """
    found: dict[str, float] = {}
    for item in names(text):
        method, equals, value = item.partition("=")
        try:
            rate = float(value)
        except ValueError:
            rate = float("nan")
        if not equals or rate != rate:
            raise InputError(f"learning rates are given as qng=0.1,adam=0.05, not as {text!r}")
        if method.strip() in found:
            raise InputError(f"the learning rate of {method.strip()} is given twice in {text!r}")
        found[method.strip()] = rate
    return found


def point(problem: Problem, text: str | None, seed: int = 0) -> Array:
    """A point from the command line.

    Args:
        problem: Its own start where nothing is given.
        text: Numbers separated by commas, "random" (the second start of `qng compare` with the
            same seed), or a file: numbers, a JSON list, or what `qng run --json` prints.
        seed: Of the random point.

    Raises:
        InputError: None of these, a wrong length, or a value that is not finite.
    """
    if text is None:
        return problem.initial
    if text == "random":
        from qng.run.compare import draw_starts

        second: Array = draw_starts(problem, 2, seed)[1]
        return second
    numbers = _numbers(text)
    if numbers is None:
        if not Path(text).is_file():
            raise InputError(
                f"a point is given as numbers (0.1,0.2), as random, or as a file; {text!r} is none"
            )
        numbers = _read(Path(text))
    return problem.circuit.check(numbers)


def _numbers(text: str) -> list[float] | None:
    try:
        return [float(word) for word in re.split(r"[,\s]+", text.strip()) if word]
    except ValueError:
        return None


def _read(path: Path) -> list[float]:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path} cannot be read as text: {error}") from error
    numbers = _numbers(text)
    if numbers is not None:
        return numbers
    try:
        found = json.loads(text)
        if isinstance(found, dict):
            found = found["x"]
        return [float(value) for value in found]
    except (ValueError, TypeError, KeyError) as error:
        raise InputError(
            f'{path} must hold numbers, a JSON list of numbers, or an object with such a list "x"'
        ) from error
