"""A run in TensorBoard: event files in a folder, written by tensorboardX."""

from __future__ import annotations

from os import PathLike
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self
from uuid import uuid4

from qng import checks
from qng.errors import InputError, MissingPackageError
from qng.optimize.method import Step
from qng.report.live.lost import in_a_line, warn_of_loss
from qng.report.live.numbers import afterwards, numbers, settings
from qng.run.results import Run

_SECONDS: Final = 5
"""After which what was written can be seen."""


class TensorBoard:
    """A view of one run; numbers are kept in single precision, as TensorBoard has them.

    Args:
        folder: Of this run: `tensorboard --logdir` shows it, or all runs in the folder above it.
            What is in it is continued.
        reference: The energy from which errors are measured; None: no errors are shown.

    Raises:
        MissingPackageError: tensorboardX is not installed.
        InputError: Nothing can be written there.
    """

    def __init__(self, folder: str | PathLike[str], reference: float | None = None) -> None:
        self.folder = writable(folder)
        self.reference = reference
        # A file is named by the second in which it is made: another one must not replace it.
        self._writer: Any = _writer_class()(
            str(self.folder), flush_secs=_SECONDS, filename_suffix=f".{uuid4().hex[:8]}"
        )

    def __call__(self, step: Step) -> None:
        """Show a step."""
        self._write(step.step, numbers(step, self.reference))

    def ended(self, run: Run) -> None:
        """Show the last point, what is known only now, and how the run was made and ended."""
        last = run.trace.rows[-1]
        self._write(last.step, numbers(last, self.reference))
        for step, known in afterwards(run):
            self._write(step, known)
        words = {**settings(run.made), "ended": run.message}
        # TensorBoard reads Markdown, in which a line that is indented stands as it is.
        text = "\n".join(f"    {name}: {' '.join(word.split())}" for name, word in words.items())
        self._try("add_text", "run", text, last.step)
        self._try("flush")

    def close(self) -> None:
        """Write what is left."""
        self._try("close")
        self._writer = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _write(self, step: int, values: dict[str, float]) -> None:
        for name, value in values.items():
            self._try("add_scalar", name, value, step)

    def _try(self, act: str, *arguments: Any) -> None:
        """Do something with the writer, where there still is one."""
        if self._writer is None:
            return
        try:
            getattr(self._writer, act)(*arguments)
        except Exception as error:
            self._writer = None
            warn_of_loss(f"the TensorBoard in {self.folder}", error)


def writable(folder: str | PathLike[str]) -> Path:
    """The folder, made where there is none, once it is known that events can be written there.

    Raises:
        MissingPackageError: tensorboardX is not installed.
        InputError: Nothing can be written there.
    """
    _writer_class()
    path = checks.path("the folder of TensorBoard", folder)
    try:
        path.mkdir(parents=True, exist_ok=True)
        probe = path / ".qng"
        probe.touch()
        probe.unlink()
    except OSError as error:
        why = error.strerror or in_a_line(error)
        raise InputError(f"TensorBoard cannot write in the folder {path}: {why}") from error
    return path


def _writer_class() -> Any:
    try:
        from tensorboardX import SummaryWriter
    except ImportError as error:
        raise MissingPackageError("TensorBoard", "tensorboardX", "tensorboard") from error
    return SummaryWriter
