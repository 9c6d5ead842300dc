"""Words that a shell completes: names of problems, methods, executors and estimators.

A shell asks while a person waits, so nothing is imported to answer: the names are read where they
stand, in the sources of the tables. Files are completed by the shell itself, wherever nothing is
offered here.
"""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Callable, Iterable
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Final

_ROOM: Final = Path(__file__).parents[1]
_BREAKS: Final = ":=@"
_ASKED: Final = "_QNG_COMPLETE"


def problems(incomplete: str) -> list[str]:
    """Problems by name, and folders that hold one; the last of several, separated by commas."""
    folders = (
        str(path.parent)
        for path in Path().glob(f"{_last(incomplete)}*/problem.toml")
        if not re.search(r"[*?\[]", incomplete)
    )
    return _offered(incomplete, [*_circuits(), *_table("models/library.py", "MODELS"), *folders])


def methods(incomplete: str) -> list[str]:
    """Methods by name, the last of several."""
    return _offered(incomplete, _methods())


def executors(incomplete: str) -> list[str]:
    """Executors by name, of those that every machine has."""
    return _offered(incomplete, _table("execute/names.py", "EXECUTORS"))


def metrics(incomplete: str) -> list[str]:
    """Estimators of the metric by name, the last of several."""
    return _offered(incomplete, ["auto", *_table("estimate/table.py", "METRICS")])


def gradients(incomplete: str) -> list[str]:
    """Estimators of the gradient by name."""
    return _offered(incomplete, ["auto", *_table("estimate/table.py", "GRADIENTS")])


def estimators(incomplete: str) -> list[str]:
    """All estimators by name."""
    tables = ("METRICS", "GRADIENTS", "BERRY")
    return _offered(incomplete, [n for t in tables for n in _table("estimate/table.py", t)])


def cited(incomplete: str) -> list[str]:
    """What can be cited by name."""
    return _offered(incomplete, [*_methods(), *_circuits(), *_table("models/library.py", "MODELS")])


def _methods() -> list[str]:
    tables = ("METHODS", "CONTROLS")
    return [name for table in tables for name in _table("optimize/methods.py", table)]


def _circuits() -> list[str]:
    folder = next(p for p in (_ROOM / "circuits", _ROOM.parent / "circuits") if p.is_dir())
    return [path.parent.name for path in folder.glob("*/problem.toml")]


def _last(incomplete: str) -> str:
    return incomplete.rpartition(",")[2]


def _offered(incomplete: str, names: Iterable[str]) -> list[str]:
    """What may follow, each with what stands before the last comma."""
    before, comma, last = incomplete.rpartition(",")
    given = before.split(",")
    found = sorted(name for name in dict.fromkeys(names) if name.startswith(last))
    return [f"{before}{comma}{name}" for name in found if name not in given]


def _table(file: str, name: str) -> list[str]:
    """The keys of a table of the package, or its members, read from the source."""
    for node in ast.parse((_ROOM / file).read_text(encoding="utf-8")).body:
        targets = [node.target] if isinstance(node, ast.AnnAssign) else []
        if any(isinstance(target, ast.Name) and target.id == name for target in targets):
            value = node.value if isinstance(node, ast.AnnAssign) else None
            items = value.keys if isinstance(value, ast.Dict) else getattr(value, "elts", ())
            return [str(item.value) for item in items if isinstance(item, ast.Constant)]
    return []


def is_asked() -> bool:
    """Whether it is Bash that asks, which takes a word apart at some letters."""
    return os.environ.get(_ASKED) == "complete_bash" and "COMP_WORDS" in os.environ


def answered(application: Callable[[], None]) -> None:
    """Answer Bash, for which `aer:density_matrix` is three words.

    They are put together for the application, and what stands before the last break is left out of
    the answer, since Bash completes the last of them alone.

    Args:
        application: Prints what it completes, and exits.

    Raises:
        SystemExit: As the application.
    """
    words, at = os.environ["COMP_WORDS"].split("\n"), int(os.environ["COMP_CWORD"])
    whole, place = joined(words, at)
    os.environ["COMP_WORDS"], os.environ["COMP_CWORD"] = "\n".join(whole), str(place)
    current = whole[place] if place < len(whole) else ""
    cut = max(current.rfind(letter) for letter in _BREAKS) + 1
    told = StringIO()
    try:
        with redirect_stdout(told):
            application()
    finally:
        for line in told.getvalue().splitlines():
            print(line[cut:] if line.startswith(current[:cut]) else line)


def joined(words: list[str], at: int) -> tuple[list[str], int]:
    """Words of Bash as they were typed, and which of them is completed.

    Example:
        >>> joined(["qng", "run", "h2", "--executor", "aer", ":", "den"], 6)
        (['qng', 'run', 'h2', '--executor', 'aer:den'], 4)
    """
    whole: list[str] = []
    place, open_ended = 0, False
    for k, word in enumerate(words):
        is_break = bool(word) and set(word) <= set(_BREAKS)
        if whole and (is_break or open_ended):
            whole[-1] += word
        else:
            whole.append(word)
        open_ended = is_break
        place = len(whole) - 1 if k <= at else place
    return whole, place if at < len(words) else len(whole)
