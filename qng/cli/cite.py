"""`qng cite`: what to cite for a result, as BibTeX."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from qng.cli import elsewhere, options, output

if TYPE_CHECKING:
    from qng.report.sources import Source


def command(
    what: Annotated[
        str,
        typer.Argument(
            metavar="RUN_OR_ID",
            help="A file of --save, a run of the ledger, an id of `qng reproduce --list`, or the "
            "name of a method or of a problem.",
        ),
    ],
    ledger: options.Ledger = elsewhere.LEDGER,
    as_json: options.Json = False,
) -> None:
    """Print BibTeX of the methods, the problem and the software of a result."""
    sources = _sources(what, ledger)
    if as_json:
        rows = [{"key": s.key, "text": s.line(), "bibtex": s.bibtex()} for s in sources]
        output.show_json({"sources": rows})
    else:
        output.show("\n\n".join(source.bibtex() for source in sources))


def _sources(what: str, ledger: Path) -> tuple[Source, ...]:
    """What a name stands for: a file, a method, a problem, an entry, a run of the ledger."""
    from qng.cli import found
    from qng.optimize.methods import CONTROLS, METHODS, named
    from qng.problem.library import library, load
    from qng.report.cite import of_method, of_problem, of_runs, of_software, unique
    from qng.run.recipe import versions

    software = of_software(versions())
    if what in {**METHODS, **CONTROLS}:
        return unique([*of_method(named(what)), *software])
    if what in library() or Path(what).is_dir():
        return unique([*of_problem(load(what)), *software])
    result = found.result(what, ledger)
    own = [result.source] if hasattr(result, "source") else []
    return unique([*own, *of_runs(found.runs_of(result))])
