"""`qng metric`: the metric of a problem's circuit at one point."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from qng.cli.common import (
    Executor,
    Json,
    Mitigate,
    Plot,
    ProblemName,
    Seed,
    Shots,
    Theta,
    check_plot,
    chosen_executor,
    point,
    show,
    show_json,
)
from qng.errors import InputError

if TYPE_CHECKING:
    from qng.geometry.metric import Metric
    from qng.problem.problem import Problem


def command(
    problem: ProblemName,
    theta: Theta = None,
    metric: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="exact, blocks, diagonal, overlaps, blocks+overlaps, hadamard, spsa, stein, "
            "subspace, fisher, fisher-diagonal or fisher-random.  [default: exact, or blocks "
            "with shots]",
            show_default=False,
        ),
    ] = "auto",
    rule: Annotated[
        str | None, typer.Option(metavar="NAME", help="Of blocks: commuting or wires.")
    ] = None,
    basis: Annotated[
        str | None, typer.Option(metavar="PAULIS", help="Of fisher: X, Y, Z, or as 'X0 Y1'.")
    ] = None,
    seed: Seed = 0,
    executor: Executor = "statevector",
    shots: Shots = None,
    mitigate: Mitigate = 0,
    plot: Plot = None,
    as_json: Json = False,
) -> None:
    """Show the metric of a problem's circuit at one point."""
    check_plot(plot)
    from qng.problem.library import load
    from qng.report import data
    from qng.run.point import metric as metric_at

    chosen = load(problem)
    if plot is not None and not chosen.circuit.n_parameters:
        raise InputError("there is nothing to draw: the circuit has no parameters")
    at = point(chosen, theta, seed)
    given = {"rule": rule, "basis": basis}
    options: dict[str, Any] = {key: value for key, value in given.items() if value is not None}
    result = metric_at(
        chosen,
        at,
        metric,
        executor=chosen_executor(executor, mitigate),
        shots=shots,
        seed=seed,
        **options,
    )
    parameters = chosen.circuit.parameters
    fisher = metric.startswith("fisher")
    if metric == "auto":
        metric = "exact" if shots is None else "blocks"
    kind = "classical Fisher matrix I <= 4 g" if fisher else "Fubini-Study metric g = QFI / 4"
    title = chosen.title or chosen.name
    error: dict[str, float] = {}
    if metric == "exact" and executor == "statevector:single":
        error = {"single_precision_error": _error(chosen, at, result)}
    if as_json:
        show_json(
            data.plain({"problem": chosen.name, "metric": metric, "theta": at, **options})
            | data.metric_data(result, parameters)
            | error
        )
    else:
        from qng.report import tables

        if result.size <= tables.LARGEST_PRINTED:
            show(tables.metric_table(result, parameters, f"{title}: {kind} ({metric})"))
        else:
            show(f"{title}: {kind} ({metric})\n")
        show(tables.metric_summary(result, parameters))
        for off in error.values():
            show(f"single precision: g v is off by {off:.1e} for a vector v of length 1")
    if plot is not None:
        from qng.report import plot as plots

        plots.save(plots.metric(result, parameters, f"{title}\n{kind} ({metric})"), plot)
        if not as_json:
            show(f"saved {plot}")


def _error(problem: Problem, theta: Any, metric: Metric) -> float:
    """Of the metric times a random unit vector, against the product in double precision."""
    import numpy as np

    from qng.run.point import metric as metric_at

    v = np.random.default_rng(0).normal(size=metric.size)
    v /= np.linalg.norm(v)
    exact = metric_at(problem, theta, "implicit").matvec(v)
    return float(np.linalg.norm(metric.matvec(v) - exact))
