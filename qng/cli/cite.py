"""`qng cite`: what to cite for a result, as BibTeX."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from qng.cli import complete, elsewhere, options, output
from qng.errors import UnknownNameError

if TYPE_CHECKING:
    from qng.report.sources import Source
    from qng.reproduce.entry import Entry


def command(
    what: Annotated[
        str,
        typer.Argument(
            metavar="RUN_OR_ID",
            help="A file of --save, a run of the ledger, an id of `qng reproduce --list`, or the "
            "name of a method (ssvqe and vqd of excited states, too) or of a problem.",
            autocompletion=complete.cited,
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
    from qng.report.cite import (
        LEVELS,
        of_levels,
        of_method,
        of_problem,
        of_result,
        of_runs,
        of_software,
        unique,
    )
    from qng.report.literature import TEXTS
    from qng.run.evolution import Evolution
    from qng.run.excited.results import ExcitedStates
    from qng.run.library import load
    from qng.run.library import names as library
    from qng.run.made import MetricResult, StepsResult
    from qng.run.recipe import versions
    from qng.run.relations import AdamReport
    from qng.run.scanned import Scan

    software = of_software(versions())
    if what in {**METHODS, **CONTROLS}:
        return unique([*of_method(named(what)), *software])
    if what in LEVELS:
        return unique([TEXTS[LEVELS[what]], *software])
    if what in library() or Path(what).is_dir():
        return unique([*of_problem(load(what)), *software])
    # Entries draw, and Matplotlib may be missing.
    from qng.reproduce.found import entries, entry

    if what.endswith(".py") or what.lower() in {id.lower() for id in entries().entries}:
        return unique([*_of_entry(entry(what)), *software])
    names = {*METHODS, *CONTROLS, *LEVELS, *library(), *entries().entries}
    unknown = UnknownNameError("result, entry, method or problem", what, names)
    if unknown.near and not _is_result(what, ledger):
        raise unknown
    result = found.result(what, ledger)
    if isinstance(result, (MetricResult, StepsResult, Evolution, AdamReport)):
        return of_result(result)
    if isinstance(result, ExcitedStates):
        return of_levels(result)
    own = [result.source] if hasattr(result, "source") else []
    runs = found.runs_of(result)
    # The points of a scan are one molecule, by one method.
    return unique([*own, *of_runs(runs[:1] if isinstance(result, Scan) else runs)])


def _is_result(what: str, ledger: Path) -> bool:
    """Whether a name may be that of a file, or of a run of the ledger."""
    return "." in what or Path(what).exists() or ledger.is_file()


def _of_entry(entry: Entry) -> Iterator[Source]:
    """The source of an entry, of its methods and of its problems; nothing is run."""
    from qng.optimize.methods import method
    from qng.report.cite import of_method, of_problem
    from qng.run.target import as_problem

    yield entry.source
    studies = entry.planned().values()
    for study in studies:
        for given in study.methods.values():
            yield from of_method(method(given, {}))
    for study in studies:
        if not callable(study.problem):
            yield from of_problem(as_problem(study.problem))
