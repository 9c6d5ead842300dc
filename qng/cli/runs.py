"""`qng runs`: the runs of a ledger."""

from __future__ import annotations

from qng.cli import elsewhere, options, output


def command(
    ledger: options.Ledger = elsewhere.LEDGER,
    as_json: options.Json = False,
) -> None:
    """List the runs of a ledger, the newest first."""
    from qng.report.ledger import summaries_table, summary_data
    from qng.run.durable.resume import runs

    found = runs(ledger)
    if as_json:
        output.show_json({"runs": [summary_data(summary) for summary in found]})
    else:
        output.show(summaries_table(found))
