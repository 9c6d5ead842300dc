"""Results in files: one JSON document each, which is read as it was written, to the bit."""

from __future__ import annotations

import os
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

from qng import checks
from qng.errors import InputError, QngError
from qng.run.codec import dumps_shared, loads

if TYPE_CHECKING:
    from qng.run.evolution import Evolution
    from qng.run.results import Comparison, Run
    from qng.run.several import Comparisons

# What all runs of a comparison have in common.
_SHARED: Final = ("Problem", "ModelProblem", "Optimizer", "Goal")

_KINDS: Final = ("Run", "Comparison", "Comparisons", "Evolution")


def save_run(result: Any, path: str | PathLike[str]) -> None:
    """Keep a result in a file; one that is there is replaced.

    Args:
        result: A run, a comparison, comparisons, or another value that `qng.run.codec` knows.
        path: The file.

    Raises:
        QngError: It cannot be written; what was there stays.
        NotStorableError: The result holds what lives in this process only.
    """
    file = writable(path)
    text = dumps_shared(result, _SHARED)
    try:
        written(file, text.encode("utf-8", "surrogatepass"))
    except OSError as error:
        raise QngError(f"{file} cannot be saved: {error.strerror or error}") from error


def load_run(path: str | PathLike[str]) -> Run | Comparison | Comparisons | Evolution:
    """The run, comparison, comparisons or evolution of a file that `save` has written.

    Functions of your own, in a method or a stop rule, are read as their names.

    Raises:
        InputError: There is no such file, or it holds something else.

    Example:
        >>> import qng
        >>> from tempfile import TemporaryDirectory
        >>> run = qng.minimize("one-qubit", "qng", steps=3)
        >>> with TemporaryDirectory() as folder:
        ...     run.save(f"{folder}/run.json")
        ...     qng.load_run(f"{folder}/run.json").fun == run.fun
        True
    """
    found = read_saved(path)
    if type(found).__name__ not in _KINDS:
        raise InputError(
            f"{path} holds a {type(found).__name__}, and no run, comparison or comparisons"
        )
    result: Run | Comparison | Comparisons | Evolution = found
    return result


def read_saved(path: str | PathLike[str]) -> Any:
    """Whatever value a file holds.

    Raises:
        InputError: There is no such file, or it was not written by `save_run`.
    """
    file = checks.path("a saved result", path)
    try:
        text = file.read_bytes().decode("utf-8", "surrogatepass")
    except OSError as error:
        raise InputError(f"{file} cannot be read: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{file} is no saved result: it is no text") from error
    try:
        return loads(text)
    except InputError as error:
        raise InputError(f"{file} is no saved result: {error}") from error


def writable(path: Any) -> Path:
    """A file, once it is known that it can be written, before anything is computed.

    Raises:
        InputError: It is a folder, has no folder, or may not be written.
    """
    file = checks.path("a result", path)
    if file.is_dir():
        raise InputError(f"{file} is a folder: give a file name")
    if not file.parent.is_dir():
        raise InputError(f"{file} cannot be saved: there is no folder {file.parent}")
    if not os.access(file if file.exists() else file.parent, os.W_OK):
        raise InputError(f"{file} cannot be saved: no permission to write there")
    return file


def written(file: Path, content: bytes) -> None:
    """Write a file as a whole or not at all: what was there stays where the disk is full.

    Raises:
        OSError: It cannot be written.
    """
    target = file.resolve()  # a link stays one
    replaceable = target.is_file() or not target.exists()  # a device or a pipe is not
    if not (replaceable and os.access(target.parent, os.W_OK)):
        target.write_bytes(content)
        return
    beside = target.with_name(f".{target.name}.{uuid4().hex}")
    try:
        beside.write_bytes(content)
        if target.exists():
            beside.chmod(target.stat().st_mode)
        beside.replace(target)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
