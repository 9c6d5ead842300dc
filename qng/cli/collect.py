"""`qng collect`: take what is there of runs on devices, go on until a job waits, and exit."""

from __future__ import annotations

from typing import Annotated

import typer

from qng.cli import elsewhere, options, output
from qng.cli.found import in_ledger
from qng.cli.live import live
from qng.errors import QngError


def command(
    run: Annotated[
        str | None,
        typer.Argument(
            metavar="[RUN]",
            help="The first digits of its name.  [default: all that are not over]",
            show_default=False,
        ),
    ] = None,
    ledger: options.Ledger = elsewhere.LEDGER,
    max_seconds: options.MaxSeconds = None,
    poll: options.Poll = None,
    grace: options.Grace = None,
    posts_per_minute: options.PostsPerMinute = None,
    tensorboard: options.TensorBoard = None,
    mlflow: options.MLflow = None,
    as_json: options.Json = False,
) -> None:
    """Take what is there, go on until a job waits, and exit: made for cron.

    Without RUN all runs of the ledger that are not over have their turn, and charges that were not
    known yet are asked for. Exit codes: 0 something moved or all is done; 3 all wait still, or
    another process is at it; 1 a run failed.
    """
    from qng.report.ledger import outcome_data, outcome_line
    from qng.run.durable.control import collect, status
    from qng.run.durable.resume import runs

    changes = elsewhere.given(
        max_seconds=max_seconds, poll=poll, grace=grace, posts_per_minute=posts_per_minute
    )
    names = [run] if run is not None else []
    for known in runs(ledger) if run is None else []:
        if known.state in ("running", "parked"):
            names.append(known.run)
        else:
            # It is over, and some of its jobs and charges may be told only now.
            status(known.run, ledger=ledger)
    found, failed = [], []
    for name in names:
        try:
            with (
                elsewhere.how_to_go_on([name], ledger),
                output.once_told(),
                live(tensorboard, mlflow) as views,
            ):
                views.continues(name, ledger)
                outcome = collect(name, ledger=ledger, changes=changes, shown=[views.stepped])
                if outcome.summary.state == "finished" and outcome.moved:
                    views.ended(in_ledger(outcome.summary.run, ledger))
        except QngError as error:
            # One run that cannot go on does not keep the others from it.
            if run is not None:
                raise
            failed.append(f"run {name[:8]}: {error}")
            continue
        found.append(outcome)
        if not as_json:
            output.show(outcome_line(outcome))
    if as_json:
        output.show_json({"runs": [outcome_data(outcome) for outcome in found], "failed": failed})
    elif not names:
        output.show("no run waits")
    for line in failed:
        output.complain(f"error: {line}")
    codes = {outcome.code for outcome in found} | ({output.FAILED} if failed else set())
    # A failure is told; else one run that has moved is enough.
    code = output.FAILED if output.FAILED in codes else min(codes, default=0)
    if code:
        raise typer.Exit(code)
