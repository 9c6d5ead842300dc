"""How far a computation is: a bar in a notebook, a bar in a terminal, nothing elsewhere.

A notebook is told by its kernel, so nothing has to be installed for it; the bar stays as the line
that says how long it took. In a terminal it is one of Rich's, on stderr, and goes.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any, Final

from qng.report.markup import Html, tag

Moved = Callable[..., None]

_SECONDS: Final = 0.1
"""Between two looks of a bar."""


@contextmanager
def shown(label: str, total: int | None, unit: str) -> Iterator[Moved]:
    """A bar where there is somebody to see it.

    Args:
        label: Before it.
        total: What "done" is when all is done; None where that is not known.
        unit: Of both, such as "steps".

    Yields:
        A function of (done, note), or of (done, note, total) where that is known later only; it
        costs little where it is called often.
    """
    if in_notebook():
        with _in_notebook(label, total, unit) as moved:
            yield moved
        return
    from rich.console import Console

    # Rich takes some hosts for notebooks that want packages of their own.
    console = Console(stderr=True, force_jupyter=False)
    if not console.is_terminal:
        yield _silent
        return
    with _in_terminal(console, label, total, unit) as moved:
        yield moved


def in_notebook() -> bool:
    """Whether a notebook's kernel runs this process; IPython in a terminal is none."""
    module = sys.modules.get("IPython")
    shell = None if module is None else module.get_ipython()
    return shell is not None and getattr(shell, "kernel", None) is not None


def _silent(done: int, note: str, total: int | None = None) -> None:
    """Nobody looks."""


class _Clock:
    """Says when it is time to look again, and how long it has been."""

    def __init__(self) -> None:
        self._begun = time.perf_counter()
        self._next = self._begun

    def rings(self) -> bool:
        """Whether the last look is long enough ago."""
        now = time.perf_counter()
        if now < self._next:
            return False
        self._next = now + _SECONDS
        return True

    @property
    def seconds(self) -> float:
        """Since the beginning."""
        return time.perf_counter() - self._begun


@contextmanager
def _in_terminal(console: Any, label: str, total: int | None, unit: str) -> Iterator[Moved]:
    from rich.markup import escape
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
    from rich.text import Text

    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn(unit)
    last = TextColumn("{task.fields[note]}", markup=False)
    with Progress(*columns, TimeElapsedColumn(), last, console=console, transient=True) as bar:
        task = bar.add_task(escape(Text(label).plain), total=total, note="")
        clock = _Clock()

        def moved(done: int, note: str, total: int | None = total) -> None:
            if clock.rings() or done == total:
                bar.update(task, completed=done, note=note, total=total)

        yield moved


@contextmanager
def _in_notebook(label: str, total: int | None, unit: str) -> Iterator[Moved]:
    # The kernel has it.
    page: Any = import_module("IPython.display")
    clock = _Clock()
    last: tuple[int, str, int | None] = (0, "", total)
    handle = page.display(page.HTML(drawn(label, 0, total, unit, "", 0.0).text), display_id=True)

    def look() -> None:
        done, note, total = last
        handle.update(page.HTML(drawn(label, done, total, unit, note, clock.seconds).text))

    def moved(done: int, note: str, total: int | None = total) -> None:
        nonlocal last
        last = (done, note, total)
        if clock.rings():
            look()

    try:
        yield moved
    finally:
        look()


def drawn(label: str, done: int, total: int | None, unit: str, note: str, seconds: float) -> Html:
    """The bar of a notebook.

    Args:
        label: Before it.
        done: So many.
        total: Of so many; None where that is not known.
        unit: Of both.
        note: After it.
        seconds: Since it began.
    """
    of = f"{done}" if total is None else f"{done}/{total}"
    words = " · ".join(part for part in (f"{of} {unit}", f"{seconds:.1f} s", note) if part)
    whole = {} if total is None else {"max": f"{max(total, 1)}", "value": f"{min(done, total)}"}
    bar = tag("progress", **whole, style="width:14em;vertical-align:middle")
    return tag("div", f"{label} ", bar, f" {words}", style="font-variant-numeric:tabular-nums")
