"""`qng export`: a saved result, or a run of a ledger, in a form that others read."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from qng.cli import elsewhere, options, output
from qng.errors import InputError

if TYPE_CHECKING:
    from qng.run.durable.account import Export


class Format(StrEnum):
    """What is written."""

    CSV = "csv"
    JSON = "json"
    LATEX = "latex"
    MARKDOWN = "markdown"
    PARQUET = "parquet"


class Each(StrEnum):
    """What there is a row for."""

    STEP = "step"
    RUN = "run"
    METHOD = "method"


_SUFFIXES: Final = {
    ".csv": Format.CSV,
    ".json": Format.JSON,
    ".tex": Format.LATEX,
    ".md": Format.MARKDOWN,
    ".parquet": Format.PARQUET,
}


def command(
    result: Annotated[
        str | None,
        typer.Argument(
            metavar="[FILE or RUN]",
            help="What --save has kept; or the first digits of a run of the ledger.  [default: the "
            "newest run of the ledger that is not over]",
            show_default=False,
        ),
    ] = None,
    ledger: options.Ledger = elsewhere.LEDGER,
    form: Annotated[
        Format | None,
        typer.Option(
            "--format",
            help="Numbers by column as CSV or Parquet, everything as JSON, the tables as LaTeX or "
            "Markdown.  [default: by the suffix of --output, else csv]",
            show_default=False,
        ),
    ] = None,
    output_file: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--output",
            metavar="FILE",
            help="Where it is written (.csv, .json, .tex, .md or .parquet).  [default: stdout]",
            show_default=False,
        ),
    ] = None,
    each: Annotated[
        Each | None,
        typer.Option(
            help="Of CSV and Parquet of runs and comparisons: a row for each.  [default: step]",
            show_default=False,
        ),
    ] = None,
    against: options.Against = None,
    rows: Annotated[
        int, typer.Option(min=2, metavar="N", help="Of a trace in LaTeX and Markdown, about.")
    ] = 12,
    caption: Annotated[
        str | None,
        typer.Option(
            metavar="TEXT",
            help="Of LaTeX, in LaTeX.  [default: the title, and what a reader has to know]",
            show_default=False,
        ),
    ] = None,
    label: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Of LaTeX.  [default: tab:...]", show_default=False),
    ] = None,
    document: Annotated[
        bool, typer.Option("--document", help="Of LaTeX: a whole document, for pdflatex.")
    ] = False,
    to: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="Of a ledger's run: write trace.csv, trace.json, counts.json, run.json and "
            "circuits/*.qasm there.",
        ),
    ] = None,
    as_json: options.Json = False,
) -> None:
    """Export a saved result, or a run of a ledger: as CSV, JSON, LaTeX, Markdown or Parquet.

    A comparison is its table (LaTeX, Markdown) or a row for each step, run or method (CSV,
    Parquet). Of a ledger's run JSON has also raw counts, options, versions and calibrations;
    nothing of the account is in it.
    """
    saved = result is not None and _is_saved(result, ledger)
    if to is not None:
        if saved or form is not None or output_file is not None:
            raise InputError("--to is for all files of a ledger's run: give it alone")
        _write_files(_exported(result, ledger, to), to, as_json)
        return
    chosen = _format(form, output_file, as_json)
    if chosen is Format.PARQUET and output_file is None:
        raise InputError("Parquet is no text: say where it is written, as -o result.parquet")
    _check_options(chosen, each=each, caption=caption, label=label, document=document or None)
    output.check_saved(output_file)
    if not saved and each is None and against is None and chosen in (Format.CSV, Format.JSON):
        text: str | None = _of_ledger(_exported(result, ledger), chosen)
    else:
        value = _value(result, ledger)
        text = _text(
            value,
            chosen,
            output_file,
            None if each is None else each.value,
            against,
            {"rows": rows, "caption": caption, "label": label, "document": document},
        )
    if output_file is None:
        output.show((text or "").rstrip("\n"))
        return
    if text is not None:
        _written(output_file, text)
    if as_json:
        output.show_json({"files": [str(output_file)]})
    else:
        output.show(f"saved {output_file}")


def _is_saved(name: str, ledger: Path) -> bool:
    """Whether a name is that of a file, not of a run in the ledger.

    Raises:
        InputError: There is neither such a file nor a ledger.
    """
    if Path(name).is_file():
        return True
    if "/" in name or Path(name).suffix or not ledger.is_file():
        raise InputError(
            f"{name} is no saved result: there is no such file"
            + ("" if ledger.is_file() else f", and no ledger {ledger}")
        )
    return False


def _format(form: Format | None, file: Path | None, as_json: bool) -> Format:
    """As it is said, or as the file is called.

    Raises:
        InputError: They contradict each other.
    """
    named = None if file is None else _SUFFIXES.get(file.suffix.lower())
    if form is not None and named is not None and form is not named:
        raise InputError(f"--format {form.value} is not what a file {file} is read as: rename it")
    if form is None and file is not None and named is None:
        known = ", ".join(_SUFFIXES)
        raise InputError(f"{file} says no format: give --format, or a file in {known}")
    usual = Format.JSON if as_json and file is None else Format.CSV
    return form or named or usual


def _check_options(chosen: Format, **given: Any) -> None:
    """Refuse what a format does not have."""
    for_latex = ("caption", "label", "document")
    for name, value in given.items():
        of = (Format.LATEX,) if name in for_latex else (Format.CSV, Format.PARQUET)
        if value is not None and chosen not in of:
            formats = " and ".join(form.value for form in of)
            raise InputError(f"--{name} is of {formats}, not of {chosen.value}")


def _value(result: str | None, ledger: Path) -> Any:
    """A saved result, or the steps of a ledger's run; of a reproduction its comparisons."""
    from qng.cli.found import in_ledger
    from qng.cli.found import result as found

    if result is None:
        from qng.run.durable.control import export

        with output.once_told():
            return in_ledger(export(None, ledger=ledger).summary.run, ledger)
    value = found(result, ledger)
    if hasattr(value, "comparisons"):
        from qng.run.several import Comparisons

        return Comparisons(value.comparisons)
    return value


def _text(
    value: Any,
    chosen: Format,
    file: Path | None,
    each: str | None,
    against: str | None,
    of_latex: dict[str, Any],
) -> str | None:
    """The text of a result in a form; None where it has been written as Parquet."""
    import json

    from qng.report import forms

    if chosen is Format.LATEX:
        return forms.latex(value, against=against, **of_latex)
    if chosen is Format.MARKDOWN:
        return forms.markdown(value, against=against, rows=of_latex["rows"])
    if chosen is Format.JSON:
        found = forms.data(value, against)
        return json.dumps(found, allow_nan=False, ensure_ascii=False) + "\n"
    sheet = forms.sheet(value, each, against)
    if chosen is Format.CSV:
        return forms.csv_text(sheet)
    if file is not None:
        forms.save_parquet(sheet, file)
    return None


# --- runs of a ledger, with all that a device has said -------------------------------------------


def _exported(run: str | None, ledger: Path, folder: Path | None = None) -> Export:
    from qng.run.durable.control import export

    if folder is not None:
        _check(folder)
    with output.once_told():
        return export(run, ledger=ledger)


def _of_ledger(found: Export, chosen: Format) -> str:
    import json

    from qng.report.export import export_data, trace_csv

    if chosen is Format.JSON:
        return json.dumps(export_data(found), allow_nan=False, ensure_ascii=False) + "\n"
    return trace_csv(found.trace)


def _write_files(found: Export, folder: Path, as_json: bool) -> None:
    from qng.report.export import files

    written = [_written(folder / name, text) for name, text in files(found)]
    if as_json:
        output.show_json({"files": [str(path) for path in written]})
    else:
        output.show(f"saved {len(written)} files in {folder}")


def _check(folder: Path) -> None:
    """Refuse a folder into which nothing can be written, or which holds something else."""
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{folder} is no folder")
    if folder.is_dir() and any(folder.iterdir()):
        raise InputError(f"the folder {folder} is not empty: give a new one")


def _written(path: Path, text: str) -> Path:
    from qng.errors import QngError
    from qng.run.saved import written

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        written(path, text.encode())
    except OSError as error:
        raise QngError(f"{path} cannot be written: {error.strerror}") from error
    return path
