"""`qng estimate`: what a step costs, and how its shots are split."""

from __future__ import annotations

from typing import Annotated

import typer

from qng.cli.common import (
    Executor,
    Freeze,
    Json,
    ProblemName,
    Shots,
    Train,
    restricted,
    show,
    show_json,
)


def command(
    problem: ProblemName,
    optimizer: Annotated[str, typer.Option(metavar="NAME", help="The method.")] = "qng",
    steps: Annotated[int, typer.Option(min=0, metavar="N", help="Updates of the run.")] = 100,
    metric: Annotated[
        str | None, typer.Option(metavar="NAME", help="Metric estimator, as of `qng metric`.")
    ] = None,
    every: Annotated[
        int | None, typer.Option(metavar="K", help="Measure the metric every K steps.")
    ] = None,
    freeze: Freeze = "",
    train: Train = "",
    executor: Executor = "statevector",
    shots: Shots = None,
    as_json: Json = False,
) -> None:
    """Show what a run would cost; nothing is run."""
    from qng.problem.library import load
    from qng.report import data
    from qng.run.preview import step_cost

    chosen = restricted(load(problem), freeze, train)
    result = step_cost(
        chosen, optimizer, executor=executor, shots=shots, metric=metric, every=every
    )
    if as_json:
        show_json(data.preview_data(result, steps))
        return
    from qng.report.tables import preview_notes, preview_table

    show(preview_table(result), *preview_notes(result, steps))
