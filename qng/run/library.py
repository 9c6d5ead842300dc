"""Problems by name: circuits on disk, and models."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from qng.errors import UnknownNameError
from qng.models.library import MODELS, model
from qng.problem import library


def load(name_or_folder: str | Path) -> Any:
    """A problem from the library or from a folder.

    Args:
        name_or_folder: A name in `qng.library()` or `qng.models.library.MODELS`, or else a folder
            with `circuit.qasm` and `problem.toml`. A `Path` is always a folder.

    Returns:
        A `Problem` of circuits, or a `qng.models.ModelProblem`.

    Raises:
        UnknownNameError: Neither a name nor a folder.
        InputError: A folder that holds no problem, or a broken one.

    Example:
        >>> import qng
        >>> problem = qng.load("h2")
        >>> problem.circuit.n_qubits, problem.circuit.n_parameters
        (4, 12)
    """
    if isinstance(name_or_folder, str) and name_or_folder in MODELS:
        return model(name_or_folder)
    try:
        return library.load(name_or_folder)
    except UnknownNameError as error:
        if error.kind != "problem":
            raise
        raise UnknownNameError("problem", name_or_folder, names()) from error


def names() -> list[str]:
    """The names of all problems that come with the package, circuits first."""
    return [*library.library(), *sorted(MODELS)]
