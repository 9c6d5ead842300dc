"""`qng cancel`: take the jobs of a run back."""

from __future__ import annotations

import typer

from qng.cli import elsewhere, options, output


def command(
    run: options.Run = None,
    ledger: options.Ledger = elsewhere.LEDGER,
    as_json: options.Json = False,
) -> None:
    """Take the jobs of a run back, as far as they are not done; `qng resume` sends them anew."""
    from qng.report.ledger import outcome_data, outcome_line
    from qng.run.durable.control import cancel

    outcome = cancel(run, ledger=ledger)
    if as_json:
        output.show_json(outcome_data(outcome))
    else:
        output.show(outcome_line(outcome))
    if outcome.failed:
        raise typer.Exit(output.FAILED)
