"""`qng estimate`: what a step costs, and how its shots are split."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from qng.cli import complete, elsewhere, options, output, parse
from qng.errors import InputError


def command(
    problem: options.ProblemName,
    optimizer: options.Method = "qng",
    steps: Annotated[int, typer.Option(min=0, metavar="N", help="Updates of the run.")] = 100,
    metric: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Metric estimator, as of `qng metric`.",
            autocompletion=complete.metrics,
        ),
    ] = None,
    words: options.Words = None,
    weight: options.Weight = None,
    floor: options.Floor = None,
    every: options.Every = None,
    trials: options.Trials = None,
    damping: options.Damping = None,
    trust: options.Trust = None,
    seed: options.Seed = 0,
    point: options.Point = None,
    freeze: options.Freeze = "",
    train: options.Train = "",
    executor: options.Executor = "statevector",
    shots: options.Shots = None,
    shots_per_circuit: options.ShotsPerCircuit = None,
    mitigate: options.Mitigate = 0,
    gradient: options.Gradient = None,
    timeout: options.Timeout = None,
    instance: options.Instance = None,
    sampler_option: options.SamplerOptions = None,
    optimization_level: options.OptimizationLevel = None,
    price: options.Price = None,
    as_json: options.Json = False,
) -> None:
    """Show what a run would cost; nothing is run.

    Of a device jobs, executions and QPU time are shown, too, and what the account has left.
    """
    from qng.report import data
    from qng.report.forecast import with_forecast
    from qng.run.preview import step_cost

    chosen = parse.problem(problem, freeze, train)
    device = parse.executor(
        executor,
        mitigate,
        timeout=timeout,
        instance=instance,
        options=elsewhere.sampler_options(sampler_option),
        optimization_level=optimization_level,
    )
    arguments: dict[str, Any] = {
        "start": parse.point(chosen, point, seed),
        "shots": parse.shots(shots, shots_per_circuit),
        **elsewhere.given(
            metric=parse.metric(metric, words, weight, floor),
            gradient=gradient,
            every=every,
            trials=trials,
            damping=damping,
            trust=trust,
        ),
    }
    cloud = elsewhere.cloud(device)
    result = step_cost(chosen, optimizer, executor=cloud or device, **arguments)
    found = None
    if cloud is not None:
        from qng.run.durable.forecast import forecast

        found = forecast(chosen, optimizer, cloud=cloud, steps=steps, seed=seed, **arguments)
    elif price is not None:
        raise InputError(f"--price is for devices that charge, not for {result.executor}")
    if as_json:
        known = data.preview_data(result, steps)
        output.show_json(known if found is None else with_forecast(known, found, price))
        return
    from qng.report.forecast import forecast_notes, forecast_table
    from qng.report.tables import preview_notes, preview_table

    output.show(preview_table(result), *preview_notes(result, steps))
    if found is not None:
        output.show(forecast_table(found), *forecast_notes(found, price))
