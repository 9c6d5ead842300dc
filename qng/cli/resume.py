"""`qng resume`: go on with a run, from wherever it was left."""

from __future__ import annotations

from typing import Annotated

import typer

from qng.cli import elsewhere, options, output
from qng.cli.follow import followed
from qng.cli.live import live
from qng.cli.shown import show_run


def command(
    run: options.Run = None,
    ledger: options.Ledger = elsewhere.LEDGER,
    steps: Annotated[
        int | None, typer.Option(min=0, metavar="N", help="Another limit on updates.")
    ] = None,
    retranspile: Annotated[
        bool,
        typer.Option("--retranspile", help="Make circuits anew for the device as it is now."),
    ] = False,
    adopt: Annotated[
        str | None,
        typer.Option(metavar="JOB", help="The job that a batch in doubt was made into."),
    ] = None,
    resend: Annotated[
        bool, typer.Option("--resend", help="Send a batch in doubt once more.")
    ] = False,
    max_seconds: options.MaxSeconds = None,
    poll: options.Poll = None,
    grace: options.Grace = None,
    posts_per_minute: options.PostsPerMinute = None,
    trace: options.Trace = 12,
    plot: options.Plot = None,
    tensorboard: options.TensorBoard = None,
    mlflow: options.MLflow = None,
    as_json: options.Json = False,
) -> None:
    """Go on with a run, from wherever it was left, until it ends."""
    output.check_picture(plot)
    from qng.errors import InputError
    from qng.run.durable.control import go_on, status

    if adopt is not None and resend:
        raise InputError("give --adopt or --resend, not both")
    known = status(run, ledger=ledger, contact=False).summary
    changes = elsewhere.given(
        max_seconds=max_seconds, poll=poll, grace=grace, posts_per_minute=posts_per_minute
    )
    limit = known.of if steps is None else steps
    with (
        live(tensorboard, mlflow) as views,
        followed(f"{known.problem} {known.label}", limit) as shown,
        elsewhere.how_to_go_on([known.run], ledger),
        output.once_told(),
    ):
        views.continues(known.run, ledger)
        result, failure = output.kept(
            go_on,
            known.run,
            ledger=ledger,
            steps=steps,
            retranspile=retranspile,
            adopt=adopt,
            resend=resend,
            changes=changes,
            tell=shown.waits,
            shown=[shown.stepped, views.stepped],
        )
        views.ended(result)
    result = elsewhere.told(result, known.run, ledger)
    show_run(result, failure, name=known.run, rows=trace, picture=plot, as_json=as_json)
