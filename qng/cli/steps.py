"""`qng steps`: what each method would do at one point."""

from __future__ import annotations

from qng.cli import options, output, parse


def command(
    problem: options.ProblemName,
    point: options.Point = None,
    methods: options.Methods = "gd,adam,ng,qng",
    lr: options.Rates = "",
    damping: options.Damping = None,
    trust: options.Trust = None,
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
    """Show what each method would do at one point."""
    output.check_picture(plot)
    output.check_saved(save)
    from qng.report import data
    from qng.run.made import steps_result

    chosen = parse.problem(problem, freeze, train)
    at = parse.point(chosen, point, seed)
    table, rates = parse.methods(
        parse.names(methods), parse.rates(lr), damping=damping, trust=trust
    )
    found = steps_result(
        chosen,
        at,
        table,
        lr=rates,
        executor=parse.executor(executor, mitigate),
        shots=parse.shots(shots, shots_per_circuit),
        seed=seed,
    )
    reports = found.reports
    title = f"{chosen.title or chosen.name}: one step"
    if as_json:
        output.show_json(data.steps_data(reports, chosen.name, at))
    else:
        from qng.report.tables import MODEL_STEPS_NOTE, STEPS_NOTE, steps_table
        from qng.run.target import is_of_models

        note = MODEL_STEPS_NOTE if is_of_models(chosen) else STEPS_NOTE
        output.show(steps_table(reports, title, chosen.unit), note)
    if plot is not None:
        from qng.report.plots.kinds import drawn

        output.save_picture(drawn(found), plot, quiet=as_json)
    output.save_result(found, save, quiet=as_json)
