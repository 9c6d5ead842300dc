"""`qng compare`: several methods from the same starts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from qng.cli import options, output, parse

if TYPE_CHECKING:
    from qng.optimize.method import Method
    from qng.problem.problem import Problem
    from qng.run.results import Comparison


def command(
    problem: options.ProblemName,
    methods: options.Methods = "gd,adam,ng,qng",
    starts: Annotated[
        int, typer.Option(min=1, metavar="N", help="The problem's own start and random ones.")
    ] = 10,
    steps: Annotated[int, typer.Option(min=0, metavar="N", help="Most updates of a run.")] = 200,
    seed: options.Seed = 0,
    spread: Annotated[
        float | None,
        typer.Option(
            metavar="RADIANS",
            help="Draw the starts within this distance of the first.  [default: the whole range]",
        ),
    ] = None,
    lr: options.Rates = "",
    damping: options.Damping = None,
    trust: options.Trust = None,
    tol: options.Tol = None,
    freeze: options.Freeze = "",
    train: options.Train = "",
    executor: options.Executor = "statevector",
    shots: options.Shots = None,
    shots_per_circuit: options.ShotsPerCircuit = None,
    mitigate: options.Mitigate = 0,
    workers: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Processes.  [default: all cores]")
    ] = None,
    threads: Annotated[
        int | None,
        typer.Option(
            min=1, metavar="N", help="Of one run.  [default: cores / workers; 1 with --dask]"
        ),
    ] = None,
    dask: options.Dask = None,
    against: options.Against = None,
    plot: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="The picture (.png, .svg or .pdf).  [default: compare-PROBLEM.png; none with "
            "--json]",
        ),
    ] = None,
    no_plot: Annotated[bool, typer.Option("--no-plot", help="Save no picture.")] = False,
    as_json: options.Json = False,
) -> None:
    """Compare methods from the same starts: a table and a picture."""
    output.check_picture(plot)
    from qng.report import data
    from qng.report.spent import axis_of

    axis = None if against is None else axis_of(against)
    chosen = parse.problem(problem, freeze, train)
    if plot is None and not (no_plot or as_json):
        plot = Path(f"compare-{chosen.name}.png")
        output.check_picture(plot)
    listed = parse.names(methods)
    with output.progress(f"{chosen.name}, {starts} starts", starts * len(listed)) as tell:
        result, failure = output.kept(
            _compared,
            chosen,
            *parse.methods(listed, parse.rates(lr), damping=damping, trust=trust),
            lambda done: tell(done, "runs"),
            starts=starts,
            steps=steps,
            seed=seed,
            spread=spread,
            tol=tol,
            executor=parse.executor(executor, mitigate),
            shots=parse.shots(shots, shots_per_circuit),
            workers=workers,
            threads=threads,
            dask=dask,
        )
    if as_json:
        output.show_json(data.comparison_data(result, axis))
    else:
        from qng.report.compared import comparison_notes, comparison_table

        output.show(comparison_table(result, axis), *comparison_notes(result, axis))
    if plot is not None and not no_plot and result.runs:
        from qng.report.plots import compared

        output.save_picture(compared(result, axis), plot, quiet=as_json)
    if failure is not None:
        raise failure
    if result.interrupted:
        output.interrupt(result.interrupted)
    failed = sum(run.failed for runs in result.runs.values() for run in runs)
    if failed:
        output.fail(f"{failed} of {starts * len(listed)} runs")


def _compared(
    problem: Problem,
    methods: Sequence[str] | Mapping[str, Method],
    rates: Mapping[str, float],
    tell: Callable[[int], None],
    **settings: Any,
) -> Comparison:
    """The comparison; `tell` hears how many runs are done."""
    from qng.run.compare import compare

    return compare(problem, methods, lr=rates, progress=lambda done, _: tell(done), **settings)
