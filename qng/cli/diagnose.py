"""`qng diagnose`: why a run does not converge, or what a point is like."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from qng.cli import complete, options, output, parse
from qng.errors import InputError


def command(
    target: Annotated[
        str,
        typer.Argument(
            metavar="RUN|PROBLEM",
            help="A run that --save has kept; or a name that `qng circuits` lists, or a folder.",
            autocompletion=complete.problems,
        ),
    ],
    point: options.Point = None,
    optimizer: Annotated[
        str | None,
        typer.Option(
            "--optimizer",
            metavar="NAME",
            help="Whose next step is looked at.  [default: that of the run]",
            show_default=False,
            autocompletion=complete.methods,
        ),
    ] = None,
    lr: options.Rate = None,
    damping: options.Damping = None,
    starts: Annotated[
        int | None,
        typer.Option(
            min=0,
            metavar="N",
            help="Exact minimisations from random starts.  [default: 10 where they are cheap]",
            show_default=False,
        ),
    ] = None,
    metric: options.Metric = None,
    executor: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="What is compared with noiseless states, or counts.  [default: that of the run]",
            show_default=False,
            autocompletion=complete.executors,
        ),
    ] = None,
    shots: Annotated[
        int | None,
        typer.Option(
            parser=options.count,
            metavar="N",
            help="For the whole diagnosis, as 1000000 or 1e6.  [default: exact]",
            show_default=False,
        ),
    ] = None,
    mitigate: options.Mitigate = 0,
    seed: options.Seed = 0,
    freeze: options.Freeze = "",
    train: options.Train = "",
    rules: Annotated[bool, typer.Option("--rules", help="Show the rule of each finding.")] = False,
    to: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Where a better start goes, if one is found."),
    ] = None,
    save: options.Save = None,
    plot: options.Plot = None,
    as_json: options.Json = False,
) -> None:
    """Say why a run does not converge: a verdict, its evidence, what to change.

    Exact, of the states themselves, but with --shots, which are for the whole diagnosis: then every
    decision is wrong in at most 0.5 % of the cases.
    """
    output.check_picture(plot)
    output.check_saved(save)
    output.check_saved(to)
    from qng.report.diagnosis import cost_line, diagnosis_data, diagnosis_tables
    from qng.run.diagnose import check_asked, diagnose, diagnosis_cost

    check_asked(shots, starts, optimizer, {"lr": lr, "damping": damping})

    chosen, theta = _asked(target, point, seed, freeze, train)
    device: Any = None if executor is None else parse.executor(executor, mitigate)
    if mitigate and executor is None:
        raise InputError("--mitigate is given without --executor: it corrects readout there")
    asked = {"metric": metric or "auto", "executor": device, "shots": shots}
    if shots is not None:
        output.complain(cost_line(diagnosis_cost(chosen, theta, **asked)))
    found = diagnose(
        chosen, theta, method=optimizer, seed=seed, starts=starts, lr=lr, damping=damping, **asked
    )
    if as_json:
        output.show_json(diagnosis_data(found))
    else:
        output.show(*diagnosis_tables(found, rules))
    if plot is not None:
        from qng.report.plots.kinds import drawn

        output.save_picture(drawn(found), plot, quiet=as_json)
    if to is not None:
        _written(found.escape, to, quiet=as_json)
    output.save_result(found, save, quiet=as_json)


def _asked(target: str, point: str | None, seed: int, freeze: str, train: str) -> tuple[Any, Any]:
    """A run or a problem, and a point; None: that of it."""
    if not Path(target).is_file():
        if Path(target).suffix == ".json":
            raise InputError(f"{target} is no saved run: there is no such file")
        problem = parse.problem(target, freeze, train)
        return problem, parse.point(problem, point, seed)
    from qng.run.results import Run
    from qng.run.saved import load_run

    run = load_run(target)
    if not isinstance(run, Run):
        raise InputError(
            f"{target} holds a {type(run).__name__}: give a file of one run (qng run --save), or a "
            "problem"
        )
    if freeze or train:
        raise InputError("--freeze and --train are of problems, and the run has its own")
    if point is None or run.made is None:
        return run, None
    return run, parse.point(run.made.problem, point, seed)


def _written(escape: Any, to: Path, quiet: bool) -> None:
    """A better start as a file that --start reads."""
    if escape is None:
        output.complain(f"no better start was found: {to} is not written")
        return
    from qng.run.saved import written

    written(to, json.dumps(escape.tolist()).encode())
    if not quiet:
        output.show(f"saved {to}, a better start")
