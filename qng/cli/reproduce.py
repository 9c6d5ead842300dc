"""`qng reproduce`: published experiments, with verdicts and pictures."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from qng.cli import options, output

if TYPE_CHECKING:
    from qng.reproduce.results import Reproduction


def command(
    ids: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[ID]...", help="P2, ...; fast or all; or a file that defines an entry."
        ),
    ] = None,
    listed: Annotated[bool, typer.Option("--list", help="List the entries.")] = False,
    folder: Annotated[
        Path, typer.Option("-o", "--output", metavar="DIR", help="Where pictures are saved.")
    ] = Path("reproduced"),
    workers: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Processes.  [default: all cores]")
    ] = None,
    as_json: options.Json = False,
) -> None:
    """Reproduce published experiments: one verdict a number, and a picture."""
    from qng.report import plot
    from qng.reproduce import found, pictures, runner

    done: list[Reproduction] = []
    for entry in [found.entry(id) for id in ids or []]:
        with output.progress(entry.id, 1):
            result = runner.reproduce(entry, workers=workers)
        done.append(result)
        for v in result.verdicts:
            output.show(
                f"{'pass' if v.passed else 'FAIL'}  {v.what}  {v.published}  {v.ours}  "
                f"{v.tolerance}  {v.claim}"
            )
        folder.mkdir(parents=True, exist_ok=True)
        figure = pictures.picture(entry, result)
        if figure is not None:
            plot.save(figure, folder / f"{entry.id.lower()}.png")
    if not all(result.passed for result in done):
        output.fail("not all verdicts are passed")
