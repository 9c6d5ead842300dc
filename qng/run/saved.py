"""Results in files: one JSON document each, which is read as it was written, to the bit."""

from __future__ import annotations

import os
from codecs import BOM_UTF8
from collections.abc import Sequence
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeAlias
from uuid import uuid4

from qng import checks
from qng.errors import InputError, MissingPackageError, QngError, shown
from qng.run.codec import dumps_shared, loads

if TYPE_CHECKING:
    from qng.geometry import Metric
    from qng.plan.quantities import Energy, GradientEstimate
    from qng.run.ansatz.report import GeometryReport
    from qng.run.ansatz.summary import Geometry
    from qng.run.comparison import Comparison
    from qng.run.diagnosis.diagnosis import Diagnosis
    from qng.run.evolution import Evolution
    from qng.run.excited.results import ExcitedStates
    from qng.run.made import MetricResult, StepsResult
    from qng.run.relations import AdamReport
    from qng.run.results import Run, StepReport
    from qng.run.scanned import Scan
    from qng.run.several import Comparisons

    Result: TypeAlias = (
        Run
        | Comparison
        | Comparisons
        | Evolution
        | ExcitedStates
        | MetricResult
        | StepsResult
        | AdamReport
        | Geometry
        | GeometryReport
        | Scan
        | Diagnosis
        | Metric
        | Energy[Any]
        | GradientEstimate
        | list[StepReport]
    )

# What all runs of a comparison have in common.
_SHARED: Final = ("Problem", "ModelProblem", "Optimizer", "Goal")

# With which a compressed file begins.
_GZIP: Final = b"\x1f\x8b"

# Classes of results.
_KINDS: Final = (
    "Run",
    "Comparison",
    "Comparisons",
    "Evolution",
    "ExcitedStates",
    "MetricResult",
    "StepsResult",
    "AdamReport",
    "Geometry",
    "GeometryReport",
    "Scan",
    "Diagnosis",
)

# And of values at a point, as functions return them.
_VALUES: Final = (
    "Identity",
    "Diagonal",
    "Blocks",
    "Kronecker",
    "Dense",
    "LowRank",
    "Ritz",
    "Energy",
    "GradientEstimate",
)


def save_result(result: Any, path: str | PathLike[str]) -> None:
    """Keep any result in a file, which `qng.load_run` reads; one that is there is replaced.

    Args:
        result: A run, a comparison, an evolution, a metric, or a report.
        path: The file.

    Raises:
        InputError: It is no result.
        QngError: It cannot be written; what was there stays.
        NotStorableError: A metric that is known by its products only, of which `dense()` can be
            saved; or something else that lives in this process only.

    Example:
        >>> import qng, tempfile, pathlib
        >>> file = pathlib.Path(tempfile.mkdtemp(), "metric.json")
        >>> qng.save_result(qng.metric("one-qubit"), file)
        >>> qng.load_run(file).size
        2
    """
    if type(result).__name__ == "ndarray" or not (_is_result(result) or hasattr(result, "matvec")):
        raise InputError(
            f"a {type(result).__name__} is no result that can be saved: a run, a comparison, an "
            "evolution, a metric, step reports, a diagnosis or the report of a geometry or of Adam "
            "is"
        )
    save_run(result, path)


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
    text = dumps_shared(result, _SHARED, _for_readers)
    try:
        written(file, text.encode("utf-8", "surrogatepass"))
    except OSError as error:
        raise QngError(f"{file} cannot be saved: {error.strerror or error}") from error


def _for_readers(shared: Sequence[Any]) -> dict[str, Any]:
    """What a reader without qng wants to know: the problems, as text."""
    from qng.run.described import described

    known = [value for value in shared if type(value).__name__ in ("Problem", "ModelProblem")]
    return {"problems": [described(problem) for problem in known]} if known else {}


def load_run(path: str | PathLike[str]) -> Result:
    """The result in a file that `save`, `save_result` or the `--save` of a command has written.

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
    if not _is_result(found):
        raise InputError(
            f"{path} holds a {type(found).__name__}, and no run, comparison, metric or other result"
        )
    result: Result = found
    return result


def _is_result(value: Any) -> bool:
    """Whether it is what functions and commands return."""
    if isinstance(value, (list, tuple)):
        return bool(value) and all(type(item).__name__ == "StepReport" for item in value)
    return type(value).__name__ in (*_KINDS, *_VALUES)


def read_saved(path: str | PathLike[str]) -> Any:
    """Whatever value a file holds.

    Raises:
        InputError: There is no such file, or it was not written by `save_run`.
        MissingPackageError: What it holds needs a package that is not installed.
    """
    file = checks.path("a saved result", path)
    try:
        content = file.read_bytes()
    except OSError as error:
        raise InputError(f"{file} cannot be read: {error.strerror or error}") from error
    return of_content(file, content)


def content_of(file: Path) -> bytes | None:
    """What is in a file; None where there is none.

    Raises:
        InputError: It cannot be read.
    """
    try:
        return file.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise InputError(f"{file} cannot be read: {error.strerror or error}") from error


def of_content(file: Path, content: bytes) -> Any:
    """The value that the content of a file is.

    Raises:
        InputError: It was not written by `save_run`.
        MissingPackageError: What it holds needs a package that is not installed.
    """
    if content.startswith(_GZIP):
        raise InputError(f"{file} is no saved result: it is compressed, unpack it with gunzip")
    try:
        value = loads(content.removeprefix(BOM_UTF8).decode("utf-8", "surrogatepass"))
        _check_runs(value)
    except UnicodeDecodeError as error:
        raise InputError(f"{file} is no saved result: it is no text") from error
    except MissingPackageError:
        raise
    except InputError as error:
        raise InputError(f"{file} is no saved result: {error}") from error
    return value


def _check_runs(value: Any) -> None:
    """Refuse runs without a point, and what stands where runs are.

    Raises:
        InputError: The document is damaged.
    """
    kind = type(value).__name__
    if kind == "Run" and not value.trace.rows:
        raise InputError("the document is damaged: a run has no point")
    if kind in ("Comparison", "Comparisons"):
        inner, of = (value.runs, "Run") if kind == "Comparison" else (value.problems, "Comparison")
        parts = list(inner.values()) if isinstance(inner, dict) else [inner]
        if kind == "Comparison":
            parts = [run for runs in parts for run in (runs if isinstance(runs, tuple) else [runs])]
        for part in parts:
            if type(part).__name__ != of:
                raise InputError(f"the document is damaged: {shown(part)} stands for a {of}")
            _check_runs(part)


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
