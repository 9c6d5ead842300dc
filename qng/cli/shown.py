"""How the commands that end with a run show it, and with which exit code they end."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from qng.cli import output

if TYPE_CHECKING:
    from qng.run.results import Run


def show_run(
    run: Run,
    failure: Exception | None = None,
    *,
    name: str = "",
    rows: int,
    picture: Path | None = None,
    save: Path | None = None,
    as_json: bool = False,
) -> None:
    """Show a run, and end the command with the exit code that it deserves.

    Args:
        run: Maybe cut.
        failure: What cut it.
        name: In its ledger, where it is kept.
        rows: Of its trace that are shown; 0: none.
        picture: Where one of the trace is saved.
        save: Where the run is saved.
        as_json: Print one JSON object in the place of tables.

    Raises:
        Exception: The failure.
        Exit: With 130 for a run that was interrupted, with 1 for one that failed.
    """
    if as_json:
        from qng.report.data import run_data

        output.show_json({**({"run": name} if name else {}), **run_data(run)})
    else:
        from qng.report.tables import run_summary, run_table

        if rows:
            output.show(run_table(run, rows))
        output.show(run_summary(run))
    if picture is not None:
        from qng.report.plots import trace

        output.save_picture(trace(run), picture, quiet=as_json)
    output.save_result(run, save, quiet=as_json)
    if failure is not None:
        raise failure
    if run.interrupted:
        output.interrupt(run.message)
    if run.failed:
        output.fail(run.message)
