"""`qng adam`: what Adam divides by, beside the Fisher matrix and the Hessian."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from qng.cli import options, output, parse


def command(
    problem: options.ProblemName,
    steps: Annotated[int, typer.Option(min=1, metavar="N", help="Updates.")] = 200,
    every: Annotated[
        int | None,
        typer.Option(
            min=1, metavar="N", help="A row every N steps.  [default: 25 rows]", show_default=False
        ),
    ] = None,
    lr: Annotated[
        float | None,
        typer.Option(metavar="RATE", help="Of Adam.  [default: 0.1]", show_default=False),
    ] = None,
    beta1: Annotated[
        float | None,
        typer.Option(metavar="B", help="Of the momentum.  [default: 0.9]", show_default=False),
    ] = None,
    beta2: Annotated[
        float | None,
        typer.Option(metavar="B", help="Of the squares.  [default: 0.999]", show_default=False),
    ] = None,
    point: options.Point = None,
    seed: options.Seed = 0,
    freeze: options.Freeze = "",
    train: options.Train = "",
    executor: options.Executor = "statevector",
    shots: options.Shots = None,
    shots_per_circuit: options.ShotsPerCircuit = None,
    mitigate: options.Mitigate = 0,
    save: options.Save = None,
    plot: options.Plot = None,
    as_json: options.Json = False,
) -> None:
    """Run Adam, and show what it divides by beside the Fisher matrix and the Hessian."""
    output.check_picture(plot)
    output.check_saved(save)
    from qng.report import squares
    from qng.run.adam import adam_report

    chosen = parse.problem(problem, freeze, train)
    given = {"lr": lr, "beta1": beta1, "beta2": beta2}
    hyperparameters: dict[str, Any] = {key: v for key, v in given.items() if v is not None}
    report = adam_report(
        chosen,
        start=parse.point(chosen, point, seed),
        steps=steps,
        every=every,
        seed=seed,
        executor=parse.executor(executor, mitigate),
        shots=parse.shots(shots, shots_per_circuit),
        **hyperparameters,
    )
    if as_json:
        output.show_json(squares.adam_data(report))
    else:
        title = f"{chosen.title or chosen.name}: what Adam divides by"
        output.show(squares.adam_table(report, title), squares.NOTE)
    if plot is not None:
        from qng.report.plots import adam as picture

        output.save_picture(picture(report), plot, quiet=as_json)
    output.save_result(report, save, quiet=as_json)
