"""`qng run`: minimise the energy of a problem."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from qng.cli import options, output, parse

if TYPE_CHECKING:
    from qng.problem.problem import Problem
    from qng.run.results import Run


def command(
    problem: options.ProblemName,
    optimizer: options.Method = "qng",
    steps: Annotated[int, typer.Option(min=0, metavar="N", help="Most updates.")] = 100,
    lr: Annotated[
        float | None, typer.Option(metavar="RATE", help="Learning rate.  [default: the method's]")
    ] = None,
    damping: options.Damping = None,
    trust: options.Trust = None,
    tol: options.Tol = None,
    metric: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="As of `qng metric`."),
    ] = None,
    gradient: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="exact, parameter-shift, finite-difference or spsa."),
    ] = None,
    every: options.Every = None,
    seed: options.Seed = 0,
    point: options.Point = None,
    freeze: options.Freeze = "",
    train: options.Train = "",
    executor: options.Executor = "statevector",
    shots: options.Shots = None,
    mitigate: options.Mitigate = 0,
    dask: options.Dask = None,
    trace: Annotated[int, typer.Option(min=0, metavar="ROWS", help="Rows to show.")] = 12,
    plot: options.Plot = None,
    as_json: options.Json = False,
) -> None:
    """Minimise the energy of a problem."""
    output.check_picture(plot)
    from qng.report import data

    chosen = parse.problem(problem, freeze, train)
    theta = parse.point(chosen, point, seed)
    unit = f" {chosen.unit}" if chosen.unit else ""
    with (
        parse.on_cluster(parse.executor(executor, mitigate), dask) as device,
        output.progress(f"{chosen.name} {optimizer}", steps) as tell,
    ):
        result, failure = output.kept(
            _minimised,
            chosen,
            optimizer,
            {"lr": lr, "damping": damping, "trust": trust, "metric": metric, "every": every},
            lambda done, energy: tell(done, f"{energy}{unit}"),
            start=theta,
            steps=steps,
            tol=tol,
            seed=seed,
            executor=device,
            shots=shots,
            gradient=gradient,
        )
    if as_json:
        output.show_json(data.run_data(result))
    else:
        from qng.report.tables import run_summary, run_table

        if trace:
            output.show(run_table(result, trace))
        output.show(run_summary(result))
    if plot is not None:
        from qng.report.plot import trace as picture

        output.save_picture(picture(result), plot, quiet=as_json)
    if failure is not None:
        raise failure
    if result.interrupted:
        output.interrupt(result.message)
    if result.failed:
        output.fail(result.message)


def _minimised(
    problem: Problem,
    method: str,
    hyperparameters: Mapping[str, Any],
    tell: Callable[[int, str], None],
    **settings: Any,
) -> Run:
    """The run; None among the hyperparameters is the method's own.

    `tell` hears of every step: how many are done, and the energy where it started.
    """
    from qng.report.cells import with_error
    from qng.run.minimize import minimize

    return minimize(
        problem,
        method,
        watch=lambda step: tell(step.step + 1, with_error(step.energy, step.std_error, 8)),
        **hyperparameters,
        **settings,
    )
