"""`qng metric`: the metric of a problem at one point."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

import typer

from qng.cli import complete, options, output, parse
from qng.errors import InputError

if TYPE_CHECKING:
    from qng.arrays import Array
    from qng.geometry import Metric
    from qng.problem.problem import Problem
    from qng.run.made import MetricResult


def command(
    problem: options.ProblemName,
    point: options.Point = None,
    metric: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="exact, blocks, diagonal, overlaps, blocks+overlaps, hadamard, spsa, stein, "
            "subspace, fisher, fisher-diagonal, fisher-random, kfac, observables, gauss-newton, "
            "linear-method or projected-inverse; of the density matrix that a simulator prepares, "
            "noise included, sld, hilbert-schmidt or petz, from bits random-measurements, and of "
            "the terms of the observable wa; of a model exact, blocks, diagonal, "
            "fisher, hessian or another of its own.  [default: exact, sld where "
            "there may be noise, or blocks with shots]",
            show_default=False,
            autocompletion=complete.metrics,
        ),
    ] = "auto",
    rule: Annotated[
        str | None, typer.Option(metavar="NAME", help="Of blocks: commuting or wires.")
    ] = None,
    basis: Annotated[
        str | None, typer.Option(metavar="PAULIS", help="Of fisher: X, Y, Z, or as 'X0 Y1'.")
    ] = None,
    function: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Of petz: sld, wigner-yanase, bkm or rld."),
    ] = None,
    shape: Annotated[
        str | None,
        typer.Option(metavar="MxN", help="Of kfac: of the arrays of parameters, as 4x3."),
    ] = None,
    eps: Annotated[
        float | None,
        typer.Option(metavar="NUMBER", help="Of projected-inverse: the inverse of the shift."),
    ] = None,
    bases: Annotated[
        int | None,
        typer.Option(metavar="K", help="Of random-measurements: how many.  [default: 16]"),
    ] = None,
    kind: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Of random-measurements: mutually-unbiased or clifford; of fisher-random: "
            "circuit or pauli.",
        ),
    ] = None,
    around: Annotated[
        bool,
        typer.Option(
            "--around", help="Of sld: next to the point, where the rank of the state is larger."
        ),
    ] = False,
    words: options.Words = None,
    weight: options.Weight = None,
    floor: options.Floor = None,
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
    """Show the metric of a problem, of its circuit or its model, at one point."""
    output.check_picture(plot)
    output.check_saved(save)
    from qng.report import data, metrics
    from qng.run.made import metric_result

    chosen = parse.problem(problem, freeze, train)
    if plot is not None and not chosen.parameters:
        raise InputError("there is nothing to draw: there are no parameters")
    at = parse.point(chosen, point, seed)
    if chosen.frozen:
        # The metric is that of what is trained.
        chosen = chosen.reduced(at)
        at = chosen.initial
    given = {
        "rule": rule,
        "basis": basis,
        "function": function,
        "shape": shape,
        "eps": eps,
        "bases": bases,
        "kind": kind,
        "around": around or None,
        "words": words,
        "weight": weight,
        "floor": floor,
    }
    details: dict[str, Any] = {key: value for key, value in given.items() if value is not None}
    device = parse.executor(executor, mitigate)
    counted = parse.shots(shots, shots_per_circuit)
    found = metric_result(chosen, at, metric, executor=device, shots=counted, seed=seed, **details)
    result, parameters = found.metric, found.parameters
    error: dict[str, float] = {}
    if found.name == "exact" and executor == "statevector:single":
        error = {"single_precision_error": _error(chosen, at, result)}
    short = metrics.deficit_of(found, device)
    title = metrics.title_of(found)
    if as_json:
        asked = {"problem": chosen.name, "metric": found.name, "theta": at, **details}
        output.show_json(
            data.plain(asked)
            | data.metric_data(result, parameters)
            | error
            | metrics.deficit_data(short)
        )
    else:
        from qng.report import tables

        if result.size <= tables.LARGEST_PRINTED:
            output.show(tables.metric_table(result, parameters, title))
        else:
            output.show(f"{title}\n")
        output.show(tables.metric_summary(result, parameters))
        if short is not None:
            output.show(metrics.deficit_line(short))
        for off in error.values():
            output.show(f"single precision: g v is off by {off:.1e} for a vector v of length 1")
    if plot is not None:
        from qng.report.plots.kinds import drawn

        output.save_picture(drawn(found), plot, quiet=as_json)
    if save is not None:
        output.save_result(_kept(found), save, quiet=as_json)


def _kept(found: MetricResult) -> MetricResult:
    """With a matrix, where the metric is known by its products, which live in this process only."""
    from qng.geometry import Dense

    if found.metric.has_matrix:
        return found
    return replace(found, metric=Dense(found.metric.dense(), found.metric.std_error))


def _error(problem: Problem, theta: Array, metric: Metric) -> float:
    """|(M - g) v| for a random unit vector v, with the product g v in double precision.

    Args:
        problem: Whose metric it is.
        theta: Shape (P,), radians.
        metric: M, in single precision.
    """
    import numpy as np

    from qng.run.point import metric as metric_at

    v = np.random.default_rng(0).normal(size=metric.size)
    v /= np.linalg.norm(v)
    exact = metric_at(problem, theta, "implicit").matvec(v)
    return float(np.linalg.norm(metric.matvec(v) - exact))
