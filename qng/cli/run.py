"""`qng run`: minimise the energy of a problem."""

from __future__ import annotations

from typing import Annotated

import typer

from qng.cli.common import (
    FAILED,
    Dask,
    Executor,
    Freeze,
    Json,
    Mitigate,
    Plot,
    ProblemName,
    Seed,
    Shots,
    Train,
    check_plot,
    chosen_executor,
    complain,
    point,
    progress,
    restricted,
    show,
    show_json,
    spread,
)


def command(
    problem: ProblemName,
    optimizer: Annotated[str, typer.Option(metavar="NAME", help="The method.")] = "qng",
    steps: Annotated[int, typer.Option(min=0, metavar="N", help="Most updates.")] = 100,
    lr: Annotated[
        float | None, typer.Option(metavar="RATE", help="Learning rate.  [default: the method's]")
    ] = None,
    damping: Annotated[
        float | None, typer.Option(metavar="LAMBDA", help="Of the solve.  [default: the method's]")
    ] = None,
    tol: Annotated[
        float | None,
        typer.Option(metavar="ENERGY", help="Stop when it changes by no more than this."),
    ] = None,
    metric: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="As of `qng metric`."),
    ] = None,
    gradient: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="exact, parameter-shift, finite-difference or spsa."),
    ] = None,
    every: Annotated[
        int | None, typer.Option(metavar="K", help="Measure the metric every K steps.")
    ] = None,
    seed: Seed = 0,
    start: Annotated[
        str | None,
        typer.Option(
            metavar="POINT", help="Numbers as 0.1,0.2, random, or a file.  [default: its own]"
        ),
    ] = None,
    freeze: Freeze = "",
    train: Train = "",
    executor: Executor = "statevector",
    shots: Shots = None,
    mitigate: Mitigate = 0,
    dask: Dask = None,
    trace: Annotated[int, typer.Option(min=0, metavar="ROWS", help="Rows to show.")] = 12,
    plot: Plot = None,
    as_json: Json = False,
) -> None:
    """Minimise the energy of a problem."""
    check_plot(plot)
    from qng.problem.library import load
    from qng.report import data
    from qng.run.minimize import minimize

    chosen = restricted(load(problem), freeze, train)
    theta = point(chosen, start, seed)
    unit = f" {chosen.unit}" if chosen.unit else ""
    with (
        spread(chosen_executor(executor, mitigate), dask) as device,
        progress(f"{chosen.name} {optimizer}", steps) as tell,
    ):
        result = minimize(
            chosen,
            optimizer,
            steps=steps,
            start=theta,
            tol=tol,
            seed=seed,
            executor=device,
            shots=shots,
            lr=lr,
            damping=damping,
            metric=metric,
            gradient=gradient,
            every=every,
            progress=lambda done, _, energy: tell(done, f"{energy:.8f}{unit}"),
        )
    if as_json:
        show_json(data.run_data(result))
    else:
        from qng.report.tables import run_summary, run_table

        if trace:
            show(run_table(result, trace))
        show(run_summary(result))
    if plot is not None:
        from qng.report import plot as plots

        plots.save(plots.trace(result), plot)
        if not as_json:
            show(f"saved {plot}")
    if result.failed:
        complain(f"failed: {result.message}")
        raise typer.Exit(FAILED)
