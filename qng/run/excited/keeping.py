"""A search for levels that is kept in a file while it goes on, and gone on with from there."""

from __future__ import annotations

from dataclasses import fields
from os import PathLike
from pathlib import Path
from typing import Any, Final

from qng.errors import InputError
from qng.run.codec import dumps
from qng.run.excited.made import Sought
from qng.run.excited.results import ExcitedStates
from qng.run.saved import load_run, writable

# What does not decide the numbers of the states that are there.
_ASIDE: Final = ("states", "versions", "date")


def kept(
    save: str | PathLike[str] | None, method: str, sought: Sought
) -> tuple[Path | None, ExcitedStates | None]:
    """The file, and what it holds of the same search.

    Args:
        save: The file; None: nothing is kept.
        method: "ssvqe" or "vqd".
        sought: What is asked.

    Raises:
        InputError: It cannot be written, or holds something else.
    """
    if save is None:
        return None, None
    file = writable(save)
    if not file.exists():
        return file, None
    found: Any = load_run(file)
    if not isinstance(found, ExcitedStates) or found.method != method or found.made is None:
        what = found.method if isinstance(found, ExcitedStates) else type(found).__name__
        raise InputError(f"{file} holds a {what}, and no levels by {method}: give another file")
    for f in fields(sought):
        there, here = (dumps(getattr(s, f.name)) for s in (found.made, sought))
        if f.name not in _ASIDE and there != here:
            raise InputError(
                f"{file} holds levels that were looked for with another {f.name}: give another file"
            )
    return file, found
