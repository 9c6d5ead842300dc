"""`qng steps`: what each method would do at one point."""

from __future__ import annotations

from qng.cli.common import (
    Executor,
    Freeze,
    Json,
    Methods,
    Plot,
    ProblemName,
    Rates,
    Seed,
    Theta,
    Train,
    check_plot,
    names,
    point,
    rates,
    restricted,
    show,
    show_json,
)


def command(
    problem: ProblemName,
    theta: Theta = None,
    methods: Methods = "gd,adam,ng,qng",
    lr: Rates = "",
    seed: Seed = 0,
    freeze: Freeze = "",
    train: Train = "",
    executor: Executor = "statevector",
    plot: Plot = None,
    as_json: Json = False,
) -> None:
    """Show what each method would do at one point."""
    check_plot(plot)
    from qng.problem.library import load
    from qng.report import data
    from qng.run.compare import compare_steps

    chosen = restricted(load(problem), freeze, train)
    at = point(chosen, theta, seed)
    reports = compare_steps(chosen, at, names(methods), lr=rates(lr), executor=executor)
    if as_json:
        show_json(data.steps_data(reports, chosen.name, at))
    else:
        from qng.report.tables import STEPS_NOTE, steps_table

        show(steps_table(reports, f"{chosen.title}: one step", chosen.unit), STEPS_NOTE)
    if plot is not None:
        from qng.report import plot as plots

        plots.save(plots.steps(reports, f"{chosen.title}: one step", chosen.unit), plot)
        if not as_json:
            show(f"saved {plot}")
