"""`qng export`: a run of a ledger as files, or on stdout."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from qng.cli import elsewhere, options, output


class Format(StrEnum):
    """What is printed."""

    CSV = "csv"
    JSON = "json"


def command(
    run: options.Run = None,
    ledger: options.Ledger = elsewhere.LEDGER,
    to: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="Write trace.csv, trace.json, counts.json, run.json and circuits/*.qasm there.",
        ),
    ] = None,
    form: Annotated[
        Format,
        typer.Option("--format", help="On stdout: the trace as CSV, or everything as JSON."),
    ] = Format.CSV,
    as_json: options.Json = False,
) -> None:
    """Export a run: trace, circuits, raw counts, options, versions and calibrations.

    Nothing of the account is in it.
    """
    from qng.report.export import export_data, files, trace_csv
    from qng.run.durable.control import export

    if to is not None:
        _check(to)
    with output.once_told():
        found = export(run, ledger=ledger)
    if to is not None:
        written = [_written(to / name, text) for name, text in files(found)]
        if as_json:
            output.show_json({"files": [str(path) for path in written]})
        else:
            output.show(f"saved {len(written)} files in {to}")
    elif as_json or form is Format.JSON:
        output.show_json(export_data(found))
    else:
        output.show(trace_csv(found.trace).rstrip("\n"))


def _check(folder: Path) -> None:
    """Refuse a folder into which nothing can be written, or which holds something else."""
    from qng.errors import InputError

    if folder.exists() and not folder.is_dir():
        raise InputError(f"{folder} is no folder")
    if folder.is_dir() and any(folder.iterdir()):
        raise InputError(f"the folder {folder} is not empty: give a new one")


def _written(path: Path, text: str) -> Path:
    from qng.errors import QngError

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise QngError(f"{path} cannot be written: {error.strerror}") from error
    return path
