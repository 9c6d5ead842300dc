"""What a command says: results on stdout, all else on stderr, and an exit code.

Results are tables and lines, or one JSON object. Warnings, errors and logs are one line each;
progress is a bar, where stderr is a terminal.
"""

from __future__ import annotations

import json
import os
import re
import signal
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any, Final, NoReturn, ParamSpec, TypeVar, cast

import typer

from qng.cli.verbose import VERBOSE, listening, talkative
from qng.errors import InputError, MissingPackageError, QngError, need

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

    from qng.report.plots import Picture

P = ParamSpec("P")
T = TypeVar("T")

FAILED: Final = 1
BAD_INPUT: Final = 2
WAITING: Final = 3
INTERRUPTED: Final = 130

_SUFFIXES: Final = (".png", ".svg", ".pdf")

# Arguments that are options of the same names.
_ARGUMENT: Final = re.compile(
    r"\b(shots|executor|steps|start|seed|tol|lr|damping|metric|gradient|every|mitigate|rule|basis|"
    r"starts|spread|workers|threads|dask|ledger|max_seconds|poll|grace|timeout|session|instance|"
    r"retranspile|adopt|resend|step|integrator|limit|spin|overwrite|trials)="
)

# Wide enough for every table, so that nothing is cut where the output goes to a file.
_WIDTH_OF_FILES: Final = 240


def reported(command: Callable[P, None]) -> Callable[P, None]:
    """The command with the package's errors as one line and an exit code, not as a traceback.

    Bad input is 2, any other failure 1, an interrupt 130, and a request to terminate is one; a bug
    keeps its traceback. Every command takes -v as well.
    """

    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        asked = cast(int, kwargs.pop(VERBOSE, 0))
        try:
            with warnings.catch_warnings(), _terminable(), listening(asked):
                warnings.showwarning = _Told()
                command(*args, **kwargs)
        except InputError as error:
            complain(f"error: {as_options(str(error))}")
            raise typer.Exit(BAD_INPUT) from error
        except QngError as error:
            complain(f"error: {as_options(str(error))}")
            raise typer.Exit(FAILED) from error
        except KeyboardInterrupt as error:
            complain(str(error) or "interrupted")
            raise typer.Exit(INTERRUPTED) from error

    return talkative(command, run)


@contextmanager
def _terminable() -> Iterator[None]:
    """Here a request to terminate is an interrupt."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, _interrupted)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _interrupted(number: int, frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt


def complain(message: str) -> None:
    """One line on stderr, whatever line breaks the message has."""
    typer.echo(" ".join(message.split()), err=True)


def as_options(message: str) -> str:
    """An error in which arguments of Python are options of the command line.

    Example:
        >>> as_options("counts bits: give shots=, the number for a whole batch")
        'counts bits: give --shots, the number for a whole batch'
        >>> as_options("give shots=100")
        'give --shots 100'
    """
    return re.sub(r"(--[a-z]+) (?=[,;:)\s]|$)", r"\1", _ARGUMENT.sub(r"--\1 ", message))


def is_closed() -> bool:
    """Whether the reader of stdout has closed its pipe: Typer has put a silent stream there."""
    return type(sys.stdout).__name__ == "PacifyFlushWrapper"


def discard() -> None:
    """Nothing more goes to stdout, also not what is written when Python ends."""
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (OSError, AttributeError, ValueError):
        return


def unwritten(error: OSError) -> str:
    """The line that says that the output could not be written."""
    return f"error: the output cannot be written: {error.strerror}"


def _print(text: str) -> None:
    try:
        typer.echo(text)
    except BrokenPipeError:
        raise
    except OSError as error:
        discard()
        complain(unwritten(error))
        raise typer.Exit(FAILED) from error


def fail(message: str) -> NoReturn:
    """End the command, whose results have been shown, as one that failed.

    Raises:
        Exit: With the code 1.
    """
    complain(f"failed: {message}")
    raise typer.Exit(FAILED)


def interrupt(message: str) -> NoReturn:
    """End the command, whose results so far have been shown, as one that was interrupted.

    Raises:
        Exit: With the code 130.
    """
    complain(message)
    raise typer.Exit(INTERRUPTED)


def kept(f: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> tuple[T, Exception | None]:
    """What a function returns, or what it had done when it raised an exception, and that.

    Raises:
        Exception: As the function, where nothing was done.
    """
    try:
        return f(*args, **kwargs), None
    except Exception as error:
        partial: T | None = getattr(error, "partial", None)
        if partial is None:
            raise
        return partial, error


def given(ctx: typer.Context) -> set[str]:
    """The parameters of a command that were given, and are not its defaults; -v is none of it."""
    return {
        name
        for name in ctx.params
        if name != VERBOSE
        and (source := ctx.get_parameter_source(name)) is not None
        and source.name != "DEFAULT"
    }


def option(name: str) -> str:
    """A parameter of a command as it is written: shots_per_circuit is --shots-per-circuit."""
    return "PROBLEM" if name == "problem" else f"--{name.removeprefix('as_').replace('_', '-')}"


def show(*items: RenderableType) -> None:
    """Tables and lines on stdout: as wide as the terminal, or in full where it is none."""
    from rich.console import Console

    console = Console(highlight=False, markup=False, emoji=False)
    if console.is_terminal:
        from qng.report.fitted import fitted

        console.print(*(part for item in items for part in fitted(item, console.width)), sep="\n")
        return
    console.width = _WIDTH_OF_FILES
    with console.capture() as captured:
        for item in items:
            console.print(item, soft_wrap=isinstance(item, str))
    # Rich fills every line of a table up with spaces.
    _print("\n".join(line.rstrip() for line in captured.get().splitlines()))


def show_json(data: dict[str, Any]) -> None:
    """One JSON object on stdout, in one line.

    Raises:
        ValueError: A number that is not finite, which JSON does not have: see `report.data.plain`.
    """
    _print(json.dumps(data, allow_nan=False, ensure_ascii=False))


@contextmanager
def progress(label: str, total: int) -> Iterator[Callable[..., None]]:
    """A progress bar on stderr, where that is a terminal.

    Args:
        label: Before the bar.
        total: What "done" is when all is done.

    Yields:
        A function of (done, note) that moves the bar, or of (done, note, total) where that is
        known later only; the note stands after it.
    """
    from rich.console import Console

    console: Console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda done, note, total=None: None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn()
    with Progress(
        *columns, TextColumn("{task.fields[note]}"), console=console, transient=True
    ) as bar:
        task = bar.add_task(label, total=total, note="")
        yield lambda done, note, total=None: bar.update(
            task, completed=done, note=note, total=total
        )


@contextmanager
def once_told() -> Iterator[None]:
    """Here nothing is said that was said when the run began: that a metric is a surrogate."""
    from qng.errors import SurrogateWarning

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SurrogateWarning)
        yield


def is_terminal() -> bool:
    """Whether stderr is a terminal, on which a bar can move."""
    from rich.console import Console

    return Console(stderr=True).is_terminal


def check_picture(path: Path | None) -> None:
    """Refuse a picture that could not be drawn or saved, before anything is computed.

    Raises:
        InputError: An unknown suffix, a place that cannot be written, or no Matplotlib.
    """
    if path is None:
        return
    need("matplotlib", "a picture")
    if path.suffix.lower() not in _SUFFIXES:
        raise InputError(f"a picture is saved as {', '.join(_SUFFIXES)}, not as {path}")
    if path.is_dir():
        raise InputError(f"the picture {path} is a folder; give a file name")
    if not path.parent.is_dir():
        raise InputError(f"the picture {path} cannot be saved: there is no folder {path.parent}")
    if not os.access(path if path.exists() else path.parent, os.W_OK):
        raise InputError(f"the picture {path} cannot be saved: no permission to write there")


def usual_picture(path: Path) -> Path | None:
    """The picture that a command saves where nobody has asked for one; None where it cannot be.

    What is missing is said; the command goes on.

    Raises:
        InputError: As `check_picture`, but for a missing Matplotlib.
    """
    try:
        check_picture(path)
    except MissingPackageError as error:
        complain(f"no picture: {error}")
        return None
    except InputError as error:
        raise InputError(f"{error}; give --plot FILE, or --no-plot") from error
    return path


def save_picture(picture: Picture, path: Path, quiet: bool, data: bool = True) -> None:
    """Save a picture, and say so.

    Args:
        picture: Of `qng.report.plots`.
        path: Checked by `check_picture` before the picture was computed.
        quiet: Say nothing: the output is for a machine.
        data: Whether its numbers are saved beside it.

    Raises:
        QngError: The file cannot be written.
    """
    from qng.report import plots

    beside = plots.save(picture, path, data)
    if not quiet:
        show(f"saved {path}" if beside is None else f"saved {path}, and its numbers in {beside}")


def check_saved(path: Path | None) -> None:
    """Refuse a file that could not be saved, before anything is computed.

    Raises:
        InputError: A place that cannot be written.
    """
    if path is not None:
        from qng.run.saved import writable

        writable(path)


def save_result(result: Any, path: Path | None, quiet: bool) -> None:
    """Save a result, where a file is given, and say so.

    Args:
        result: A run, a comparison or comparisons.
        path: Checked by `check_saved`.
        quiet: Say nothing: the output is for a machine.

    Raises:
        QngError: The file cannot be written.
    """
    if path is None:
        return
    from qng.run.saved import save_run

    save_run(result, path)
    if not quiet:
        show(f"saved {path}")


class _Told:
    """Warnings as lines on stderr, each once, and one of a kind: runs may all say the same."""

    def __init__(self) -> None:
        self._said: set[object] = set()

    def __call__(self, message: Warning | str, category: type, *_: Any, **__: Any) -> None:
        """One warning."""
        said = str(message) if category is UserWarning else category
        if said not in self._said:
            complain(f"warning: {message}")
        self._said.add(said)
