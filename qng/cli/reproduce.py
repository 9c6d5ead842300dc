"""`qng reproduce`: published experiments, with verdicts and pictures."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from qng.cli import options, output
from qng.errors import InputError, QngError, need

if TYPE_CHECKING:
    from qng.reproduce.entry import Entry
    from qng.reproduce.gallery import Outcome
    from qng.reproduce.results import Reproduction

_FORMATS: Final = ("png", "pdf", "svg")

_LONGEST: Final = 60
"""Letters of the name of a file."""


def command(
    ids: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[ID]...",
            help="P2 and the like; fast, the set that takes a minute; all that are published; "
            "study, our own; or a file that defines an entry (my_entry.py).",
            show_default=False,
        ),
    ] = None,
    listed: Annotated[
        bool, typer.Option("--list", help="List the entries with source, cost and status.")
    ] = False,
    folder: Annotated[
        Path,
        typer.Option("-o", "--output", metavar="DIR", help="Where results and pictures are saved."),
    ] = Path("reproduced"),
    workers: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Processes.  [default: all cores]")
    ] = None,
    ledger: Annotated[
        Path | None,
        typer.Option(
            "--ledger",
            metavar="FILE",
            help="Where finished runs are kept and found again.  [default: in DIR until the "
            "command has come to its end, so that the same command goes on after a kill]",
            show_default=False,
        ),
    ] = None,
    form: Annotated[
        str, typer.Option("--format", metavar="NAME", help="Of pictures: png, pdf or svg.")
    ] = "png",
    as_json: options.Json = False,
) -> None:
    """Reproduce published experiments: one verdict a number, and a picture."""
    from qng.reproduce import found, gallery, tables

    if form not in _FORMATS:
        raise InputError(f"--format is {', '.join(_FORMATS)}, not {form!r}")
    if listed:
        if ids:
            raise InputError("--list lists all entries: give it alone, or give ids alone")
        known, seen = found.entries(), gallery.outcomes(folder)
        if as_json:
            output.show_json(tables.entries_data(known, seen))
        else:
            output.show(tables.entries_table(known, seen, str(folder)))
            _complain_of(known.broken)
        return
    need("matplotlib", "a picture of what is reproduced")
    chosen, broken = _chosen(ids or [])
    _made(folder)
    kept = ledger or folder / _unfinished(ids or [])
    done: list[Reproduction] = []
    new: dict[str, Outcome] = {}
    for entry in chosen:
        result, new[entry.id] = _one(entry, folder, form, workers, kept, ledger is not None)
        gallery.note(new, folder)
        if result is not None:
            done.append(result)
            if not as_json:
                output.show(tables.verdict_table(result), *tables.verdict_notes(result))
        if not as_json:
            output.show(_saved(new[entry.id], folder), "")
    unsaved = [o.id for o in new.values() if o.error and not o.numbers]
    if ledger is None and not unsaved:
        kept.unlink(missing_ok=True)
    if as_json:
        output.show_json(_data(done, new, folder))
    elif len(new) > 1:
        seconds = sum(outcome.seconds for outcome in new.values())
        title = f"{len(new)} entries, {seconds:.0f} s; {folder / 'index.html'} shows them"
        output.show(tables.outcomes_table(list(new.values()), title))
    _complain_of(broken)
    if unsaved and kept.is_file():
        which = ", ".join(unsaved)
        output.complain(f"runs of {which} that can be known again are kept in {kept}")
    bad = [o.id for o in new.values() if o.word != "pass"] + list(broken)
    if bad:
        output.fail(f"{len(bad)} of {len(new) + len(broken)} entries do not pass: {', '.join(bad)}")


def _chosen(ids: Sequence[str]) -> tuple[list[Entry], dict[str, str]]:
    """The entries that are meant, each once, and those that cannot be read.

    Raises:
        InputError: None is meant, or one that there is not.
    """
    from qng.reproduce import found

    if not ids:
        raise InputError("say what to reproduce: an id (--list shows them), fast, all, or a file")
    chosen: dict[str, Entry] = {}
    broken: dict[str, str] = {}
    for id in ids:
        if id.lower() in ("all", "fast"):
            known = found.entries()
            every = id.lower() == "all"
            wanted = [e for e in known.entries.values() if (not e.own if every else e.fast)]
            broken |= known.broken
        else:
            wanted = [found.entry(id)]
        for entry in wanted:
            if chosen.setdefault(entry.id.lower(), entry) is not entry:
                raise InputError(f"two entries are called {entry.id}: reproduce them one by one")
    return list(chosen.values()), broken


def _one(
    entry: Entry, folder: Path, form: str, workers: int | None, ledger: Path, required: bool
) -> tuple[Reproduction | None, Outcome]:
    """An entry: what came of it, also where that is an error."""
    from qng.reproduce import gallery, pictures
    from qng.reproduce.runner import n_runs, plan, reproduce

    try:
        planned = plan(entry)
        with output.progress(entry.id, n_runs(planned)) as tell:
            result = reproduce(
                entry,
                planned=planned,
                workers=workers,
                ledger=ledger,
                required=required,
                progress=lambda done, _, study: tell(done, f"runs, {study}"),
            )
    except QngError as error:
        output.complain(f"error: {entry.id}: {error}")
        return None, gallery.failure(entry, str(error))
    except KeyboardInterrupt as error:
        words = str(error) or f"{entry.id} interrupted"
        raise KeyboardInterrupt(
            f"{words}; the finished ones are in {ledger}, the same command goes on"
        ) from error
    gallery.save(result, folder)
    try:
        picture = pictures.save(entry, result, folder, form)
    except QngError as error:
        output.complain(f"error: the picture of {entry.id}: {error}")
        return result, gallery.outcome_of(result, error=str(error))
    return result, gallery.outcome_of(result, picture)


def _unfinished(ids: Sequence[str]) -> str:
    """The ledger of a command that has not come to its end: the same for the same words."""
    name = "-".join(Path(id).stem.lower() for id in ids)
    return f"unfinished-{name[:_LONGEST]}.db"


def _made(folder: Path) -> None:
    """Make the folder.

    Raises:
        InputError: It cannot be made, or nothing can be written there.
    """
    from qng.reproduce.gallery import SUMMARY
    from qng.run.saved import writable

    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"the folder {folder} cannot be made: {error.strerror}") from error
    writable(folder / SUMMARY)


def _saved(outcome: Outcome, folder: Path) -> str:
    result = "" if outcome.error and not outcome.numbers else f"{outcome.id.lower()}.json"
    files = [str(folder / name) for name in (outcome.picture, result) if name]
    return f"saved {', '.join(files)}" if files else "nothing is saved"


def _data(
    done: Sequence[Reproduction], outcomes: dict[str, Outcome], folder: Path
) -> dict[str, Any]:
    from qng.reproduce.tables import reproduction_data

    errors = {o.id: o.error for o in outcomes.values() if o.error}
    pictures = {o.id: str(folder / o.picture) for o in outcomes.values() if o.picture}
    return {
        "passed": all(outcome.word == "pass" for outcome in outcomes.values()),
        "entries": [
            reproduction_data(result) | {"picture": pictures.get(result.id)} for result in done
        ],
        "errors": errors,
    }


def _complain_of(broken: dict[str, str]) -> None:
    for why in broken.values():
        output.complain(f"error: {why}")
