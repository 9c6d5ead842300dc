"""`qng plot`: a picture of what was saved, or a saved picture drawn again."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from qng.cli import options, output
from qng.errors import InputError, UnknownNameError

if TYPE_CHECKING:
    from qng.report.plots import Picture


def command(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE", help="The numbers beside a picture (.json), or what --save has written."
        ),
    ],
    to: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--output",
            metavar="FILE",
            help="The picture (.png, .svg or .pdf).  [default: FILE.png]",
            show_default=False,
        ),
    ] = None,
    kind: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Of a comparison: compared, convergence, share or rates; of several: several, "
            "success or cost; of a run: trace, landscape or bloch; of a metric: metric, heat-map "
            "or eigenvalues.  [default: the first]",
            show_default=False,
        ),
    ] = None,
    against: Annotated[
        str | None,
        typer.Option(
            metavar="AXIS",
            help="steps, circuits, shots, qpu or seconds.  [default: shots, or circuits]",
            show_default=False,
        ),
    ] = None,
    width: Annotated[
        int | None,
        typer.Option(min=1, max=2, metavar="N", help="Columns of a journal: 3.4 or 7 inches."),
    ] = None,
    bare: Annotated[bool, typer.Option("--bare", help="Without title and caption.")] = False,
    as_json: options.Json = False,
) -> None:
    """Draw what was saved; from the same numbers it is the same file, byte for byte."""
    target = to or file.with_suffix(".png")
    output.check_picture(target)
    from qng.report import plots
    from qng.run.saved import read_saved

    picture = _picture(read_saved(file), file, kind, against)
    if width is not None:
        picture = picture.resized(plots.COLUMN if width == 1 else plots.PAGE)
    if bare:
        picture = picture.bare()
    # The numbers that it was drawn from stay what they are.
    data = target.with_suffix(".json") != file
    output.save_picture(picture, target, quiet=as_json, data=data)
    if as_json:
        output.show_json({"kind": picture.kind, "picture": str(target), "numbers": data})


def _picture(value: Any, file: Path, kind: str | None, against: str | None) -> Picture:
    """The picture of a value that was saved.

    Raises:
        InputError: There is none of it, or not of this kind.
    """
    from qng.report.plots import Picture

    if isinstance(value, Picture):
        if kind not in (None, value.kind) or against is not None:
            raise InputError(
                f"{file} is a picture already ({value.kind}): draw another kind, or against "
                "another axis, from what --save has written"
            )
        return value
    from qng.report.plots import kinds
    from qng.reproduce.results import Reproduction

    if isinstance(value, Reproduction):
        from qng.reproduce import pictures

        table = {"published": pictures.again, "energies": pictures.energies}
        chosen = kind or "published"
        if chosen not in table:
            raise UnknownNameError("kind of picture", chosen, table)
        if against is not None:
            raise InputError(f"the picture {chosen!r} has no axis to choose")
        return table[chosen](value)
    if not kinds.kinds(value):
        raise InputError(f"{file} holds a {type(value).__name__}, of which there is no picture")
    return kinds.drawn(value, kind, against)
