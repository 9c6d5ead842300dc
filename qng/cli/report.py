"""`qng report`: results as one page with plots that can be looked into."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from qng.cli import elsewhere, options, output

if TYPE_CHECKING:
    from qng.report.html.chapters import Chapter
    from qng.report.spent import Axis


def command(
    results: Annotated[
        list[str],
        typer.Argument(
            metavar="RUNS...",
            help="Files of --save, results or the folder of `qng reproduce`, numbers beside a "
            "picture, or runs of the ledger.",
        ),
    ],
    to: Annotated[Path, typer.Option("-o", "--output", metavar="FILE", help="The page.")] = Path(
        "report.html"
    ),
    title: Annotated[
        str, typer.Option(metavar="WORDS", help="Of the page.", show_default=False)
    ] = "",
    against: options.Against = None,
    ledger: options.Ledger = elsewhere.LEDGER,
    as_json: options.Json = False,
) -> None:
    """Make a page of results: tables, interactive plots, verdicts, settings, how to repeat them.

    The page is one file, which needs no network and no other file.
    """
    from qng.cli import found
    from qng.errors import QngError
    from qng.report.html.page import page, plotly_script
    from qng.report.spent import axis_of
    from qng.run.saved import writable, written

    file = writable(to)
    plotly_script()  # before anything is read
    axis = None if against is None else axis_of(against)
    names = [name for given in results for name in _names(given)]
    chapters = [
        chapter for name in names for chapter in _chapters(found.result(name, ledger), name, axis)
    ]
    counted = [] if axis is None else ["--against", axis]
    words = shlex.join(["qng", "report", *results, *counted, "-o", str(to)])
    try:
        written(file, page(chapters, title, words).encode("utf-8", "replace"))
    except OSError as error:
        raise QngError(f"{file} cannot be saved: {error.strerror or error}") from error
    if as_json:
        output.show_json({"report": str(file), "chapters": [c.title for c in chapters]})
    else:
        output.show(f"saved {file}")


def _names(given: str) -> list[str]:
    """What was given, or of a folder of `qng reproduce` all results in it, in order.

    Raises:
        InputError: A folder without one.
    """
    from qng.errors import InputError
    from qng.reproduce.found import in_order
    from qng.reproduce.gallery import outcomes

    folder = Path(given)
    if not folder.is_dir():
        return [given]
    files = [folder / f"{id.lower()}.json" for id in in_order(outcomes(folder))]
    names = [str(file) for file in files if file.is_file()]
    if not names:
        raise InputError(f"the folder {folder} has no result of qng reproduce: give its files")
    return names


def _chapters(result: Any, name: str, against: Axis | None) -> Iterator[Chapter]:
    """What a result is on a page.

    Raises:
        InputError: It is none of those that can be.
    """
    from qng.errors import InputError
    from qng.report.html import of_comparison, of_comparisons, of_other, of_picture, of_run
    from qng.report.plots import Picture, kinds
    from qng.reproduce.chapter import of_reproduction
    from qng.reproduce.results import Reproduction
    from qng.run.comparison import Comparison
    from qng.run.results import Run
    from qng.run.several import Comparisons

    file = name if Path(name).is_file() else ""
    if isinstance(result, Run):
        yield of_run(result, file)
    elif isinstance(result, Comparison):
        yield of_comparison(result, file, against=against)
    elif isinstance(result, Comparisons):
        yield from of_comparisons(result, against)
    elif isinstance(result, Reproduction):
        yield of_reproduction(result, file)
    elif isinstance(result, Picture):
        yield of_picture(result, file)
    elif kinds.kinds(result):
        yield of_other(result, file)
    else:
        raise InputError(f"{name} holds a {type(result).__name__}, of which there is no report")
