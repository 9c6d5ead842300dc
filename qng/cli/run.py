"""`qng run`: minimise the energy of a problem."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from qng.cli import elsewhere, options, output, parse
from qng.cli.follow import followed
from qng.cli.live import live
from qng.cli.shown import show_run
from qng.errors import InputError

if TYPE_CHECKING:
    from qng.optimize.method import Step

_OF_RESUMED: Final = frozenset(
    {"resume", "steps", "tol", "trace", "save", "plot", "tensorboard", "mlflow", "as_json"}
)
"""The options that have a meaning for a run that goes on."""


def command(
    ctx: typer.Context,
    problem: options.ProblemOrFile = None,
    optimizer: options.Method = "qng",
    steps: options.Steps = 100,
    lr: options.Rate = None,
    damping: options.Damping = None,
    trust: options.Trust = None,
    tol: options.Tol = None,
    metric: options.Metric = None,
    words: options.Words = None,
    weight: options.Weight = None,
    floor: options.Floor = None,
    gradient: options.Gradient = None,
    every: options.Every = None,
    trials: options.Trials = None,
    seed: options.Seed = 0,
    point: options.Point = None,
    freeze: options.Freeze = "",
    train: options.Train = "",
    executor: options.Executor = "statevector",
    shots: options.Shots = None,
    shots_per_circuit: options.ShotsPerCircuit = None,
    mitigate: options.Mitigate = 0,
    dask: options.Dask = None,
    ledger: options.NewLedger = None,
    max_seconds: options.MaxSeconds = None,
    poll: options.Poll = None,
    grace: options.Grace = None,
    timeout: options.Timeout = None,
    posts_per_minute: options.PostsPerMinute = None,
    session: options.Session = None,
    instance: options.Instance = None,
    sampler_option: options.SamplerOptions = None,
    optimization_level: options.OptimizationLevel = None,
    resume: Annotated[
        Path | None,
        typer.Option(
            "--resume",
            metavar="FILE",
            help="Go on with a run that --save has written, up to --steps in all; it is saved "
            "there again, or where --save says.",
            show_default=False,
        ),
    ] = None,
    trace: options.Trace = 12,
    save: options.Save = None,
    plot: options.Plot = None,
    tensorboard: options.TensorBoard = None,
    mlflow: options.MLflow = None,
    as_json: options.Json = False,
) -> None:
    """Minimise the energy of a problem.

    With a ledger the run is kept: after Ctrl-C or a crash `qng resume` goes on with it.
    """
    output.check_picture(plot)
    output.check_saved(save)
    if resume is not None:
        given = output.given(ctx)
        if other := given - _OF_RESUMED:
            raise InputError(
                f"{output.option(min(other))} is that of the saved run: with --resume leave it out"
            )
        most = steps if "steps" in given else None
        _resumed(resume, most, tol, trace, save or resume, plot, tensorboard, mlflow, as_json)
        return
    if problem is None:
        ctx.fail("Missing argument 'PROBLEM', such as h2 (qng circuits lists them), or --resume.")
    chosen = parse.problem(problem, freeze, train)
    theta = parse.point(chosen, point, seed)
    device = parse.executor(
        executor,
        mitigate,
        timeout=timeout,
        session=elsewhere.session(session),
        instance=instance,
        options=elsewhere.sampler_options(sampler_option),
        optimization_level=optimization_level,
    )
    terms = elsewhere.given(
        max_seconds=max_seconds, poll=poll, grace=grace, posts_per_minute=posts_per_minute
    )
    file = elsewhere.ledger_for(device, ledger, terms, dask)
    with (
        live(tensorboard, mlflow) as views,
        parse.on_cluster(device, dask) as there,
        followed(f"{chosen.name} {optimizer}", steps, chosen.unit, lines=file is not None) as shown,
    ):
        arguments: dict[str, Any] = {
            "start": theta,
            "steps": steps,
            "tol": tol,
            "seed": seed,
            "executor": there,
            "shots": parse.shots(shots, shots_per_circuit),
            "gradient": gradient,
            **elsewhere.given(
                lr=lr,
                damping=damping,
                trust=trust,
                metric=parse.metric(metric, words, weight, floor),
                every=every,
                trials=trials,
            ),
        }
        if file is None:
            from qng.run.minimize import minimize

            def watch(step: Step) -> None:
                shown.stepped(step)
                views.stepped(step)

            views.begins(chosen, optimizer)
            result, failure = output.kept(minimize, chosen, optimizer, watch=watch, **arguments)
            name = ""
        else:
            kept = elsewhere.Kept(file, terms, shown, views)
            result, failure = output.kept(kept.minimised, chosen, optimizer, **arguments)
            name = kept.names[0]
        views.ended(result)
    show_run(result, failure, name=name, rows=trace, picture=plot, save=save, as_json=as_json)


def _resumed(
    file: Path,
    steps: int | None,
    tol: float | None,
    trace: int,
    save: Path,
    plot: Path | None,
    tensorboard: options.TensorBoard,
    mlflow: options.MLflow,
    as_json: bool,
) -> None:
    """Go on with a saved run."""
    from qng.run.results import Run
    from qng.run.saved import load_run

    output.check_saved(save)
    run: Any = load_run(file)
    if not isinstance(run, Run):
        raise InputError(f"{file} holds no run but a {type(run).__name__}, which does not go on")
    limit = run.nit if run.made is None else run.made.steps if steps is None else steps
    with (
        live(tensorboard, mlflow) as views,
        followed(f"{run.problem} {run.method}", limit, run.unit, lines=False) as shown,
    ):
        if run.made is not None:
            views.begins(run.made.problem, run.method)

        def watch(step: Step) -> None:
            shown.stepped(step)
            views.stepped(step)

        result, failure = output.kept(run.resumed, steps, tol=tol, watch=watch)
        views.ended(result)
    show_run(result, failure, rows=trace, picture=plot, save=save, as_json=as_json)
