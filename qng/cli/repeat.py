"""`qng repeat`: make a saved result again, and say whether it agrees."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from qng.cli import complete, options, output, parse
from qng.errors import InputError

if TYPE_CHECKING:
    from qng.run.repeated import Repeat


_MOST: Final = 10
"""Differences that are shown."""

_WORDS: Final = {
    "Run": "a run",
    "Comparison": "a comparison",
    "Comparisons": "comparisons",
    "Evolution": "an evolution",
    "Scan": "a scan",
    "ExcitedStates": "levels",
    "MetricResult": "a metric",
    "StepsResult": "steps",
    "AdamReport": "a report of Adam",
    "GeometryReport": "a geometry",
}


def command(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What --save has written.")],
    executor: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="A simulator in the place of hardware, or of an object that is not in the file.  "
            "[default: that of the result]",
            show_default=False,
            autocompletion=complete.executors,
        ),
    ] = None,
    repeats: Annotated[
        int | None,
        typer.Option(
            min=1,
            metavar="N",
            help="Fresh results of each where counts differ.  [default: as many as it takes]",
            show_default=False,
        ),
    ] = None,
    save: options.Save = None,
    as_json: options.Json = False,
) -> None:
    """Make a saved result again, and say whether it agrees.

    Exact numbers agree to rounding. Counts with the same seed are the same; where they are not,
    such as on another machine, fresh ones are drawn, and at most 1 in 100 results that are the
    same is called different. Exit code 0: it agrees; 1: it differs.
    """
    output.check_saved(save)
    if save is not None and save.resolve() == file.resolve():
        raise InputError(f"{save} is the result that is repeated: save to another file")
    from qng.run.repeat import repeat
    from qng.run.saved import read_saved

    value = read_saved(file)
    given = None if executor is None else parse.executor(executor, 0)
    with output.progress(f"repeat {file.name}", 1) as tell:
        found = repeat(
            value,
            executor=given,
            repeats=repeats,
            progress=lambda done, of: tell(done, "runs", of),
        )
    if as_json:
        output.show_json(_data(value, found))
    else:
        output.show(*_lines(value, found))
    output.save_result(found.result, save, quiet=as_json)
    if not found.agrees:
        output.fail(f"{file} does not agree")


def _lines(value: Any, found: Repeat) -> list[str]:
    """What was made again, what differs most, and the verdict."""
    made = _made(value)
    counted = getattr(made, "shots", None)
    shots = "exact" if counted is None else f"{counted} shots"
    name = made.problem.name or "a problem of your own"
    head = (
        f"{_WORDS.get(found.kind, found.kind)} on {name}, {made.executor}, {shots}: "
        f"made {made.date} with qng {made.versions.get('qng', '?')}"
    )
    off = sorted((p for p in found.parts if not p.rounded), key=lambda part: -part.largest)
    worst = off[:_MOST] if len(found.parts) > 1 else []
    lines = [f"  {part.name}: {part.other or f'{part.largest:.1e}'}" for part in worst]
    more = [f"  and {len(off) - _MOST} more of {len(found.parts)}"] if len(off) > _MOST else []
    return [head, *lines, *more, found.message]


def _data(value: Any, found: Repeat) -> dict[str, Any]:
    from qng.report.data import plain
    from qng.run.described import digest

    made = _made(value)
    return plain(
        {
            "kind": found.kind,
            "agrees": found.agrees,
            "ground": found.ground,
            "largest": found.largest,
            "p_value": found.p_value,
            "level": found.level,
            "draws": found.draws,
            "message": found.message,
            "problem": made.problem.name,
            "digest": digest(made.problem),
            "executor": made.executor,
            "seed": made.seed if hasattr(made, "seed") else None,
            "versions": dict(made.versions),
            "date": made.date,
            "machine": made.machine,
            "threads": made.threads,
            "parts": [
                {
                    "name": part.name,
                    "equal": part.equal,
                    "rounded": part.rounded,
                    "largest": part.largest,
                    "moved": part.moved,
                    "other": part.other,
                }
                for part in found.parts
            ],
        }
    )


def _made(value: Any) -> Any:
    """How a result, or its first run, was made."""
    from qng.run.comparison import Comparison
    from qng.run.rerun import runs_in
    from qng.run.results import Run
    from qng.run.scanned import Scan
    from qng.run.several import Comparisons

    if isinstance(value, (Run, Comparison, Comparisons, Scan)):
        return next(iter(runs_in(value).values())).made
    return value.made
