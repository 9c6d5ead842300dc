"""`qng compare`: several methods from the same starts."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from qng.cli.common import (
    FAILED,
    Dask,
    Executor,
    Freeze,
    Json,
    Methods,
    ProblemName,
    Rates,
    Seed,
    Shots,
    Train,
    check_plot,
    complain,
    names,
    progress,
    rates,
    restricted,
    show,
    show_json,
)


def command(
    problem: ProblemName,
    methods: Methods = "gd,adam,ng,qng",
    starts: Annotated[
        int, typer.Option(min=1, metavar="N", help="The problem's own start and random ones.")
    ] = 10,
    steps: Annotated[int, typer.Option(min=0, metavar="N", help="Most updates of a run.")] = 200,
    seed: Seed = 0,
    spread: Annotated[
        float | None,
        typer.Option(
            metavar="RADIANS",
            help="Draw the starts within this distance of the first.  [default: the whole range]",
        ),
    ] = None,
    lr: Rates = "",
    tol: Annotated[
        float | None,
        typer.Option(metavar="ENERGY", help="Stop when it changes by no more than this."),
    ] = None,
    freeze: Freeze = "",
    train: Train = "",
    executor: Executor = "statevector",
    shots: Shots = None,
    workers: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Processes.  [default: all cores]")
    ] = None,
    threads: Annotated[
        int | None,
        typer.Option(
            min=1, metavar="N", help="Of one run.  [default: cores / workers; 1 with --dask]"
        ),
    ] = None,
    dask: Dask = None,
    plot: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="The picture (.png, .svg or .pdf).  [default: compare-PROBLEM.png; none with "
            "--json]",
        ),
    ] = None,
    no_plot: Annotated[bool, typer.Option("--no-plot", help="Save no picture.")] = False,
    as_json: Json = False,
) -> None:
    """Compare methods from the same starts: a table and a picture."""
    check_plot(plot)
    from qng.problem.library import load
    from qng.report import data
    from qng.run.compare import compare

    chosen = restricted(load(problem), freeze, train)
    if plot is None and not (no_plot or as_json):
        plot = Path(f"compare-{chosen.name}.png")
        check_plot(plot)
    listed = names(methods)
    with progress(f"{chosen.name}, {starts} starts", starts * len(listed)) as tell:
        result = compare(
            chosen,
            listed,
            starts=starts,
            steps=steps,
            seed=seed,
            spread=spread,
            tol=tol,
            executor=executor,
            shots=shots,
            lr=rates(lr),
            workers=workers,
            threads=threads,
            dask=dask,
            progress=lambda done, _: tell(done, "runs"),
        )
    if as_json:
        show_json(data.comparison_data(result))
    else:
        from qng.report.tables import comparison_notes, comparison_table

        show(comparison_table(result), *comparison_notes(result))
    if plot is not None and not no_plot:
        from qng.report import plot as plots

        plots.save(plots.convergence(result), plot)
        if not as_json:
            show(f"saved {plot}")
    failed = sum(run.failed for runs in result.runs.values() for run in runs)
    if failed:
        complain(f"failed: {failed} of {starts * len(listed)} runs")
        raise typer.Exit(FAILED)
