"""Pictures as files: the drawing, and beside it its numbers, from which it is drawn again."""

from __future__ import annotations

import json
from io import BytesIO
from pathlib import Path
from typing import Any, Final

from qng import checks
from qng.errors import InputError, QngError
from qng.report.plots import look
from qng.report.plots.look import Figure
from qng.report.plots.picture import Picture
from qng.run import codec
from qng.run.saved import written

# A file that is made twice should be the same file.
_METADATA: Final[dict[str, dict[str, Any]]] = {
    ".png": {"Software": None},
    ".svg": {"Date": None},
    ".pdf": {"CreationDate": None},
}

SUFFIXES: Final = tuple(_METADATA)
"""What a picture can be saved as."""


def save(picture: Picture | Figure, path: str | Path, data: bool = True) -> Path | None:
    """Write a picture, and beside it its numbers; one that is written twice is the same file.

    Args:
        picture: Or a figure of Matplotlib, which has no numbers beside it.
        path: The suffix (.png, .svg or .pdf) says how.
        data: Whether its numbers are saved beside it.

    Returns:
        The file of the numbers, from which `load` makes the picture again: of the same name with
        the suffix .json, or .picture.json where the former is a file of something else.

    Raises:
        InputError: Another suffix.
        QngError: A file cannot be written.
    """
    file = checks.path("a picture", path)
    kind = file.suffix.lower()
    if kind not in SUFFIXES:
        raise InputError(f"a picture is saved as {', '.join(SUFFIXES)}, not as {file}")
    figure = picture.draw() if isinstance(picture, Picture) else picture
    drawn = BytesIO()
    with look.styled():
        figure.savefig(drawn, format=kind[1:], metadata=_METADATA[kind])
    _write(file, drawn.getvalue())
    if not (data and isinstance(picture, Picture)):
        return None
    beside = data_file(file)
    _write(beside, codec.dumps(picture).encode())
    return beside


def load(path: str | Path) -> Picture:
    """A picture from its numbers.

    Args:
        path: Of the .json file beside a picture.

    Raises:
        InputError: There is no such file, or it has no picture in it.
    """
    try:
        text = checks.path("a picture", path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is no text"
        raise InputError(f"the picture {path} cannot be read: {reason}") from error
    value = codec.loads(text)
    if not isinstance(value, Picture):
        raise InputError(f"{path} holds a {type(value).__name__}, and no picture")
    return value


def data_file(path: Path) -> Path:
    """Where the numbers of a picture are saved: never over a file of something else."""
    beside = path.with_suffix(".json")
    return beside if not beside.exists() or _is_picture(beside) else path.with_suffix(
        ".picture.json"
    )  # fmt: skip


def _write(file: Path, content: bytes) -> None:
    try:
        written(file, content)
    except OSError as error:
        raise QngError(f"the picture {file} cannot be saved: {error.strerror or error}") from error


def _is_picture(path: Path) -> bool:
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        return bool(document["value"]["~"] == "Picture")
    except (OSError, ValueError, KeyError, TypeError):
        return False
