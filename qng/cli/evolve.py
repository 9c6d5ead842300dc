"""`qng evolve`: a problem's state in imaginary or real time, as far as the circuit can follow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from qng.cli import complete, options, output, parse
from qng.errors import InputError, QngError

if TYPE_CHECKING:
    from qng.geometry import Solver


def command(
    problem: options.ProblemName,
    time: Annotated[
        float, typer.Option("--time", metavar="T", help="Where it ends, in units of 1 / energy.")
    ],
    real: Annotated[bool, typer.Option("--real", help="Real time; imaginary otherwise.")] = False,
    tdvp: Annotated[
        bool, typer.Option("--tdvp", help="The action is stationary, in real time; else McLachlan.")
    ] = False,
    integrator: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="RK45, RK23, DOP853, Radau, BDF, LSODA of SciPy, or euler with --step.",
        ),
    ] = "RK45",
    rtol: Annotated[
        float, typer.Option(metavar="X", help="Allowed error of a step, relative.")
    ] = 1e-6,
    atol: Annotated[
        float, typer.Option(metavar="X", help="Allowed error of a step, radians.")
    ] = 1e-8,
    step: Annotated[
        float | None,
        typer.Option(
            metavar="DT", help="Size of Euler's steps; else the largest.", show_default=False
        ),
    ] = None,
    rows: Annotated[
        int | None,
        typer.Option(
            min=1, metavar="N", help="Times that are kept.  [default: 50]", show_default=False
        ),
    ] = None,
    damping: Annotated[
        float | None,
        typer.Option(
            metavar="LAMBDA",
            help="Solve (g + LAMBDA) v = s; by default small eigenvalues are cut off smoothly.",
            show_default=False,
        ),
    ] = None,
    limit: Annotated[
        int,
        typer.Option(min=1, metavar="N", help="Most points at which the equation is set up."),
    ] = 100_000,
    metric: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="An exact one: exact, blocks, diagonal, sld, ...",
            autocompletion=complete.metrics,
        ),
    ] = "auto",
    observe: Annotated[
        str,
        typer.Option(
            metavar="WORDS", help="Means along the way, as 'Z0,X0 X1'.", show_default=False
        ),
    ] = "",
    point: options.Point = None,
    seed: options.Seed = 0,
    freeze: options.Freeze = "",
    train: options.Train = "",
    executor: options.Executor = "statevector",
    save: options.Save = None,
    plot: options.Plot = None,
    as_json: options.Json = False,
) -> None:
    """Let a state evolve in imaginary or real time."""
    output.check_picture(plot)
    output.check_saved(save)
    import numpy as np

    from qng.report import evolution
    from qng.run.evolution import Evolution
    from qng.run.evolve import evolve

    chosen = parse.problem(problem, freeze, train)
    at = parse.point(chosen, point, seed)
    steps = None if rows is None or not time > 0 else np.linspace(0.0, time, rows + 1)
    error: BaseException | None = None
    with output.progress("evolve", 1000) as move:
        try:
            found = evolve(
                chosen,
                time,
                kind="real" if real else "imaginary",
                principle="tdvp" if tdvp else "mclachlan",
                integrator=integrator,
                start=at,
                times=steps,
                rtol=rtol,
                atol=atol,
                step=step,
                metric=metric,
                solve=_solver(damping),
                executor=parse.executor(executor, 0),
                observables=parse.names(observe),
                limit=limit,
                watch=lambda moment: move(int(1000 * moment.time / time), f"{moment.energy:.6f}"),
            )
        except InputError:
            raise
        except (QngError, KeyboardInterrupt) as raised:
            partial: Any = getattr(raised, "partial", None)
            if not isinstance(partial, Evolution):
                raise
            found, error = partial, raised
    if as_json:
        output.show_json(evolution.evolution_data(found))
    else:
        output.show(
            evolution.evolution_table(found), evolution.evolution_summary(found), evolution.NOTE
        )
    output.save_result(found, save, quiet=as_json)
    if plot is not None:
        from qng.report.plots import evolution as picture

        output.save_picture(picture(found), plot, quiet=as_json)
    if isinstance(error, KeyboardInterrupt):
        output.interrupt(found.message)
    if error is not None:
        output.fail(str(error))


def _solver(damping: float | None) -> Solver | None:
    from qng.geometry import Tikhonov

    return None if damping is None else Tikhonov(damping)
