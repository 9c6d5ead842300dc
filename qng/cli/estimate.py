"""`qng estimate`: what a step costs, and how its shots are split."""

from __future__ import annotations

from typing import Annotated

import typer

from qng.cli import options, output, parse


def command(
    problem: options.ProblemName,
    optimizer: options.Method = "qng",
    steps: Annotated[int, typer.Option(min=0, metavar="N", help="Updates of the run.")] = 100,
    metric: Annotated[
        str | None, typer.Option(metavar="NAME", help="Metric estimator, as of `qng metric`.")
    ] = None,
    every: options.Every = None,
    damping: options.Damping = None,
    trust: options.Trust = None,
    seed: options.Seed = 0,
    point: options.Point = None,
    freeze: options.Freeze = "",
    train: options.Train = "",
    executor: options.Executor = "statevector",
    shots: options.Shots = None,
    mitigate: options.Mitigate = 0,
    as_json: options.Json = False,
) -> None:
    """Show what a run would cost; nothing is run."""
    from qng.report import data
    from qng.run.preview import step_cost

    chosen = parse.problem(problem, freeze, train)
    result = step_cost(
        chosen,
        optimizer,
        start=parse.point(chosen, point, seed),
        executor=parse.executor(executor, mitigate),
        shots=shots,
        metric=metric,
        every=every,
        damping=damping,
        trust=trust,
    )
    if as_json:
        output.show_json(data.preview_data(result, steps))
        return
    from qng.report.tables import preview_notes, preview_table

    output.show(preview_table(result), *preview_notes(result, steps))
