"""`qng status`: steps, jobs and seconds of a run."""

from __future__ import annotations

from typing import Annotated

import typer

from qng.cli import elsewhere, options, output


def command(
    run: options.Run = None,
    ledger: options.Ledger = elsewhere.LEDGER,
    offline: Annotated[
        bool, typer.Option("--offline", help="Ask nobody: show what the ledger has.")
    ] = False,
    as_json: options.Json = False,
) -> None:
    """Show the steps, jobs and seconds of a run.

    The service is asked for charges that were not known yet and for the job that waits. Nothing is
    sent, and nothing is taken back but what was made twice.
    """
    from qng.report.ledger import jobs_table, status_data, status_notes, status_summary
    from qng.run.durable.control import status

    found = status(run, ledger=ledger, contact=not offline)
    if as_json:
        output.show_json(status_data(found))
        return
    output.show(status_summary(found))
    if found.jobs:
        output.show(jobs_table(found))
    output.show(*status_notes(found))
